/* SPDX-License-Identifier: GPL-2.0 */
/*
 * where.h - a place in the text, for remarks that are made after the last line.
 *
 * Who may include it: libpolicy only.
 */
#ifndef PINHOLE_POLICY_WHERE_H
#define PINHOLE_POLICY_WHERE_H

#include <stddef.h>

struct policy_where {
	size_t line_start; /* offset of the line in the text */
	unsigned int line; /* from 1 */
	unsigned int column;
	unsigned int width;
};

#endif /* PINHOLE_POLICY_WHERE_H */
