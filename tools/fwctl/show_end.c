// SPDX-License-Identifier: GPL-2.0
/*
 * show_end.c - one end of a connection, as the `show` commands have it.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "show.h"

void show_read_end(const struct show_request *request, const struct flow_key *key,
		   const struct conn *conn, int which, struct show_end *out)
{
	int at = (conn->flags & CONN_F_INITIATOR_1) ? !which : which;
	char port[8];

	out->interface = show_name_by_ifindex(request, conn->ifindex[which]);
	out->security = show_security(request, conn->ifindex[which]);
	out->port = ntohs(key->port[at]);
	format_address(out->real, &key->addr[at]);
	format_address(out->mapped, &conn->mapped[which]);
	out->mapped_port = ntohs(conn->mapped_port[which]);
	snprintf(port, sizeof(port), "%u", out->port);
	format_endpoint(out->endpoint, &key->addr[at], port);
}

json_t *show_json_end(const struct show_end *end)
{
	return json_pack("{s:s, s:s, s:i, s:s, s:i, s:s}", "interface", end->interface,
			 "address", end->real, "port", (int)end->port, "mapped_address",
			 end->mapped, "mapped_port", (int)end->mapped_port, "endpoint",
			 end->endpoint);
}

int show_end_with(const struct flow_key *control, const struct conn *parent,
		  const struct ph_addr *addr)
{
	int at = !memcmp(&control->addr[1], addr, sizeof(*addr));
	int initiator = (parent->flags & CONN_F_INITIATOR_1) ? 1 : 0;

	return at == initiator ? SHOW_INITIATOR : SHOW_RESPONDER;
}
