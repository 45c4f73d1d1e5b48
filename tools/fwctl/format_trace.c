// SPDX-License-Identifier: GPL-2.0
/*
 * format_trace.c - what became of a traced packet. See format_trace.h.
 */
#include <inttypes.h>
#include <string.h>

#include <netinet/in.h>

#include "tools/fwctl/format.h"
#include "tools/fwctl/format_trace.h"

/* ---- text ----------------------------------------------------------------- */

static void put_end(FILE *out, const struct trace_header *header,
		    const struct ph_addr *addr, uint16_t port)
{
	char text[FORMAT_ENDPOINT_BYTES];
	char number[8];

	snprintf(number, sizeof(number), "%u", port);
	if (header->has_ports)
		format_endpoint(text, addr, number);
	else
		format_address(text, addr);
	fputs(text, out);
}

/* "TCP 198.51.100.1:40000 -> 203.0.113.10:21" */
static void put_header(FILE *out, const struct trace_header *header)
{
	char number[4];
	const char *proto = format_protocol(header->proto, number);

	fprintf(out, "%s%s ", proto == number ? "protocol " : "", proto);
	put_end(out, header, &header->src, header->sport);
	fputs(" -> ", out);
	put_end(out, header, &header->dst, header->dport);
}

static void put_phase(FILE *out, size_t number, const struct trace_phase *phase)
{
	fprintf(out, "Phase: %zu\nType: %s\nSubtype:%s%s\nResult: %s\n", number,
		phase->type, phase->subtype[0] ? " " : "", phase->subtype,
		phase->allow ? "ALLOW" : "DROP");
	fputs("Config:\n", out);
	if (phase->config[0])
		fprintf(out, "%s\n", phase->config);
	fputs("Additional Information:\n", out);
	if (phase->info[0])
		fprintf(out, "%s\n", phase->info);
	putc('\n', out);
}

static void put_frame(FILE *out, const uint8_t *frame, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (i % 16 == 0)
			fprintf(out, "%s  %04zx ", i ? "\n" : "", i);
		fprintf(out, " %02x", frame[i]);
	}
	putc('\n', out);
}

static void put_details(FILE *out, const struct trace_report *report)
{
	char address[FORMAT_ADDRESS_BYTES];
	const uint8_t *mac = report->next_hop_mac;

	putc('\n', out);
	fprintf(out, "policy generation: %u\ndecided by: %s\n", report->generation,
		report->hook);
	if (report->has_flow)
		fprintf(out, "flow: %s, id %" PRIu64 "\n",
			report->flow_is_new ? "new" : "known", report->flow_id);
	if (report->has_next_hop) {
		fprintf(out, "next hop: %s", format_address(address, &report->next_hop));
		if (report->next_hop_known)
			fprintf(out, " at %02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
				mac[2], mac[3], mac[4], mac[5]);
		else
			fputs(", whose neighbour entry is not there yet", out);
		putc('\n', out);
	}
	if (report->n_counted)
		fputs("would be counted:", out);
	for (size_t i = 0; i < report->n_counted; i++)
		fprintf(out, "%s %s", i ? "," : "", report->counted[i].name);
	if (report->n_counted)
		putc('\n', out);
	if (report->frame) {
		fprintf(out, "frame as it would leave, %zu bytes:\n", report->frame_len);
		put_frame(out, report->frame, report->frame_len);
	}
}

static const char *up_or_down(bool up)
{
	return up ? "up" : "down";
}

void format_trace_text(FILE *out, const struct trace_report *report, bool detailed)
{
	for (size_t i = 0; i < report->n_phases; i++)
		put_phase(out, i + 1, &report->phases[i]);
	fprintf(out, "Result:\ninput-interface: %s\ninput-status: %s\n", report->input,
		up_or_down(report->input_up));
	if (report->output)
		fprintf(out, "output-interface: %s\noutput-status: %s\n", report->output,
			up_or_down(report->output_up));
	if (report->has_header) {
		fputs("packet: ", out);
		put_header(out, &report->came);
		putc('\n', out);
	}
	if (report->leaves) {
		fputs("leaves as: ", out);
		put_header(out, &report->left);
		putc('\n', out);
	}
	fprintf(out, "Action: %s\n", report->allow ? "allow" : "drop");
	if (report->drop_reason)
		fprintf(out, "Drop-reason: (%s) %s\n", report->drop_reason,
			report->drop_help);
	if (report->note)
		fprintf(out, "Note: %s\n", report->note);
	if (detailed)
		put_details(out, report);
}

void format_trace_line(FILE *out, const struct trace_place *place,
		       const struct trace_report *report)
{
	fprintf(out, "%lu: ", place->number);
	if (!report) {
		fprintf(out, "not traced: %s\n", place->error);
		return;
	}
	if (report->has_header)
		put_header(out, &report->came);
	else
		fputs("no IP packet", out);
	fprintf(out, ": %s", report->verdict);
	if (report->drop_reason)
		fprintf(out, " (%s)", report->drop_reason);
	if (report->leaves) {
		fprintf(out, " %s ", report->output ? report->output : "?");
		put_header(out, &report->left);
	}
	if (place->cut)
		fputs(" [cut short in the file]", out);
	putc('\n', out);
}

/* ---- JSON ----------------------------------------------------------------- */

/* RFC 8259, 7. Bytes beyond ASCII are taken for Latin-1. */
static void json_text(FILE *out, const char *text, size_t len)
{
	putc('"', out);
	for (size_t i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)text[i];

		if (byte == '"' || byte == '\\')
			fprintf(out, "\\%c", byte);
		else if (byte < ' ' || byte > '~')
			fprintf(out, "\\u%04x", byte);
		else
			putc(byte, out);
	}
	putc('"', out);
}

static void json_string(FILE *out, const char *text)
{
	if (text)
		json_text(out, text, strlen(text));
	else
		fputs("null", out);
}

static void json_lines(FILE *out, const char *text)
{
	const char *separator = "";

	putc('[', out);
	while (*text) {
		size_t len = strcspn(text, "\n");

		fputs(separator, out);
		json_text(out, text, len);
		separator = ", ";
		text += len + (text[len] == '\n');
	}
	putc(']', out);
}

static const char *true_or_false(bool value)
{
	return value ? "true" : "false";
}

static void json_port(FILE *out, const char *key, const struct trace_header *header,
		      uint16_t port)
{
	if (header->has_ports)
		fprintf(out, "\"%s\": %u", key, port);
	else
		fprintf(out, "\"%s\": null", key);
}

static void json_header(FILE *out, bool there, const struct trace_header *header)
{
	char src[FORMAT_ADDRESS_BYTES], dst[FORMAT_ADDRESS_BYTES];

	if (!there) {
		fputs("null", out);
		return;
	}
	fprintf(out, "{\"protocol\": %u, \"source\": \"%s\", ", header->proto,
		format_address(src, &header->src));
	json_port(out, "source_port", header, header->sport);
	fprintf(out, ", \"destination\": \"%s\", ", format_address(dst, &header->dst));
	json_port(out, "destination_port", header, header->dport);
	putc('}', out);
}

static void json_phase(FILE *out, size_t number, const struct trace_phase *phase)
{
	fprintf(out, "{\"phase\": %zu, \"type\": \"%s\", \"subtype\": \"%s\", ", number,
		phase->type, phase->subtype);
	fprintf(out, "\"result\": \"%s\", \"config\": ", phase->allow ? "allow" : "drop");
	json_lines(out, phase->config);
	fputs(", \"information\": ", out);
	json_lines(out, phase->info);
	putc('}', out);
}

/* What both forms have. */
static void json_outcome(FILE *out, const struct trace_report *report)
{
	fputs("\"packet\": ", out);
	json_header(out, report->has_header, &report->came);
	fputs(", \"leaves\": ", out);
	json_header(out, report->leaves, &report->left);
	fputs(", \"output_interface\": ", out);
	json_string(out, report->output);
	fprintf(out, ", \"action\": \"%s\", \"verdict\": \"%s\", \"drop_reason\": ",
		report->allow ? "allow" : "drop", report->verdict);
	json_string(out, report->drop_reason);
	fputs(", \"flow\": ", out);
	if (report->has_flow)
		fprintf(out, "{\"id\": %" PRIu64 ", \"new\": %s}", report->flow_id,
			true_or_false(report->flow_is_new));
	else
		fputs("null", out);
}

static void json_details(FILE *out, const struct trace_report *report)
{
	const uint8_t *mac = report->next_hop_mac;
	char address[FORMAT_ADDRESS_BYTES];

	fputs(", \"next_hop\": ", out);
	if (report->has_next_hop)
		fprintf(out, "\"%s\"", format_address(address, &report->next_hop));
	else
		fputs("null", out);
	fputs(", \"next_hop_station\": ", out);
	if (report->has_next_hop && report->next_hop_known)
		fprintf(out, "\"%02x:%02x:%02x:%02x:%02x:%02x\"", mac[0], mac[1], mac[2],
			mac[3], mac[4], mac[5]);
	else
		fputs("null", out);
	fputs(", \"counted\": [", out);
	for (size_t i = 0; i < report->n_counted; i++)
		fprintf(out, "%s{\"event\": \"%s\", \"count\": %" PRIu64 "}",
			i ? ", " : "", report->counted[i].name, report->counted[i].n);
	fputs("], \"frame\": ", out);
	if (!report->frame) {
		fputs("null", out);
		return;
	}
	putc('"', out);
	for (size_t i = 0; i < report->frame_len; i++)
		fprintf(out, "%02x", report->frame[i]);
	putc('"', out);
}

void format_trace_json(FILE *out, const struct trace_report *report)
{
	fprintf(out, "{\"schema\": \"pinhole.packet-tracer/1\", \"generation\": %u, ",
		report->generation);
	fputs("\"input_interface\": ", out);
	json_string(out, report->input);
	fputs(", \"phases\": [", out);
	for (size_t i = 0; i < report->n_phases; i++) {
		fputs(i ? ",\n  " : "\n  ", out);
		json_phase(out, i + 1, &report->phases[i]);
	}
	fputs("],\n  ", out);
	json_outcome(out, report);
	fputs(", \"drop_text\": ", out);
	json_string(out, report->drop_reason ? report->drop_help : NULL);
	fprintf(out,
		", \"input_up\": %s, \"output_up\": %s, \"hook\": \"%s\", \"note\": ",
		true_or_false(report->input_up), true_or_false(report->output_up),
		report->hook);
	json_string(out, report->note);
	json_details(out, report);
	fputs("}\n", out);
}

void format_trace_line_json(FILE *out, const struct trace_place *place,
			    const struct trace_report *report)
{
	fprintf(out,
		"{\"schema\": \"pinhole.packet-tracer.pcap/1\", \"number\": %lu, "
		"\"time\": %" PRId64 ".%09" PRIu32 ", \"cut\": %s, \"error\": ",
		place->number, place->sec, place->nsec, true_or_false(place->cut));
	json_string(out, report ? NULL : place->error);
	fputs(", ", out);
	if (report)
		json_outcome(out, report);
	else
		fputs("\"packet\": null, \"leaves\": null, \"output_interface\": null, "
		      "\"action\": null, \"verdict\": null, \"drop_reason\": null, "
		      "\"flow\": null",
		      out);
	fputs("}\n", out);
}
