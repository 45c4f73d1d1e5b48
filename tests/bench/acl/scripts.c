// SPDX-License-Identifier: GPL-2.0
/*
 * scripts.c - lists in the words of nftables and ipset. See peers.h.
 *
 * Both verdicts are `drop`: what is measured is how the line is found, not what the
 * rest of the stack does with a packet that is let in. The tables are of family ip, so
 * that no rule need ask first whether the packet is IPv4.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>

#include "peers.h"
#include "sets.h"

static void put_prefix(FILE *out, const struct acl_prefix *prefix)
{
	uint32_t a = (uint32_t)prefix->low;

	fprintf(out, "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
	if (prefix->len < 32)
		fprintf(out, "/%u", prefix->len);
}

static void put_range(FILE *out, uint16_t low, uint16_t high)
{
	fprintf(out, low == high ? "%u" : "%u-%u", low, high);
}

static void put_ports(FILE *out, const char *match, uint16_t low, uint16_t high)
{
	if (!low && high == UINT16_MAX)
		return;
	fprintf(out, "%s ", match);
	put_range(out, low, high);
	fputc(' ', out);
}

static void put_rule(FILE *out, const struct acl_prefix *src,
		     const struct acl_prefix *dst, const struct acl_service *service)
{
	if (src->len) {
		fputs("ip saddr ", out);
		put_prefix(out, src);
		fputc(' ', out);
	}
	if (dst->len) {
		fputs("ip daddr ", out);
		put_prefix(out, dst);
		fputc(' ', out);
	}
	if (!service->any_proto) {
		bool icmp = service->proto == IPPROTO_ICMP;

		fprintf(out, "meta l4proto %u ", service->proto);
		put_ports(out, "@th,0,16", service->src_port_low, service->src_port_high);
		put_ports(out, icmp ? "@th,0,16" : "@th,16,16", service->dst_port_low,
			  service->dst_port_high);
	}
	fputs("drop\n", out);
}

static void put_rules(FILE *out, const struct bench_set *set)
{
	for (size_t i = 0; i < set->lines.n_lines; i++) {
		const struct acl_line *line = &set->lines.lines[i];

		for (uint32_t v = 0; v < line->n_services; v++)
			put_rule(out, line->src, line->dst, &line->services[v]);
	}
}

static void put_set(FILE *out, const struct bench_set *set)
{
	bool ranges = set->kind == BENCH_NETS;

	fprintf(out,
		"set lines {\ntype ipv4_addr . ipv4_addr . inet_service\n%s"
		"elements = {\n",
		ranges ? "flags interval\n" : "");
	for (size_t i = 0; i < set->lines.n_lines; i++) {
		const struct acl_line *line = &set->lines.lines[i];

		put_prefix(out, line->src);
		fputs(" . ", out);
		put_prefix(out, line->dst);
		fputs(" . ", out);
		put_range(out, line->services->dst_port_low,
			  line->services->dst_port_high);
		fputs(",\n", out);
	}
	fputs("}\n}\n", out);
}

int script_nft(FILE *out, enum peer_kind kind, const struct bench_set *set)
{
	fputs("table ip bench {\ncounter arrived {}\ncounter missed {}\n", out);
	if (kind == PEER_NFT_SET)
		put_set(out, set);
	fputs("chain in {\ntype filter hook prerouting priority raw; policy drop;\n"
	      "counter name arrived\n",
	      out);
	if (kind == PEER_NFT_SET)
		fputs("ip saddr . ip daddr . tcp dport @lines drop\n", out);
	if (kind == PEER_NFT_LINEAR)
		put_rules(out, set);
	fputs("counter name missed drop\n}\n}\n", out);
	return ferror(out) ? bench_fail("writing a script failed") : 0;
}

int script_ipset(FILE *out, const struct bench_set *set)
{
	fprintf(out, "create lines hash:ip,port,ip family inet maxelem %u\n",
		set->n_lines);
	for (size_t i = 0; i < set->lines.n_lines; i++) {
		const struct acl_line *line = &set->lines.lines[i];

		fputs("add lines ", out);
		put_prefix(out, line->src);
		fprintf(out, ",tcp:%u,", line->services->dst_port_low);
		put_prefix(out, line->dst);
		fputc('\n', out);
	}
	return ferror(out) ? bench_fail("writing a script failed") : 0;
}

const char *script_obstacle(enum peer_kind kind, const struct bench_set *set,
			    uint32_t largest_linear)
{
	switch (kind) {
	case PEER_TC_LINEAR:
	case PEER_NFT_LINEAR:
		return set->n_lines > largest_linear ? "linear" : NULL;
	case PEER_NFT_SET:
		return set->kind == BENCH_PAIRS || set->kind == BENCH_NETS
			       ? NULL
			       : "order matters";
	case PEER_IPSET:
		if (set->kind == BENCH_NETS)
			return "no such set type";
		return set->kind == BENCH_PAIRS ? NULL : "order matters";
	default:
		return NULL;
	}
}
