// SPDX-License-Identifier: GPL-2.0
/*
 * show_counters.c - `show counters`, `show asp drop` and `show interface`: what was
 * counted, since somebody cleared it.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "format_conn.h"
#include "show.h"

/* ---- since they were cleared ----------------------------------------------------------
 */

/* What was kept aside may only be less than what there is now: it never falls. */
static int read_drops(struct show_request *request, const struct fw_cleared *cleared,
		      struct packet_counters out[PH_N_DROP_REASONS])
{
	int err = fw_read_drops(request->fw, out, &request->error);

	for (unsigned int i = 0; !err && i < PH_N_DROP_REASONS; i++) {
		out[i].packets -= cleared->drops[i].packets;
		out[i].bytes -= cleared->drops[i].bytes;
	}
	return err;
}

static void put_cleared(struct show_request *request, const struct fw_cleared *cleared)
{
	output_fact(&request->out, "cleared_sec_ago", NULL,
		    cleared->cleared_ns ? json_integer((json_int_t)show_seconds_since(
						  request, cleared->cleared_ns))
					: json_null());
}

static json_t *pack_drop(unsigned int i, const struct packet_counters *drop)
{
	return json_pack("{s:s, s:I, s:I, s:s}", "reason", fw_drop_name(i), "packets",
			 (json_int_t)drop->packets, "bytes", (json_int_t)drop->bytes,
			 "help", fw_drop_help(i));
}

/* ---- counters ---------------------------------------------------------------------- */

static int put_drops(struct show_request *request, const struct fw_cleared *cleared)
{
	struct packet_counters drops[PH_N_DROP_REASONS];
	int err = read_drops(request, cleared, drops);

	if (err)
		return err;
	output_list(&request->out, "drops",
		    "Drops                          packets          bytes");
	for (unsigned int i = 0; i < PH_N_DROP_REASONS; i++) {
		if (!drops[i].packets && !request->all)
			continue;
		output_record(&request->out,
			      "  {reason:-24} {packets:11} {bytes:14}  {help}",
			      pack_drop(i, &drops[i]));
	}
	output_list_end(&request->out);
	return 0;
}

static int put_events(struct show_request *request, const struct fw_cleared *cleared)
{
	uint64_t events[PH_EV_END];
	int err = fw_read_events(request->fw, events, &request->error);

	if (err)
		return err;
	output_list(&request->out, "events", "Events                           count");
	for (unsigned int i = 0; i < PH_EV_END; i++) {
		uint64_t count = events[i] - cleared->events[i];

		if (!count && !request->all)
			continue;
		output_record(&request->out, "  {event:-28} {count:9}  {help}",
			      json_pack("{s:s, s:I, s:s}", "event", fw_event_name(i),
					"count", (json_int_t)count, "help",
					fw_event_help(i)));
	}
	output_list_end(&request->out);
	return 0;
}

static int put_findings(struct show_request *request, const struct fw_cleared *cleared)
{
	uint64_t findings[FTP_N_FINDINGS];
	int err = fw_read_ftp_findings(request->fw, findings, &request->error);

	if (err)
		return err;
	output_list(&request->out, "ftp_findings",
		    "FTP findings                     count");
	for (unsigned int i = 0; i < FTP_N_FINDINGS; i++) {
		uint64_t count = findings[i] - cleared->findings[i];

		if (!count && !request->all)
			continue;
		output_record(&request->out, "  {finding:-28} {count:9}  {help}",
			      json_pack("{s:s, s:I, s:s}", "finding", fw_finding_name(i),
					"count", (json_int_t)count, "help",
					fw_finding_help(i)));
	}
	output_list_end(&request->out);
	return 0;
}

static int put_tables(struct show_request *request)
{
	struct fw_table_fill fill[FW_N_TABLES];
	int err = fw_read_tables(request->fw, fill, &request->error);

	if (err)
		return err;
	output_list(&request->out, "tables",
		    "Tables                         entries       capacity");
	for (unsigned int i = 0; i < FW_N_TABLES; i++)
		output_record(&request->out, "  {table:-24} {entries:11} {capacity:14}",
			      json_pack("{s:s, s:I, s:I}", "table", fill[i].name,
					"entries", (json_int_t)fill[i].entries,
					"capacity", (json_int_t)fill[i].capacity));
	output_list_end(&request->out);
	return 0;
}

int show_counters(struct show_request *request)
{
	struct fw_cleared cleared;
	int err = fw_read_cleared(request->fw, &cleared, &request->error);

	if (err)
		return err;
	put_cleared(request, &cleared);
	err = put_drops(request, &cleared);
	if (!err)
		err = put_events(request, &cleared);
	if (!err)
		err = put_findings(request, &cleared);
	return err ? err : put_tables(request);
}

/* ---- asp drop -----------------------------------------------------------------------
 */

int show_asp_words(struct show_request *request)
{
	if (request->n_words == 1 && !strcmp(request->words[0], "drop"))
		return CMD_OK;
	return cmd_usage_error("show", "of asp there is only: show asp drop");
}

/* In text an ASA's: what it means, the reason, how many. */
int show_asp(struct show_request *request)
{
	struct packet_counters drops[PH_N_DROP_REASONS];
	struct fw_cleared cleared;
	char line[512], age[FORMAT_AGE_BYTES];
	int err = fw_read_cleared(request->fw, &cleared, &request->error);

	if (!err)
		err = read_drops(request, &cleared, drops);
	if (err)
		return err;
	put_cleared(request, &cleared);
	output_list(&request->out, "frame_drops", "Frame drop:");
	for (unsigned int i = 0; i < PH_N_DROP_REASONS; i++) {
		if (!drops[i].packets && !request->all)
			continue;
		snprintf(line, sizeof(line), "%.300s (%s)", fw_drop_help(i),
			 fw_drop_name(i));
		if (request->json)
			output_record(&request->out, "", pack_drop(i, &drops[i]));
		else
			output_text(&request->out, "  %-80s %10" PRIu64, line,
				    (uint64_t)drops[i].packets);
	}
	output_list_end(&request->out);
	if (request->json)
		return 0;
	if (cleared.cleared_ns)
		printf("\nLast clearing: %s ago\n",
		       format_age(age, show_seconds_since(request, cleared.cleared_ns)));
	else
		printf("\nLast clearing: Never\n");
	return 0;
}

/* ---- interface ----------------------------------------------------------------------
 */

static const char *state_of(const struct fw_interface *interface)
{
	if (interface->elsewhere)
		return "in another network namespace";
	return interface->present ? "present" : "device gone";
}

/* "", " vlan 10 on eth0", " vlan 10 second-dot1q 20 on eth0" */
static void describe_carrier(const struct fw_interface *interface, char *out, size_t size)
{
	const struct iface_config *config = &interface->config;
	char inner[24] = "";

	out[0] = '\0';
	if (config->inner_vlan)
		snprintf(inner, sizeof(inner), " second-dot1q %u", config->inner_vlan);
	if (config->vlan)
		snprintf(out, size, " vlan %u%s on %s", config->vlan, inner,
			 interface->carrier);
}

#define INTERFACE(reason)                                                            \
	"Interface {name}, device {device}{tags}, security {security_level}, mode "  \
	"{mode}" reason ", {state}\n"                                                \
	"  {rx_packets} packets in, {rx_bytes} bytes; {forward_packets} forwarded, " \
	"{to_box_packets} for this machine, {reply_packets} answered; "              \
	"{xdp_packets} finished by XDP\n"                                            \
	"  {tx_packets} packets forwarded out, {tx_bytes} bytes; {own_packets} of "  \
	"this machine's own\n"                                                       \
	"  {drop_packets} packets dropped, {drop_bytes} bytes; "                     \
	"{egress_drop_packets} on their way out"

#define COUNTER(field)                                      \
	{                                                   \
#		field, offsetof(struct if_counters, field) \
	}

static const struct {
	const char *name;
	size_t offset;
} if_fields[] = {
	COUNTER(rx_packets),	    COUNTER(rx_bytes),	    COUNTER(tx_packets),
	COUNTER(tx_bytes),	    COUNTER(drop_packets),  COUNTER(drop_bytes),
	COUNTER(to_box_packets),    COUNTER(to_box_bytes),  COUNTER(forward_packets),
	COUNTER(forward_bytes),	    COUNTER(reply_packets), COUNTER(reply_bytes),
	COUNTER(own_packets),	    COUNTER(own_bytes),	    COUNTER(egress_drop_packets),
	COUNTER(egress_drop_bytes), COUNTER(xdp_packets),
};

#define N_IF_FIELDS (sizeof(if_fields) / sizeof(if_fields[0]))

_Static_assert(N_IF_FIELDS * sizeof(__u64) == sizeof(struct if_counters),
	       "every counter is shown");

static __u64 *if_field(struct if_counters *counters, size_t i)
{
	return (__u64 *)((char *)counters + if_fields[i].offset);
}

static json_t *pack_interface(struct fw_interface *interface, const char *tags)
{
	const struct iface_config *config = &interface->config;
	json_t *record = json_pack(
		"{s:s, s:s, s:I, s:s, s:I, s:I, s:s, s:I, s:s, s:s, s:s, s:b}", "name",
		config->name, "device", config->device, "ifindex",
		(json_int_t)interface->ifindex, "carrier", interface->carrier, "vlan",
		(json_int_t)config->vlan, "inner_vlan", (json_int_t)config->inner_vlan,
		"tags", tags, "security_level", (json_int_t)config->security_level,
		"mode", fw_mode_name(interface->mode), "mode_reason",
		interface->mode_reason, "state", state_of(interface), "host_mode",
		(config->flags & IFACE_F_HOST_FTP) != 0);

	for (size_t i = 0; i < N_IF_FIELDS; i++)
		json_object_set_new(
			record, if_fields[i].name,
			json_integer((json_int_t)*if_field(&interface->counters, i)));
	return record;
}

static void take_off(struct if_counters *counters, struct if_counters *cleared)
{
	for (size_t i = 0; i < N_IF_FIELDS; i++)
		*if_field(counters, i) -= *if_field(cleared, i);
}

static void put_interface(struct show_request *request, struct fw_interface *interface)
{
	char tags[64];

	describe_carrier(interface, tags, sizeof(tags));
	output_record(&request->out,
		      interface->mode_reason[0] ? INTERFACE(" ({mode_reason})")
						: INTERFACE(""),
		      pack_interface(interface, tags));
	if (interface->config.flags & IFACE_F_HOST_FTP)
		output_detail(&request->out,
			      "  host mode: FTP sessions of this machine through it get "
			      "their holes (show ftp)",
			      json_object());
}

int show_interface(struct show_request *request)
{
	struct fw_cleared cleared;
	int err = fw_read_cleared(request->fw, &cleared, &request->error);

	if (err)
		return err;
	output_list(&request->out, "interfaces", NULL);
	for (size_t i = 0; i < request->n_interfaces; i++) {
		struct fw_interface *interface = &request->interfaces[i];
		uint32_t slot = interface->config.stat_slot;

		if (slot < PH_MAX_INTERFACES)
			take_off(&interface->counters, &cleared.interfaces[slot]);
		put_interface(request, interface);
	}
	output_list_end(&request->out);
	return 0;
}
