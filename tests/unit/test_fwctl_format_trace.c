// SPDX-License-Identifier: GPL-2.0
/*
 * What `fwctl packet-tracer` shows, in text and in JSON.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/fwctl/format_trace.h"

static struct ph_addr v4(uint32_t addr)
{
	return (struct ph_addr){.word = {0, 0, htonl(0xffff), htonl(addr)}};
}

static struct trace_report report(void)
{
	return (struct trace_report){
		.generation = 3,
		.phases = {{.type = "UN-NAT",
			    .subtype = "static",
			    .allow = true,
			    .config = "static (inside,outside) 203.0.113.10 10.0.0.10",
			    .info = "NAT divert to egress interface inside\n"
				    "Untranslate 203.0.113.10/21 to 10.0.0.10/21"},
			   {.type = "ACCESS-LIST",
			    .subtype = "",
			    .allow = false,
			    .config = "access-group \"in\"",
			    .info = ""}},
		.n_phases = 2,
		.input = "outside",
		.input_up = true,
		.output = "inside",
		.verdict = "drop",
		.drop_reason = "acl-deny",
		.drop_help = "a deny line matched",
		.hook = "tc",
		.has_header = true,
		.came = {IPPROTO_TCP, true, v4(0xc6336401), v4(0xcb00710a), 40000, 21},
		.left = {IPPROTO_TCP, true, v4(0xc6336401), v4(0x0a00000a), 40000, 21},
	};
}

/* What was written; the caller frees it. */
struct written {
	char *text;
	size_t len;
	FILE *file;
};

static FILE *begin(struct written *out)
{
	out->file = open_memstream(&out->text, &out->len);
	assert_non_null(out->file);
	return out->file;
}

static void must_be(struct written *out, const char *expected)
{
	fclose(out->file);
	assert_string_equal(out->text, expected);
	free(out->text);
}

static void text_is_as_an_asa_has_it(void **state)
{
	struct trace_report r = report();
	struct written out;

	(void)state;
	format_trace_text(begin(&out), &r, false);
	must_be(&out, "Phase: 1\n"
		      "Type: UN-NAT\n"
		      "Subtype: static\n"
		      "Result: ALLOW\n"
		      "Config:\n"
		      "static (inside,outside) 203.0.113.10 10.0.0.10\n"
		      "Additional Information:\n"
		      "NAT divert to egress interface inside\n"
		      "Untranslate 203.0.113.10/21 to 10.0.0.10/21\n"
		      "\n"
		      "Phase: 2\n"
		      "Type: ACCESS-LIST\n"
		      "Subtype:\n"
		      "Result: DROP\n"
		      "Config:\n"
		      "access-group \"in\"\n"
		      "Additional Information:\n"
		      "\n"
		      "Result:\n"
		      "input-interface: outside\n"
		      "input-status: up\n"
		      "output-interface: inside\n"
		      "output-status: down\n"
		      "packet: TCP 198.51.100.1:40000 -> 203.0.113.10:21\n"
		      "Action: drop\n"
		      "Drop-reason: (acl-deny) a deny line matched\n");
}

static void details_are_told_when_asked_for(void **state)
{
	static const uint8_t frame[17] = {0xaa, [16] = 0xbb};
	struct trace_report r = report();
	struct written out;

	(void)state;
	r.n_phases = 0;
	r.output_up = true;
	r.allow = true;
	r.drop_reason = NULL;
	r.leaves = true;
	r.note = "so it is";
	r.has_flow = true;
	r.flow_is_new = true;
	r.flow_id = 99;
	r.has_next_hop = true;
	r.next_hop = v4(0x0a00000a);
	r.counted[0] = (struct trace_counted){"half_open_created", 1};
	r.counted[1] = (struct trace_counted){"nat_untranslated", 1};
	r.n_counted = 2;
	r.frame = frame;
	r.frame_len = sizeof(frame);
	format_trace_text(begin(&out), &r, true);
	must_be(&out, "Result:\n"
		      "input-interface: outside\n"
		      "input-status: up\n"
		      "output-interface: inside\n"
		      "output-status: up\n"
		      "packet: TCP 198.51.100.1:40000 -> 203.0.113.10:21\n"
		      "leaves as: TCP 198.51.100.1:40000 -> 10.0.0.10:21\n"
		      "Action: allow\n"
		      "Note: so it is\n"
		      "\n"
		      "policy generation: 3\n"
		      "decided by: tc\n"
		      "flow: new, id 99\n"
		      "next hop: 10.0.0.10, whose neighbour entry is not there yet\n"
		      "would be counted: half_open_created, nat_untranslated\n"
		      "frame as it would leave, 17 bytes:\n"
		      "  0000  aa 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00\n"
		      "  0010  bb\n");
}

static void json_has_all_of_it(void **state)
{
	struct trace_report r = report();
	struct written out;

	(void)state;
	r.phases[0] = r.phases[1];
	r.n_phases = 1;
	r.has_next_hop = true;
	r.next_hop = v4(0x0a00000a);
	r.next_hop_known = true;
	r.next_hop_mac[5] = 9;
	r.counted[0] = (struct trace_counted){"half_open_created", 1};
	r.n_counted = 1;
	format_trace_json(begin(&out), &r);
	must_be(&out,
		"{\"schema\": \"pinhole.packet-tracer/1\", \"generation\": 3, "
		"\"input_interface\": \"outside\", \"phases\": [\n"
		"  {\"phase\": 1, \"type\": \"ACCESS-LIST\", \"subtype\": \"\", "
		"\"result\": \"drop\", \"config\": [\"access-group \\\"in\\\"\"], "
		"\"information\": []}],\n"
		"  \"packet\": {\"protocol\": 6, \"source\": \"198.51.100.1\", "
		"\"source_port\": 40000, \"destination\": \"203.0.113.10\", "
		"\"destination_port\": 21}, \"leaves\": null, "
		"\"output_interface\": \"inside\", \"action\": \"drop\", "
		"\"verdict\": \"drop\", \"drop_reason\": \"acl-deny\", \"flow\": null, "
		"\"drop_text\": \"a deny line matched\", \"input_up\": true, "
		"\"output_up\": false, \"hook\": \"tc\", \"note\": null, "
		"\"next_hop\": \"10.0.0.10\", "
		"\"next_hop_station\": \"00:00:00:00:00:09\", "
		"\"counted\": [{\"event\": \"half_open_created\", \"count\": 1}], "
		"\"frame\": null}\n");
}

static void packets_of_a_file_have_a_line_each(void **state)
{
	struct trace_place place = {.number = 7, .sec = 12, .nsec = 34};
	struct trace_report r = report();
	struct written out;

	(void)state;
	format_trace_line(begin(&out), &place, &r);
	must_be(&out, "7: TCP 198.51.100.1:40000 -> 203.0.113.10:21: drop (acl-deny)\n");
	r.drop_reason = NULL;
	r.verdict = "forward";
	r.leaves = true;
	r.came.has_ports = false;
	r.came.proto = IPPROTO_GRE;
	place.cut = true;
	format_trace_line(begin(&out), &place, &r);
	must_be(&out, "7: GRE 198.51.100.1 -> 203.0.113.10: forward inside "
		      "TCP 198.51.100.1:40000 -> 10.0.0.10:21 [cut short in the file]\n");
	place.error = "it has too many bytes";
	format_trace_line(begin(&out), &place, NULL);
	must_be(&out, "7: not traced: it has too many bytes\n");
	format_trace_line_json(begin(&out), &place, NULL);
	must_be(&out, "{\"schema\": \"pinhole.packet-tracer.pcap/1\", \"number\": 7, "
		      "\"time\": 12.000000034, \"cut\": true, "
		      "\"error\": \"it has too many bytes\", \"packet\": null, "
		      "\"leaves\": null, \"output_interface\": null, \"action\": null, "
		      "\"verdict\": null, \"drop_reason\": null, \"flow\": null}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_as_an_asa_has_it),
		cmocka_unit_test(details_are_told_when_asked_for),
		cmocka_unit_test(json_has_all_of_it),
		cmocka_unit_test(packets_of_a_file_have_a_line_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
