/* SPDX-License-Identifier: GPL-2.0 */
/*
 * privilege.h - what the exporter may do once it serves.
 *
 * Who may include it: tools/exporter, and tests.
 */
#ifndef EXPORTER_PRIVILEGE_H
#define EXPORTER_PRIVILEGE_H

#include <stddef.h>

/*
 * For good, and for every thread that begins later: no capability but CAP_BPF, no new
 * ones by exec, and only the system calls that serving and reading take; any other fails
 * with EPERM. With one thread only, after the sockets are open.
 *
 * The user stays: of root what is left is that it owns the pins. Files can be opened for
 * reading only, and BPF maps can be read and not written.
 * @said: on failure, in words
 * Return: 0 or -errno
 */
int privilege_drop(char *said, size_t said_bytes);

#endif /* EXPORTER_PRIVILEGE_H */
