// SPDX-License-Identifier: GPL-2.0
/*
 * generation.c - one generation of policy tables. See generation.h.
 *
 * Why it exists: invariant 3, no moment without a policy. Nothing here is seen
 * by a packet until generation_flip() stores one aligned word.
 */
#include <linux/membarrier.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include <bpf/bpf.h>

#include "bpf/half_open_count.h"
#include "acl_maps.h"
#include "generation.h"
#include "inner.h"
#include "nat_counters.h"
#include "tables.h"

/* An interface by its tags and by its device, and its carrier. */
#define MAX_ENTRIES ((size_t)3 * PH_MAX_INTERFACES)

#define WORDS_OF(type) (sizeof(type) / sizeof(uint64_t))

uint32_t generation_after(uint32_t generation)
{
	uint32_t next = generation + 1;

	return next ? next : 2;
}

/*
 * A packet that read the generation before last may, in theory, still be under
 * way when two applies follow one another at once. A global membarrier waits
 * for an RCU grace period, hence for every running program. Where it is not to
 * be had (nohz_full), the milliseconds an apply takes have the same effect.
 */
void generation_quiesce(void)
{
	syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

/* ---- translation, inspection, text ------------------------------------------------- */

static uint32_t counter_of(const struct policy_image_nat *nat, const uint32_t *counters)
{
	return nat->translation == POLICY_NO_TRANSLATION ? PH_NO_COUNTER
							 : counters[nat->translation];
}

/* @counters: by index in image->translations */
static int build_nat(const struct fw *fw, const struct policy_image *image,
		     const uint32_t *counters, uint32_t generation,
		     struct fw_error *error)
{
	size_t n = image->n_nats, n_out = 0;
	struct nat_in_key *in_keys cleanup_free_ = calloc(n + 1, sizeof(*in_keys));
	struct nat_out_key *out_keys cleanup_free_ = calloc(n + 1, sizeof(*out_keys));
	struct nat_value *in_values cleanup_free_ = calloc(n + 1, sizeof(*in_values));
	struct nat_value *out_values cleanup_free_ = calloc(n + 1, sizeof(*out_values));
	int err;

	if (!in_keys || !out_keys || !in_values || !out_values)
		return fw_fail(error, -ENOMEM, "cannot build the translation tables:");
	for (size_t i = 0; i < n; i++) {
		in_keys[i] = image->nats[i].in_key;
		in_values[i] = image->nats[i].in_value;
		in_values[i].counter = counter_of(&image->nats[i], counters);
		if (!image->nats[i].out_key.real_if) /* seen from one with rules */
			continue;
		out_keys[n_out] = image->nats[i].out_key;
		out_values[n_out] = image->nats[i].out_value;
		out_values[n_out++].counter = counter_of(&image->nats[i], counters);
	}
	err = inner_install(fw, FW_MAP_NAT_IN, generation, in_keys, in_values,
			    (uint32_t)n, error);
	if (err)
		return err;
	return inner_install(fw, FW_MAP_NAT_OUT, generation, out_keys, out_values,
			     (uint32_t)n_out, error);
}

/* Which list is asked on the way out; the one on the way in is the interface's. */
static int build_nat_lists(const struct fw *fw, const struct policy_image *image,
			   uint32_t generation, struct fw_error *error)
{
	size_t n = image->n_nat_lists;
	struct nat_pair *keys cleanup_free_ = calloc(n + 1, sizeof(*keys));
	struct acl_root *roots cleanup_free_ = calloc(n + 1, sizeof(*roots));
	uint32_t n_out = 0;

	if (!keys || !roots)
		return fw_fail(error, -ENOMEM, "cannot build the translation tables:");
	for (size_t i = 0; i < n; i++) {
		if (!image->nat_lists[i].real_if)
			continue;
		keys[n_out].real_if = image->nat_lists[i].real_if;
		keys[n_out].mapped_if = image->nat_lists[i].mapped_if;
		roots[n_out++] = image->nat_lists[i].root;
	}
	return inner_install(fw, FW_MAP_NAT_LISTS, generation, keys, roots, n_out, error);
}

static int build_fixups(const struct fw *fw, const struct policy_image *image,
			uint32_t generation, struct fw_error *error)
{
	size_t n = image->n_fixups;
	struct fixup_key *keys cleanup_free_ = calloc(n + 1, sizeof(*keys));
	struct fixup_value *values cleanup_free_ = calloc(n + 1, sizeof(*values));

	if (!keys || !values)
		return fw_fail(error, -ENOMEM, "cannot build the inspection table:");
	for (size_t i = 0; i < n; i++) {
		keys[i] = image->fixups[i].key;
		values[i] = image->fixups[i].value;
	}
	return inner_install(fw, FW_MAP_FIXUPS, generation, keys, values, (uint32_t)n,
			     error);
}

/* What the inspections match. A map is never empty: of none there is one, all zero,
 * which is the dead state. */
static int build_matches(const struct fw *fw, const struct policy_image *image,
			 uint32_t generation, struct fw_error *error)
{
	int err = inner_install(fw, FW_MAP_FTP_RULES, generation, NULL, image->ftp_rules,
				(uint32_t)image->n_ftp_rules, error);

	return err ? err
		   : inner_install(fw, FW_MAP_FTP_STATES, generation, NULL,
				   image->ftp_states, (uint32_t)image->n_ftp_states,
				   error);
}

/* In chunks, with at least one NUL at the end: that is how its end is known. */
static int build_text(const struct fw *fw, const char *text, size_t len,
		      uint32_t generation, struct fw_error *error)
{
	size_t n = len / PH_TEXT_CHUNK_BYTES + 1;
	char *chunks cleanup_free_ = calloc(n, PH_TEXT_CHUNK_BYTES);

	if (!chunks)
		return fw_fail(error, -ENOMEM, "cannot store the policy text:");
	memcpy(chunks, text, len);
	return inner_install(fw, FW_MAP_TEXT, generation, NULL, chunks, (uint32_t)n,
			     error);
}

/*
 * Connections are kept from the generation in force on; from an earlier one if
 * that generation kept them in its turn. Unless an undo has put it in force: what the
 * generation that was undone has permitted must not be kept.
 */
static int keep_connections(const struct fw *fw, uint32_t old,
			    struct policy_config *config)
{
	struct policy_config before;
	__u32 slot = old & 1;

	if (!old)
		return 0;
	if (bpf_map_lookup_elem(fw->map[FW_MAP_CONFIG], &slot, &before))
		return -errno;
	config->flags |= CONFIG_F_KEEP;
	config->keep_from = (before.flags & CONFIG_F_KEEP) && before.built == old
				    ? before.keep_from
				    : old;
	return 0;
}

static int build_config(const struct fw *fw, const struct policy_image *image,
			const struct generation_options *options,
			struct policy_config config, uint32_t old, uint32_t generation,
			struct fw_error *error)
{
	__u32 slot = generation & 1;
	int err = 0;

	config.abi_version = PH_ABI_VERSION;
	config.n_acl_lines = (__u32)image->n_acl_lines;
	config.built = generation;
	half_open_settle(&config);
	if (config.pick_up_ns)
		config.pick_up_until_ns = options->loaded_ns + config.pick_up_ns;
	if (options->keep)
		err = keep_connections(fw, old, &config);
	if (!err && bpf_map_update_elem(fw->map[FW_MAP_CONFIG], &slot, &config, BPF_ANY))
		err = -errno;
	return err ? fw_fail(error, err, "cannot write the policy's configuration:") : 0;
}

int generation_build(const struct fw *fw, const struct policy_image *image,
		     const char *text, size_t text_len,
		     const struct generation_options *options, uint32_t old,
		     uint32_t generation, struct fw_error *error)
{
	struct policy_config config = image->config;
	uint32_t *counters cleanup_free_ = NULL;
	int err = nat_counters_place(fw, image, old, generation, &counters, error);

	if (!err)
		err = acl_maps_build(fw, image, old, generation, counters, &config,
				     error);
	if (!err)
		err = build_nat(fw, image, counters, generation, error);
	if (!err)
		err = build_nat_lists(fw, image, generation, error);
	if (!err)
		err = build_fixups(fw, image, generation, error);
	if (!err)
		err = build_matches(fw, image, generation, error);
	if (!err)
		err = build_text(fw, text, text_len, generation, error);
	if (!err)
		err = build_config(fw, image, options, config, old, generation, error);
	return err;
}

/* ---- interfaces
 * ------------------------------------------------------------------------ */

static int zero_fresh(const struct fw *fw, const struct slot_want *wants, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int err = wants[i].kept ? 0
					: table_zero(fw, FW_MAP_IF_STATS, wants[i].slot,
						     WORDS_OF(struct if_counters));

		if (err)
			return err;
	}
	return 0;
}

static int place_ifaces(const struct fw *fw, const struct attach_plan *plans, size_t n,
			uint32_t old, struct slot_want *wants)
{
	struct slot_use *uses cleanup_free_ = NULL;
	size_t n_uses = 0;
	int err = table_iface_slots(fw, old, &uses, &n_uses);

	for (size_t i = 0; i < n; i++)
		wants[i].id = plans[i].l3->facts.ifindex;
	if (!err)
		err = slots_assign(uses, n_uses, wants, n, PH_MAX_INTERFACES);
	if (!err)
		err = zero_fresh(fw, wants, n);
	return err;
}

/*
 * Native XDP can send only to devices that run it too. Generic XDP can send to
 * any device; but where both are in use, a frame cannot choose.
 */
static bool takes_redirects(const struct attach_set *set, const struct attach_plan *plan)
{
	bool any_native = false;
	bool any_generic = false;

	for (size_t i = 0; i < set->n_plans; i++) {
		any_native |= set->plans[i].carrier->mode == FW_MODE_XDP;
		any_generic |= set->plans[i].carrier->mode == FW_MODE_GENERIC;
	}
	return any_native ? plan->carrier->mode == FW_MODE_XDP : any_generic;
}

static void describe(const struct attach_set *set, const struct attach_plan *plan,
		     uint32_t stat_slot, struct iface_config *out)
{
	*out = plan->iface->config;
	out->stat_slot = stat_slot;
	out->l3_ifindex = plan->l3->facts.ifindex;
	out->tx_ifindex = plan->carrier->facts.ifindex;
	out->own4 = plan->own.own4;
	out->own6 = plan->own.own6;
	out->flags &= ~IFACE_F_XDP;
	if (takes_redirects(set, plan))
		out->flags |= IFACE_F_XDP;
	if (!set->host_mode)
		out->flags &= ~IFACE_F_HOST_FTP;
	memcpy(out->mac, plan->l3->facts.mac, sizeof(out->mac));
	memcpy(out->name, plan->iface->name, sizeof(out->name));
	memcpy(out->device, plan->l3->name, sizeof(out->device));
}

/*
 * A device that is there already is not entered anew: the kernel takes the old entry of
 * a devmap out before it puts the new one in, and packets redirected between the two are
 * lost. The entry is of this very device: it goes when the device does, or leaves the
 * namespace.
 */
static int add_tx_dev(const struct fw *fw, const struct attach_device *carrier,
		      struct fw_error *error)
{
	__u32 ifindex = carrier->facts.ifindex, there;
	int err = 0;

	if (!bpf_map_lookup_elem(fw->map[FW_MAP_TX_DEVS], &ifindex, &there))
		return 0;
	if (bpf_map_update_elem(fw->map[FW_MAP_TX_DEVS], &ifindex, &ifindex, BPF_ANY)) {
		err = fw_fail(error, -errno, "cannot make a device a redirect target:");
		fw_fail_where(error, "device %s", carrier->name);
	}
	return err;
}

int generation_add_tx_devs(const struct fw *fw, const struct attach_set *set,
			   struct fw_error *error)
{
	int err = 0;

	for (size_t i = 0; !err && i < set->n_plans; i++)
		err = add_tx_dev(fw, set->plans[i].carrier, error);
	return err;
}

/* What the interface table is made of. */
struct iface_entries {
	struct iface_key keys[MAX_ENTRIES];
	struct iface_config configs[MAX_ENTRIES];
	uint32_t n;
};

static void add_entry(struct iface_entries *entries, uint32_t ifindex, uint16_t vlan,
		      uint16_t inner_vlan, const struct iface_config *config)
{
	entries->keys[entries->n] = (struct iface_key){
		.ifindex = ifindex, .vlan = vlan, .inner_vlan = inner_vlan};
	entries->configs[entries->n++] = *config;
}

static bool is_first_on_carrier(const struct attach_set *set,
				const struct attach_plan *plan)
{
	const struct attach_plan *other = set->plans;

	while (other->carrier != plan->carrier)
		other++;
	return other == plan;
}

int generation_build_ifaces(const struct fw *fw, const struct attach_set *set,
			    uint32_t old, uint32_t generation, struct fw_error *error)
{
	struct slot_want wants[PH_MAX_INTERFACES] = {0};
	struct iface_entries *entries cleanup_free_ = calloc(1, sizeof(*entries));
	int err = !entries ? -ENOMEM
			   : place_ifaces(fw, set->plans, set->n_plans, old, wants);

	if (err)
		return fw_fail(error, err, "cannot assign counters to interfaces:");
	for (size_t i = 0; i < set->n_plans; i++) {
		const struct attach_plan *plan = &set->plans[i];
		struct iface_config config;

		describe(set, plan, wants[i].slot, &config);
		add_entry(entries, config.tx_ifindex, config.vlan, config.inner_vlan,
			  &config);
		if (config.vlan) /* where routes lead */
			add_entry(entries, config.l3_ifindex, 0, 0, &config);
		if (is_first_on_carrier(set, plan)) /* for unknown tags */
			add_entry(entries, config.tx_ifindex, IFACE_VLAN_ANY, 0, &config);
		err = add_tx_dev(fw, plan->carrier, error);
		if (err)
			return err;
	}
	return inner_install(fw, FW_MAP_IFACES, generation, entries->keys,
			     entries->configs, entries->n, error);
}

int generation_flip(const struct fw *fw, uint32_t generation, struct fw_error *error)
{
	const struct policy_active active = {.generation = generation};
	__u32 zero = 0;

	/* The image was written as memory: all of it before the word. Packets read
	 * the word first, and of the image only what it leads to. */
	atomic_thread_fence(memory_order_release);
	if (bpf_map_update_elem(fw->map[FW_MAP_ACTIVE], &zero, &active, BPF_ANY))
		return fw_fail(error, -errno, "cannot put the new policy in force:");
	return 0;
}

struct tx_devs {
	__u32 ifindex[MAX_ENTRIES];
	size_t n;
};

static int add_carrier(const void *key, const void *value, void *arg)
{
	const struct iface_config *config = value;
	struct tx_devs *devs = arg;

	if (table_is_main_iface(key, config) && devs->n < MAX_ENTRIES)
		devs->ifindex[devs->n++] = config->tx_ifindex;
	return 0;
}

/* Keys only: the kernel reads no values of a devmap that are not its own. */
void generation_trim_tx_devs(const struct fw *fw, uint32_t generation)
{
	int fd scoped_fd_ = generation ? inner_open(fw, FW_MAP_IFACES, generation) : -1;
	struct tx_devs wanted = {0};
	struct tx_devs there = {0};
	__u32 *previous = NULL;

	if (generation && (fd < 0 || table_walk(fd, add_carrier, &wanted)))
		return; /* one too many does no harm */
	while (there.n < MAX_ENTRIES &&
	       !bpf_map_get_next_key(fw->map[FW_MAP_TX_DEVS], previous,
				     &there.ifindex[there.n]))
		previous = &there.ifindex[there.n++];
	for (size_t i = 0; i < there.n; i++) {
		size_t at = 0;

		while (at < wanted.n && wanted.ifindex[at] != there.ifindex[i])
			at++;
		if (at == wanted.n)
			bpf_map_delete_elem(fw->map[FW_MAP_TX_DEVS], &there.ifindex[i]);
	}
}
