// SPDX-License-Identifier: GPL-2.0
/*
 * programs.c - the BPF programs. See programs.h.
 *
 * Why it exists: the only user of the generated skeleton. Programs embedded in
 * this binary are loaded when nothing is pinned or when what is pinned comes
 * from another build; the maps, and with them connections and counters, stay.
 */
#include <errno.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <pinhole.skel.h>
#include <util/hash.h>

#include "applies.h"
#include "calls.h"
#include "features.h"
#include "half_table.h"
#include "nat_counters.h"
#include "pins.h"
#include "programs.h"
#include "sizes.h"

/* So end the names of maps that are working memory: what a program finds in them
 * it has put there for the same packet. They belong to one load, never pinned. */
#define SCRATCH_SUFFIX "_area"

const void *programs_object(size_t *size)
{
	return pinhole__elf_bytes(size);
}

uint64_t programs_build_id(void)
{
	size_t size;
	const void *bytes = programs_object(&size);

	return hash_bytes(HASH_START, bytes, size);
}

/* ---- the loader's own maps ---------------------------------------------------- */

struct own_map {
	enum fw_map map;
	enum bpf_map_type type;
	uint32_t value_size;
	uint32_t entries;
	uint32_t flags;
};

static int make_own_map(const char *pin_dir, const struct own_map *own,
			struct fw_error *error)
{
	enum fw_map map = own->map;
	int fd scoped_fd_ = pins_get(pin_dir, PINS_MAPS, fw_map_names[map]);
	int err = fd < 0 ? fd : 0;
	struct bpf_map_create_opts opts;

	memset(&opts, 0, sizeof(opts)); /* padding too: libbpf looks at it */
	opts.sz = sizeof(opts);
	opts.map_flags = own->flags;
	if (err == -ENOENT) {
		fd = bpf_map_create(own->type, fw_map_names[map], sizeof(__u32),
				    own->value_size, own->entries, &opts);
		err = fd < 0 ? -errno
			     : pins_put(pin_dir, PINS_MAPS, fw_map_names[map], fd);
	}
	if (err) {
		fw_fail(error, err, "cannot make a map:");
		fw_fail_where(error, "%s/%s/%s", pin_dir, PINS_MAPS, fw_map_names[map]);
	}
	return err;
}

static int make_own_maps(const char *pin_dir, const struct fw_sizes *sizes,
			 struct fw_error *error)
{
	const struct own_map maps[] = {
		{FW_MAP_ACL_BASE, BPF_MAP_TYPE_ARRAY, sizeof(struct acl_counters),
		 PH_ACL_COUNTERS(sizes->acl_lines), BPF_F_MMAPABLE},
		{FW_MAP_NAT_SLOTS, BPF_MAP_TYPE_ARRAY, sizeof(struct nat_slot), NAT_SLOTS,
		 BPF_F_MMAPABLE},
		{FW_MAP_LOADER, BPF_MAP_TYPE_ARRAY, sizeof(struct fw_loader_state), 1, 0},
		{FW_MAP_HOSTS, BPF_MAP_TYPE_HASH, sizeof(struct fw_host), FW_MAX_HOSTS,
		 0},
		{FW_MAP_REASONS, BPF_MAP_TYPE_HASH, sizeof(struct fw_mode_reason),
		 FW_MAX_HOSTS, 0},
		{FW_MAP_HOST_MODE, BPF_MAP_TYPE_ARRAY, sizeof(struct fw_host_mode_state),
		 1, 0},
		{FW_MAP_UNDO_HOSTS, BPF_MAP_TYPE_ARRAY, sizeof(struct fw_undo_hosts), 1,
		 0},
		{FW_MAP_APPLIES, BPF_MAP_TYPE_ARRAY, sizeof(struct fw_applies), 1,
		 BPF_F_MMAPABLE},
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(maps) / sizeof(maps[0]); i++)
		err = make_own_map(pin_dir, &maps[i], error);
	return err;
}

/* ---- sizes ---------------------------------------------------------------------- */

/* Entries that the pinned map has room for; 0: there is none. */
static uint32_t pinned_entries(const char *pin_dir, const char *map)
{
	int fd scoped_fd_ = pins_get(pin_dir, PINS_MAPS, map);
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);

	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) ? info.max_entries : 0;
}

/*
 * The size of access lists that is settled, 0: none is. It is the size of several
 * maps; of an apply that was killed only some may be pinned, acl_base first.
 */
static uint32_t pinned_acl_lines(const char *pin_dir)
{
	uint32_t counters = pinned_entries(pin_dir, fw_map_names[FW_MAP_ACL_BASE]);
	uint32_t lines = counters / PH_ACL_COUNTERS(1);

	for (size_t i = 0; !lines && i < SIZES_ACL_N; i++) {
		enum sizes_acl_part part = (enum sizes_acl_part)i;

		lines = sizes_acl_lines_of(part,
					   pinned_entries(pin_dir, sizes_acl_map(part)));
	}
	return lines;
}

static uint32_t pinned_size(const char *pin_dir, const struct sizes_table *table)
{
	return table->offset == offsetof(struct fw_sizes, acl_lines)
		       ? pinned_acl_lines(pin_dir)
		       : pinned_entries(pin_dir, table->map);
}

static int other_size(const struct sizes_table *table, uint32_t there, uint32_t asked,
		      struct fw_error *error)
{
	fw_fail(error, -EBUSY, "the table has room for %u %s, not for %u", there,
		table->unit, asked);
	fw_fail_where(error, "table %s", table->map);
	fw_fail_hint(error,
		     "its size is fixed while the firewall is loaded: leave out %s, or "
		     "`fwctl unload` first; connections are lost with it",
		     table->option);
	return -EBUSY;
}

/* What the tables have or shall have: as pinned, else as asked, else by memory,
 * and for access lists by need. */
static int settle_sizes(const char *pin_dir, const struct fw_sizes *asked,
			const struct sizes_acl *acl, struct fw_sizes *out,
			struct fw_error *error)
{
	const struct sizes_table *wrong = sizes_out_of_range(asked);
	struct sysinfo host = {0};

	if (wrong)
		return fw_fail(error, -EINVAL, "%s %u is out of range: %u to %u",
			       wrong->option, sizes_get(asked, wrong), wrong->low,
			       wrong->high);
	sysinfo(&host);
	sizes_by_memory((uint64_t)host.totalram * host.mem_unit, out);
	if (sizes_acl_least(acl) > out->acl_lines)
		out->acl_lines = sizes_acl_grown(acl);
	for (size_t i = 0; i < SIZES_N_TABLES; i++) {
		const struct sizes_table *table = &sizes_tables[i];
		uint32_t there = pinned_size(pin_dir, table);
		uint32_t entries = sizes_get(asked, table);

		if (there && entries && there != entries)
			return other_size(table, there, entries, error);
		if (there || entries)
			sizes_set(out, table, there ? there : entries);
	}
	return 0;
}

static int set_entries(struct bpf_object *object, const char *map, uint32_t entries)
{
	return bpf_map__set_max_entries(bpf_object__find_map_by_name(object, map),
					entries);
}

static int set_acl_sizes(struct bpf_object *object, uint32_t lines)
{
	int err = set_entries(object, PH_MAP_ACL_STATS, sizes_acl_blocks(lines));

	for (size_t i = 0; !err && i < SIZES_ACL_N; i++) {
		enum sizes_acl_part part = (enum sizes_acl_part)i;

		err = set_entries(object, sizes_acl_map(part),
				  sizes_acl_entries(part, lines));
	}
	return err;
}

static int set_sizes(const char *pin_dir, struct bpf_object *object,
		     const struct fw_sizes *sizes)
{
	uint32_t expiry = pinned_entries(pin_dir, PH_MAP_EXPIRY);
	uint32_t grants = pinned_entries(pin_dir, PH_MAP_GRANTS);
	uint32_t closed = pinned_entries(pin_dir, PH_MAP_FTP_CLOSED);
	int err = 0;

	for (size_t i = 0; !err && i < SIZES_N_TABLES; i++)
		err = set_entries(object, sizes_tables[i].map,
				  sizes_get(sizes, &sizes_tables[i]));
	if (!err)
		err = set_entries(object, PH_MAP_HALF_SETS,
				  half_table_sets(sizes->half_open));
	if (!err) /* among them acl_lines again, which holds two generations */
		err = set_acl_sizes(object, sizes->acl_lines);
	if (!err)
		err = set_entries(object, PH_MAP_EXPIRY,
				  expiry ? expiry : sizes_expiry(sizes));
	if (!err) /* at worst every session is between ends of its own */
		err = set_entries(object, PH_MAP_GRANTS,
				  grants ? grants : sizes->ftp_sessions);
	if (!err)
		err = set_entries(object, PH_MAP_FTP_CLOSED,
				  closed ? closed : sizes->ftp_sessions);
	return err;
}

/* ---- reuse --------------------------------------------------------------------- */

int programs_get_pinned(const char *pin_dir, struct fw_programs *out)
{
	out->xdp = pins_get(pin_dir, PINS_PROGS, FW_PROG_XDP);
	out->tc_ingress = pins_get(pin_dir, PINS_PROGS, FW_PROG_TC_IN);
	out->tc_egress = pins_get(pin_dir, PINS_PROGS, FW_PROG_TC_EG);
	if (out->xdp >= 0 && out->tc_ingress >= 0 && out->tc_egress >= 0)
		return 0;
	programs_put(out);
	return -ENOENT;
}

static int reuse_pinned(const char *pin_dir, struct fw_programs *out)
{
	struct fw_loader_state state = {0};
	int fd scoped_fd_ = pins_get(pin_dir, PINS_MAPS, fw_map_names[FW_MAP_LOADER]);
	__u32 zero = 0;

	if (fd < 0 || bpf_map_lookup_elem(fd, &zero, &state) ||
	    state.build_id != out->build_id)
		return -ENOENT;
	for (int i = 0; i < FW_N_MAPS; i++) {
		int map scoped_fd_ = pins_get(pin_dir, PINS_MAPS, fw_map_names[i]);

		if (map < 0)
			return -ENOENT;
	}
	if (programs_get_pinned(pin_dir, out))
		return -ENOENT;
	if (calls_are_pinned(pin_dir, out->tc_ingress))
		return 0;
	programs_put(out);
	return -ENOENT;
}

/* ---- load ------------------------------------------------------------------------ */

/* The kernel itself makes device maps read-only for programs. */
static bool same_shape(const struct bpf_map *map, int fd)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &len) &&
	       info.type == (__u32)bpf_map__type(map) &&
	       info.key_size == bpf_map__key_size(map) &&
	       info.value_size == bpf_map__value_size(map) &&
	       info.max_entries == bpf_map__max_entries(map) &&
	       (info.map_flags & ~BPF_F_RDONLY_PROG) == bpf_map__map_flags(map);
}

static bool is_scratch(const char *name)
{
	size_t len = strlen(name);
	size_t suffix = strlen(SCRATCH_SUFFIX);

	return len > suffix && !strcmp(name + len - suffix, SCRATCH_SUFFIX);
}

/* Pinned by its name, and shared by all loads. Tables of programs are pinned too,
 * but are each load's own: calls.c. */
static bool is_pinnable(const struct bpf_map *map)
{
	return !bpf_map__is_internal(map) && !is_scratch(bpf_map__name(map)) &&
	       bpf_map__type(map) != BPF_MAP_TYPE_PROG_ARRAY;
}

static int reuse_maps(const char *pin_dir, struct bpf_object *object,
		      struct fw_error *error)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		int fd scoped_fd_ = -1;
		int err;

		if (!is_pinnable(map))
			continue;
		fd = pins_get(pin_dir, PINS_MAPS, bpf_map__name(map));
		if (fd == -ENOENT)
			continue;
		if (fd >= 0 && !same_shape(map, fd)) {
			fw_fail(error, -EPROTO,
				"a map pinned by another version differs in shape");
			fw_fail_where(error, "%s/%s/%s", pin_dir, PINS_MAPS,
				      bpf_map__name(map));
			fw_fail_hint(
				error,
				"`fwctl unload` first; connections are lost with it");
			return -EPROTO;
		}
		err = fd < 0 ? fd : bpf_map__reuse_fd(map, fd);
		if (err) {
			fw_fail(error, err, "cannot use a pinned map:");
			fw_fail_where(error, "%s/%s/%s", pin_dir, PINS_MAPS,
				      bpf_map__name(map));
			return err;
		}
	}
	return 0;
}

static int pin_maps(const char *pin_dir, struct bpf_object *object,
		    struct fw_error *error)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		int there scoped_fd_ = -1;
		int err;

		if (!is_pinnable(map))
			continue;
		there = pins_get(pin_dir, PINS_MAPS, bpf_map__name(map));
		if (there >= 0)
			continue;
		err = pins_put(pin_dir, PINS_MAPS, bpf_map__name(map), bpf_map__fd(map));
		if (err) {
			fw_fail(error, err, "cannot pin a map:");
			fw_fail_where(error, "%s/%s/%s", pin_dir, PINS_MAPS,
				      bpf_map__name(map));
			return err;
		}
	}
	return 0;
}

static int pin_calls(const char *pin_dir, const struct pinhole *skeleton,
		     struct fw_error *error)
{
	int err = calls_pin(pin_dir, bpf_map__fd(skeleton->maps.ftp_programs));

	if (err) {
		fw_fail(error, err, "cannot pin a table of programs:");
		fw_fail_where(error, "%s/%s/%s", pin_dir, PINS_MAPS, PH_MAP_FTP_PROGS);
	}
	return err;
}

static int load_failed(struct fw_error *error, int err)
{
	char missing[256];

	fw_fail(error, err, "the kernel refused the firewall's programs:");
	fw_log_into(error);
	if (err == -ENOMEM)
		fw_fail_hint(error, "the tables need more memory than the kernel, or the "
				    "cgroup, can give: try a smaller --max-connections, "
				    "--max-half-open and --max-acl-lines");
	if (error && !error->hint[0] && features_missing(missing, sizeof(missing)))
		fw_fail_hint(error,
			     "this kernel lacks: %s; Pinhole needs Linux 6.1 or newer "
			     "with these",
			     missing);
	else if (error && !error->hint[0])
		fw_fail_hint(
			error,
			"Pinhole needs Linux 6.1 or newer with CONFIG_DEBUG_INFO_BTF");
	return err;
}

/* The kernel allocates the timer without waiting, and may have to be asked again. */
#define CLOCK_TRIES	 100
#define CLOCK_RETRY_USEC 1000

static int start_clock(const struct pinhole *skeleton, struct fw_error *error)
{
	char frame[64] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame,
		    .data_size_in = sizeof(frame), .repeat = 1);
	int fd = bpf_program__fd(skeleton->progs.clock_start);
	int err = 0;

	for (int i = 0; i < CLOCK_TRIES; i++) {
		err = bpf_prog_test_run_opts(fd, &run) ? -errno : -(int)run.retval;
		if (err != -ENOMEM)
			break;
		usleep(CLOCK_RETRY_USEC);
	}
	if (err)
		fw_fail(error, err, "cannot start the clock that ends idle connections:");
	return err;
}

static int make_half_table(const struct pinhole *skeleton, struct fw_error *error)
{
	const struct half_fds fds = {
		.head = bpf_map__fd(skeleton->maps.half_head),
		.sets = bpf_map__fd(skeleton->maps.half_sets),
		.entries = bpf_map__fd(skeleton->maps.half_open),
	};
	int err = half_table_make(&fds);

	return err ? fw_fail(error, err,
			     "cannot make the table of half-open connections:")
		   : 0;
}

static int load_fresh(const char *pin_dir, const struct fw_sizes *sizes,
		      struct fw_programs *out, struct fw_error *error)
{
	struct pinhole *skeleton = pinhole__open();
	int err;

	if (!skeleton)
		return load_failed(error, -errno);
	out->skeleton = skeleton;
	err = set_sizes(pin_dir, skeleton->obj, sizes);
	if (err)
		return fw_fail(error, err, "cannot size the tables:");
	err = reuse_maps(pin_dir, skeleton->obj, error);
	if (err)
		return err;
	err = pinhole__load(skeleton);
	if (err)
		return load_failed(error, err);
	err = pin_maps(pin_dir, skeleton->obj, error);
	if (!err)
		err = pin_calls(pin_dir, skeleton, error);
	if (!err)
		err = make_half_table(skeleton, error);
	if (!err)
		err = start_clock(skeleton, error);
	if (err)
		return err;
	out->xdp = bpf_program__fd(skeleton->progs.xdp_ingress);
	out->tc_ingress = bpf_program__fd(skeleton->progs.tc_ingress);
	out->tc_egress = bpf_program__fd(skeleton->progs.tc_egress);
	return 0;
}

int programs_get(const char *pin_dir, const struct fw_sizes *sizes,
		 const struct sizes_acl *acl, struct fw_programs *out,
		 struct fw_error *error)
{
	struct fw_programs programs = FW_PROGRAMS_NONE;
	struct fw_sizes settled = {0};
	int err = settle_sizes(pin_dir, sizes, acl, &settled, error);

	if (!err)
		err = make_own_maps(pin_dir, &settled, error);
	if (err)
		return err;
	programs.build_id = programs_build_id();
	err = reuse_pinned(pin_dir, &programs);
	if (err)
		err = load_fresh(pin_dir, &settled, &programs, error);
	if (err) {
		programs_put(&programs);
		return err;
	}
	*out = programs;
	return 0;
}

void programs_put(struct fw_programs *programs)
{
	if (programs->skeleton) {
		pinhole__destroy(programs->skeleton); /* owns the descriptors */
		programs->skeleton = NULL;
	} else {
		fw_close_fd(&programs->xdp);
		fw_close_fd(&programs->tc_ingress);
		fw_close_fd(&programs->tc_egress);
	}
	programs->xdp = programs->tc_ingress = programs->tc_egress = -1;
}

int programs_pin(const struct fw *fw, const struct fw_programs *programs)
{
	struct fw_loader_state state;
	__u32 zero = 0;
	int err;

	if (!programs->skeleton)
		return 0;
	err = pins_put(fw->pin_dir, PINS_PROGS, FW_PROG_XDP, programs->xdp);
	if (!err)
		err = pins_put(fw->pin_dir, PINS_PROGS, FW_PROG_TC_IN,
			       programs->tc_ingress);
	if (!err)
		err = pins_put(fw->pin_dir, PINS_PROGS, FW_PROG_TC_EG,
			       programs->tc_egress);
	if (err)
		return err;
	/* Last: whoever reads the stamp may rely on the pins. */
	if (bpf_map_lookup_elem(fw->map[FW_MAP_LOADER], &zero, &state))
		return -errno;
	state.build_id = programs->build_id;
	return bpf_map_update_elem(fw->map[FW_MAP_LOADER], &zero, &state, BPF_ANY)
		       ? -errno
		       : 0;
}
