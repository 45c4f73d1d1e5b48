// SPDX-License-Identifier: GPL-2.0
/* format_capture.c - a captured packet in words. See format_capture.h. */
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>

#include "bpf/pkt.h"
#include "format.h"
#include "format_capture.h"

/* ---- the verdict ------------------------------------------------------------------- */

uint16_t capture_cause(const struct join_packet *packet)
{
	if (packet->cause)
		return packet->cause;
	return packet->record.reason >= PH_DROP_FIRST ? packet->record.reason : 0;
}

const char *capture_verdict(const struct join_packet *packet)
{
	const struct capture_record *record = &packet->record;

	if (packet->undecided)
		return "unknown";
	if (record->reason >= PH_DROP_FIRST)
		return record->flags & CAPTURE_R_RESET ? "reset" : "drop";
	if (record->flags & CAPTURE_R_OWN)
		return "own";
	switch (record->reason) {
	case PH_FORWARD:
		return "forward";
	case PH_BY_STACK:
		return "fragment";
	case PH_TO_BOX:
		return "to-box";
	case PH_REPLY:
		return "reply";
	default:
		return "unknown";
	}
}

static const char *hook_of(const struct join_packet *packet)
{
	return packet->record.flags & CAPTURE_R_XDP ? "xdp" : "tc";
}

/* What the packet was in the end, or was until its end. */
static const struct join_frame *frame_of(const struct join_packet *packet)
{
	const struct join_frame *before = &packet->frame[JOIN_BEFORE];

	return before->bytes ? before : &packet->frame[JOIN_AFTER];
}

/* ---- what is in the frame ---------------------------------------------------------- */

struct ends {
	struct pkt pkt;
	bool known; /* it is IP, and its addresses could be read */
};

static bool has_ports(const struct pkt *pkt)
{
	return (pkt->proto == IPPROTO_TCP || pkt->proto == IPPROTO_UDP) &&
	       pkt->fragment != PKT_FRAGMENT_LATER;
}

/* No header reaches further. */
#define HEADER_BYTES (PKT_MAX_L4_OFF + 128u)

/* What is wrong with a packet is told by its verdict, not here. The parser wants the IP
 * header at an even word, as the kernel has it. */
static void read_ends(struct ends *ends, const struct join_frame *frame)
{
	_Alignas(8) unsigned char header[2 + HEADER_BYTES];
	const struct pkt_tag none = {0, 0};
	uint32_t n = frame->kept_bytes < HEADER_BYTES ? frame->kept_bytes : HEADER_BYTES;

	memset(ends, 0, sizeof(*ends));
	if (!frame->bytes)
		return;
	memcpy(header + 2, frame->bytes, n);
	pkt_parse(&ends->pkt, header + 2, header + 2 + n, frame->wire_bytes, none);
	ends->known = ends->pkt.kind <= PKT_IPV6 && ends->pkt.l3_len &&
		      !pkt_addr_is_unset(&ends->pkt.dst);
}

static void put_end(struct strbuf *out, const struct pkt *pkt, bool source)
{
	const struct ph_addr *addr = source ? &pkt->src : &pkt->dst;
	char text[FORMAT_ENDPOINT_BYTES], port[8];

	snprintf(port, sizeof(port), "%u", ntohs(source ? pkt->sport : pkt->dport));
	strbuf_puts(out, has_ports(pkt) ? format_endpoint(text, addr, port)
					: format_address(text, addr));
}

static void put_ends(struct strbuf *out, const struct pkt *pkt)
{
	put_end(out, pkt, true);
	strbuf_puts(out, " -> ");
	put_end(out, pkt, false);
}

static void put_flags(struct strbuf *out, uint8_t flags)
{
	static const char *const words[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG"};
	const char *between = "";

	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!(flags >> i & 1))
			continue;
		strbuf_printf(out, "%s%s", between, words[i]);
		between = "+";
	}
}

static bool is_icmp(const struct pkt *pkt)
{
	return pkt->proto == IPPROTO_ICMP || pkt->proto == IPPROTO_ICMPV6;
}

static void put_packet(struct strbuf *out, const struct ends *ends,
		       const struct join_frame *frame)
{
	const struct pkt *pkt = &ends->pkt;
	char number[4];
	const char *proto = format_protocol(pkt->proto, number);

	if (pkt->kind == PKT_ARP) {
		strbuf_puts(out, "ARP");
	} else if (!ends->known) {
		strbuf_printf(out, "frame of %u bytes", frame->wire_bytes);
		return;
	} else {
		strbuf_printf(out, "%s%s ", proto == number ? "protocol " : "", proto);
		put_ends(out, pkt);
	}
	if (ends->known && pkt->fragment == PKT_FRAGMENT_LATER) {
		strbuf_puts(out, " (later fragment)");
	} else if (ends->known && pkt->proto == IPPROTO_TCP && pkt->tcp_flags) {
		strbuf_puts(out, " (");
		put_flags(out, pkt->tcp_flags);
		strbuf_putc(out, ')');
	} else if (ends->known && is_icmp(pkt)) {
		strbuf_printf(out, " (type %u, code %u)", pkt->icmp_type, pkt->icmp_code);
	}
	strbuf_printf(out, ", %u bytes", frame->wire_bytes);
}

/* Whether it leaves with other ends. */
static bool is_translated(const struct ends *before, const struct ends *after)
{
	return before->known && after->known &&
	       (!pkt_addr_equal(&before->pkt.src, &after->pkt.src) ||
		!pkt_addr_equal(&before->pkt.dst, &after->pkt.dst) ||
		before->pkt.sport != after->pkt.sport ||
		before->pkt.dport != after->pkt.dport);
}

static bool goes_on(const struct join_packet *packet)
{
	return packet->record.reason == PH_FORWARD ||
	       packet->record.reason == PH_BY_STACK;
}

/* ---- the comment ------------------------------------------------------------------- */

static void put_rule_comment(struct strbuf *out, const struct capture_rule *rule,
			     const char *way)
{
	if (!rule->list)
		return;
	strbuf_printf(out, " list%s=%s line%s=%u", way, rule->list, way, rule->line);
	if (rule->text)
		strbuf_printf(out, " rule%s=\"%s\"", way, rule->text);
}

void format_capture_comment(struct strbuf *out, const struct join_packet *packet,
			    const struct capture_names *names, int form)
{
	strbuf_printf(out, "verdict=%s", capture_verdict(packet));
	if (names->reason)
		strbuf_printf(out, " reason=%s", names->reason);
	strbuf_printf(out, " form=%s", form == JOIN_AFTER ? "after" : "before");
	if (names->in)
		strbuf_printf(out, " in=%s", names->in);
	if (names->out)
		strbuf_printf(out, " out=%s", names->out);
	strbuf_printf(out, " hook=%s generation=%u", hook_of(packet),
		      packet->record.generation);
	put_rule_comment(out, &names->rule[0], "");
	put_rule_comment(out, &names->rule[1], "-out");
	if (names->help)
		strbuf_printf(out, "\n%s", names->help);
}

/* ---- the line ---------------------------------------------------------------------- */

static void put_rule_line(struct strbuf *out, const struct capture_rule *rule)
{
	if (rule->list)
		strbuf_printf(out, "; %s line %u", rule->list, rule->line);
}

void format_capture_line(struct strbuf *out, const struct join_packet *packet,
			 const struct capture_names *names, const char *time)
{
	const struct join_frame *shown = frame_of(packet);
	struct ends before, after;

	read_ends(&before, shown);
	read_ends(&after, &packet->frame[JOIN_AFTER]);
	strbuf_printf(out, "%s %s > %s ", time, names->in ? names->in : "self",
		      names->out ? names->out : "self");
	put_packet(out, &before, shown);
	strbuf_printf(out, ": %s", capture_verdict(packet));
	if (names->reason)
		strbuf_printf(out, " %s (%s)", names->reason,
			      names->help ? names->help : "?");
	if (goes_on(packet) && is_translated(&before, &after)) {
		strbuf_puts(out, " as ");
		put_ends(out, &after.pkt);
	}
	put_rule_line(out, &names->rule[0]);
	put_rule_line(out, &names->rule[1]);
}

/* ---- JSON (RFC 8259) --------------------------------------------------------------- */

/* Text of a policy may have any bytes; those beyond ASCII are taken for Latin-1. */
static void put_json_text(struct strbuf *out, const char *text)
{
	strbuf_putc(out, '"');
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '"' || byte == '\\')
			strbuf_printf(out, "\\%c", byte);
		else if (byte < ' ' || byte > '~')
			strbuf_printf(out, "\\u%04x", byte);
		else
			strbuf_putc(out, *text);
	}
	strbuf_putc(out, '"');
}

static void put_member(struct strbuf *out, const char *key, const char *text)
{
	if (!text)
		return;
	strbuf_printf(out, ", \"%s\": ", key);
	put_json_text(out, text);
}

static void put_json_ends(struct strbuf *out, const struct pkt *pkt)
{
	char text[FORMAT_ADDRESS_BYTES];

	strbuf_printf(out, "{\"source\": \"%s\"", format_address(text, &pkt->src));
	strbuf_printf(out, ", \"destination\": \"%s\"", format_address(text, &pkt->dst));
	if (has_ports(pkt))
		strbuf_printf(out, ", \"source_port\": %u, \"destination_port\": %u",
			      ntohs(pkt->sport), ntohs(pkt->dport));
	strbuf_putc(out, '}');
}

static void put_json_packet(struct strbuf *out, const struct ends *ends)
{
	const struct pkt *pkt = &ends->pkt;
	char number[4];

	if (!ends->known) {
		put_member(out, "protocol", pkt->kind == PKT_ARP ? "ARP" : "other");
		return;
	}
	put_member(out, "protocol", format_protocol(pkt->proto, number));
	strbuf_puts(out, ", \"ends\": ");
	put_json_ends(out, pkt);
	if (pkt->proto == IPPROTO_TCP && has_ports(pkt)) {
		strbuf_puts(out, ", \"tcp_flags\": \"");
		put_flags(out, pkt->tcp_flags);
		strbuf_putc(out, '"');
	}
	if (is_icmp(pkt))
		strbuf_printf(out, ", \"icmp_type\": %u, \"icmp_code\": %u",
			      pkt->icmp_type, pkt->icmp_code);
}

static void put_json_rule(struct strbuf *out, const char *key,
			  const struct capture_rule *rule)
{
	if (!rule->list)
		return;
	strbuf_printf(out, ", \"%s\": {\"access_list\": ", key);
	put_json_text(out, rule->list);
	strbuf_printf(out, ", \"line\": %u", rule->line);
	put_member(out, "rule", rule->text);
	strbuf_putc(out, '}');
}

void format_capture_json(struct strbuf *out, const struct join_packet *packet,
			 const struct capture_names *names, double time_sec)
{
	const struct join_frame *shown = frame_of(packet);
	struct ends before, after;

	read_ends(&before, shown);
	read_ends(&after, &packet->frame[JOIN_AFTER]);
	strbuf_printf(out, "{\"schema\": \"pinhole.capture/1\", \"time\": %.6f",
		      time_sec);
	put_member(out, "verdict", capture_verdict(packet));
	put_member(out, "reason", names->reason);
	put_member(out, "in", names->in);
	put_member(out, "out", names->out);
	put_member(out, "hook", hook_of(packet));
	strbuf_printf(out, ", \"generation\": %u, \"bytes\": %u",
		      packet->record.generation, shown->wire_bytes);
	put_json_packet(out, &before);
	if (goes_on(packet) && is_translated(&before, &after)) {
		strbuf_puts(out, ", \"translated\": ");
		put_json_ends(out, &after.pkt);
	}
	put_json_rule(out, "rule", &names->rule[0]);
	put_json_rule(out, "rule_out", &names->rule[1]);
	strbuf_putc(out, '}');
}
