// SPDX-License-Identifier: GPL-2.0
/*
 * world.c - see world.h.
 */
#include <errno.h>
#include <net/if.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include "pinhole.skel.h"
#include "tests/datapath/network.h"
#include "tests/datapath/tap.h"
#include "bpf/half_set.h"
#include "loader/firewall/half_table.h"
#include "tests/datapath/world.h"

static int note_warnings(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level != LIBBPF_WARN)
		return 0;
	fputs("# ", stdout);
	return vprintf(format, args);
}

void world_attach_idle(int ifindex)
{
	const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K,
		 .dst_reg = BPF_REG_0,
		 .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "pass", "GPL", pass, 2, NULL);

	if (fd < 0 || bpf_xdp_attach(ifindex, fd, XDP_FLAGS_DRV_MODE, NULL))
		TAP_BAIL("attaching to device %d: %s", ifindex, strerror(errno));
	close(fd);
}

/* As the loader does; the timer may need more than one try. */
static void start_clock(const struct world *w)
{
	char frame[64] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame,
		    .data_size_in = sizeof(frame), .repeat = 1);

	for (int tries = 0; tries < 1000; tries++) {
		if (!bpf_prog_test_run_opts(bpf_program__fd(w->skel->progs.clock_start),
					    &run) &&
		    !run.retval)
			return;
	}
	TAP_BAIL("the clock does not start: %s", strerror((int)run.retval));
}

/* Likewise. */
static void open_half_open(struct world *w)
{
	const struct half_fds fds = {.head = bpf_map__fd(w->skel->maps.half_head),
				     .sets = bpf_map__fd(w->skel->maps.half_sets),
				     .entries = bpf_map__fd(w->skel->maps.half_open)};
	int err = half_table_make(&fds);

	w->half_open = calloc(1, sizeof(*w->half_open));
	if (!err)
		err = w->half_open ? half_table_open(&fds, MAP_VIEW_WRITE, w->half_open)
				   : -ENOMEM;
	if (err)
		TAP_BAIL("the table of half-open connections: %s", strerror(-err));
}

void world_open(struct world *w, const struct world_options *options)
{
	memset(w, 0, sizeof(*w));
	libbpf_set_print(note_warnings);
	w->skel = pinhole__open();
	if (!w->skel)
		TAP_BAIL("opening the datapath: %s", strerror(errno));
	if (options && options->max_conns)
		bpf_map__set_max_entries(w->skel->maps.conns, options->max_conns);
	if (options && options->max_ftp) {
		bpf_map__set_max_entries(w->skel->maps.ftp_sessions, options->max_ftp);
		bpf_map__set_max_entries(w->skel->maps.ftp_closed, options->max_ftp);
	}
	if (pinhole__load(w->skel))
		TAP_BAIL("loading the datapath: %s (are you root?)", strerror(errno));
	open_half_open(w);
	if (!options || !options->clock_stopped)
		start_clock(w);
	for (enum dev dev = 0; dev < DEV_COUNT; dev++) {
		__u32 ifindex = if_nametoindex(network_device_name(dev));

		w->ifindex[dev] = (int)ifindex;
		if (dev >= DEV_CARRIERS)
			continue;
		/* A veth device has the receive queue that a test run names only
		 * while an XDP program is attached to it. */
		world_attach_idle(w->ifindex[dev]);
		if (bpf_map_update_elem(bpf_map__fd(w->skel->maps.tx_devs), &ifindex,
					&ifindex, BPF_ANY))
			TAP_BAIL("tx_devs: %s", strerror(errno));
	}
}

void world_close(struct world *w)
{
	half_table_close(w->half_open);
	free(w->half_open);
	w->half_open = NULL;
	pinhole__destroy(w->skel);
	w->skel = NULL;
}

/* ---- a generation ------------------------------------------------------ */

/* The inner maps of bpf/maps.h; libbpf forgets their definitions on loading. */
struct inner_kind {
	enum bpf_map_type type;
	__u32 key_size;
	__u32 value_size;
	__u32 flags;
};

#define INNER_KIND(type_, key, value, flags_) \
	((const struct inner_kind){type_, sizeof(key), sizeof(value), flags_})
#define INNER_IFACES \
	INNER_KIND(BPF_MAP_TYPE_HASH, struct iface_key, struct iface_config, 0)
#define INNER_NAT_IN                                                           \
	INNER_KIND(BPF_MAP_TYPE_LPM_TRIE, struct nat_in_key, struct nat_value, \
		   BPF_F_NO_PREALLOC)
#define INNER_NAT_OUT                                                           \
	INNER_KIND(BPF_MAP_TYPE_LPM_TRIE, struct nat_out_key, struct nat_value, \
		   BPF_F_NO_PREALLOC)
#define INNER_NAT_LISTS INNER_KIND(BPF_MAP_TYPE_HASH, struct nat_pair, struct acl_root, 0)
#define INNER_FIXUPS \
	INNER_KIND(BPF_MAP_TYPE_HASH, struct fixup_key, struct fixup_value, 0)
#define INNER_FTP_RULES \
	INNER_KIND(BPF_MAP_TYPE_ARRAY, __u32, struct ftp_rule, BPF_F_INNER_MAP)
#define INNER_FTP_STATES \
	INNER_KIND(BPF_MAP_TYPE_ARRAY, __u32, struct ftp_state, BPF_F_INNER_MAP)

/* With room for n. */
static int inner_new(struct inner_kind kind, size_t n)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = kind.flags);
	int fd = bpf_map_create(kind.type, "inner", kind.key_size, kind.value_size,
				n ? n : 1, &opts);

	if (fd < 0)
		TAP_BAIL("creating a table: %s", strerror(errno));
	return fd;
}

static void inner_put(int fd, const void *key, const void *value)
{
	if (bpf_map_update_elem(fd, key, value, BPF_ANY))
		TAP_BAIL("filling a table: %s", strerror(errno));
}

/* Make it the slot's table. */
static void inner_place(struct bpf_map *outer, __u32 slot, int fd)
{
	if (bpf_map_update_elem(bpf_map__fd(outer), &slot, &fd, BPF_ANY))
		TAP_BAIL("%s: %s", bpf_map__name(outer), strerror(errno));
	close(fd);
}

static enum dev device_of(const struct policy_image_iface *iface)
{
	for (enum dev dev = 0; dev < DEV_COUNT; dev++)
		if (!strcmp(network_device_name(dev), iface->device))
			return dev;
	TAP_BAIL("the policy names a device '%s'", iface->device);
}

static void fill_ifaces(struct world *w, __u32 slot, const struct policy_image *image)
{
	int fd = inner_new(INNER_IFACES, 3ul * PH_MAX_INTERFACES);

	memset(w->stat_slot, 0, sizeof(w->stat_slot));
	for (size_t i = 0; i < image->n_ifaces; i++) {
		enum dev dev = device_of(&image->ifaces[i]);
		struct network_link link = network_link(dev);
		struct iface_config config = image->ifaces[i].config;
		const __u8 mac[] = FRAME_MAC(1, NETWORK_MAC(dev));
		struct iface_key key = {.ifindex = (__u32)w->ifindex[link.carrier],
					.vlan = config.vlan,
					.inner_vlan = config.inner_vlan};
		const struct iface_key own = {.ifindex = (__u32)w->ifindex[dev]};

		if (config.vlan != link.vlan || config.inner_vlan != link.inner_vlan)
			TAP_BAIL("%s has other tags than its device",
				 image->ifaces[i].device);
		config.stat_slot = config.id;
		config.l3_ifindex = own.ifindex;
		config.tx_ifindex = key.ifindex;
		memcpy(config.mac, mac, sizeof(config.mac));
		if (config.id >= WORLD_SLOTS)
			TAP_BAIL("interface id %u", config.id);
		w->stat_slot[dev] = config.stat_slot;
		inner_put(fd, &key, &config);
		inner_put(fd, &own, &config);
		/* The last one on the carrier stands for unknown tags. */
		key.vlan = IFACE_VLAN_ANY;
		key.inner_vlan = 0;
		inner_put(fd, &key, &config);
	}
	inner_place(w->skel->maps.ifaces, slot, fd);
}

/* Fill the first elements of the slot's half of a map. Return: where they are. */
static struct acl_extent fill_half(struct bpf_map *map, __u32 slot, const void *elements,
				   size_t count)
{
	__u32 half = bpf_map__max_entries(map) / 2;
	size_t bytes = bpf_map__value_size(map);
	struct acl_extent extent = {slot * half, (__u32)count};

	if (count > half)
		TAP_BAIL("%s: %zu elements", bpf_map__name(map), count);
	for (__u32 i = 0; i < count; i++) {
		__u32 index = extent.first + i;

		inner_put(bpf_map__fd(map), &index, (const __u8 *)elements + i * bytes);
	}
	return extent;
}

static void fill_acl(struct world *w, __u32 slot, struct policy_image *image)
{
	struct acl_line_slot slots[WORLD_MAX_LINES] = {0};
	struct acl_halves *at = &image->config.acl;

	if (image->n_lines > WORLD_MAX_LINES)
		TAP_BAIL("%zu lines", image->n_lines);
	for (__u32 i = 0; i < image->n_lines; i++) {
		const struct policy_image_line *line = &image->lines[i];

		if (line->acl_line == ACL_NO_LINE)
			continue;
		slots[line->acl_line] = (struct acl_line_slot){
			.line_id = line->line_id,
			.counter = slot * WORLD_MAX_LINES + i,
			.flags = line->flags,
		};
	}
	at->words = fill_half(w->skel->maps.acl_words, slot, image->acl.words,
			      image->acl.n_words);
	at->rules4 = fill_half(w->skel->maps.acl_rules4, slot, image->acl.rules4,
			       image->acl.n_rules4);
	at->rules6 = fill_half(w->skel->maps.acl_rules6, slot, image->acl.rules6,
			       image->acl.n_rules6);
	at->lines = fill_half(w->skel->maps.acl_lines, slot, slots, image->n_acl_lines);
	image->config.n_acl_lines = (__u32)image->n_acl_lines;
	w->n_lines = image->n_lines;
}

/* Whatever the generation. */
static __u32 nat_counter(uint32_t translation)
{
	return translation < WORLD_MAX_NATS ? translation : PH_NO_COUNTER;
}

static void fill_nat(struct world *w, __u32 slot, const struct policy_image *image)
{
	int in = inner_new(INNER_NAT_IN, image->n_nats);
	int out = inner_new(INNER_NAT_OUT, image->n_nats);

	for (size_t i = 0; i < image->n_nats; i++) {
		const struct policy_image_nat *nat = &image->nats[i];

		struct nat_value in_value = nat->in_value, out_value = nat->out_value;

		in_value.counter = out_value.counter = nat_counter(nat->translation);
		inner_put(in, &nat->in_key, &in_value);
		if (nat->out_key.real_if)
			inner_put(out, &nat->out_key, &out_value);
	}
	inner_place(w->skel->maps.nat_in, slot, in);
	inner_place(w->skel->maps.nat_out, slot, out);
}

static void fill_nat_rules(struct world *w, __u32 slot, struct policy_image *image)
{
	int lists = inner_new(INNER_NAT_LISTS, image->n_nat_lists);
	struct nat_rule *rules = calloc(image->n_nat_rules + 1, sizeof(*rules));

	if (!rules)
		TAP_BAIL("no memory");
	for (size_t i = 0; i < image->n_nat_rules; i++) {
		rules[i] = image->nat_rules[i].rule;
		rules[i].counter = nat_counter(image->nat_rules[i].translation);
	}
	image->config.nat =
		fill_half(w->skel->maps.nat_rules, slot, rules, image->n_nat_rules);
	free(rules);
	for (size_t i = 0; i < image->n_nat_lists; i++) {
		const struct policy_image_nat_list *list = &image->nat_lists[i];
		const struct nat_pair pair = {list->real_if, list->mapped_if};

		if (list->real_if)
			inner_put(lists, &pair, &list->root);
	}
	inner_place(w->skel->maps.nat_lists, slot, lists);
}

static void fill_fixups(struct world *w, __u32 slot, const struct policy_image *image)
{
	int fd = inner_new(INNER_FIXUPS, image->n_fixups);

	for (size_t i = 0; i < image->n_fixups; i++)
		inner_put(fd, &image->fixups[i].key, &image->fixups[i].value);
	inner_place(w->skel->maps.fixups, slot, fd);
}

static void fill_matches(struct world *w, __u32 slot, const struct policy_image *image)
{
	int rules = inner_new(INNER_FTP_RULES, image->n_ftp_rules);
	int states = inner_new(INNER_FTP_STATES, image->n_ftp_states);

	for (__u32 i = 0; i < image->n_ftp_rules; i++)
		inner_put(rules, &i, &image->ftp_rules[i]);
	for (__u32 i = 0; i < image->n_ftp_states; i++)
		inner_put(states, &i, &image->ftp_states[i]);
	inner_place(w->skel->maps.ftp_rules, slot, rules);
	inner_place(w->skel->maps.ftp_states, slot, states);
}

static struct policy_image *compile(const char *text)
{
	struct policy_diags diags = {0};
	struct policy_image *image = NULL;
	struct policy *policy = NULL;

	if (policy_parse(text, strlen(text), &policy, &diags) ||
	    policy_compile(policy, &image, &diags)) {
		for (size_t i = 0; i < diags.count; i++)
			tap_note("policy line %u: %s", diags.items[i].line,
				 diags.items[i].message);
		TAP_BAIL("the test's policy does not compile");
	}
	policy_free(policy);
	policy_diags_free(&diags);
	return image;
}

void world_activate(struct world *w, __u32 generation)
{
	const struct policy_active active = {.generation = generation};
	__u32 zero = 0;

	inner_put(bpf_map__fd(w->skel->maps.active), &zero, &active);
	w->generation = generation;
	w->text = NULL;
}

void world_apply(struct world *w, const char *text, void (*tweak)(struct policy_image *))
{
	struct policy_image *image = compile(text);
	__u32 generation = w->generation + 1, slot = generation & 1;

	for (size_t i = 0; i < image->n_ifaces; i++)
		image->ifaces[i].config.flags |= IFACE_F_XDP;
	image->config.built = generation;
	if (tweak)
		tweak(image);
	conn_counts_settle(&image->config);
	fill_ifaces(w, slot, image);
	fill_acl(w, slot, image);
	fill_nat(w, slot, image);
	fill_nat_rules(w, slot, image);
	fill_fixups(w, slot, image);
	fill_matches(w, slot, image);
	inner_put(bpf_map__fd(w->skel->maps.policy_config), &slot, &image->config);
	world_activate(w, generation);
	w->text = tweak ? NULL : text;
	policy_image_free(image);
}

void world_ensure(struct world *w, const char *text, void (*tweak)(struct policy_image *))
{
	if (tweak || w->text != text)
		world_apply(w, text, tweak);
}

void world_all_timeouts(struct policy_image *image, __u64 timeout_ns)
{
	image->config.timeout_half_open_ns = timeout_ns;
	image->config.timeout_tcp_ns = timeout_ns;
	image->config.timeout_half_closed_ns = timeout_ns;
	image->config.timeout_closing_ns = timeout_ns;
	image->config.timeout_udp_ns = timeout_ns;
	image->config.timeout_icmp_ns = timeout_ns;
	image->config.timeout_other_ns = timeout_ns;
}
