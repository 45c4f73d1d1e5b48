// SPDX-License-Identifier: GPL-2.0
/*
 * judge_nat.c - whether compiled translations are those that the text says.
 *
 * The image is asked as the datapath asks it (abi.h): by longest prefix where an
 * interface is plain, by lists where it has rules.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "bpf/acl_native.h"
#include "tests/reference/judge_internal.h"
#include "tests/reference/reference_nat.h"

/* Ids of interfaces are their indexes + 1; 0: any. */
#define ID(iface) ((__u32)(iface) + 1)

struct answer {
	policy_ip own;
	uint16_t own_port;
	__u32 real_if; /* id; 0: any, or none is said */
	__u32 embryonic;
	bool one_port; /* that limit is of the port */
	bool one_way;
	bool broken;
};

static policy_ip ip_of(const struct ph_addr *addr)
{
	policy_ip ip = 0;

	for (int i = 0; i < 4; i++)
		ip = ip << 32 | ntohl(addr->word[i]);
	return ip;
}

static struct answer unchanged(const struct ref_ends *ends)
{
	return (struct answer){.own = ends->own, .own_port = ends->own_port};
}

static struct answer apply(const struct nat_value *value, const struct ref_ends *ends)
{
	return (struct answer){
		.own = ip_of(&value->net) | (ends->own & ~ip_of(&value->mask)),
		.own_port = ends->own_port,
		.real_if = value->real_if,
		.embryonic = value->embryonic,
	};
}

/* ---- plain interfaces ---- */

static bool has_prefix(policy_ip ip, const struct ph_addr *prefix, unsigned int len)
{
	policy_ip mask = policy_mask_from_len(len);

	return (ip & mask) == (ip_of(prefix) & mask);
}

static struct answer plain_in(const struct policy_image *image, __u32 mapped_if,
			      const struct ref_ends *ends)
{
	const struct policy_image_nat *best = NULL;

	for (size_t i = 0; i < image->n_nats; i++) {
		const struct nat_in_key *key = &image->nats[i].in_key;

		if (key->mapped_if == mapped_if &&
		    has_prefix(ends->own, &key->addr, key->prefixlen - 32) &&
		    (!best || key->prefixlen > best->in_key.prefixlen))
			best = &image->nats[i];
	}
	return best ? apply(&best->in_value, ends) : unchanged(ends);
}

static struct answer plain_out(const struct policy_image *image, __u32 real_if,
			       __u32 mapped_if, const struct ref_ends *ends)
{
	const struct policy_image_nat *best = NULL;

	for (size_t i = 0; i < image->n_nats; i++) {
		const struct nat_out_key *key = &image->nats[i].out_key;

		if (key->real_if && key->real_if == real_if &&
		    key->mapped_if == mapped_if &&
		    has_prefix(ends->own, &key->addr, key->prefixlen - 64) &&
		    (!best || key->prefixlen > best->out_key.prefixlen))
			best = &image->nats[i];
	}
	return best ? apply(&best->out_value, ends) : unchanged(ends);
}

/* ---- interfaces with rules ---- */

static struct acl_native_key key_of(const struct ref_ends *ends, bool in)
{
	struct ref_packet packet = {
		.src = in ? ends->peer : ends->own,
		.dst = in ? ends->own : ends->peer,
		.src_port = in ? ends->peer_port : ends->own_port,
		.dst_port = in ? ends->own_port : ends->peer_port,
		.proto = ends->proto,
	};

	return ref_native_key(&packet);
}

static struct answer conclude(const struct policy_image *image,
			      const struct acl_native_result *result, bool in,
			      const struct ref_ends *ends)
{
	struct answer answer = unchanged(ends);
	size_t index = result->line - image->n_acl_lines;
	const struct nat_rule *rule;
	uint16_t from, to;

	if (result->verdict == ACL_NO_MATCH)
		return answer;
	answer.broken = result->verdict == ACL_BROKEN || index >= image->n_nat_rules;
	if (answer.broken)
		return answer;
	rule = &image->nat_rules[index].rule;
	answer.embryonic = rule->embryonic;
	answer.one_port = rule->flags & NAT_RULE_F_ONE_PORT;
	if (result->verdict == ACL_DENY)
		return answer;
	from = in ? rule->mapped_port : rule->real_port;
	to = in ? rule->real_port : rule->mapped_port;
	if (rule->n_ports && (uint16_t)(ends->own_port - from) >= rule->n_ports)
		answer.broken = true;
	if (rule->n_ports)
		answer.own_port = (uint16_t)(ends->own_port - from + to);
	answer.own = ip_of(in ? &rule->real : &rule->mapped) |
		     (ends->own & ~ip_of(&rule->mask));
	answer.real_if = rule->real_if;
	answer.one_way = rule->flags & NAT_RULE_F_ONE_WAY;
	return answer;
}

static struct answer ask_list(const struct policy_image *image, struct acl_root root,
			      bool in, const struct ref_ends *ends)
{
	struct acl_native_key key = key_of(ends, in);
	struct acl_native_result result;

	acl_walk_native(&image->acl, root, &key, &result);
	return conclude(image, &result, in, ends);
}

static struct answer ask_out(const struct policy_image *image, size_t real_if,
			     size_t mapped_if, const struct ref_ends *ends)
{
	const struct iface_config *config = &image->ifaces[mapped_if].config;

	if (!(config->flags & IFACE_F_NAT_RULES))
		return plain_out(image, ID(real_if), ID(mapped_if), ends);
	for (size_t i = 0; i < image->n_nat_lists; i++)
		if (image->nat_lists[i].real_if == ID(real_if) &&
		    image->nat_lists[i].mapped_if == ID(mapped_if))
			return ask_list(image, image->nat_lists[i].root, false, ends);
	return unchanged(ends);
}

static struct answer ask_in(const struct policy_image *image, size_t mapped_if,
			    const struct ref_ends *ends)
{
	const struct iface_config *config = &image->ifaces[mapped_if].config;

	if (!(config->flags & IFACE_F_NAT_RULES))
		return plain_in(image, ID(mapped_if), ends);
	return ask_list(image, config->nat_in, true, ends);
}

/* ---- judging ---- */

/* Whether the limit on half-open connections is the one of the translation that holds;
 * on the way in and of TCP, for nobody asks elsewhere. */
static bool is_limited_right(const struct policy *policy,
			     const struct ref_translation *said, const struct answer *is,
			     bool in, const struct ref_ends *ends)
{
	const struct policy_nat *nat;

	if (!in || ends->proto != IPPROTO_TCP)
		return true;
	if (said->nat == REF_NO_LINE)
		return !is->embryonic;
	nat = &policy->nats.items[said->nat];
	return is->embryonic == nat->limits.embryonic &&
	       (!is->embryonic || is->one_port == (nat->proto != 0));
}

static void compare(const struct policy *policy, const struct ref_translation *said,
		    const struct answer *is, bool in, const struct ref_ends *ends,
		    const char *between, struct ref_tally *tally)
{
	__u32 real_if = said->real_if == POLICY_ANY_IFACE ? 0 : ID(said->real_if);
	bool moves = said->own != ends->own || said->own_port != ends->own_port;
	struct ref_packet packet = {
		.src = in ? ends->peer : ends->own,
		.dst = in ? ends->own : ends->peer,
		.src_port = in ? ends->peer_port : ends->own_port,
		.dst_port = in ? ends->own_port : ends->peer_port,
		.proto = ends->proto,
	};

	tally->n_asked++;
	tally->n_matched += said->nat != REF_NO_LINE;
	if (!is->broken && said->own == is->own && said->own_port == is->own_port &&
	    is_limited_right(policy, said, is, in, ends) &&
	    (!moves || !in || (real_if == is->real_if && said->one_way == is->one_way)))
		return;
	ref_tell_wrong(
		tally, &packet,
		"%s %s: the text (line %u) says %s:%u (interface %u%s), the image "
		"%s:%u (interface %u%s)%s, embryonic %u%s",
		in ? "meant behind" : "seen from", between,
		said->nat == REF_NO_LINE ? 0 : policy->nats.items[said->nat].where.line,
		policy_ip_text(said->own).text, said->own_port, real_if,
		said->one_way ? ", one way" : "", policy_ip_text(is->own).text,
		is->own_port, is->real_if, is->one_way ? ", one way" : "",
		is->broken ? ", broken" : "", is->embryonic,
		is->one_port ? " of the port" : "");
}

static void judge_ends(const struct policy *policy, const struct policy_image *image,
		       size_t real_if, size_t mapped_if, const struct ref_ends *ends,
		       struct ref_tally *tally)
{
	const char *name = policy->ifaces.items[mapped_if].name;
	struct ref_translation said = ref_translate_in(policy, mapped_if, ends);
	struct answer is = ask_in(image, mapped_if, ends);

	compare(policy, &said, &is, true, ends, name, tally);
	said = ref_translate_out(policy, real_if, mapped_if, ends);
	is = ask_out(image, real_if, mapped_if, ends);
	compare(policy, &said, &is, false, ends, name, tally);
}

void ref_judge_nats(const struct policy *policy, const struct policy_image *image,
		    size_t n_packets, struct ref_packets *packets,
		    struct ref_tally *tally)
{
	size_t n_ifaces = policy->ifaces.count;

	if (!policy->nats.count)
		return;
	for (size_t i = 0; i < n_packets; i++) {
		struct ref_packet packet = ref_packets_translated(packets);
		struct ref_ends ends = {packet.src, packet.dst, packet.src_port,
					packet.dst_port, packet.proto};

		if (packet.later_fragment)
			continue;
		/* Through one pair of interfaces, and then the other way. */
		judge_ends(policy, image, i % n_ifaces, i / n_ifaces % n_ifaces, &ends,
			   tally);
	}
}
