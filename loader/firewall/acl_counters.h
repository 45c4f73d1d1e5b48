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
 * @cleared: see acl_counters_open_cleared(); -1: since the lines began
 * @out: @n elements, of the lines in their order
 * Return: 0, -EINVAL (a line's counter is out of range), other -errno
 */
int acl_counters_read(const struct fw *fw, const struct acl_line_slot *lines, size_t n,
		      int cleared, struct acl_counters *out);

/*
 * The map of what counters had counted when somebody cleared them; for each counter, as
 * acl_base. Made when it is first wanted: most never clear any.
 * @make: make and pin it if there is none
 * Return: a descriptor, -ENOENT (there is none), other -errno
 */
int acl_counters_open_cleared(const struct fw *fw, bool make);

/* What lines count from now on is seen by those who read with @cleared. 0 or -errno. */
int acl_counters_clear(const struct fw *fw, const struct acl_line_slot *lines, size_t n,
		       int cleared);

#endif /* FIREWALL_ACL_COUNTERS_H */
