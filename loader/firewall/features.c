// SPDX-License-Identifier: GPL-2.0
/*
 * features.c - what of BPF a kernel lacks. See features.h.
 *
 * Why it exists: the verifier's last words name an instruction; an administrator needs
 * the name of what to switch on. Versions do not tell: distributions leave features out,
 * and carry newer ones back.
 */
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "features.h"

#define BTF_PATH "/sys/kernel/btf/vmlinux"

static const struct {
	enum bpf_func_id id;
	const char *name;
} helpers[] = {
	{BPF_FUNC_fib_lookup, "bpf_fib_lookup"},
	{BPF_FUNC_redirect_neigh, "bpf_redirect_neigh"},
	{BPF_FUNC_ringbuf_output, "bpf_ringbuf_output"},
	{BPF_FUNC_timer_init, "bpf_timer_init"},
	{BPF_FUNC_loop, "bpf_loop"},
};

static const struct {
	enum bpf_map_type type;
	const char *name;
} maps[] = {
	{BPF_MAP_TYPE_LPM_TRIE, "lpm_trie"},
	{BPF_MAP_TYPE_DEVMAP_HASH, "devmap_hash"},
	{BPF_MAP_TYPE_RINGBUF, "ringbuf"},
};

static void add(char *out, size_t size, const char *what, const char *name)
{
	size_t len = strlen(out);

	snprintf(out + len, size - len, "%s%s%s", len ? ", " : "", what, name);
}

/* What cannot be asked, for want of a permission say, is not called missing. */
bool features_missing(char *out, size_t size)
{
	out[0] = '\0';
	if (access(BTF_PATH, F_OK))
		add(out, size, "BTF (CONFIG_DEBUG_INFO_BTF)", "");
	if (libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_XDP, NULL) == 0)
		add(out, size, "XDP programs", "");
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++)
		if (libbpf_probe_bpf_map_type(maps[i].type, NULL) == 0)
			add(out, size, "maps of type ", maps[i].name);
	for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++)
		if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_SCHED_CLS, helpers[i].id,
					    NULL) == 0)
			add(out, size, "the helper ", helpers[i].name);
	return out[0] != '\0';
}
