// SPDX-License-Identifier: GPL-2.0
/*
 * conn_lists.c - what levels and lists say of a connection, natively. See conn_case.h.
 *
 * It follows bpf/judge_lists.h step by step: where that changes, so must this.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "analysis/conn_case.h"
#include "bpf/acl_native.h"

#define ICMP_ECHO_KEY	(8 << 8) /* type << 8 | code, as lists want it */
#define ICMPV6_ECHO_KEY (128 << 8)

static uint64_t half_of(const struct ph_addr *addr, int first)
{
	return (uint64_t)ntohl(addr->word[first]) << 32 | ntohl(addr->word[first + 1]);
}

static bool is_v4(const struct ph_addr *addr)
{
	return !addr->word[0] && !addr->word[1] && addr->word[2] == htonl(0xffff);
}

void conn_ask(const struct policy_image *image, struct acl_root root,
	      const struct ph_addr *src, const struct ph_addr *dst, __be16 sport,
	      __be16 dport, uint8_t proto, uint8_t tcp_flags,
	      struct acl_native_result *result)
{
	bool v4 = is_v4(src);
	const struct acl_native_key key = {
		.src_high = v4 ? 0 : half_of(src, 0),
		.src_low = v4 ? ntohl(src->word[3]) : half_of(src, 2),
		.dst_high = v4 ? 0 : half_of(dst, 0),
		.dst_low = v4 ? ntohl(dst->word[3]) : half_of(dst, 2),
		.src_port = ntohs(sport),
		.dst_port = ntohs(dport),
		.proto = proto,
		.tcp_flags = tcp_flags,
		.family = v4 ? ACL_IPV4 : ACL_IPV6,
	};

	acl_walk_native(&image->acl, root, &key, result);
}

/* As the lists see the first packet: of ICMP, which is an echo, its type. */
static enum acl_verdict ask(const struct policy_image *image, struct acl_root root,
			    const struct ph_addr *src, const struct ph_addr *dst,
			    __be16 sport, __be16 dport, const struct conn_case *c)
{
	struct acl_native_result result;

	if (c->proto == IPPROTO_ICMP || c->proto == IPPROTO_ICMPV6) {
		sport = 0;
		dport = htons(c->proto == IPPROTO_ICMP ? ICMP_ECHO_KEY
						       : (uint16_t)ICMPV6_ECHO_KEY);
	}
	conn_ask(image, root, src, dst, sport, dport, c->proto, c->tcp_flags, &result);
	return result.verdict;
}

static bool levels_permit(const struct policy_image *image, const struct iface_config *in,
			  const struct iface_config *out)
{
	uint32_t flags = image->config.flags;

	if (in->id == out->id)
		return flags & CONFIG_F_SAME_INTRA;
	if (in->security_level == out->security_level)
		return flags & CONFIG_F_SAME_INTER;
	return true;
}

static bool inbound_permits(const struct policy_image *image,
			    const struct iface_config *in, const struct iface_config *out,
			    const struct conn_case *c)
{
	const struct policy_config *config = &image->config;
	bool real = config->flags & CONFIG_F_REAL_LISTS;
	const struct ph_addr *dst = real ? &c->dst : &c->wire_dst;
	__be16 dport = real ? c->dport : c->wire_dport;
	enum acl_verdict verdict = ACL_NO_MATCH;

	if (!(in->flags & IFACE_F_ACL_IN) && !(config->flags & CONFIG_F_ACL_GLOBAL)) {
		if (in->security_level >= out->security_level)
			return true;
		return (config->flags & CONFIG_F_CONDUIT) &&
		       ask(image, config->acl_conduit, &c->src, dst, c->sport, dport,
			   c) == ACL_PERMIT;
	}
	if (in->flags & IFACE_F_ACL_IN)
		verdict = ask(image, in->acl_in, &c->src, dst, c->sport, dport, c);
	if (verdict == ACL_NO_MATCH && (config->flags & CONFIG_F_ACL_GLOBAL))
		verdict =
			ask(image, config->acl_global, &c->src, dst, c->sport, dport, c);
	return verdict == ACL_PERMIT;
}

static bool outbound_permits(const struct policy_image *image,
			     const struct iface_config *out, const struct conn_case *c)
{
	bool real = image->config.flags & CONFIG_F_REAL_LISTS;

	if (!(out->flags & IFACE_F_ACL_OUT))
		return true;
	return ask(image, out->acl_out, real ? &c->src : &c->mapped_src, &c->dst,
		   real ? c->sport : c->mapped_sport, c->dport, c) == ACL_PERMIT;
}

bool conn_is_permitted(const struct policy_image *image, const struct iface_config *in,
		       const struct iface_config *out, const struct conn_case *c)
{
	return levels_permit(image, in, out) && inbound_permits(image, in, out, c) &&
	       outbound_permits(image, out, c);
}

bool conn_may_reach_box(const struct policy_image *image, const struct iface_config *in,
			const struct conn_case *c)
{
	return ask(image, in->acl_box, &c->src, &c->dst, c->sport, c->dport, c) ==
	       ACL_PERMIT;
}
