// SPDX-License-Identifier: GPL-2.0
/*
 * outcome.c - what the programs have entered into the maps. See world.h.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "tests/host/world_state.h"

bool hole_is_open(const struct session *s, uint16_t port)
{
	bool initiator_is_peer = !memcmp(&s->key.addr[0], &s->peer, sizeof(s->peer)) ? 0
										     : 1;
	struct hole_key key = {.src = s->peer, .dst_port = htons(port)};
	struct hole hole;

	key.dst = s->key.addr[initiator_is_peer ? 0 : 1];
	return !bpf_map_lookup_elem(bpf_map__fd(world.skel->maps.holes), &key, &hole) &&
	       hole.parent_id == s->conn_id &&
	       !memcmp(&hole.parent, &s->key, sizeof(s->key));
}

static unsigned count(struct bpf_map *map, size_t key_bytes)
{
	uint8_t key[64] = {0}, next[64];
	unsigned n = 0;

	while (!bpf_map_get_next_key(bpf_map__fd(map), n ? key : NULL, next)) {
		memcpy(key, next, key_bytes);
		n++;
	}
	return n;
}

unsigned holes_count(void)
{
	return count(world.skel->maps.holes, sizeof(struct hole_key));
}

unsigned listeners_count(void)
{
	return count(world.skel->maps.host_listeners, sizeof(struct host_listener_key));
}

static uint64_t sum(struct bpf_map *map, uint32_t index)
{
	uint64_t value[256] = {0}, total = 0;

	bpf_map_lookup_elem(bpf_map__fd(map), &index, value);
	for (int i = 0; i < libbpf_num_possible_cpus() && i < 256; i++)
		total += value[i];
	return total;
}

uint64_t event(enum ph_event event)
{
	return sum(world.skel->maps.event_stats, event);
}

uint32_t found(enum ftp_finding finding)
{
	return (uint32_t)sum(world.skel->maps.ftp_findings, finding);
}

bool host_session_is_known(const struct session *s)
{
	struct host_session hs;

	return !bpf_map_lookup_elem(bpf_map__fd(world.skel->maps.host_sessions), &s->key,
				    &hs);
}

static void edit(const struct session *s, bool unheard, uint64_t cookie)
{
	int map = bpf_map__fd(world.skel->maps.host_sessions);
	struct host_session hs;

	if (bpf_map_lookup_elem(map, &s->key, &hs))
		world_die("host_sessions");
	hs.unheard = unheard;
	hs.tgid = unheard ? 0 : hs.tgid;
	hs.cookie += cookie;
	if (bpf_map_update_elem(map, &s->key, &hs, BPF_EXIST))
		world_die("host_sessions");
}

void host_session_unhear(const struct session *s)
{
	edit(s, true, 0);
}

void host_session_outlive(const struct session *s)
{
	edit(s, false, 1);
}

static const struct ftp_session *inspected(const struct session *s)
{
	static struct ftp_session value;

	memset(&value, 0, sizeof(value));
	bpf_map_lookup_elem(bpf_map__fd(world.skel->maps.ftp_sessions), &s->key, &value);
	return &value;
}

uint32_t session_flags(const struct session *s)
{
	return inspected(s)->flags;
}

const char *session_user(const struct session *s)
{
	return inspected(s)->user;
}

const char *pasv_reply(const char *address, uint16_t port)
{
	static char text[128];
	char commas[64];

	snprintf(commas, sizeof(commas), "%s", address);
	for (char *c = commas; *c; c++) {
		if (*c == '.')
			*c = ',';
	}
	snprintf(text, sizeof(text), "227 Entering Passive Mode (%s,%d,%d).\r\n", commas,
		 port >> 8, port & 255);
	return text;
}
