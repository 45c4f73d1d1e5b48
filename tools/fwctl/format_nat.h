/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format_nat.h - statements that translate, and what they have counted, as an ASA shows
 * them. Pure.
 *
 * Who may include it: tools/fwctl, and tests.
 */
#ifndef FWCTL_FORMAT_NAT_H
#define FWCTL_FORMAT_NAT_H

#include <pinhole/policy.h>
#include <util/strbuf.h>

struct format_nat {
	const struct policy_image_translation *is;
	struct nat_hits hits;
	bool counted;
};

/* The heading of a section. */
const char *format_nat_heading(enum policy_translation_section section);
/* Its name in JSON. */
const char *format_nat_section(enum policy_translation_section section);

/* Some lines, without the end of the last. @detail: what the ends stand for, too */
void format_nat_put(struct strbuf *out, const struct format_nat *nat, bool detail);

#endif /* FWCTL_FORMAT_NAT_H */
