// SPDX-License-Identifier: GPL-2.0
/*
 * report.c - a replay from its beginning to its end, and what is told about it.
 */
#include <stdlib.h>

#include <pinhole/firewall.h>

#include "tests/datapath/tap.h"
#include "tests/replay/replay.h"

void replay_end(struct replay *r)
{
	for (size_t i = 0; i < r->n_talks; i++) {
		for (int who = 0; who < 2; who++) {
			stream_free(&r->talk[i]->end[who].sent);
			stream_free(&r->talk[i]->end[who].got);
		}
		free(r->talk[i]);
	}
	r->n_talks = 0;
	watch_free(r->watch);
	json_decref(r->dropped);
	json_decref(r->resets);
	json_decref(r->violations);
	r->watch = NULL;
	r->dropped = r->resets = r->violations = NULL;
}

bool replay_begin(struct replay *r)
{
	replay_end(r);
	r->road = (struct road){0};
	r->time = 0;
	r->packet = r->packets = r->repeated = r->rewritten = 0;
	r->n_violations = 0;
	r->last_drop = 0;
	r->watch = watch_new();
	r->dropped = json_array();
	r->resets = json_array();
	r->violations = json_array();
	return gateway_begin(&r->g);
}

static json_t *drops(const struct replay *r)
{
	json_t *out = json_object();

	for (int i = 0; i < PH_N_DROP_REASONS; i++)
		if (gateway_drops(&r->g, i))
			json_object_set_new(
				out, fw_drop_name((unsigned int)i),
				json_integer((json_int_t)gateway_drops(&r->g, i)));
	return out;
}

static json_t *events(const struct replay *r)
{
	json_t *out = json_object();

	for (unsigned int i = 0; i < PH_EV_END; i++)
		if (gateway_events(&r->g, i))
			json_object_set_new(
				out, fw_event_name(i),
				json_integer((json_int_t)gateway_events(&r->g, i)));
	return out;
}

static json_t *findings(const struct replay *r)
{
	json_t *out = json_object();
	__u64 counts[FTP_N_FINDINGS];

	gateway_findings(&r->g, counts);
	for (unsigned int i = 0; i < FTP_N_FINDINGS; i++)
		if (counts[i])
			json_object_set_new(out, gateway_finding_name(i),
					    json_integer((json_int_t)counts[i]));
	return out;
}

json_t *report_make(const struct replay *r)
{
	return json_pack(
		"{s:I, s:I, s:I, s:o, s:o, s:O, s:o, s:o, s:o, s:I, s:O, s:O, s:I}",
		"packets", (json_int_t)r->packets, "repeated", (json_int_t)r->repeated,
		"connections", (json_int_t)r->n_talks, "sessions", watch_sessions(r),
		"holes", watch_holes(r), "resets", r->resets, "drops", drops(r),
		"findings", findings(r), "events", events(r), "rewrites",
		(json_int_t)r->rewritten, "dropped_packets", r->dropped, "violations",
		r->violations, "n_violations", (json_int_t)r->n_violations);
}
