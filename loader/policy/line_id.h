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

struct line_ids {
	struct line_ids_slot {
		uint64_t hash;
		uint32_t count; /* 0: free slot */
	} * slots;
	size_t capacity; /* a power of two */
};

/* @n_lines: how many identities will be asked for. Return: 0 or -ENOMEM. */
int policy_line_ids_init(struct line_ids *ids, size_t n_lines);
void policy_line_ids_free(struct line_ids *ids);

uint64_t policy_line_id(struct line_ids *ids, const char *list, const char *text,
			size_t text_len);

#endif /* PINHOLE_POLICY_LINE_ID_H */
