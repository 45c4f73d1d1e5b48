// SPDX-License-Identifier: GPL-2.0
/*
 * show_flows.c - `show pinholes`: what inspection expects right now.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "show.h"

/* ---- pinholes
 * ----------------------------------------------------------------------------- */

static int put_hole(const struct hole_key *key, const struct hole *hole,
		    const struct conn *parent, void *arg)
{
	struct show_request *request = arg;
	const struct flow_key *control = &hole->parent;
	int dialler = show_end_with(control, parent, &key->src);
	struct show_end client;
	char src[FORMAT_ADDRESS_BYTES];
	char dst[FORMAT_ADDRESS_BYTES];
	char from[FORMAT_ENDPOINT_BYTES];
	char to[FORMAT_ENDPOINT_BYTES];
	char claimed[8] = "any";
	char port[8];

	show_read_end(request, control, parent, SHOW_INITIATOR, &client);
	if (hole->claimed_port)
		snprintf(claimed, sizeof(claimed), "%u", ntohs(hole->claimed_port));
	snprintf(port, sizeof(port), "%u", ntohs(key->dst_port));
	output_record(
		&request->out,
		"TCP from {from.interface} {from.endpoint} to {to.interface} "
		"{to.endpoint}, {kind}, control "
		"{control.endpoint}, "
		"expires {expires_in_sec:time}",
		json_pack("{s:{s:s, s:s, s:s, s:s}, s:{s:s, s:s, s:i, s:s}, s:s, s:o, "
			  "s:I, s:I}",
			  "from", "interface",
			  show_name_by_ifindex(request, parent->ifindex[dialler]),
			  "address", format_address(src, &key->src), "port", claimed,
			  "endpoint", format_endpoint(from, &key->src, claimed), "to",
			  "interface",
			  show_name_by_ifindex(request, parent->ifindex[!dialler]),
			  "address", format_address(dst, &key->dst), "port",
			  (int)ntohs(key->dst_port), "endpoint",
			  format_endpoint(to, &key->dst, port), "kind",
			  hole->passive ? "passive" : "active", "control",
			  show_json_end(&client), "opened_ago_sec",
			  (json_int_t)show_seconds_since(request, hole->opened_ns),
			  "expires_in_sec",
			  (json_int_t)show_seconds_until(request, hole->expires_ns)));
	return 0;
}

int show_pinholes(struct show_request *request)
{
	int err;

	output_list(&request->out, "pinholes", NULL);
	err = fw_each_hole(request->fw, put_hole, request, &request->error);
	output_list_end(&request->out);
	return err;
}
