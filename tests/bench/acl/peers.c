// SPDX-License-Identifier: GPL-2.0
/*
 * peers.c - setting peers up and measuring them in turns. See peers.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "peers.h"
#include "sets.h"

#define NSEC_PER_MSEC  1e6
#define LOAD_LIMIT_SEC 30
#define TIMED_OUT      124 /* exit status of timeout(1) */
#define RUN_NS	       12e6
#define MIN_FRAMES     256
#define FIRST_FRAMES   64 /* to see how many make a run */
#define MAX_PEERS      128
#define EMPTY_EVERY    12
#define NOT_HERE       "not on this machine"
#define MAX_PATH_BYTES 64

static const enum peer_kind empties[] = {PEER_TC_EMPTY, PEER_NFT_EMPTY, PEER_IPT_EMPTY};

enum peer_kind peer_empty_of(enum peer_kind kind)
{
	if (kind >= PEER_IPT_EMPTY)
		return PEER_IPT_EMPTY;
	return kind >= PEER_NFT_EMPTY ? PEER_NFT_EMPTY : PEER_TC_EMPTY;
}

static bool is_tc(enum peer_kind kind)
{
	return kind <= PEER_TC_LINEAR;
}

const struct peer *peers_find(const struct peers *peers, enum peer_kind kind,
			      const struct bench_set *set)
{
	for (uint32_t i = 0; i < peers->n_peers; i++)
		if (peers->peers[i].kind == kind && peers->peers[i].set == set)
			return &peers->peers[i];
	return NULL;
}

/* ---- setting up ---- */

static void file_name(char *out, const struct peers *peers, const char *name)
{
	snprintf(out, MAX_PATH_BYTES, "%s/%s", peers->directory, name);
}

static int script_write(const struct peers *peers, const struct peer *peer, char *path)
{
	FILE *out;
	int err;

	file_name(path, peers, "script");
	out = fopen(path, "we");
	if (!out)
		return bench_fail("%s: %s", path, strerror(errno));
	err = peer->kind == PEER_IPSET ? script_ipset(out, peer->set)
				       : script_nft(out, peer->kind, peer->set);
	return fclose(out) || err ? -1 : 0;
}

static void give_up(struct peer *peer, int status)
{
	if (status == TIMED_OUT)
		snprintf(peer->reason, sizeof(peer->reason), "loading > %d s",
			 LOAD_LIMIT_SEC);
	else
		snprintf(peer->reason, sizeof(peer->reason), NOT_HERE);
}

static int nft_load(const struct peers *peers, struct peer *peer)
{
	static char *const argv[] = {"nft", "-f", "-", NULL};
	char path[MAX_PATH_BYTES];
	int status;

	if (script_write(peers, peer, path))
		return -1;
	status = wire_command(peer->wire, LOAD_LIMIT_SEC, path, NULL, argv);
	if (status)
		give_up(peer, status);
	return 0;
}

/* What comes first drops what the set holds; what the second drops has missed it. */
static int iptables_load(const struct peers *peers, struct peer *peer)
{
	static char *const restore[] = {"ipset", "restore", NULL};
	static char *const match[] = {"iptables-legacy",
				      "-t",
				      "raw",
				      "-A",
				      "PREROUTING",
				      "-m",
				      "set",
				      "--match-set",
				      "lines",
				      "src,dst,dst",
				      "-j",
				      "DROP",
				      NULL};
	static char *const drop[] = {"iptables-legacy", "-t", "raw",  "-A",
				     "PREROUTING",	"-j", "DROP", NULL};
	char path[MAX_PATH_BYTES];
	int status = 0;

	if (peer->kind == PEER_IPSET) {
		if (script_write(peers, peer, path))
			return -1;
		status = wire_command(peer->wire, LOAD_LIMIT_SEC, path, NULL, restore);
		if (!status)
			status = wire_command(peer->wire, LOAD_LIMIT_SEC, NULL, NULL,
					      match);
	}
	if (!status)
		status = wire_command(peer->wire, LOAD_LIMIT_SEC, NULL, NULL, drop);
	if (status)
		give_up(peer, status);
	return 0;
}

static int tc_load(const struct peers *peers, const struct peer *peer)
{
	static const enum lookup_kind lookups[] = {[PEER_TC_EMPTY] = LOOKUP_EMPTY,
						   [PEER_TC_WALK] = LOOKUP_WALK,
						   [PEER_TC_LINEAR] = LOOKUP_LINEAR};
	int err;

	if (wire_enter(peer->wire))
		return -1;
	err = lookup_attach(peers->lookup, lookups[peer->kind], peer->wire->to);
	return wire_leave(&peers->source) || err ? -1 : 0;
}

static int peer_load(const struct peers *peers, struct peer *peer)
{
	double start = bench_now_ns();
	int err;

	if (is_tc(peer->kind))
		err = tc_load(peers, peer);
	else if (peer_empty_of(peer->kind) == PEER_NFT_EMPTY)
		err = nft_load(peers, peer);
	else
		err = iptables_load(peers, peer);
	peer->load_ms = (bench_now_ns() - start) / NSEC_PER_MSEC;
	return err;
}

/* The device of a TC program serves all sets: the program is told which is meant. */
static struct wire *wire_for(const struct peers *peers, enum peer_kind kind)
{
	for (uint32_t i = 0; is_tc(kind) && i < peers->n_peers; i++)
		if (peers->peers[i].kind == kind)
			return peers->peers[i].wire;
	return NULL;
}

static int peer_add(struct peers *peers, enum peer_kind kind, const struct bench_set *set,
		    const char *obstacle)
{
	struct peer *peer = &peers->peers[peers->n_peers];

	if (peers->n_peers == MAX_PEERS)
		return bench_fail("more than %d peers", MAX_PEERS);
	*peer = (struct peer){.kind = kind, .set = set};
	if (set && !obstacle && peers_find(peers, peer_empty_of(kind), NULL)->reason[0])
		obstacle = NOT_HERE;
	if (obstacle) {
		snprintf(peer->reason, sizeof(peer->reason), "%s", obstacle);
		peers->n_peers++;
		return 0;
	}
	peer->wire = wire_for(peers, kind);
	peers->n_peers++;
	if (peer->wire)
		return 0;
	peer->wire = &peers->wires[peers->n_wires++];
	if (wire_open(peer->wire, &peers->source))
		return -1;
	return peer_load(peers, peer);
}

static int set_add(struct peers *peers, struct bench_set *set, uint32_t largest_linear)
{
	if (wire_source_add(&peers->source, set) < 0)
		return -1;
	for (enum peer_kind kind = 0; kind < N_PEER_KINDS; kind++) {
		if (kind == peer_empty_of(kind))
			continue;
		if (peer_add(peers, kind, set,
			     script_obstacle(kind, set, largest_linear)))
			return -1;
	}
	return 0;
}

static bool is_compared(const struct bench_set *set, int ordered)
{
	return set->family == ACL_IPV4 && !set->refused[0] &&
	       (set_is_disjoint(set->kind) || set->kind == ordered);
}

int peers_open(struct peers *peers, struct lookup *lookup, struct bench_set *sets,
	       uint32_t n_sets, int ordered, uint32_t largest_linear)
{
	uint32_t n_frames = 0;

	memset(peers, 0, sizeof(*peers));
	peers->lookup = lookup;
	peers->wires = calloc(MAX_PEERS, sizeof(*peers->wires));
	peers->peers = calloc(MAX_PEERS, sizeof(*peers->peers));
	snprintf(peers->directory, sizeof(peers->directory), "/tmp/bench-acl.XXXXXX");
	if (!peers->wires || !peers->peers || !mkdtemp(peers->directory))
		return bench_fail("peers: %s", strerror(errno));
	for (uint32_t i = 0; i < n_sets; i++)
		if (is_compared(&sets[i], ordered))
			n_frames += sets[i].traces[TRACE_LINES].n;
	if (wire_source_open(&peers->source, n_frames))
		return -1;
	for (size_t i = 0; i < sizeof(empties) / sizeof(empties[0]); i++)
		if (peer_add(peers, empties[i], NULL, NULL))
			return -1;
	for (uint32_t i = 0; i < n_sets; i++)
		if (is_compared(&sets[i], ordered) &&
		    set_add(peers, &sets[i], largest_linear))
			return -1;
	return 0;
}

void peers_close(struct peers *peers)
{
	char path[MAX_PATH_BYTES];

	for (uint32_t i = 0; i < peers->n_wires; i++)
		wire_close(&peers->wires[i]);
	if (peers->source.program)
		wire_source_close(&peers->source);
	if (peers->directory[0]) {
		file_name(path, peers, "script");
		unlink(path);
		file_name(path, peers, "answer");
		unlink(path);
		rmdir(peers->directory);
	}
	free(peers->wires);
	free(peers->peers);
	memset(peers, 0, sizeof(*peers));
}

/* ---- measuring ---- */

/* The frames of a set; of EMPTY ones anybody's. */
static void frames_of(const struct peers *peers, const struct peer *peer, uint32_t *first,
		      uint32_t *n)
{
	const struct bench_set *set = peer->set;

	for (uint32_t i = 0; !set && i < peers->n_peers; i++)
		set = peers->peers[i].set;
	*first = set ? set->frames_at : 0;
	*n = set ? set->traces[TRACE_LINES].n : 1;
}

static int send(struct peers *peers, struct peer *peer, uint32_t n, double *ns)
{
	uint32_t first, length;

	if (is_tc(peer->kind) && peer->set)
		lookup_select(peers->lookup, peer->set, TRACE_LINES, 0);
	frames_of(peers, peer, &first, &length);
	return wire_send(peer->wire, &peers->source, first, length, n, ns);
}

/* As many frames as take RUN_NS, but not more than the trace has. */
static int run_size(struct peers *peers, struct peer *peer)
{
	uint32_t first, length;
	double ns;

	for (int pass = 0; pass < 2; pass++)
		if (send(peers, peer, FIRST_FRAMES, &ns))
			return -1;
	frames_of(peers, peer, &first, &length);
	peer->n = RUN_NS / (ns + 1) < length ? (uint32_t)(RUN_NS / (ns + 1)) : length;
	if (peer->n < MIN_FRAMES)
		peer->n = MIN_FRAMES;
	return 0;
}

/* Others have been here since this one's last run: the first pass is not counted. */
static int sample(struct peers *peers, struct peer *peer)
{
	double ns;

	if (!peer->n && run_size(peers, peer))
		return -1;
	if (send(peers, peer, peer->n / 2, &ns) || send(peers, peer, peer->n, &ns))
		return -1;
	samples_add(&peer->samples, ns);
	return 0;
}

/* The EMPTY ones, which all others have less, again and again. */
static int sample_empties(struct peers *peers)
{
	for (uint32_t i = 0; i < sizeof(empties) / sizeof(empties[0]); i++)
		if (!peers->peers[i].reason[0] && sample(peers, &peers->peers[i]))
			return -1;
	return 0;
}

int peers_round(struct peers *peers)
{
	uint32_t n_empties = sizeof(empties) / sizeof(empties[0]), sampled = 0;

	for (uint32_t i = n_empties; i < peers->n_peers; i++) {
		if (peers->peers[i].reason[0])
			continue;
		if (sampled++ % EMPTY_EVERY == 0 && sample_empties(peers))
			return -1;
		if (sample(peers, &peers->peers[i]))
			return -1;
	}
	return 0;
}

double peers_cost(const struct peers *peers, const struct peer *peer, bool median)
{
	const struct peer *empty = peers_find(peers, peer_empty_of(peer->kind), NULL);

	return median ? samples_median(&peer->samples) - samples_median(&empty->samples)
		      : samples_min(&peer->samples) - samples_min(&empty->samples);
}

/* ---- doubting ---- */

static int answer_read(const struct peers *peers, const struct peer *peer,
		       char *const argv[], char *text, size_t bytes)
{
	char path[MAX_PATH_BYTES];
	FILE *file;
	size_t n;

	file_name(path, peers, "answer");
	if (wire_command(peer->wire, LOAD_LIMIT_SEC, NULL, path, argv))
		return bench_fail("%s failed", argv[0]);
	file = fopen(path, "re");
	if (!file)
		return bench_fail("%s: %s", path, strerror(errno));
	n = fread(text, 1, bytes - 1, file);
	fclose(file);
	text[n] = '\0';
	return 0;
}

static int nft_counter(const struct peers *peers, const struct peer *peer, char *name,
		       uint64_t *packets)
{
	char *const argv[] = {"nft", "list", "counter", "ip", "bench", name, NULL};
	char text[512], *found;

	if (answer_read(peers, peer, argv, text, sizeof(text)))
		return -1;
	found = strstr(text, "packets ");
	if (!found)
		return bench_fail("nft does not tell how much %s counted", name);
	*packets = strtoull(found + strlen("packets "), NULL, 10);
	return 0;
}

static int nft_check(const struct peers *peers, const struct peer *peer)
{
	uint64_t arrived, missed;

	if (nft_counter(peers, peer, "arrived", &arrived) ||
	    nft_counter(peers, peer, "missed", &missed))
		return -1;
	if (arrived == peer->wire->sent && missed == (peer->set ? 0 : arrived))
		return 0;
	return bench_fail("nftables, %s of %u: of %llu frames %llu arrived, %llu missed",
			  peer->set ? set_kind_name(peer->set->kind) : "empty",
			  peer->set ? peer->set->n_lines : 0,
			  (unsigned long long)peer->wire->sent,
			  (unsigned long long)arrived, (unsigned long long)missed);
}

/* Two counters, of what the set holds and of what it does not; or the second alone. */
static int iptables_check(const struct peers *peers, const struct peer *peer)
{
	static char *const argv[] = {"iptables-legacy", "-t",	      "raw",
				     "-vnxL",		"PREROUTING", NULL};
	uint64_t counted[2] = {0};
	char text[1024], *line;
	int n = 0;

	if (answer_read(peers, peer, argv, text, sizeof(text)))
		return -1;
	for (line = strchr(text, '\n'); line && n < 4; line = strchr(line + 1, '\n'), n++)
		if (n >= 1 && n <= 2)
			counted[n - 1] = strtoull(line + 1, NULL, 10);
	if (counted[0] == peer->wire->sent && !counted[1])
		return 0;
	return bench_fail("ipset of %u: of %llu frames %llu met the set and %llu did not",
			  peer->set ? peer->set->n_lines : 0,
			  (unsigned long long)peer->wire->sent,
			  (unsigned long long)counted[0], (unsigned long long)counted[1]);
}

/* A pass of the trace gives the answers that are expected. */
static int tc_check(struct peers *peers, struct peer *peer)
{
	uint32_t first, length;
	uint64_t asked, sum;
	double ns;

	frames_of(peers, peer, &first, &length);
	peer->wire->at = 0;
	lookup_answers(peers->lookup, &asked, &sum);
	if (send(peers, peer, length, &ns))
		return -1;
	lookup_answers(peers->lookup, &asked, &sum);
	if (asked == length &&
	    (!peer->set || sum == peer->set->traces[TRACE_LINES].answers))
		return 0;
	return bench_fail("TC, %s of %u: %llu of %u frames, answers %llu",
			  peer->set ? set_kind_name(peer->set->kind) : "empty",
			  peer->set ? peer->set->n_lines : 0, (unsigned long long)asked,
			  length, (unsigned long long)sum);
}

int peers_check(struct peers *peers)
{
	for (uint32_t i = 0; i < peers->n_peers; i++) {
		struct peer *peer = &peers->peers[i];
		int err;

		if (peer->reason[0])
			continue;
		if (is_tc(peer->kind))
			err = peer->kind == PEER_TC_LINEAR ? 0 : tc_check(peers, peer);
		else if (peer_empty_of(peer->kind) == PEER_NFT_EMPTY)
			err = nft_check(peers, peer);
		else
			err = iptables_check(peers, peer);
		if (err)
			return -1;
	}
	return 0;
}
