// SPDX-License-Identifier: GPL-2.0
/*
 * generate_nat.c - translations by chance. What is real meets; what is mapped is each
 * one's own, for a conflict of mapped addresses is refused.
 */
#include "tests/reference/generate.h"

#define MAX_TRANSLATIONS 8

/* Four hosts, then eight networks of eight, of each of two interfaces. */
struct real_end {
	const char *iface;
	const char *net; /* of 24 bits, without the last number */
};

static const struct real_end real_ends[] = {{"inside", "10.0.1"}, {"dmz", "192.168.50"}};

static const struct real_end *some_end(struct gen *g)
{
	return &real_ends[gen_below(g, 2)];
}

/* ---- before 8.3 ---- */

static void put_peer(struct gen *g)
{
	meant_addrs unused = {0};

	gen_address(g, true, &unused);
	vec_free(&unused);
}

/* [[tcp] MAX EMBRYONIC], and the end of the line. */
static void put_limits(struct gen *g)
{
	switch (gen_below(g, 4)) {
	case 0:
		strbuf_puts(g->out, " 0 0\n");
		break;
	case 1:
		strbuf_printf(g->out, " tcp 0 %zu\n", 1 + gen_below(g, 99));
		break;
	case 2:
		strbuf_printf(g->out, " 0 %zu\n", 1 + gen_below(g, 99));
		break;
	default:
		strbuf_puts(g->out, "\n");
	}
}

static void put_static(struct gen *g, unsigned int k)
{
	const struct real_end *end = some_end(g);

	switch (gen_below(g, 4)) {
	case 0:
		strbuf_printf(g->out,
			      "static (%s,outside) 203.0.113.%u %s.%u netmask "
			      "255.255.255.255",
			      end->iface, 20 + k, end->net, 20 + k);
		break;
	case 1:
		strbuf_printf(g->out,
			      "static (%s,outside) 203.0.113.%u %s.%u netmask "
			      "255.255.255.248",
			      end->iface, 64 + 8 * k, end->net, 64 + 8 * k);
		break;
	case 2:
		strbuf_printf(g->out,
			      "static (%s,outside) tcp interface %u %s.%u %s netmask "
			      "255.255.255.255",
			      end->iface, 2000 + k, end->net, 40 + k,
			      gen_once_in(g, 2) ? "www" : "2100");
		break;
	default:
		strbuf_printf(g->out,
			      "static (%s,outside) udp 203.0.113.%u domain %s.%u 53 "
			      "netmask 255.255.255.255",
			      end->iface, 20 + k, end->net, 40 + k);
	}
	put_limits(g);
}

/* Some hosts go by other addresses to some peers. */
static void put_policy_static(struct gen *g, unsigned int k)
{
	const struct real_end *end = some_end(g);

	strbuf_printf(g->out, "access-list nat_%u permit ip host %s.%u ", k, end->net,
		      gen_once_in(g, 2) ? 5 : 20 + k);
	put_peer(g);
	strbuf_printf(g->out, "\nstatic (%s,outside) 203.0.113.%u access-list nat_%u",
		      end->iface, 20 + k, k);
	put_limits(g);
}

static void put_exemption(struct gen *g)
{
	const struct real_end *end = some_end(g);

	for (size_t n = 1 + gen_below(g, 3); n; n--) {
		strbuf_puts(g->out, "access-list exempt permit ip ");
		if (gen_once_in(g, 2))
			strbuf_printf(g->out, "host %s.%zu ", end->net, gen_below(g, 8));
		else
			strbuf_printf(g->out, "%s.64 255.255.255.192 ", end->net);
		put_peer(g);
		strbuf_puts(g->out, "\n");
	}
	strbuf_printf(g->out, "nat (%s) 0 access-list exempt", end->iface);
	put_limits(g);
}

/* ---- from 8.3 on ---- */

static void put_object_nat(struct gen *g, unsigned int k)
{
	const struct real_end *end = some_end(g);

	strbuf_printf(g->out, "object network own_%u\n", k);
	if (gen_once_in(g, 3)) {
		strbuf_printf(g->out,
			      " subnet %s.%u 255.255.255.248\n"
			      " nat (%s,outside) static 203.0.113.%u%s\n",
			      end->net, 64 + 8 * k, end->iface, 64 + 8 * k,
			      gen_once_in(g, 2) ? " no-proxy-arp" : "");
		return;
	}
	strbuf_printf(g->out, " host %s.%u\n nat (%s,%s) static ", end->net, 20 + k,
		      gen_once_in(g, 4) ? "any" : end->iface, "outside");
	switch (gen_below(g, 3)) {
	case 0:
		strbuf_printf(g->out, "203.0.113.%u\n", 20 + k);
		break;
	case 1:
		strbuf_printf(g->out, "203.0.113.%u service tcp www %u\n", 20 + k,
			      8000 + k);
		break;
	default:
		strbuf_printf(g->out, "interface service udp 53 %u\n", 5300 + k);
	}
}

/* Objects of one size; the real ones overlap with those of others. */
static void put_ends(struct gen *g, const struct real_end *end, unsigned int k)
{
	size_t first = gen_below(g, 60);

	if (gen_once_in(g, 2))
		strbuf_printf(g->out,
			      "object network real_%u\n range %s.%zu %s.%zu\n"
			      "object network seen_%u\n range 203.0.113.%u "
			      "203.0.113.%u\n",
			      k, end->net, first, end->net, first + 7, k, 64 + 8 * k,
			      64 + 8 * k + 7);
	else
		strbuf_printf(g->out,
			      "object network real_%u\n host %s.%zu\n"
			      "object network seen_%u\n host 203.0.113.%u\n",
			      k, end->net, first % 10, k, 20 + k);
	strbuf_printf(g->out,
		      "object network peer_%u\n host 198.51.100.%u\n"
		      "object network peer_seen_%u\n host %s.%u\n"
		      "object service svc_real_%u\n service tcp destination eq %u\n"
		      "object service svc_seen_%u\n service tcp destination eq www\n",
		      k, k % 3, k, end->net, 230 + k, k, 8080 + k % 2, k);
}

static void put_twice_nat(struct gen *g, unsigned int k)
{
	const struct real_end *end = some_end(g);
	bool identity = gen_once_in(g, 3), after = gen_once_in(g, 3);
	bool destination;

	put_ends(g, end, k);
	strbuf_printf(g->out, "nat (%s,outside) %ssource static real_%u %s_%u",
		      gen_once_in(g, 5) ? "any" : end->iface, after ? "after-auto " : "",
		      k, identity ? "real" : "seen", k);
	destination = gen_once_in(g, 2);
	if (destination)
		strbuf_printf(g->out, " destination static %s_%u peer_%u",
			      gen_once_in(g, 2) ? "peer_seen" : "peer", k, k);
	if (destination && gen_once_in(g, 2))
		strbuf_printf(g->out, " service svc_seen_%u svc_real_%u", k, k);
	if (gen_once_in(g, 8))
		strbuf_puts(g->out, " inactive");
	else if (!destination && gen_once_in(g, 4))
		strbuf_puts(g->out, " unidirectional");
	strbuf_puts(g->out, "\n");
}

void gen_nats(struct gen *g)
{
	bool objects = g->policy->dialect >= GEN_ASA83;
	unsigned int n = (unsigned int)gen_below(g, MAX_TRANSLATIONS);

	if (gen_once_in(g, 3))
		return;
	if (!objects && gen_once_in(g, 2))
		put_exemption(g);
	for (unsigned int k = 0; k < n; k++) {
		if (objects && gen_once_in(g, 2))
			put_object_nat(g, k);
		else if (objects)
			put_twice_nat(g, k);
		else if (gen_once_in(g, 3))
			put_policy_static(g, k);
		else
			put_static(g, k);
	}
}
