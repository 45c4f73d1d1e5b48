// SPDX-License-Identifier: GPL-2.0
/*
 * show_system.c - `show running-config`, `show version` and `show memory`: what is
 * loaded, and what it takes.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <pinhole/firewall_undo.h>
#include <util/cleanup.h>
#include <util/vec.h>

#include "format_conn.h"
#include "show.h"

/* ---- running-config -----------------------------------------------------------------
 */

int show_running_config(struct show_request *request)
{
	char *text cleanup_free_ = NULL;
	uint32_t generation;
	size_t len;
	int err = fw_read_policy(request->fw, &generation, &text, &len, &request->error);

	if (err)
		return err;
	if (!request->json) {
		fwrite(text, 1, len, stdout);
		return 0;
	}
	output_list(&request->out, "lines", NULL);
	for (char *line = text, *end; *line; line = end) {
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = '\0';
		output_string(&request->out, line);
	}
	output_list_end(&request->out);
	return 0;
}

/* ---- version ------------------------------------------------------------------------
 */

static void put_feature(struct show_request *request, const char *name, bool present,
			const char *help)
{
	output_record(&request->out,
		      present ? "  {feature}: {help}" : "  {feature}: MISSING: {help}",
		      json_pack("{s:s, s:b, s:s}", "feature", name, "present",
				(int)present, "help", help));
}

/* What BPF can do from 6.1 on is needed: the timer, bpf_loop(), queues. */
static void put_kernel(struct show_request *request, const char *release)
{
	unsigned int major = 0, minor = 0;
	bool new_enough = sscanf(release, "%u.%u", &major, &minor) == 2 &&
			  (major > 6 || (major == 6 && minor >= 1));

	put_feature(request, "kernel-6.1", new_enough, "Linux 6.1 or newer");
}

static void put_features(struct show_request *request, const char *release)
{
	output_list(&request->out, "features", NULL);
	put_kernel(request, release);
	put_feature(request, "btf", !access("/sys/kernel/btf/vmlinux", F_OK),
		    "the kernel describes its types");
	put_feature(request, "cgroup2", fw_has_cgroup2(), "the cgroups of host mode");
	output_list_end(&request->out);
}

static json_t *json_build(uint64_t id)
{
	return json_sprintf("0x%016" PRIx64, id);
}

/* Whether the policy stays: see apply --confirm. */
static void put_undo(struct show_request *request, const struct fw_undo *undo)
{
	static const char *const states[] = {
		[FW_UNDO_NONE] = "none",
		[FW_UNDO_POSSIBLE] = "possible",
		[FW_UNDO_ON_TRIAL] = "on-trial",
		[FW_UNDO_DONE] = "done",
	};
	uint64_t left_sec = undo->left_ns / 1000000000ull;
	const char *line = NULL;
	char text[128];

	if (undo->state == FW_UNDO_ON_TRIAL) {
		snprintf(text, sizeof(text),
			 "On trial: undone in %" PRIu64
			 " s, unless: fwctl confirm; at once: fwctl rollback",
			 left_sec);
		line = text;
	} else if (undo->state == FW_UNDO_DONE) {
		line = "Undone: nobody has confirmed the last apply in time";
	}
	output_fact(&request->out, "undo", line,
		    json_pack("{s:s, s:o}", "state", states[undo->state], "left_sec",
			      undo->state == FW_UNDO_ON_TRIAL
				      ? json_integer((json_int_t)left_sec)
				      : json_null()));
}

static void put_loaded(struct show_request *request, const struct fw_loaded *loaded,
		       const struct fw_undo *undo)
{
	struct output *out = &request->out;
	uint64_t up = show_seconds_since(request, loaded->loaded_ns);
	char age[FORMAT_AGE_BYTES];
	char line[160];

	snprintf(line, sizeof(line),
		 "Loaded: policy %u in force, by programs %s this fwctl, ABI %u; the "
		 "firewall began %s ago",
		 loaded->generation,
		 loaded->build_id == fw_build_id() ? "of" : "that are NOT of",
		 loaded->abi_version, format_age(age, up));
	output_fact(out, "loaded", line, json_true());
	output_fact(out, "loaded_abi", NULL,
		    json_integer((json_int_t)loaded->abi_version));
	output_fact(out, "loaded_build", NULL, json_build(loaded->build_id));
	output_fact(out, "same_build", NULL,
		    json_boolean(loaded->build_id == fw_build_id()));
	output_fact(out, "up_sec", NULL, json_integer((json_int_t)up));
	put_undo(request, undo);
}

static void put_not_loaded(struct show_request *request, int why)
{
	struct output *out = &request->out;

	output_fact(out, "loaded",
		    why == -EPROTO ? "Loaded: by a version with another ABI"
				   : "Loaded: nothing is in force",
		    json_boolean(why == -EPROTO));
	output_fact(out, "loaded_abi", NULL, json_null());
	output_fact(out, "loaded_build", NULL, json_null());
	output_fact(out, "same_build", NULL, json_null());
	output_fact(out, "up_sec", NULL, json_null());
	output_fact(out, "undo", NULL, json_null());
}

static void put_programs(struct show_request *request, const struct fw_loaded *loaded)
{
	if (!request->json && !loaded->n_programs)
		return;
	output_list(&request->out, "programs", "Programs:");
	for (size_t i = 0; i < loaded->n_programs; i++) {
		char tag[17];

		for (size_t b = 0; b < 8; b++)
			snprintf(tag + 2 * b, 3, "%02x", loaded->programs[i].tag[b]);
		output_record(&request->out,
			      "  {name:-14} {kind:-9} id {id:-6} tag {tag}, loaded "
			      "{loaded_sec_ago:time} ago",
			      json_pack("{s:s, s:s, s:I, s:s, s:I, s:I}", "name",
					loaded->programs[i].name, "kind",
					loaded->programs[i].type, "id",
					(json_int_t)loaded->programs[i].id, "tag", tag,
					"loaded_sec_ago",
					(json_int_t)show_seconds_since(
						request, loaded->programs[i].loaded_ns),
					"instructions",
					(json_int_t)loaded->programs[i].instructions));
	}
	output_list_end(&request->out);
}

/* The kernel, even where nothing is in force. */
int show_version(struct show_request *request)
{
	struct output *out = &request->out;
	struct fw_loaded loaded = {0};
	struct fw_undo undo = {0};
	struct utsname host;
	char line[256];
	int err = fw_open(request->pin_dir, &request->fw, &request->error);

	if (!err)
		err = fw_read_loaded(request->fw, &loaded, &request->error);
	if (!err)
		err = fw_read_undo(request->fw, &undo, &request->error);
	if (err && err != -ENOENT && err != -EPROTO)
		return err;
	if (uname(&host))
		return -errno;
	out->generation = loaded.generation;
	snprintf(line, sizeof(line),
		 "fwctl " PINHOLE_VERSION ", ABI %u, build 0x%016" PRIx64
		 "\nKernel: %.64s %.64s",
		 PH_ABI_VERSION, fw_build_id(), host.release, host.machine);
	output_fact(out, "fwctl", line, json_string(PINHOLE_VERSION));
	output_fact(out, "abi", NULL, json_integer(PH_ABI_VERSION));
	output_fact(out, "build", NULL, json_build(fw_build_id()));
	output_fact(out, "kernel", NULL, json_string(host.release));
	output_fact(out, "machine", NULL, json_string(host.machine));
	if (err)
		put_not_loaded(request, err);
	else
		put_loaded(request, &loaded, &undo);
	put_features(request, host.release);
	put_programs(request, &loaded);
	return 0;
}

/* ---- memory -------------------------------------------------------------------------
 */

struct memory {
	VEC(struct fw_map_memory) maps;
	struct fw_table_fill fill[FW_N_TABLES];
};

static void free_memory(struct memory *memory)
{
	vec_free(&memory->maps);
}

static int add_map(const struct fw_map_memory *map, void *arg)
{
	struct memory *memory = arg;
	struct fw_map_memory *out = vec_push(&memory->maps);

	if (!out)
		return -ENOMEM;
	*out = *map;
	return 0;
}

/* What takes most comes first. */
static int by_bytes(const void *a, const void *b)
{
	const struct fw_map_memory *x = a;
	const struct fw_map_memory *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return strcmp(x->name, y->name);
}

/* Arrays that hold both generations' lines: how full the one in force is. */
static void take_fill(struct memory *memory)
{
	for (size_t i = 0; i < memory->maps.count; i++) {
		struct fw_map_memory *map = &memory->maps.items[i];

		for (size_t t = 0; t < FW_N_TABLES; t++) {
			const struct fw_table_fill *fill = &memory->fill[t];

			if (map->counted || strcmp(fill->name, map->name) != 0)
				continue;
			map->counted = true;
			map->entries = fill->entries;
			map->capacity = fill->capacity;
			break;
		}
	}
}

static void put_map(struct show_request *request, const struct fw_map_memory *map)
{
	char used[24] = "-", percent[16] = "";

	if (map->counted)
		snprintf(used, sizeof(used), "%" PRIu64, map->entries);
	if (map->counted && map->capacity)
		snprintf(percent, sizeof(percent), "%u%%",
			 (unsigned int)(map->entries * 100 / map->capacity));
	if (!request->json) {
		output_text(&request->out,
			    "  %-15s %-16s %10s %10" PRIu64 " %5s %14" PRIu64, map->name,
			    map->type, used, map->capacity, percent, map->bytes);
		return;
	}
	output_record(&request->out, "",
		      json_pack("{s:s, s:s, s:o, s:I, s:I}", "map", map->name, "type",
				map->type, "entries",
				map->counted ? json_integer((json_int_t)map->entries)
					     : json_null(),
				"capacity", (json_int_t)map->capacity, "bytes",
				(json_int_t)map->bytes));
}

int show_memory(struct show_request *request)
{
	struct memory memory cleanup_(free_memory) = {0};
	uint64_t total = 0;
	int err = fw_read_tables(request->fw, memory.fill, &request->error);

	if (!err)
		err = fw_each_map(request->fw, add_map, &memory, &request->error);
	if (err)
		return err;
	take_fill(&memory);
	if (memory.maps.count)
		qsort(memory.maps.items, memory.maps.count, sizeof(*memory.maps.items),
		      by_bytes);
	for (size_t i = 0; i < memory.maps.count; i++)
		total += memory.maps.items[i].bytes;
	output_fact(&request->out, "total_bytes", NULL, json_integer((json_int_t)total));
	output_list(&request->out, "maps",
		    "Map               type                in use   capacity  full"
		    "          bytes");
	for (size_t i = 0; i < memory.maps.count; i++)
		put_map(request, &memory.maps.items[i]);
	output_list_end(&request->out);
	if (!request->json)
		printf("Total: %" PRIu64 " bytes of kernel memory\n", total);
	return 0;
}
