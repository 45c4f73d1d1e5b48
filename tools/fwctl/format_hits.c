// SPDX-License-Identifier: GPL-2.0
/* format_hits.c - how often flows have met their lines. See format_hits.h. */
#include <stdlib.h>
#include <string.h>

#include "format_hits.h"

#define NS_PER_SEC 1000000000ull

struct flow_hits {
	struct acl_record record; /* the first */
	uint64_t since_ns;	  /* the interval that is counted */
	uint64_t count;
	unsigned int interval_sec;
};

struct format_hits {
	/* Apart from the flows, so that looking for one touches little memory. */
	uint32_t hash[FORMAT_HITS_FLOWS];
	struct flow_hits flow[FORMAT_HITS_FLOWS];
	size_t n;
};

struct format_hits *format_hits_new(void)
{
	return calloc(1, sizeof(struct format_hits));
}

void format_hits_free(struct format_hits *hits)
{
	free(hits);
}

/* FNV-1a over what makes a flow. */
static uint32_t hash_bytes(uint32_t hash, const void *data, size_t len)
{
	const unsigned char *byte = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ byte[i]) * 16777619u;
	return hash;
}

/* TCP flags are a packet's, not the flow's. */
static struct acl_key key_of(const struct acl_record *record)
{
	struct acl_key key = record->key;

	key.tcp_flags = 0;
	return key;
}

static uint32_t hash_of(const struct acl_record *record)
{
	struct acl_key key = key_of(record);
	uint32_t hash = hash_bytes(2166136261u, &key, sizeof(key));

	return hash_bytes(hash, &record->line_id, sizeof(record->line_id));
}

static bool is_same_flow(const struct acl_record *a, const struct acl_record *b)
{
	struct acl_key a_key = key_of(a), b_key = key_of(b);

	return a->line_id == b->line_id && a->place == b->place &&
	       a->ifindex[0] == b->ifindex[0] && a->ifindex[1] == b->ifindex[1] &&
	       !memcmp(&a_key, &b_key, sizeof(a_key));
}

static struct flow_hits *find(struct format_hits *hits, uint32_t hash,
			      const struct acl_record *record)
{
	for (size_t i = 0; i < hits->n; i++)
		if (hits->hash[i] == hash && is_same_flow(&hits->flow[i].record, record))
			return &hits->flow[i];
	return NULL;
}

static bool is_over(const struct flow_hits *flow, uint64_t now_ns)
{
	return now_ns >= flow->since_ns &&
	       now_ns - flow->since_ns >= flow->interval_sec * NS_PER_SEC;
}

static struct format_acl_hits take_hits(struct flow_hits *flow, uint64_t now_ns)
{
	struct format_acl_hits out = {flow->count, flow->interval_sec};

	flow->count = 0;
	flow->since_ns = now_ns;
	return out;
}

bool format_hits_meet(struct format_hits *hits, const struct acl_record *record,
		      unsigned int interval_sec, struct format_acl_hits *out)
{
	uint32_t hash = hash_of(record);
	struct flow_hits *flow = find(hits, hash, record);

	if (!flow) {
		*out = (struct format_acl_hits){.count = 1};
		if (hits->n < FORMAT_HITS_FLOWS) {
			hits->hash[hits->n] = hash;
			hits->flow[hits->n++] = (struct flow_hits){
				.record = *record,
				.since_ns = record->time_ns,
				.interval_sec = interval_sec,
			};
		}
		return true;
	}
	flow->count++;
	if (!is_over(flow, record->time_ns))
		return false;
	*out = take_hits(flow, record->time_ns);
	return true;
}

static void forget(struct format_hits *hits, size_t index)
{
	hits->n--;
	hits->hash[index] = hits->hash[hits->n];
	hits->flow[index] = hits->flow[hits->n];
}

int format_hits_flush(struct format_hits *hits, uint64_t now_ns,
		      int (*fn)(const struct acl_record *, const struct format_acl_hits *,
				void *),
		      void *arg)
{
	bool all = now_ns == UINT64_MAX;
	size_t i = 0;

	while (i < hits->n) {
		struct flow_hits *flow = &hits->flow[i];
		struct format_acl_hits said;
		int err = 0;

		if (!all && !is_over(flow, now_ns)) {
			i++;
			continue;
		}
		said = take_hits(flow, now_ns);
		if (said.count)
			err = fn(&flow->record, &said, arg);
		if (err)
			return err;
		if (all || !said.count)
			forget(hits, i);
		else
			i++;
	}
	return 0;
}
