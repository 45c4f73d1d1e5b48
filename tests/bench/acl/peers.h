/* SPDX-License-Identifier: GPL-2.0 */
/*
 * peers.h - the same lists and packets through others, and through Pinhole in the
 * place where they stand.
 *
 * Who may include it: tests/bench/acl.
 */
#ifndef PINHOLE_BENCH_ACL_PEERS_H
#define PINHOLE_BENCH_ACL_PEERS_H

#include "lookup.h"
#include "wire.h"

/* Those named EMPTY drop every frame at once: what all of the same hook have in
 * common. The others drop it as well, but after asking a list. */
enum peer_kind {
	PEER_TC_EMPTY,
	PEER_TC_WALK,	/* Pinhole's walk in a TC program */
	PEER_TC_LINEAR, /* the linear scan in a TC program */
	PEER_NFT_EMPTY,
	PEER_NFT_LINEAR, /* a rule for each line */
	PEER_NFT_SET, /* one rule that asks a set, concatenated, of intervals if need be
		       */
	PEER_IPT_EMPTY,
	PEER_IPSET, /* an iptables rule that asks hash:ip,port,ip */
	N_PEER_KINDS,
};

struct peer {
	enum peer_kind kind;
	const struct bench_set *set; /* NULL: EMPTY */
	struct wire *wire;
	char reason[64]; /* why it is not measured; "": it is */
	double load_ms;
	uint32_t n;		      /* frames of one run */
	struct bench_samples samples; /* ns per frame, EMPTY's part included */
};

struct peers {
	struct wire_source source;
	struct lookup *lookup;
	struct wire *wires;
	struct peer *peers;
	uint32_t n_wires;
	uint32_t n_peers;
	char directory[32]; /* scripts, while it runs */
};

/* Set up all peers of the disjoint sets of IPv4 and of the sets of `ordered`.
 * Return: 0 or -1, reported. */
int peers_open(struct peers *peers, struct lookup *lookup, struct bench_set *sets,
	       uint32_t n_sets, int ordered, uint32_t largest_linear);
void peers_close(struct peers *peers);

/* One sample of each. Return: 0 or -1, reported. */
int peers_round(struct peers *peers);

/* Have all frames arrived, and has each met its line? Return: 0 or -1, reported. */
int peers_check(struct peers *peers);

/* The peer's least cost (or its median), less that of its hook's EMPTY. */
double peers_cost(const struct peers *peers, const struct peer *peer, bool median);
const struct peer *peers_find(const struct peers *peers, enum peer_kind kind,
			      const struct bench_set *set);
enum peer_kind peer_empty_of(enum peer_kind kind);

/* ---- scripts.c: lists as others write them ---- */

/* Return: 0 or -1, reported. */
int script_nft(FILE *out, enum peer_kind kind, const struct bench_set *set);
int script_ipset(FILE *out, const struct bench_set *set);

/* Why this peer cannot hold the list; NULL: it can. */
const char *script_obstacle(enum peer_kind kind, const struct bench_set *set,
			    uint32_t largest_linear);

#endif /* PINHOLE_BENCH_ACL_PEERS_H */
