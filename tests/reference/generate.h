/* SPDX-License-Identifier: GPL-2.0 */
/*
 * generate.h - policies by chance, as text, with what they mean.
 *
 * The text uses the whole language of lists, objects and groups, in either dialect
 * and with every spelling; few values, so that lines meet. It is right: whoever
 * refuses it is wrong.
 *
 * Who may include it: tests.
 */
#ifndef TESTS_REFERENCE_GENERATE_H
#define TESTS_REFERENCE_GENERATE_H

#include "tests/reference/draw.h"
#include "tests/reference/meaning.h"
#include "util/strbuf.h"

enum gen_dialect {
	GEN_PIX6,
	GEN_ASA8,  /* 8.2 */
	GEN_ASA83, /* objects */
	GEN_ASA9,  /* both families */
	GEN_N_DIALECTS,
};

#define GEN_MAX_LISTS 3

struct gen_policy {
	enum gen_dialect dialect;
	struct strbuf text;
	struct meant_list lists[GEN_MAX_LISTS];
	size_t n_lists;
};

/* Equal arguments make equal policies. @n_lines: of each list, about */
void gen_policy_make(struct gen_policy *policy, enum gen_dialect dialect, size_t n_lines,
		     uint64_t seed);
void gen_policy_free(struct gen_policy *policy);

/* ---- what its parts share ---- */

struct gen_network {
	char name[24];
	bool is_object;
	meant_addrs addrs;
};

struct gen_ports {
	char name[24];
	bool tcp, udp;
	meant_services spans; /* dst_low to dst_high alone count */
};

struct gen_services {
	char name[24];
	bool is_object;
	bool is_protocols; /* object-group protocol */
	meant_services services;
};

#define GEN_MAX_NAMED 8

struct gen {
	struct ref_draw draw;
	struct gen_policy *policy;
	struct strbuf *out;
	struct gen_network networks[GEN_MAX_NAMED];
	struct gen_ports ports[GEN_MAX_NAMED];
	struct gen_services services[GEN_MAX_NAMED];
	struct gen_services icmps[GEN_MAX_NAMED]; /* object-group icmp-type */
	size_t n_networks, n_ports, n_services, n_icmps;
	bool ipv6_form; /* of the line in hand: ipv6 access-list */
};

/* True once in n times. */
static inline bool gen_once_in(struct gen *g, size_t n)
{
	return ref_once_in(&g->draw, n);
}

static inline size_t gen_below(struct gen *g, size_t n)
{
	return ref_below(&g->draw, n);
}

/* Objects and groups (generate_groups.c). */
void gen_groups(struct gen *g);

/* Translations (generate_nat.c). What they mean is left to the reference. */
void gen_nats(struct gen *g);

/* A written address: `host A`, `A MASK`, ... (generate_terms.c) */
void gen_address(struct gen *g, bool v4, meant_addrs *out);
/* `eq N` and its like, of a protocol, or nothing. @tcp_udp: names of both only */
enum gen_port_form { GEN_ANY_OPERATOR, GEN_EQ_OR_RANGE };
void gen_port_operator(struct gen *g, int proto, bool tcp_udp, enum gen_port_form form,
		       meant_services *spans);
/* A protocol's word; -1 for ip. */
int gen_protocol(struct gen *g);
void gen_put_protocol(struct gen *g, int proto);
/* An ICMP type (and code). @codes: they may be written */
struct meant_service gen_icmp_type(struct gen *g, int proto, bool codes);

/* What each of services has with each of ports in its place. */
void gen_cross(meant_services *out, int proto, const meant_services *src,
	       const meant_services *dst);

#endif /* TESTS_REFERENCE_GENERATE_H */
