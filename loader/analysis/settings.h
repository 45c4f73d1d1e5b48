/* SPDX-License-Identifier: GPL-2.0 */
/*
 * settings.h - what of a policy is not an access list, compared by what it means.
 *
 * Who may include it: loader/analysis.
 */
#ifndef PINHOLE_ANALYSIS_SETTINGS_H
#define PINHOLE_ANALYSIS_SETTINGS_H

#include <pinhole/analysis.h>

#include "util/vec.h"

/* One thing that is set. Two of a kind and key are versions of one another. */
struct setting {
	const char *kind; /* static */
	char *key;
	char *text;
	uint64_t hash; /* of what the text does not say */
	size_t order;
};

typedef VEC(struct setting) setting_vec;

/* Key of the setting that says in which order translations are tried. */
#define SETTINGS_ORDER "order of translations"

/* Read an image's (settings.c, settings_nat.c, settings_inspect.c). Settings are
 * appended; settings_free() them, also on failure. Return: 0 or -ENOMEM. */
int settings_collect(const struct policy_image *image, setting_vec *out);
int settings_collect_nat(const struct policy_image *image, setting_vec *out);
int settings_collect_inspections(const struct policy_image *image, setting_vec *out);
void settings_free(setting_vec *settings);

/* Append one. @hash: see above; 0 if the text says all. The text is the key, and what
 * is formatted behind it. */
int settings_add(setting_vec *out, const char *kind, uint64_t hash, const char *key,
		 const char *format, ...) __attribute__((format(printf, 5, 6)));

/* "inside"; "any" for id 0 */
const char *settings_iface(const struct policy_image *image, uint32_t id);

/* "10.0.0.1", or "10.0.0.0/24" if it is shorter than an address. */
struct settings_net {
	char text[48];
};
struct settings_net settings_net(const struct ph_addr *addr, const struct ph_addr *mask);

/* What differs, appended in an order for people. Return: 0 or -ENOMEM. */
int settings_compare(const struct policy_image *old, const struct policy_image *new,
		     struct analysis_setting **out, size_t *n_out);

#endif /* PINHOLE_ANALYSIS_SETTINGS_H */
