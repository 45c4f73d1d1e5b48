// SPDX-License-Identifier: GPL-2.0
/* format_element.c - access-list lines expanded. See format_element.h. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "format_element.h"

#define OPERAND_BYTES 128 /* an address and a mask */
#define PORTS_BYTES   32

bool format_element_is_named(const char *rule)
{
	return strstr(rule, " object-group") || strstr(rule, " object ");
}

/* Sets may be of both families; one is not a product with the other. */
static uint32_t count_family(const struct acl_prefix *items, uint32_t n, int family)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i++)
		count += items[i].family == family;
	return count;
}

uint64_t format_element_count(const struct acl_line *line)
{
	uint64_t pairs = 0;

	for (int family = 0; family < ACL_N_FAMILIES; family++)
		pairs += (uint64_t)count_family(line->src, line->n_src, family) *
			 count_family(line->dst, line->n_dst, family);
	return pairs * line->n_services;
}

static struct ph_addr address_of(const struct acl_prefix *prefix)
{
	if (prefix->family == ACL_IPV4)
		return (struct ph_addr){
			{0, 0, htonl(0xffff), htonl((uint32_t)prefix->low)}};
	return (struct ph_addr){
		{htonl((uint32_t)(prefix->high >> 32)), htonl((uint32_t)prefix->high),
		 htonl((uint32_t)(prefix->low >> 32)), htonl((uint32_t)prefix->low)}};
}

/* "any4", "host 10.0.0.1", "10.0.0.0 255.255.255.0", "2001:db8::/32" */
static void format_operand(char out[OPERAND_BYTES], const struct acl_prefix *prefix)
{
	unsigned int bits = prefix->family == ACL_IPV4 ? 32 : 128;
	struct ph_addr addr = address_of(prefix);
	char text[FORMAT_ADDRESS_BYTES], mask[FORMAT_ADDRESS_BYTES];
	struct ph_addr mask_addr = {{0, 0, htonl(0xffff), 0}};

	format_address(text, &addr);
	if (!prefix->len) {
		snprintf(out, OPERAND_BYTES, "%s",
			 prefix->family == ACL_IPV4 ? "any4" : "any6");
	} else if (prefix->len == bits) {
		snprintf(out, OPERAND_BYTES, "host %s", text);
	} else if (prefix->family == ACL_IPV6) {
		snprintf(out, OPERAND_BYTES, "%s/%u", text, prefix->len);
	} else {
		mask_addr.word[3] = htonl(~(UINT32_MAX >> prefix->len));
		snprintf(out, OPERAND_BYTES, "%s %s", text,
			 format_address(mask, &mask_addr));
	}
}

/* "", " eq 80", " range 8000 8099" */
static void format_ports(char out[PORTS_BYTES], unsigned int low, unsigned int high)
{
	if (!low && high == 65535)
		out[0] = '\0';
	else if (low == high)
		snprintf(out, PORTS_BYTES, " eq %u", low);
	else
		snprintf(out, PORTS_BYTES, " range %u %u", low, high);
}

/* " 8", " 3 4": of ICMP the port is type and code. */
static void format_icmp(char out[PORTS_BYTES], unsigned int low, unsigned int high)
{
	if (!low && high == 65535)
		out[0] = '\0';
	else if (low == high)
		snprintf(out, PORTS_BYTES, " %u %u", low >> 8, low & 255);
	else
		snprintf(out, PORTS_BYTES, " %u", low >> 8);
}

static const char *protocol_word(const struct acl_service *service, char number[4])
{
	if (service->any_proto)
		return "ip";
	switch (service->proto) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_ICMP:
		return "icmp";
	case IPPROTO_ICMPV6:
		return "icmp6";
	default:
		snprintf(number, 4, "%u", (unsigned int)service->proto);
		return number;
	}
}

static void format_element(char out[FORMAT_ELEMENT_BYTES], const struct acl_line *line,
			   const struct acl_prefix *src, const struct acl_prefix *dst,
			   const struct acl_service *service)
{
	bool icmp = service->proto == IPPROTO_ICMP || service->proto == IPPROTO_ICMPV6;
	char src_text[OPERAND_BYTES], dst_text[OPERAND_BYTES];
	char src_ports[PORTS_BYTES] = "", dst_ports[PORTS_BYTES] = "";
	char number[4];

	format_operand(src_text, src);
	format_operand(dst_text, dst);
	if (icmp && !service->any_proto) {
		format_icmp(dst_ports, service->dst_port_low, service->dst_port_high);
	} else if (!service->any_proto) {
		format_ports(src_ports, service->src_port_low, service->src_port_high);
		format_ports(dst_ports, service->dst_port_low, service->dst_port_high);
	}
	snprintf(out, FORMAT_ELEMENT_BYTES, "extended %s %s %s%s %s%s",
		 line->permit ? "permit" : "deny", protocol_word(service, number),
		 src_text, src_ports, dst_text, dst_ports);
}

int format_element_each(const struct acl_line *line, uint64_t most,
			int (*fn)(const char *text, void *arg), void *arg)
{
	char text[FORMAT_ELEMENT_BYTES];
	uint64_t done = 0;

	for (uint32_t v = 0; v < line->n_services; v++) {
		for (uint32_t s = 0; s < line->n_src; s++) {
			for (uint32_t d = 0; d < line->n_dst; d++) {
				int err;

				if (line->src[s].family != line->dst[d].family)
					continue;
				if (done++ == most)
					return 0;
				format_element(text, line, &line->src[s], &line->dst[d],
					       &line->services[v]);
				err = fn(text, arg);
				if (err)
					return err;
			}
		}
	}
	return 0;
}

/* FNV-1a */
static uint32_t hash_text(uint32_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return hash;
}

uint32_t format_element_hash(const char *list, const char *text)
{
	return hash_text(hash_text(hash_text(2166136261u, list), " "), text);
}
