// SPDX-License-Identifier: GPL-2.0
/*
 * compile.c - from what a policy says to what the datapath needs.
 *
 * Operators become inclusive ranges, addresses become v4-mapped IPv6 with
 * masks (RFC 4291, 2.5.5.2), interfaces become numbers. Every IPv4 address,
 * and no IPv6 one, is a mask of 96 leading ones; of every IPv6 address, and no
 * IPv4 one, there is no mask, so such records carry ACL_F_IPV6.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "policy/diag_codes.h"
#include "policy/line_id.h"
#include "policy/model.h"
#include "util/cleanup.h"
#include "util/strbuf.h"

#define SEC_NS	   1000000000ull
#define NEVER_NS   (UINT64_MAX / 4) /* 146 years; a clock may be added */
#define IFACE_BITS 32u /* of one interface id before the address of a NAT key */
#define MAX_RANGES 2   /* `neq` */
#define ICMP_CODES 256u

struct port_range {
	uint16_t low;
	uint16_t high;
};

static void image_free(struct policy_image **image)
{
	policy_image_free(*image);
}

void policy_image_free(struct policy_image *image)
{
	if (!image)
		return;
	for (size_t i = 0; i < image->n_lines; i++)
		free(image->lines[i].text);
	free(image->ifaces);
	free(image->records);
	free(image->lines);
	free(image->nats);
	free(image->fixups);
	for (size_t i = 0; i < image->n_ftp_rules; i++)
		free(image->ftp_matches[i].text);
	free(image->ftp_rules);
	free(image->ftp_matches);
	free(image->ftp_states);
	free(image);
}

static struct ph_addr wire_addr(policy_ip addr)
{
	return (struct ph_addr){{htonl((uint32_t)(addr >> 96)),
				 htonl((uint32_t)(addr >> 64)),
				 htonl((uint32_t)(addr >> 32)), htonl((uint32_t)addr)}};
}

/* PIX hardware names such as Ethernet0/0.100 cannot be devices here: those
 * interfaces are bound by the operator. The kernel's rules: dev_valid_name(). */
static bool is_kernel_device(const char *name)
{
	return strlen(name) < sizeof(((struct policy_image_iface *)0)->device) &&
	       !strpbrk(name, "/:") && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* Inclusive ranges of an operator. Return: how many, 0 if nothing matches. */
static size_t port_ranges(const struct policy_ports *ports, struct port_range *out)
{
	size_t n = 0;

	switch (ports->op) {
	case POLICY_PORT_ANY:
		out[n++] = (struct port_range){0, UINT16_MAX};
		break;
	case POLICY_PORT_EQ:
		out[n++] = (struct port_range){ports->low, ports->low};
		break;
	case POLICY_PORT_RANGE:
		out[n++] = (struct port_range){ports->low, ports->high};
		break;
	case POLICY_PORT_LT:
	case POLICY_PORT_GT:
	case POLICY_PORT_NEQ:
		if (ports->op != POLICY_PORT_GT && ports->low > 0)
			out[n++] = (struct port_range){0, ports->low - 1};
		if (ports->op != POLICY_PORT_LT && ports->low < UINT16_MAX)
			out[n++] = (struct port_range){ports->low + 1, UINT16_MAX};
		break;
	}
	return n;
}

/* Type and code stand where a destination port would: type << 8 | code. */
static struct port_range icmp_range(const struct policy_rule *rule)
{
	uint16_t first = (uint16_t)(rule->icmp_type * ICMP_CODES);

	if (rule->icmp == POLICY_ICMP_ANY)
		return (struct port_range){0, UINT16_MAX};
	if (rule->icmp == POLICY_ICMP_TYPE)
		return (struct port_range){first, first + ICMP_CODES - 1};
	return (struct port_range){first + rule->icmp_code, first + rule->icmp_code};
}

static __u8 rule_flags(const struct policy_rule *rule)
{
	return (rule->permit ? ACL_F_PERMIT : 0) |
	       (rule->any_proto ? ACL_F_ANY_PROTO : 0) |
	       (rule->family == POLICY_FAMILY_V6 ? ACL_F_IPV6 : 0);
}

/* What an end of a line matches, given the family of the line. */
static policy_ip end_addr(const struct policy_addr *addr, enum policy_family family)
{
	if (addr->kind == POLICY_ADDR_NET)
		return addr->addr;
	return family == POLICY_FAMILY_V4 ? policy_ip_from_v4(0) : 0;
}

static policy_ip end_mask(const struct policy_addr *addr, enum policy_family family)
{
	if (addr->kind == POLICY_ADDR_NET)
		return addr->mask;
	return family == POLICY_FAMILY_V4 ? policy_mask_from_v4(0) : 0;
}

/* The records of one line. Return: how many were written. */
static size_t rule_records(const struct policy_rule *rule, struct acl_record *out)
{
	struct port_range src[MAX_RANGES], dst[MAX_RANGES];
	size_t n_src = port_ranges(&rule->src_ports, src);
	size_t n_dst = port_ranges(&rule->dst_ports, dst);
	size_t n = 0;

	if (!rule->any_proto &&
	    (rule->proto == IPPROTO_ICMP || rule->proto == IPPROTO_ICMPV6))
		dst[0] = icmp_range(rule);
	for (size_t s = 0; s < n_src; s++)
		for (size_t d = 0; d < n_dst; d++)
			out[n++] = (struct acl_record){
				.src = wire_addr(end_addr(&rule->src, rule->family)),
				.src_mask = wire_addr(end_mask(&rule->src, rule->family)),
				.dst = wire_addr(end_addr(&rule->dst, rule->family)),
				.dst_mask = wire_addr(end_mask(&rule->dst, rule->family)),
				.src_port_low = src[s].low,
				.src_port_high = src[s].high,
				.dst_port_low = dst[d].low,
				.dst_port_high = dst[d].high,
				.proto = rule->proto,
				.flags = rule_flags(rule),
			};
	return n;
}

static size_t rule_record_count(const struct policy_rule *rule)
{
	struct port_range unused[MAX_RANGES];

	return rule->remark ? 0
			    : port_ranges(&rule->src_ports, unused) *
				      port_ranges(&rule->dst_ports, unused);
}

/* ---- limits ------------------------------------------------------------ */

static int fail_limit(struct policy_diags *diags, const char *code, size_t needed,
		      const char *what, size_t limit, const char *hint)
{
	struct strbuf message = {0}, advice = {0};
	char *owned_message = NULL, *owned_hint = NULL;
	int err;

	strbuf_printf(&message, "the policy needs %zu %s; this version holds %zu", needed,
		      what, limit);
	strbuf_puts(&advice, hint);
	err = strbuf_steal(&message, &owned_message, NULL);
	if (!err)
		err = strbuf_steal(&advice, &owned_hint, NULL);
	else
		strbuf_free(&advice);
	if (err) {
		free(owned_message);
		return err;
	}
	err = policy_diags_add_whole(diags, POLICY_ERROR, code, owned_message,
				     owned_hint);
	return err ? err : -E2BIG;
}

/* Count everything before anything is built. */
static int check_limits(const struct policy *policy, size_t *n_records, size_t *n_lines,
			struct policy_diags *diags)
{
	const size_t max_ifaces = PH_MAX_INTERFACES - 1;  /* id 0 is not used */
	const size_t max_lines = PH_MAX_ACL_COUNTERS / 2; /* two generations */
	size_t n_bound = 0;

	for (size_t i = 0; i < policy->lists.count; i++) {
		const struct policy_list *list = &policy->lists.items[i];

		*n_lines += list->n_deciding;
		if (!list->bound)
			continue;
		n_bound += list->n_deciding;
		for (size_t j = 0; j < list->rules.count; j++)
			*n_records += rule_record_count(&list->rules.items[j]);
	}
	if (policy->ifaces.count > max_ifaces)
		return fail_limit(diags, E_TOO_MANY_IFACES, policy->ifaces.count,
				  "interfaces", max_ifaces, "name fewer interfaces");
	if (*n_records > PH_MAX_ACL_LINES)
		return fail_limit(
			diags, E_TOO_MANY_RECORDS, *n_records, "access-list records",
			PH_MAX_ACL_LINES,
			"join lines by wider masks and port ranges; a line with "
			"'neq' takes two records");
	if (n_bound > max_lines)
		return fail_limit(diags, E_TOO_MANY_LINES, n_bound, "access-list lines",
				  max_lines, "join lines by wider masks and port ranges");
	return 0;
}

/* ---- tables ------------------------------------------------------------ */

static void compile_ifaces(const struct policy *policy, struct policy_image *image)
{
	for (size_t i = 0; i < policy->ifaces.count; i++) {
		const struct policy_iface *from = &policy->ifaces.items[i];
		struct policy_image_iface *to = &image->ifaces[image->n_ifaces++];

		memcpy(to->name, from->name, sizeof(to->name));
		if (is_kernel_device(from->hardware))
			memcpy(to->device, from->hardware, strlen(from->hardware) + 1);
		to->has_address = from->has_address;
		to->address = htonl(from->address);
		to->netmask = htonl(from->netmask);
		if (from->n_addresses6) {
			const struct policy_address6 *first =
				&policy->addresses6.items[from->first_address6];

			to->has_address6 = true;
			to->address6 = wire_addr(first->addr);
			to->prefix_len6 = (uint8_t)first->prefix_len;
		}
		to->config.id = (__u32)i + 1;
		to->config.security_level = from->security_level;
		to->config.vlan = from->vlan;
		to->config.inner_vlan = from->inner_vlan;
		to->config.flags = from->reverse_path ? IFACE_F_REVERSE_PATH : 0;
	}
}

static int compile_rule(const struct policy *policy, struct policy_image *image,
			struct line_ids *ids, const struct policy_list *list,
			size_t position)
{
	const struct policy_rule *rule = &list->rules.items[position];
	struct policy_image_line *line = &image->lines[image->n_lines];
	struct strbuf text = {0};
	size_t len, n;
	int err;

	policy_print_rule(&text, policy, list, rule);
	err = strbuf_steal(&text, &line->text, &len);
	if (err)
		return err;
	image->n_lines++;
	memcpy(line->acl, list->name, sizeof(line->acl));
	line->number = (unsigned int)position + 1;
	line->source_line = rule->where.line;
	line->bound = list->bound;
	line->line_id = policy_line_id(ids, list->name, line->text, len);
	if (!list->bound)
		return 0;
	n = rule_records(rule, &image->records[image->n_records]);
	for (size_t i = 0; i < n; i++) {
		struct acl_record *record = &image->records[image->n_records++];

		record->counter = (__u32)(image->n_lines - 1);
		record->line_id = line->line_id;
	}
	return 0;
}

/* Point to a list's records wherever it is bound. */
static void bind_list(const struct policy *policy, struct policy_image *image,
		      size_t index, struct acl_span span)
{
	const char *name = policy->lists.items[index].name;

	for (size_t i = 0; i < policy->ifaces.count; i++) {
		const struct policy_iface *from = &policy->ifaces.items[i];
		struct policy_image_iface *to = &image->ifaces[i];
		const struct {
			__u32 flag;
			struct acl_span *span;
			char *name;
		} places[] = {
			[POLICY_BIND_IN] = {IFACE_F_ACL_IN, &to->config.acl_in,
					    to->acl_in},
			[POLICY_BIND_OUT] = {IFACE_F_ACL_OUT, &to->config.acl_out,
					     to->acl_out},
			[POLICY_BIND_BOX] = {IFACE_F_ACL_BOX, &to->config.acl_box,
					     to->acl_box},
		};

		for (int j = 0; j < POLICY_N_BINDINGS; j++) {
			if (!from->has_acl[j] || from->acl[j] != index)
				continue;
			to->config.flags |= places[j].flag;
			*places[j].span = span;
			memcpy(places[j].name, name, POLICY_LIST_NAME_SIZE);
		}
	}
	if (policy->has_acl_global && policy->acl_global == index) {
		image->config.flags |= CONFIG_F_ACL_GLOBAL;
		image->config.acl_global = span;
		memcpy(image->acl_global, name, POLICY_LIST_NAME_SIZE);
	}
}

/* Every list once; the places that it is bound to share its records. */
static int compile_lists(const struct policy *policy, struct policy_image *image,
			 struct line_ids *ids)
{
	for (size_t i = 0; i < policy->lists.count; i++) {
		const struct policy_list *list = &policy->lists.items[i];
		size_t first = image->n_records;

		for (size_t j = 0; j < list->rules.count; j++) {
			int err = list->rules.items[j].remark
					  ? 0
					  : compile_rule(policy, image, ids, list, j);

			if (err)
				return err;
		}
		if (list->bound)
			bind_list(policy, image, i,
				  (struct acl_span){(__u32)first,
						    (__u32)(image->n_records - first)});
	}
	return 0;
}

static void compile_static(const struct policy_static *s, struct policy_image_nat *nat)
{
	__u32 real_if = (__u32)s->real_if + 1;
	__u32 mapped_if = (__u32)s->mapped_if + 1;
	__u32 address_bits = policy_mask_len(s->mask);

	nat->in_key = (struct nat_in_key){
		.prefixlen = IFACE_BITS + address_bits,
		.mapped_if = mapped_if,
		.addr = wire_addr(s->mapped),
	};
	nat->in_value = (struct nat_value){
		.net = wire_addr(s->real),
		.mask = wire_addr(s->mask),
		.real_if = real_if,
		.mapped_if = mapped_if,
		/* An identity hides nothing: its owner answers for itself. */
		.proxy_arp = s->mapped != s->real && !s->no_proxy_arp,
	};
	nat->out_key = (struct nat_out_key){
		.prefixlen = 2 * IFACE_BITS + address_bits,
		.real_if = real_if,
		.mapped_if = mapped_if,
		.addr = wire_addr(s->real),
	};
	nat->out_value = (struct nat_value){
		.net = wire_addr(s->mapped),
		.mask = wire_addr(s->mask),
		.real_if = real_if,
		.mapped_if = mapped_if,
	};
}

static void compile_fixups(const struct policy *policy, struct policy_image *image)
{
	for (size_t i = 0; i < policy->fixups.count; i++) {
		const struct policy_fixup *fixup = &policy->fixups.items[i];

		image->fixups[image->n_fixups++] = (struct policy_image_fixup){
			.key = {.port = htons(fixup->port), .proto = IPPROTO_TCP},
			.value = {.kind = fixup->kind,
				  .flags = fixup->options.flags,
				  .data_low = fixup->options.data_low,
				  .data_high = fixup->options.data_high,
				  .data_limit = fixup->options.data_limit},
		};
	}
}

static __u64 timeout_ns(const struct policy *policy, enum policy_timeout kind)
{
	return policy->timeout_sec[kind] ? policy->timeout_sec[kind] * SEC_NS : NEVER_NS;
}

/* What no statement sets is PIX's and ASA's: TCP after its close, other
 * protocols, an unused hole; 30 seconds for a datagram to become whole. */
static struct policy_config compile_config(const struct policy *policy, size_t n_records)
{
	return (struct policy_config){
		.abi_version = PH_ABI_VERSION,
		.n_acl_records = (__u32)n_records,
		.flags = policy->flags,
		.pick_up_ns = policy->pick_up_sec * SEC_NS,
		.timeout_half_open_ns = timeout_ns(policy, POLICY_TIMEOUT_EMBRYONIC),
		.timeout_tcp_ns = timeout_ns(policy, POLICY_TIMEOUT_CONN),
		.timeout_half_closed_ns = timeout_ns(policy, POLICY_TIMEOUT_HALF_CLOSED),
		.timeout_closing_ns = 60 * SEC_NS,
		.timeout_udp_ns = timeout_ns(policy, POLICY_TIMEOUT_UDP),
		.timeout_icmp_ns = timeout_ns(policy, POLICY_TIMEOUT_ICMP),
		.timeout_other_ns = 120 * SEC_NS,
		.timeout_hole_ns = 300 * SEC_NS,
		.timeout_fragment_ns = 30 * SEC_NS,
	};
}

static struct policy_image *image_new(const struct policy *policy, size_t n_records,
				      size_t n_lines)
{
	struct policy_image *image cleanup_(image_free) = calloc(1, sizeof(*image));

	if (!image)
		return NULL;
	/* One more of each: an empty table is not a failed allocation. */
	image->ifaces = calloc(policy->ifaces.count + 1, sizeof(*image->ifaces));
	image->records = calloc(n_records + 1, sizeof(*image->records));
	image->lines = calloc(n_lines + 1, sizeof(*image->lines));
	image->nats = calloc(policy->statics.count + 1, sizeof(*image->nats));
	image->fixups = calloc(policy->fixups.count + 1, sizeof(*image->fixups));
	image->ftp_states = calloc(1, sizeof(*image->ftp_states));
	if (!image->ifaces || !image->records || !image->lines || !image->nats ||
	    !image->fixups || !image->ftp_states)
		return NULL;
	image->n_ftp_states = 1;
	return take(image);
}

int policy_compile(const struct policy *policy, struct policy_image **out,
		   struct policy_diags *diags)
{
	struct policy_image *image cleanup_(image_free) = NULL;
	struct line_ids ids cleanup_(policy_line_ids_free) = {0};
	size_t n_records = 0, n_lines = 0;
	int err = check_limits(policy, &n_records, &n_lines, diags);

	if (!err)
		err = policy_line_ids_init(&ids, n_lines);
	if (err)
		return err;
	image = image_new(policy, n_records, n_lines);
	if (!image)
		return -ENOMEM;
	image->config = compile_config(policy, n_records);
	compile_ifaces(policy, image);
	err = compile_lists(policy, image, &ids);
	if (err)
		return err;
	for (size_t i = 0; i < policy->statics.count; i++)
		compile_static(&policy->statics.items[i], &image->nats[image->n_nats++]);
	compile_fixups(policy, image);
	err = policy_compile_inspections(policy, image, diags);
	if (err)
		return err;
	*out = take(image);
	return 0;
}
