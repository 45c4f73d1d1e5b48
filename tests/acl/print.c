// SPDX-License-Identifier: GPL-2.0
/*
 * print.c - a list as statements, for what reads policies.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <netinet/in.h>
#include <string.h>

#include "tests/acl/draw.h"

static void print_address(FILE *out, const struct acl_prefix *prefix)
{
	char text[INET6_ADDRSTRLEN];
	uint64_t words[2] = {htobe64(prefix->high), htobe64(prefix->low)};
	uint32_t word = htonl((uint32_t)prefix->low);
	uint32_t mask = htonl(prefix->len ? ~0u << (32 - prefix->len % 33) : 0);
	bool is_v4 = prefix->family == ACL_IPV4;

	if (!prefix->len) {
		fputs(is_v4 ? " any4" : " any6", out);
		return;
	}
	inet_ntop(is_v4 ? AF_INET : AF_INET6, is_v4 ? (void *)&word : (void *)words, text,
		  sizeof(text));
	if (prefix->len == family_bits(prefix->family)) {
		fprintf(out, " host %s", text);
		return;
	}
	fprintf(out, " %s", text);
	if (is_v4)
		fprintf(out, " %s", inet_ntop(AF_INET, &mask, text, sizeof(text)));
	else
		fprintf(out, "/%u", prefix->len);
}

static void print_ports(FILE *out, uint16_t low, uint16_t high)
{
	if (low == high)
		fprintf(out, " eq %u", low);
	else if (low && high < PORT_MAX)
		fprintf(out, " range %u %u", low, high);
	else if (low)
		fprintf(out, " gt %d", low - 1);
	else if (high < PORT_MAX)
		fprintf(out, " lt %d", high + 1);
}

static void print_icmp(FILE *out, const struct acl_service *service)
{
	if (service->dst_port_low == 0 && service->dst_port_high == PORT_MAX)
		return;
	fprintf(out, " %d", service->dst_port_low >> 8);
	if (service->dst_port_low == service->dst_port_high)
		fprintf(out, " %d", service->dst_port_low & 255);
}

static bool is_icmp(const struct acl_service *service)
{
	return !service->any_proto &&
	       (service->proto == IPPROTO_ICMP || service->proto == IPPROTO_ICMPV6);
}

static void print_flags(FILE *out, uint32_t flags, char sign)
{
	static const char *const names[] = {"fin", "syn", "rst", "psh", "ack", "urg"};

	for (int i = 0; i < 6; i++)
		if (flags >> i & 1)
			fprintf(out, " %c%s", sign, names[i]);
}

static void print_condition(FILE *out, uint16_t cond)
{
	if (cond == COND_ESTABLISHED) {
		fputs(" established", out);
	} else if (cond & ACL_COND_FRAGMENTS) {
		fputs(" fragments", out);
	} else if (cond) {
		fputs(cond & ACL_COND_ANY ? " match-any" : " match-all", out);
		print_flags(out, ACL_COND_SET(cond), '+');
		print_flags(out, ACL_COND_CLEAR(cond), '-');
	}
}

static void print_proto(FILE *out, const struct acl_service *service)
{
	if (service->any_proto)
		fputs(" ip", out);
	else if (service->proto == IPPROTO_TCP || service->proto == IPPROTO_UDP)
		fputs(service->proto == IPPROTO_TCP ? " tcp" : " udp", out);
	else if (is_icmp(service))
		fputs(service->proto == IPPROTO_ICMP ? " icmp" : " icmp6", out);
	else
		fprintf(out, " %u", service->proto);
}

/* One member of a line's product. Ports other than of TCP and UDP are not printed:
 * no packet has them. @neq: the port that a second service leaves out, or 0 */
static void print_member(FILE *out, const char *name, const struct acl_line *line,
			 const struct acl_prefix *src, const struct acl_prefix *dst,
			 const struct acl_service *service, uint16_t neq)
{
	bool has_ports = !service->any_proto &&
			 (service->proto == IPPROTO_TCP || service->proto == IPPROTO_UDP);

	fprintf(out, "access-list %s %s", name, line->permit ? "permit" : "deny");
	print_proto(out, service);
	print_address(out, src);
	if (has_ports)
		print_ports(out, service->src_port_low, service->src_port_high);
	print_address(out, dst);
	if (neq)
		fprintf(out, " neq %u", neq);
	else if (has_ports)
		print_ports(out, service->dst_port_low, service->dst_port_high);
	else if (is_icmp(service))
		print_icmp(out, service);
	print_condition(out, service->cond);
	fputc('\n', out);
}

/* The one port between two services, or 0. */
static uint16_t left_out(const struct acl_line *line)
{
	const struct acl_service *s = line->services;

	if (line->n_services != 2 || line->n_src != 1 || line->n_dst != 1 ||
	    s[0].dst_port_low || s[1].dst_port_high != PORT_MAX ||
	    s[0].dst_port_high + 2 != s[1].dst_port_low || s[0].proto != s[1].proto)
		return 0;
	return s[0].dst_port_high + 1;
}

static void print_line(FILE *out, const char *name, const struct acl_line *line)
{
	uint16_t neq = left_out(line);
	uint32_t n_services = neq ? 1 : line->n_services;

	for (uint32_t src = 0; src < line->n_src; src++)
		for (uint32_t dst = 0; dst < line->n_dst; dst++)
			for (uint32_t i = 0; i < n_services; i++)
				print_member(out, name, line, &line->src[src],
					     &line->dst[dst], &line->services[i], neq);
}

void gen_set_print(const struct gen_set *set, const char *name, FILE *out)
{
	for (size_t i = 0; i < set->n_lines; i++)
		print_line(out, name, &set->lines[i]);
}
