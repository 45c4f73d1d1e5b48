// SPDX-License-Identifier: GPL-2.0
/*
 * diff_json.c - what two policies permit differently, for programs. See diff.h.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "tools/fwctl/diff.h"
#include "tools/fwctl/format.h"
#include "util/cleanup.h"
#include "util/text.h"

static void json_cleanup(json_t **json)
{
	json_decref(*json);
}

/* null for what is not there */
static json_t *json_text(const char *text)
{
	return text ? json_string(text) : json_null();
}

/* A file's name may be any bytes. */
static json_t *json_file(const char *file)
{
	char *shown cleanup_free_ = file ? strdup(file) : NULL;

	if (shown)
		text_sanitize(shown, strlen(shown));
	return json_text(shown);
}

/* "outside, dmz" as an array */
static json_t *json_names(const char *names)
{
	json_t *array cleanup_(json_cleanup) = json_array();

	if (!names)
		return json_null();
	while (*names) {
		size_t len = strcspn(names, ",");

		if (json_array_append_new(array, json_stringn(names, len)))
			return NULL;
		names += len;
		names += strspn(names, ", ");
	}
	return take(array);
}

/* ---- settings -------------------------------------------------------------------- */

static json_t *json_setting(const struct analysis_setting *it)
{
	const char *change = !it->old ? "added" : !it->new ? "removed" : "changed";

	return json_pack("{s:s, s:s, s:o, s:o}", "kind", it->kind, "change", change,
			 "old", json_text(it->old), "new", json_text(it->new));
}

static json_t *json_settings(const struct analysis_diff *diff)
{
	json_t *array cleanup_(json_cleanup) = json_array();

	for (size_t i = 0; i < diff->n_settings; i++)
		if (json_array_append_new(array, json_setting(&diff->settings[i])))
			return NULL;
	return take(array);
}

/* ---- differences ----------------------------------------------------------------- */

/* Ports and types are there where the packet has them. */
static json_t *json_packet(const struct analysis_packet *packet)
{
	char src[FORMAT_ADDRESS_BYTES], dst[FORMAT_ADDRESS_BYTES];
	json_t *json cleanup_(json_cleanup) =
		json_pack("{s:s, s:i, s:s, s:s, s:b}", "family",
			  packet->family == ACL_IPV4 ? "ipv4" : "ipv6", "protocol",
			  (int)packet->proto, "source", format_address(src, &packet->src),
			  "destination", format_address(dst, &packet->dst),
			  "later_fragment", (int)packet->later_fragment);
	json_t *more cleanup_(json_cleanup) = NULL;

	if (packet->later_fragment)
		return take(json);
	if (packet->proto == IPPROTO_TCP)
		more = json_pack("{s:i, s:i, s:i}", "source_port", (int)packet->src_port,
				 "destination_port", (int)packet->dst_port, "tcp_flags",
				 (int)packet->tcp_flags);
	else if (packet->proto == IPPROTO_UDP)
		more = json_pack("{s:i, s:i}", "source_port", (int)packet->src_port,
				 "destination_port", (int)packet->dst_port);
	else if (packet->proto == IPPROTO_ICMP || packet->proto == IPPROTO_ICMPV6)
		more = json_pack("{s:i, s:i}", "icmp_type", (int)(packet->dst_port >> 8),
				 "icmp_code", (int)(packet->dst_port & 255));
	else
		return take(json);
	return json_object_update(json, more) ? NULL : take(json);
}

static json_t *json_line(const struct policy_image_line *line)
{
	if (!line)
		return json_null();
	return json_pack("{s:s, s:i, s:i, s:s}", "access_list", line->acl, "number",
			 (int)line->number, "line", (int)line->source_line, "text",
			 line->text);
}

static json_t *json_decision(const struct analysis_decision *decision)
{
	static const char *const by[] = {
		[ANALYSIS_BY_LINE] = "line",
		[ANALYSIS_BY_LIST] = "list",
		[ANALYSIS_BY_LEVELS] = "levels",
		[ANALYSIS_BY_NONE] = "none",
	};

	return json_pack("{s:b, s:s, s:o}", "permit", (int)decision->permit, "by",
			 by[decision->by], "line", json_line(decision->line));
}

static json_t *json_difference(const struct analysis_difference *it)
{
	return json_pack("{s:s, s:o, s:o, s:o}", "change",
			 it->new.permit ? "permitted" : "denied", "packet",
			 json_packet(&it->example), "old", json_decision(&it->old), "new",
			 json_decision(&it->new));
}

static json_t *json_group(const struct analysis_group *group)
{
	static const char *const places[] = {
		[ANALYSIS_IN] = "in",
		[ANALYSIS_OUT] = "out",
		[ANALYSIS_BOX] = "control-plane",
	};
	json_t *array cleanup_(json_cleanup) = json_array();

	for (size_t i = 0; i < group->count; i++)
		if (json_array_append_new(array, json_difference(&group->items[i])))
			return NULL;
	return json_pack("{s:s, s:o, s:o, s:I, s:o}", "place", places[group->place],
			 "interfaces", json_names(group->interfaces), "towards",
			 json_names(group->towards), "lines_not_examined",
			 (json_int_t)group->n_unexamined, "differences", take(array));
}

static json_t *json_groups(const struct analysis_diff *diff)
{
	json_t *array cleanup_(json_cleanup) = json_array();

	for (size_t i = 0; i < diff->n_groups; i++)
		if (json_array_append_new(array, json_group(&diff->groups[i])))
			return NULL;
	return take(array);
}

json_t *diff_make_json(const struct analysis_diff *diff, const struct diff_names *names)
{
	return json_pack("{s:s, s:o, s:o, s:b, s:o, s:o}", "schema", "pinhole.diff/1",
			 "old", json_file(names->old), "new", json_file(names->new),
			 "equal", (int)diff_is_empty(diff), "settings",
			 json_settings(diff), "places", json_groups(diff));
}

int diff_print_json(const struct analysis_diff *diff, const struct diff_names *names)
{
	json_t *root cleanup_(json_cleanup) = diff_make_json(diff, names);

	if (!root || json_dumpf(root, stdout, JSON_INDENT(2)))
		return -ENOMEM;
	putchar('\n');
	return 0;
}
