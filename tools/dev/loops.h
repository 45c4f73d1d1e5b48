/* SPDX-License-Identifier: GPL-2.0 */
/*
 * loops.h - loops that older kernels refuse.
 *
 * Why it exists: Linux 6.1 walks a program depth first and takes a way back into code
 * that it is still walking only from a jump. A loop whose last instruction falls
 * through into its first it refuses, and compilers make such loops. Newer kernels take
 * them, so that the developer's does not tell.
 *
 * Who may include it: tools/dev, and the unit tests. Pure.
 */
#ifndef DEV_LOOPS_H
#define DEV_LOOPS_H

#include <stddef.h>

#include <linux/bpf.h>

/*
 * Find the first way back that is no jump.
 * @insns: as they are given to the kernel: calls and functions given away by offset
 * @from, @to: set if there is one: numbers of instructions
 * Return: 1 if there is one, 0 if not, -EINVAL (a jump leads out of the program),
 * -ENOMEM.
 */
int loops_find(const struct bpf_insn *insns, size_t n, size_t *from, size_t *to);

#endif /* DEV_LOOPS_H */
