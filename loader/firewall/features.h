/* SPDX-License-Identifier: GPL-2.0 */
/*
 * features.h - what of BPF a kernel lacks, in words.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_FEATURES_H
#define FIREWALL_FEATURES_H

#include "internal.h"

/*
 * Ask the kernel for everything that the programs need and that not every kernel has.
 * Slow: for when it has refused them.
 * @out: "BTF (CONFIG_DEBUG_INFO_BTF), the helper bpf_timer_init"; "": nothing is lacking
 * Return: whether anything is
 */
bool features_missing(char *out, size_t size);

#endif /* FIREWALL_FEATURES_H */
