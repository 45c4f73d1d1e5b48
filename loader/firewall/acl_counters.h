/* SPDX-License-Identifier: GPL-2.0 */
/*
 * acl_counters.h - what access-list lines have counted.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_ACL_COUNTERS_H
#define FIREWALL_ACL_COUNTERS_H

#include "internal.h"
#include "slots.h"

/*
 * Those that are not kept begin at zero: what their slots have counted for others
 * is remembered as their base, and taken off whenever they are read.
 * @wants: slots are assigned; those that are not kept are not counted in now
 * Return: 0 or -errno
 */
int acl_counters_begin(const struct fw *fw, const struct slot_want *wants, size_t n);

/*
 * @out: @n elements, of the lines in their order
 * Return: 0, -EINVAL (a line's counter is out of range), other -errno
 */
int acl_counters_read(const struct fw *fw, const struct acl_line_slot *lines, size_t n,
		      struct acl_counters *out);

#endif /* FIREWALL_ACL_COUNTERS_H */
