// SPDX-License-Identifier: GPL-2.0
/* top_read.c - readings for `fwctl top`. See top.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <util/cleanup.h>
#include <util/vec.h>

#include "format_ftp.h"
#include "tools/ftp_state.h"
#include "top.h"

#define NS_PER_SEC   1000000000ull
/* Counting entries may take one part in so many of the time. */
#define TABLES_SHARE 10

static void free_sample(struct top_sample *sample)
{
	free(sample->interfaces);
	free(sample->lines);
	free(sample->drops);
	free(sample->tables);
	free(sample->sessions);
	memset(sample, 0, sizeof(*sample));
}

static int out_of_memory(struct fw_error *error)
{
	snprintf(error->what, sizeof(error->what), "out of memory");
	return -ENOMEM;
}

/* ---- the policy
 * ------------------------------------------------------------------------ */

static void free_policy(struct policy **policy)
{
	policy_free(*policy);
}

/* The texts of lines; compiled again only if another policy is in force. */
static int read_policy(struct top_reader *reader, struct fw *fw,
		       struct top_sample *sample, struct fw_error *error)
{
	struct policy *policy cleanup_(free_policy) = NULL;
	struct policy_diags diags cleanup_(policy_diags_free) = {0};
	struct policy_image *image = NULL;
	char *text cleanup_free_ = NULL;
	size_t len;
	int err;

	err = fw_read_policy(fw, &sample->generation, &text, &len, error);
	if (err || (reader->image && reader->image_identity == sample->identity &&
		    reader->image_generation == sample->generation))
		return err;
	err = policy_parse(text, len, &policy, &diags);
	if (!err)
		err = policy_compile_names(policy, &image, &diags);
	if (err) {
		snprintf(error->what, sizeof(error->what),
			 "the policy in force cannot be read back by this version");
		snprintf(error->hint, sizeof(error->hint),
			 "use the fwctl that applied it, or apply it anew");
		return err;
	}
	policy_image_free(reader->image);
	reader->image = image;
	reader->image_identity = sample->identity;
	reader->image_generation = sample->generation;
	return 0;
}

/* ---- access-list lines
 * -------------------------------------------------------------------- */

/* Ids and counters, in the order of the lines. */
struct counts {
	struct top_line *items;
	size_t count;
	size_t capacity;
};

static void free_counts(struct counts *counts)
{
	free(counts->items);
}

static int add_counts(uint64_t line_id, const struct acl_counters *counters, void *arg)
{
	struct counts *counts = arg;
	struct top_line *out = vec_push(counts);

	if (!out)
		return -ENOMEM;
	*out = (struct top_line){.line_id = line_id, .counters = *counters};
	return 0;
}

static const char *behind(const char *text, const char *word)
{
	size_t len = strlen(word);

	return !strncmp(text, word, len) && text[len] == ' ' ? text + len + 1 : text;
}

/* Without the words that every line has: columns are few. */
static const char *rule_of(const struct policy_image_line *line)
{
	const char *name = behind(line->text, "access-list");
	const char *rule = behind(name, line->acl);

	return rule == name ? line->text : behind(rule, "extended");
}

/* Where an apply came between, a line may be missing this time. */
static int read_lines(const struct top_reader *reader, struct fw *fw,
		      struct top_sample *sample, struct fw_error *error)
{
	const struct policy_image *image = reader->image;
	struct counts counts cleanup_(free_counts) = {0};
	int err = fw_each_acl_hits_shown(fw, add_counts, &counts, error);

	if (err)
		return err == -ENOMEM ? out_of_memory(error) : err;
	sample->lines = calloc(image->n_lines + 1, sizeof(*sample->lines));
	if (!sample->lines)
		return out_of_memory(error);
	for (size_t i = 0; i < image->n_lines; i++) {
		const struct policy_image_line *line = &image->lines[i];
		struct top_line *out = &sample->lines[sample->n_lines];

		if (line->acl_line >= counts.count ||
		    counts.items[line->acl_line].line_id != line->line_id)
			continue;
		*out = counts.items[line->acl_line];
		out->list = line->acl;
		out->rule = rule_of(line);
		out->number = line->number;
		sample->n_lines++;
	}
	top_sort_lines(sample->lines, sample->n_lines);
	return 0;
}

/* ---- what is counted
 * ------------------------------------------------------------------------ */

static int add_interface(const struct fw_interface *interface, void *arg)
{
	struct top_sample *sample = arg;
	struct top_interface *out = &sample->interfaces[sample->n_interfaces];

	if (sample->n_interfaces == PH_MAX_INTERFACES)
		return 0;
	snprintf(out->name, sizeof(out->name), "%s", interface->config.name);
	snprintf(out->device, sizeof(out->device), "%s", interface->config.device);
	out->present = interface->present || interface->elsewhere;
	out->counters = interface->counters;
	sample->n_interfaces++;
	return 0;
}

static int read_interfaces(struct fw *fw, struct top_sample *sample,
			   struct fw_error *error)
{
	sample->interfaces = calloc(PH_MAX_INTERFACES, sizeof(*sample->interfaces));
	if (!sample->interfaces)
		return out_of_memory(error);
	return fw_each_interface(fw, add_interface, sample, error);
}

/* What `clear counters` found. It may have come between the two readings. */
static void take_off(struct packet_counters *from, const struct packet_counters *cleared)
{
	from->packets -= cleared->packets < from->packets ? cleared->packets
							  : from->packets;
	from->bytes -= cleared->bytes < from->bytes ? cleared->bytes : from->bytes;
}

static int read_drops(struct fw *fw, struct top_sample *sample, struct fw_error *error)
{
	struct fw_cleared *cleared cleanup_free_ = calloc(1, sizeof(*cleared));
	struct packet_counters drops[PH_N_DROP_REASONS];
	int err = cleared ? fw_read_drops(fw, drops, error) : out_of_memory(error);

	if (!err)
		err = fw_read_cleared(fw, cleared, error);
	if (err)
		return err;
	sample->drops = calloc(PH_N_DROP_REASONS, sizeof(*sample->drops));
	if (!sample->drops)
		return out_of_memory(error);
	for (unsigned int i = 0; i < PH_N_DROP_REASONS; i++) {
		take_off(&drops[i], &cleared->drops[i]);
		sample->drops[i] =
			(struct top_drop){fw_drop_name(i), fw_drop_help(i), drops[i]};
	}
	sample->n_drops = PH_N_DROP_REASONS;
	return 0;
}

static int read_events(struct fw *fw, struct top_sample *sample, struct fw_error *error)
{
	uint64_t events[PH_EV_END];
	int err = fw_read_events(fw, events, error);

	if (err)
		return err;
	sample->connections = events[PH_EV_CONN_CREATED];
	sample->half_open = events[PH_EV_HALF_OPEN_CREATED];
	return 0;
}

static int read_tables(struct top_reader *reader, struct fw *fw,
		       struct top_sample *sample, struct fw_error *error)
{
	uint64_t began = top_now_ns();
	int err;

	if (began >= reader->tables_due_ns ||
	    reader->tables_identity != sample->identity) {
		err = fw_read_tables(fw, reader->tables, error);
		if (err)
			return err;
		reader->tables_identity = sample->identity;
		reader->tables_due_ns = began + TABLES_SHARE * (top_now_ns() - began);
	}
	sample->tables = calloc(FW_N_TABLES, sizeof(*sample->tables));
	if (!sample->tables)
		return out_of_memory(error);
	for (size_t i = 0; i < FW_N_TABLES; i++) {
		const struct fw_table_fill *fill = &reader->tables[i];

		if (fill->capacity) /* host mode has none while it is off */
			sample->tables[sample->n_tables++] = (struct top_table){
				fill->name, fill->entries, fill->capacity};
	}
	return 0;
}

/* ---- FTP sessions
 * -------------------------------------------------------------------------- */

struct session_item {
	uint64_t id; /* of its connection */
	struct top_session shown;
};

struct session_walk {
	struct session_item *items;
	size_t count;
	size_t capacity;
	uint64_t now_ns;
};

static void free_walk(struct session_walk *walk)
{
	free(walk->items);
}

static void put_end(char out[FORMAT_ENDPOINT_BYTES], const struct flow_key *key, int end)
{
	char port[8];

	snprintf(port, sizeof(port), "%u", ntohs(key->port[end]));
	format_endpoint(out, &key->addr[end], port);
}

static int add_session(const struct flow_key *key, const struct ftp_session *session,
		       const struct conn *conn, void *arg)
{
	struct session_walk *walk = arg;
	int client = (conn->flags & CONN_F_INITIATOR_1) ? 1 : 0;
	struct session_item *item = vec_push(walk);
	char user[FORMAT_FTP_TEXT_BYTES];
	struct top_session *out;

	if (!item)
		return -ENOMEM;
	memset(item, 0, sizeof(*item));
	item->id = conn->id;
	out = &item->shown;
	out->state = ftp_state_name(ftp_state_of(session, conn));
	put_end(out->client, key, client);
	put_end(out->server, key, !client);
	format_ftp_name(user, session->user, sizeof(session->user));
	snprintf(out->user, sizeof(out->user), "%.*s", (int)sizeof(out->user) - 1, user);
	out->data_open = session->data_open;
	if (walk->now_ns > session->opened_ns)
		out->age_sec = (walk->now_ns - session->opened_ns) / NS_PER_SEC;
	return 0;
}

static int by_session_id(const void *a, const void *b)
{
	const struct session_item *x = a;
	const struct session_item *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static int add_hole(const struct hole_key *key, const struct hole *hole,
		    const struct conn *parent, void *arg)
{
	struct session_walk *walk = arg;
	const struct session_item wanted = {.id = hole->parent_id};
	struct session_item *found = NULL;

	(void)key;
	(void)parent;
	if (walk->count)
		found = bsearch(&wanted, walk->items, walk->count, sizeof(wanted),
				by_session_id);
	if (found)
		found->shown.holes++;
	return 0;
}

static int oldest_first(const void *a, const void *b)
{
	const struct top_session *x = a;
	const struct top_session *y = b;

	if (x->age_sec != y->age_sec)
		return x->age_sec < y->age_sec ? 1 : -1;
	return strcmp(x->client, y->client);
}

static int read_sessions(struct fw *fw, struct top_sample *sample, struct fw_error *error)
{
	struct session_walk walk cleanup_(free_walk) = {.now_ns = sample->time_ns};
	int err = fw_each_ftp_session(fw, add_session, &walk, error);

	if (!err && walk.count)
		qsort(walk.items, walk.count, sizeof(*walk.items), by_session_id);
	if (!err)
		err = fw_each_hole(fw, add_hole, &walk, error);
	if (err)
		return err == -ENOMEM ? out_of_memory(error) : err;
	sample->sessions = calloc(walk.count + 1, sizeof(*sample->sessions));
	if (!sample->sessions)
		return out_of_memory(error);
	for (size_t i = 0; i < walk.count; i++)
		sample->sessions[i] = walk.items[i].shown;
	sample->n_sessions = walk.count;
	if (walk.count)
		qsort(sample->sessions, walk.count, sizeof(*sample->sessions),
		      oldest_first);
	return 0;
}

/* ---- a reading
 * --------------------------------------------------------------------------------- */

/* Each loading makes its pin directory, and each directory has a number of its own. */
static uint64_t identity_of(const char *pin_dir)
{
	struct stat status;

	return stat(pin_dir ? pin_dir : FW_DEFAULT_PIN_DIR, &status) ? 1 : status.st_ino;
}

static void close_fw(struct fw **fw)
{
	fw_close(*fw);
}

static int read_all(struct top_reader *reader, struct top_sample *sample,
		    struct fw_error *error)
{
	struct fw *fw cleanup_(close_fw) = NULL;
	int err;

	sample->identity = identity_of(reader->pin_dir);
	err = fw_open(reader->pin_dir, &fw, error);
	if (!err)
		err = read_policy(reader, fw, sample, error);
	sample->time_ns = top_now_ns();
	if (!err)
		err = read_interfaces(fw, sample, error);
	if (!err)
		err = read_drops(fw, sample, error);
	if (!err)
		err = read_events(fw, sample, error);
	if (!err)
		err = read_lines(reader, fw, sample, error);
	if (!err)
		err = read_sessions(fw, sample, error);
	if (!err)
		err = read_tables(reader, fw, sample, error);
	return err;
}

static void forget(struct top_reader *reader)
{
	for (size_t i = 0; i < reader->n; i++)
		free_sample(&reader->samples[i]);
	reader->n = 0;
}

int top_read(struct top_reader *reader, struct fw_error *error)
{
	struct top_sample sample = {0};
	int err;

	memset(error, 0, sizeof(*error));
	err = read_all(reader, &sample, error);
	if (err) {
		free_sample(&sample);
		forget(reader);
		return err;
	}
	if (reader->n == 2) {
		free_sample(&reader->samples[0]);
		reader->samples[0] = reader->samples[1];
		reader->n = 1;
	}
	reader->samples[reader->n++] = sample;
	return 0;
}

int top_reader_compare(const struct top_reader *reader, enum top_sort sort,
		       struct top_view *out)
{
	return top_compare(reader->n == 2 ? &reader->samples[0] : NULL,
			   &reader->samples[reader->n - 1], sort, out);
}

void top_reader_free(struct top_reader *reader)
{
	forget(reader);
	policy_image_free(reader->image);
	memset(reader, 0, sizeof(*reader));
}
