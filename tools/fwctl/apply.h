/* SPDX-License-Identifier: GPL-2.0 */
/*
 * apply.h - what the files of `fwctl apply` share.
 *
 * Who may include it: cmd_apply.c and apply_*.c.
 */
#ifndef FWCTL_APPLY_H
#define FWCTL_APPLY_H

#include <pinhole/analysis.h>
#include <pinhole/analysis_conns.h>

#include "tools/fwctl/cmd_policy.h"

struct apply_request {
	const char *file;
	struct policy_parse_options parse;
	bool install_routes;
	bool dry_run;
	bool json;
	struct fw_apply_options options;
	struct fw_binding bindings[PH_MAX_INTERFACES];
	struct fw_mode_choice modes[PH_MAX_INTERFACES];
};

/* The device that an interface will have: by --map, else by the policy. */
const char *apply_device_of(const struct apply_request *request,
			    const struct policy_image_iface *iface);

/* ---- what the policy changes (apply_preview.c) ---- */

/* Starts as {0}, freed by apply_preview_free(). */
struct apply_preview {
	uint32_t generation; /* that was in force; 0: none was */
	bool counted;	     /* conns means something */
	struct analysis_conns_count conns;
	struct cmd_policy old;
	struct policy_image *old_image;
	struct analysis_diff *diff; /* NULL: not compared; lines are of both images */
	bool too_large;		    /* that is why */
};

/*
 * What is in force, and how many of its connections the policy ends. Before it is
 * applied; what fails here is no reason not to apply.
 */
void apply_preview_read(const struct apply_request *request,
			const struct policy_image *image, struct apply_preview *out);

/* Compare both. May come after the apply, which then takes effect the sooner. */
void apply_preview_compare(const struct apply_request *request,
			   const struct policy_image *image,
			   struct apply_preview *preview);
void apply_preview_free(struct apply_preview *preview);

/* ---- what is said of it (apply_report.c) ---- */

/* @new: the file, as differences name it */
void apply_print_preview(const struct apply_request *request, const char *new,
			 const struct apply_preview *preview);

/*
 * {"schema": "pinhole.apply/1", ...} on standard output.
 * @routes: an array of objects, taken over; NULL: none
 * Return: 0 or -ENOMEM.
 */
struct json_t;
int apply_print_json(const struct apply_request *request, const char *new,
		     const struct fw_apply_report *report,
		     const struct apply_preview *preview, struct json_t *routes);

#endif /* FWCTL_APPLY_H */
