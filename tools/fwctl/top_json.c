// SPDX-License-Identifier: GPL-2.0
/* top_json.c - `fwctl top --once --json`. See top.h. */
#include <errno.h>
#include <stdio.h>

#include <jansson.h>

#include "top.h"

/* To a thousandth; more digits would be noise. */
static json_t *rate(const struct top_view *view, double value)
{
	double rounded = (double)(uint64_t)(value * 1000 + 0.5) / 1000;

	return view->interval_sec > 0 ? json_real(rounded) : json_null();
}

static json_t *count(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *interfaces(const struct top_view *view)
{
	json_t *out = json_array();

	for (size_t i = 0; i < view->sample->n_interfaces; i++) {
		const struct top_interface *of = &view->sample->interfaces[i];
		const struct top_interface_rates *rates = &view->interfaces[i];

		json_array_append_new(
			out,
			json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o}", "name",
				  of->name, "device", of->device, "present", of->present,
				  "rx_packets_per_sec", rate(view, rates->rx_packets),
				  "rx_bits_per_sec", rate(view, rates->rx_bits),
				  "tx_packets_per_sec", rate(view, rates->tx_packets),
				  "tx_bits_per_sec", rate(view, rates->tx_bits),
				  "drop_packets_per_sec", rate(view, rates->drops)));
	}
	return out;
}

/* Policies may be Latin-1; JSON may not. */
static json_t *text(const char *bytes)
{
	json_t *out = json_string(bytes);
	char ascii[512];
	size_t len = 0;

	if (out)
		return out;
	for (; bytes[len] && len + 1 < sizeof(ascii); len++) {
		ascii[len] = bytes[len];
		if (ascii[len] & 0x80)
			ascii[len] = '?';
	}
	ascii[len] = '\0';
	return json_string(ascii);
}

static json_t *lines(const struct top_view *view)
{
	json_t *out = json_array();

	for (size_t i = 0; i < view->n_lines && i < TOP_JSON_LINES; i++) {
		const struct top_busy_line *busy = &view->lines[i];

		json_array_append_new(
			out,
			json_pack("{s:o, s:i, s:o, s:o, s:o, s:o}", "access_list",
				  text(busy->line->list), "line", (int)busy->line->number,
				  "rule", text(busy->line->rule), "hits",
				  count(busy->line->counters.hits), "hits_per_sec",
				  rate(view, busy->hits), "packets_per_sec",
				  rate(view, busy->packets)));
	}
	return out;
}

static json_t *drops(const struct top_view *view)
{
	json_t *out = json_array();

	for (size_t i = 0; i < view->n_drops; i++) {
		const struct top_busy_drop *busy = &view->drop_list[i];

		json_array_append_new(
			out,
			json_pack("{s:s, s:o, s:o, s:o}", "reason", busy->drop->reason,
				  "packets", count(busy->drop->counters.packets),
				  "packets_per_sec", rate(view, busy->packets),
				  "bytes_per_sec", rate(view, busy->bytes)));
	}
	return out;
}

static json_t *sessions(const struct top_view *view)
{
	json_t *out = json_array();

	for (size_t i = 0; i < view->sample->n_sessions; i++) {
		const struct top_session *of = &view->sample->sessions[i];

		json_array_append_new(
			out,
			json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "state",
				  of->state, "client", of->client, "server", of->server,
				  "user", of->user, "holes", count(of->holes),
				  "data_connections_open", count(of->data_open),
				  "age_sec", count(of->age_sec)));
	}
	return out;
}

static json_t *tables(const struct top_view *view)
{
	json_t *out = json_array();

	for (size_t i = 0; i < view->n_tables; i++)
		json_array_append_new(
			out, json_pack("{s:s, s:o, s:o}", "table", view->tables[i]->name,
				       "entries", count(view->tables[i]->entries),
				       "capacity", count(view->tables[i]->capacity)));
	return out;
}

int top_print_json(const struct top_view *view)
{
	json_t *out = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
				"schema", "pinhole.top/1", "generation",
				count(view->sample->generation), "interval_sec",
				rate(view, view->interval_sec), "connections_per_sec",
				rate(view, view->connections), "half_open_per_sec",
				rate(view, view->half_open), "drop_packets_per_sec",
				rate(view, view->drops), "interfaces", interfaces(view),
				"lines", lines(view), "drops", drops(view),
				"ftp_sessions", sessions(view), "tables", tables(view));
	int err = out ? 0 : -ENOMEM;

	if (!err && (json_dumpf(out, stdout, JSON_INDENT(2)) || putchar('\n') == EOF ||
		     fflush(stdout)))
		err = -EIO;
	json_decref(out);
	return err;
}
