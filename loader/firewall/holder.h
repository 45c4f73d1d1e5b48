/* SPDX-License-Identifier: GPL-2.0 */
/*
 * holder.h - which process holds a lock, for people.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_HOLDER_H
#define FIREWALL_HOLDER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Who holds the flock() of the file that @fd is open on, e.g. "fwctl apply my.pix
 * (pid 4711)". Of a process that is not to be seen from here, e.g. in another PID
 * namespace, only that.
 * Return: false if nobody does (any more), or that cannot be told
 */
bool holder_of(int fd, char *out, size_t size);

#endif /* FIREWALL_HOLDER_H */
