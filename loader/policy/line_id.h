/* SPDX-License-Identifier: GPL-2.0 */
/*
 * line_id.h - identities of access-list lines that survive a new policy.
 *
 * Why it exists: hit counters follow a line through applies and upgrades. A
 * line is the same as before if its list, its canonical text, and the number
 * of equal lines before it are the same; its position may change.
 *
 * Who may include it: libpolicy only.
 */
#ifndef PINHOLE_POLICY_LINE_ID_H
#define PINHOLE_POLICY_LINE_ID_H

#include <stddef.h>
#include <stdint.h>

#include <pinhole/policy.h>

#include "util/hash.h"

/* What the identities of a list's lines have in common. @text: what the texts of all
 * its lines begin with */
uint64_t policy_line_ids_start(const char *list, const char *text, size_t text_len);

/* The hash of a line. @text: what follows then */
static inline uint64_t policy_line_hash(uint64_t start, const char *text, size_t text_len)
{
	return hash_bytes(start, text, text_len);
}

/* Make identities of hashes: line_id of every line, in order. Return: 0 or -ENOMEM. */
int policy_line_ids_settle(struct policy_image_line *lines, size_t n_lines);

#endif /* PINHOLE_POLICY_LINE_ID_H */
