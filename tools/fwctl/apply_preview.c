// SPDX-License-Identifier: GPL-2.0
/*
 * apply_preview.c - what a policy changes, compared with the one in force. See apply.h.
 */
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include <pinhole/firewall_undo.h>
#include <util/cleanup.h>

#include "tools/fwctl/apply.h"

/* Lines of both policies together that an apply compares by itself: more would take
 * longer than to apply them. A dry run compares whatever there is. */
#define COMPARED_LINES 10000

static void close_fw(struct fw **fw)
{
	fw_close(*fw);
}

static void free_image(struct policy_image **image)
{
	policy_image_free(*image);
}

/* ---- connections ------------------------------------------------------------------- */

static void free_conns(struct analysis_conns **conns)
{
	analysis_conns_free(*conns);
}

/* Without those that are over: of them only late packets are waited for. */
static int judge_conn(const struct flow_key *key, const struct conn *conn,
		      bool established, void *arg)
{
	if (!established || conn->state == CONN_CLOSING)
		return 0;
	return analysis_conns_add(arg, key, conn);
}

static int count_conns(const struct apply_request *request,
		       const struct policy_image *image, struct fw *fw,
		       struct apply_preview *out)
{
	struct analysis_conns *conns cleanup_(free_conns) = NULL;
	uint32_t ifindexes[PH_MAX_INTERFACES] = {0};
	struct fw_error error = {0};
	int err;

	if (image->n_ifaces > PH_MAX_INTERFACES)
		return -1;
	for (size_t i = 0; i < image->n_ifaces; i++)
		ifindexes[i] =
			if_nametoindex(apply_device_of(request, &image->ifaces[i]));
	err = analysis_conns_new(image, ifindexes, &conns);
	if (!err)
		err = fw_each_conn(fw, judge_conn, conns, &error);
	if (err)
		return err;
	analysis_conns_count(conns, &out->conns);
	if (request->options.keep_connections)
		out->conns.ended = 0;
	out->counted = true;
	return 0;
}

/* ---- the policy in force ----------------------------------------------------------- */

/* The text of a large policy takes its time, too. */
static int read_text(struct fw *fw, struct apply_preview *out)
{
	struct fw_error error = {0};
	struct fw_undo undo;
	int err;

	if (!out->too_large)
		return fw_read_policy(fw, &out->generation, &out->old.text, &out->old.len,
				      &error);
	err = fw_read_undo(fw, &undo, &error);
	if (!err)
		out->generation = undo.generation;
	return err;
}

void apply_preview_read(const struct apply_request *request,
			const struct policy_image *image, struct apply_preview *out)
{
	struct fw *fw cleanup_(close_fw) = NULL;
	struct fw_error error = {0};

	out->old.file = "<in force>";
	out->too_large = !request->dry_run && image->n_lines > COMPARED_LINES / 2;
	if (fw_open(request->options.pin_dir, &fw, &error) || read_text(fw, out))
		return;
	count_conns(request, image, fw, out);
}

/* Addresses by DHCP are no difference: the old policy gets those of the new one. */
static int give_addresses(const struct policy_image *image, struct apply_preview *preview)
{
	struct policy_image *names cleanup_(free_image) = NULL;
	int err = policy_compile_names(preview->old.policy, &names, &preview->old.diags);

	for (size_t i = 0; !err && i < names->n_ifaces; i++) {
		for (size_t j = 0; names->ifaces[i].dhcp && j < image->n_ifaces; j++) {
			const struct policy_image_iface *iface = &image->ifaces[j];

			if (!strcmp(names->ifaces[i].name, iface->name) && iface->dhcp &&
			    iface->has_address)
				err = policy_set_address(preview->old.policy, i,
							 ntohl(iface->address),
							 ntohl(iface->netmask));
		}
	}
	return err;
}

static int read_old(const struct policy_image *image, struct apply_preview *preview)
{
	struct cmd_policy *old = &preview->old;
	int err = policy_parse(old->text, old->len, &old->policy, &old->diags);

	if (!err)
		err = give_addresses(image, preview);
	if (!err)
		err = policy_compile_names(old->policy, &preview->old_image, &old->diags);
	return err;
}

void apply_preview_compare(const struct apply_request *request,
			   const struct policy_image *image,
			   struct apply_preview *preview)
{
	if (!preview->generation || preview->too_large || read_old(image, preview))
		return;
	preview->too_large = !request->dry_run &&
			     image->n_lines + preview->old_image->n_lines >
				     COMPARED_LINES;
	if (!preview->too_large)
		policy_diff(preview->old_image, image, &preview->diff);
}

void apply_preview_free(struct apply_preview *preview)
{
	analysis_diff_free(preview->diff);
	policy_image_free(preview->old_image);
	cmd_policy_free(&preview->old);
}
