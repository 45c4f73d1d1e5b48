// SPDX-License-Identifier: GPL-2.0
/*
 * trace_load.c - the second instance of the datapath.
 *
 * Why it exists: that a traced packet changes nothing has three reasons, all here. The
 * maps that programs write are the instance's own. The helpers by which a program acts
 * on anything but its packet and its maps are taken out of it before it is loaded. And
 * what the kernel does with a verdict, it does not do in a test run.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "half_table.h"
#include "pins.h"
#include "programs.h"
#include "state.h"
#include "trace.h"

/* ---- helpers -------------------------------------------------------------- */

/* They read, or change the packet, or the maps, or the verdict. */
static const int harmless[] = {
	BPF_FUNC_map_lookup_elem,
	BPF_FUNC_map_update_elem,
	BPF_FUNC_map_delete_elem,
	BPF_FUNC_map_push_elem,
	BPF_FUNC_map_pop_elem,
	BPF_FUNC_map_peek_elem,
	BPF_FUNC_ktime_get_ns,
	BPF_FUNC_ktime_get_boot_ns,
	BPF_FUNC_ktime_get_coarse_ns,
	BPF_FUNC_get_smp_processor_id,
	BPF_FUNC_get_prandom_u32,
	BPF_FUNC_skb_store_bytes,
	BPF_FUNC_skb_load_bytes,
	BPF_FUNC_skb_pull_data,
	BPF_FUNC_skb_change_tail,
	BPF_FUNC_skb_adjust_room,
	BPF_FUNC_skb_vlan_push,
	BPF_FUNC_skb_vlan_pop,
	BPF_FUNC_l3_csum_replace,
	BPF_FUNC_l4_csum_replace,
	BPF_FUNC_csum_diff,
	BPF_FUNC_csum_update,
	BPF_FUNC_csum_level,
	BPF_FUNC_xdp_adjust_head,
	BPF_FUNC_xdp_load_bytes,
	BPF_FUNC_xdp_get_buff_len,
	BPF_FUNC_spin_lock,
	BPF_FUNC_spin_unlock,
	BPF_FUNC_tail_call,
	BPF_FUNC_check_mtu,
	BPF_FUNC_fib_lookup,
	BPF_FUNC_redirect,
	BPF_FUNC_redirect_map,
	BPF_FUNC_redirect_neigh,
	BPF_FUNC_ringbuf_output,
	BPF_FUNC_ringbuf_reserve,
	BPF_FUNC_ringbuf_submit,
	BPF_FUNC_ringbuf_discard,
	BPF_FUNC_ringbuf_query,
	BPF_FUNC_perf_event_output,
	BPF_FUNC_loop,
	BPF_FUNC_for_each_map_elem,
	/* Of the clock, whose program is not loaded. */
	BPF_FUNC_timer_init,
	BPF_FUNC_timer_set_callback,
	BPF_FUNC_timer_start,
	BPF_FUNC_timer_cancel,
};

/* They send: instead nothing is done, and that it went well is said. */
static const int sending[] = {BPF_FUNC_clone_redirect};

static bool is_among(const int *list, size_t n, int helper)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == helper)
			return true;
	return false;
}

#define IS_AMONG(list, helper) is_among(list, sizeof(list) / sizeof((list)[0]), helper)

/* BPF_LD, BPF_DW and BPF_IMM: a constant of 64 bits. */
#define LOAD_WIDE 0x18

static int tame_code(struct bpf_insn *code, size_t n, struct fw_error *error)
{
	for (size_t i = 0; i < n; i++) {
		if (code[i].code == LOAD_WIDE) {
			i++; /* its second half is no instruction */
			continue;
		}
		if (code[i].code != (BPF_JMP | BPF_CALL) || code[i].src_reg)
			continue;
		if (IS_AMONG(sending, code[i].imm))
			code[i] = (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K};
		else if (!IS_AMONG(harmless, code[i].imm))
			return fw_fail(error, -EPROTO,
				       "the datapath calls helper %d, of which the "
				       "packet tracer does not know what it does",
				       code[i].imm);
	}
	return 0;
}

/* @elf: a copy of the object file, for the machine's own byte order */
static int tame(unsigned char *elf, size_t size, struct fw_error *error)
{
	const Elf64_Ehdr *file = (const void *)elf;
	const Elf64_Shdr *sections;
	int err = 0;

	if (size < sizeof(*file) || file->e_shoff > size ||
	    file->e_shnum > (size - file->e_shoff) / sizeof(*sections))
		return fw_fail(error, -EPROTO, "the datapath's object is no ELF file");
	sections = (const void *)(elf + file->e_shoff);
	for (size_t i = 0; !err && i < file->e_shnum; i++) {
		const Elf64_Shdr *section = &sections[i];

		if (section->sh_type != SHT_PROGBITS ||
		    !(section->sh_flags & SHF_EXECINSTR))
			continue;
		if (section->sh_offset > size ||
		    section->sh_size > size - section->sh_offset)
			return fw_fail(error, -EPROTO,
				       "the datapath's object is cut off");
		err = tame_code((void *)(elf + section->sh_offset),
				section->sh_size / sizeof(struct bpf_insn), error);
	}
	return err;
}

/* ---- maps ----------------------------------------------------------------- */

static int unknown_map(const char *name, struct fw_error *error)
{
	fw_fail(error, -EPROTO,
		"the packet tracer does not know whether it may share a map");
	fw_fail_where(error, "map %s", name);
	return -EPROTO;
}

/* LRU tables displace entries before they are full, and sets more so. */
static uint32_t room_for(const struct trace_seed *seed, const char *name)
{
	uint32_t half_open =
		(uint32_t)seed->rows[TRACE_HALF_OPEN].n * HALF_WAYS + TRACE_SLACK;
	size_t n = 0;

	if (!strcmp(name, PH_MAP_HALF_OPEN))
		return half_open;
	if (!strcmp(name, PH_MAP_HALF_SETS))
		return half_table_sets(half_open);

	for (size_t i = 0; i < TRACE_N_TABLES; i++)
		if (!strcmp(trace_table_name((enum trace_table)i), name))
			n = seed->rows[i].n;
	if (!strcmp(name, PH_MAP_EXPIRY))
		n = seed->rows[TRACE_CONNS].n + seed->rows[TRACE_HOLES].n;
	return (uint32_t)n * 2 + TRACE_SLACK;
}

static int share(const struct fw *fw, struct bpf_map *map, struct fw_error *error)
{
	const char *name = bpf_map__name(map);
	int fd scoped_fd_ = pins_get(fw->pin_dir, PINS_MAPS, name);
	int err = fd < 0 ? fd : bpf_map__reuse_fd(map, fd);

	if (err) {
		fw_fail(error, err, "cannot share a map of the policy:");
		fw_fail_where(error, "%s/%s/%s", fw->pin_dir, PINS_MAPS, name);
	}
	return err;
}

static int prepare_maps(const struct fw *fw, const struct trace_seed *seed,
			struct bpf_object *object, struct fw_error *error)
{
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map(map, object)
	{
		const char *name = bpf_map__name(map);

		if (bpf_map__is_internal(map))
			continue; /* constants */
		switch (trace_role_of(name)) {
		case TRACE_SHARED:
			err = share(fw, map, error);
			break;
		case TRACE_PRIVATE:
			if (trace_size_of(name) == TRACE_SIZE_TINY)
				err = bpf_map__set_max_entries(map, 1);
			if (trace_size_of(name) == TRACE_SIZE_TABLE)
				err = bpf_map__set_max_entries(map, room_for(seed, name));
			break;
		default:
			err = unknown_map(name, error);
		}
		if (err)
			return err;
	}
	return 0;
}

/* ---- are they the same programs? ------------------------------------------ */

static int other_build(const struct fw *fw, struct fw_error *error)
{
	fw_fail(error, -ESTALE, "the programs that are loaded are of another build");
	fw_fail_where(error, "%s", fw->pin_dir);
	fw_fail_hint(error, "trace with the fwctl that applied the policy, or apply it "
			    "anew with this one");
	return -ESTALE;
}

static int check_build(const struct fw *fw, struct fw_error *error)
{
	struct fw_loader_state state = {0};
	int err = state_read(fw, &state, error);

	if (err)
		return err;
	return state.build_id == programs_build_id() ? 0 : other_build(fw, error);
}

static bool same_code(int one, int other)
{
	struct bpf_prog_info a = {0};
	struct bpf_prog_info b = {0};
	__u32 a_len = sizeof(a);
	__u32 b_len = sizeof(b);

	return !bpf_obj_get_info_by_fd(one, &a, &a_len) &&
	       !bpf_obj_get_info_by_fd(other, &b, &b_len) &&
	       !memcmp(a.tag, b.tag, sizeof(a.tag));
}

static int program_fd(const struct bpf_object *object, const char *name)
{
	return bpf_program__fd(bpf_object__find_program_by_name(object, name));
}

/* The build says it; the kernel knows it. */
static int check_tags(const struct fw *fw, const struct bpf_object *object, bool with_xdp,
		      struct fw_error *error)
{
	struct fw_programs pinned cleanup_(programs_put) = FW_PROGRAMS_NONE;
	int err = programs_get_pinned(fw->pin_dir, &pinned);

	if (err)
		return fw_fail(error, err, "cannot open the programs that are loaded:");
	if (same_code(pinned.tc_ingress, program_fd(object, FW_PROG_TC_IN)) &&
	    (!with_xdp || same_code(pinned.xdp, program_fd(object, FW_PROG_XDP))))
		return 0;
	return other_build(fw, error);
}

/* ---- loading -------------------------------------------------------------- */

static void close_object(struct bpf_object **object)
{
	if (*object)
		bpf_object__close(*object);
}

/* Run by the loader, or on the way out: neither is traced. */
static void leave_out(const struct bpf_object *object, const char *program)
{
	bpf_program__set_autoload(bpf_object__find_program_by_name(object, program),
				  false);
}

static int open_object(struct bpf_object **out, struct fw_error *error)
{
	size_t size;
	const void *bytes = programs_object(&size);
	unsigned char *copy cleanup_free_ = malloc(size);
	int err;

	if (!copy)
		return fw_fail(error, -ENOMEM, "cannot copy the datapath:");
	memcpy(copy, bytes, size);
	err = tame(copy, size, error);
	if (err)
		return err;
	*out = bpf_object__open_mem(copy, size, NULL);
	return *out ? 0 : fw_fail(error, -errno, "cannot open the datapath:");
}

static int load(const struct fw *fw, const struct trace_seed *seed, bool with_xdp,
		struct bpf_object **out, struct fw_error *error)
{
	struct bpf_object *object cleanup_(close_object) = NULL;
	int err = open_object(&object, error);

	if (!err)
		err = prepare_maps(fw, seed, object, error);
	if (err)
		return err;
	leave_out(object, FW_PROG_TC_EG);
	leave_out(object, "clock_start");
	if (!with_xdp)
		leave_out(object, FW_PROG_XDP);
	err = bpf_object__load(object);
	if (err) {
		fw_fail(error, err, "the kernel refused a second instance:");
		fw_log_into(error);
		return err;
	}
	err = check_tags(fw, object, with_xdp, error);
	if (!err)
		err = trace_seed_write(seed, object);
	if (err)
		return err == -ESTALE ? err
				      : fw_fail(error, err, "cannot fill the copy:");
	*out = take(object);
	return 0;
}

int trace_load(const struct fw *fw, const struct trace_seed *seed, bool with_xdp,
	       struct bpf_object **out, struct fw_error *error)
{
	int err = check_build(fw, error);

	if (err)
		return err;
	fw_log_begin();
	err = load(fw, seed, with_xdp, out, error);
	fw_log_end();
	return err;
}

const char *fw_trace_unknown(void)
{
	static struct fw_error error;
	struct bpf_object *object cleanup_(close_object) = NULL;
	struct bpf_map *map;

	if (open_object(&object, &error))
		return error.what;
	bpf_object__for_each_map(map, object)
	{
		if (bpf_map__is_internal(map) ||
		    trace_role_of(bpf_map__name(map)) != TRACE_UNKNOWN)
			continue;
		unknown_map(bpf_map__name(map), &error);
		return error.where;
	}
	return NULL;
}
