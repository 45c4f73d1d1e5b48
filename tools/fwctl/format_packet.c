// SPDX-License-Identifier: GPL-2.0
/*
 * format_packet.c - an example packet, in a line. See format_packet.h.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "tools/fwctl/format.h"
#include "tools/fwctl/format_packet.h"

#define N_FLAGS 6

/* "SYN+ACK"; "no flags" */
static void format_flags(char out[32], uint8_t flags)
{
	static const char *const words[N_FLAGS] = {"FIN", "SYN", "RST",
						   "PSH", "ACK", "URG"};
	size_t n = 0;

	out[0] = '\0';
	for (int i = 0; i < N_FLAGS; i++)
		if (flags >> i & 1)
			n += (size_t)snprintf(out + n, 32 - n, "%s%s", n ? "+" : "",
					      words[i]);
	if (!n)
		snprintf(out, 32, "no flags");
}

static bool has_ports(const struct analysis_packet *packet)
{
	return !packet->later_fragment &&
	       (packet->proto == IPPROTO_TCP || packet->proto == IPPROTO_UDP);
}

static void format_end(char out[FORMAT_ENDPOINT_BYTES],
		       const struct analysis_packet *packet, const struct ph_addr *addr,
		       uint16_t port)
{
	char text[8];

	snprintf(text, sizeof(text), "%u", port);
	if (has_ports(packet))
		format_endpoint(out, addr, text);
	else
		format_address(out, addr);
}

char *format_packet(char out[FORMAT_PACKET_BYTES], const struct analysis_packet *packet)
{
	char src[FORMAT_ENDPOINT_BYTES], dst[FORMAT_ENDPOINT_BYTES];
	char number[4], rest[48] = "", flags[32];
	const char *proto = format_protocol(packet->proto, number);

	format_end(src, packet, &packet->src, packet->src_port);
	format_end(dst, packet, &packet->dst, packet->dst_port);
	format_flags(flags, packet->tcp_flags);
	if (packet->later_fragment)
		strcpy(rest, " (a fragment that is not the first)");
	else if (packet->proto == IPPROTO_ICMP || packet->proto == IPPROTO_ICMPV6)
		snprintf(rest, sizeof(rest), " (type %u, code %u)",
			 packet->dst_port / 256u, packet->dst_port % 256u);
	else if (packet->proto == IPPROTO_TCP)
		snprintf(rest, sizeof(rest), " (%s)", flags);
	snprintf(out, FORMAT_PACKET_BYTES, "%s%s %s -> %s%s",
		 proto == number ? "protocol " : "", proto, src, dst, rest);
	return out;
}
