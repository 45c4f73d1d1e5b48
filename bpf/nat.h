/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nat.h - static one-to-one translation: which end stands for which.
 *
 * Why it is stateless: a static is a bijection between two sets of one size, so
 * either direction of a connection computes the same real ends from the policy
 * alone. (One-way rules are no bijection, and ask the table of connections.)
 *
 * Two ways behind one interface. What is seen from a plain interface depends on
 * addresses alone, and is found by longest prefix in nat_in and nat_out. What is
 * seen from one with IFACE_F_NAT_RULES has an order, conditions or ports: an access
 * list says which rule holds (abi.h, struct nat_rule).
 *
 * ICMP is asked about without type and code, for a request and its reply must find
 * the same rule; later fragments are never asked about (fragment.h).
 *
 * Who may include it: the stages that use maps.
 */
#ifndef PINHOLE_BPF_NAT_H
#define PINHOLE_BPF_NAT_H

#include "acl.h"
#include "flow.h"
#include "half_open.h"
#include "maps.h"
#include "memo.h"

/* ---- plain interfaces ---- */

#define NAT_IN_BITS  32u /* mapped_if before the address */
#define NAT_OUT_BITS 64u /* real_if and mapped_if before it */

static __always_inline void nat_apply(struct ph_addr *addr, const struct nat_value *value)
{
#pragma unroll
	for (int i = 0; i < 4; i++)
		addr->word[i] = (addr->word[i] & ~value->mask.word[i]) |
				value->net.word[i];
}

/* The static that maps `addr`, as seen on interface `mapped_if`; NULL: none. */
static __always_inline struct nat_value *
nat_find_in(struct work *w, __u32 slot, __u32 mapped_if, const struct ph_addr *addr)
{
	void *table = bpf_map_lookup_elem(&nat_in, &slot);

	w->nat_in_key.prefixlen = NAT_IN_BITS + 128;
	w->nat_in_key.mapped_if = mapped_if;
	w->nat_in_key.addr = *addr;
	return table ? bpf_map_lookup_elem(table, &w->nat_in_key) : NULL;
}

/* The static by which `addr` behind real_if is seen from mapped_if. */
static __always_inline struct nat_value *nat_find_out(struct work *w, __u32 slot,
						      __u32 real_if, __u32 mapped_if,
						      const struct ph_addr *addr)
{
	void *table = bpf_map_lookup_elem(&nat_out, &slot);

	w->nat_out_key.prefixlen = NAT_OUT_BITS + 128;
	w->nat_out_key.real_if = real_if;
	w->nat_out_key.mapped_if = mapped_if;
	w->nat_out_key.addr = *addr;
	return table ? bpf_map_lookup_elem(table, &w->nat_out_key) : NULL;
}

/* ---- interfaces with rules ---- */

static __always_inline bool nat_has_rules(const struct iface_config *iface)
{
	return iface->flags & IFACE_F_NAT_RULES;
}

static __always_inline bool nat_has_ports(__u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP;
}

/* The port that stands for the rule's: as far into one range as it is into the
 * other. Return: false if it is in neither, which the list has excluded. */
static __always_inline bool nat_move_port(__be16 *port, __u16 from, __u16 to, __u16 n)
{
	__u16 offset = pkt_be16(*port) - from;

	if (offset >= n)
		return false;
	*port = pkt_be16(to + offset);
	return true;
}

/* What the list's answer means for w->nat, which is changed accordingly. */
static __always_inline enum nat_verdict
nat_conclude(struct work *w, const struct policy_config *config, __u32 answer)
{
	__u32 line = ACL_HEAD_LINE(answer) - config->n_acl_lines;
	__u32 index = config->nat.first + line;
	struct nat_case *c = &w->nat;
	const struct ph_addr *net;
	struct nat_rule *rule;

	c->embryonic = 0;
	if (answer == ACL_ANSWER_NONE)
		return NAT_NONE;
	if (line >= config->nat.count) /* as that of ACL_ANSWER_BROKEN is */
		return NAT_BROKEN;
	rule = bpf_map_lookup_elem(&nat_rules, &index);
	if (!rule)
		return NAT_BROKEN;
	c->embryonic = rule->embryonic;
	c->counter = rule->counter;
	c->one_port = rule->flags & NAT_RULE_F_ONE_PORT;
	if (!(answer & ACL_HEAD_PERMIT))
		return NAT_STAYS;
	if (rule->n_ports &&
	    !(c->inbound ? nat_move_port(&c->port, rule->mapped_port, rule->real_port,
					 rule->n_ports)
			 : nat_move_port(&c->port, rule->real_port, rule->mapped_port,
					 rule->n_ports)))
		return NAT_BROKEN;
	net = c->inbound ? &rule->real : &rule->mapped;
#pragma unroll
	for (int i = 0; i < 4; i++)
		c->end.word[i] = (c->end.word[i] & ~rule->mask.word[i]) | net->word[i];
	c->real_if = rule->real_if;
	c->one_way = rule->flags & NAT_RULE_F_ONE_WAY;
	return NAT_MOVED;
}

/* The question as a list is asked it. By itself, for its stack. */
WORK_GLOBAL int nat_make_key(void)
{
	struct work *w = work_get();
	__u16 port = 0, peer_port = 0;
	struct acl_key *key;
	struct nat_case *c;

	if (!w)
		return 0;
	c = &w->nat;
	key = &w->acl_key;
	if (nat_has_ports(c->proto)) {
		port = pkt_be16(c->port);
		peer_port = pkt_be16(c->peer_port);
	}
	key->src = c->inbound ? c->peer : c->end;
	key->dst = c->inbound ? c->end : c->peer;
	key->src_port = c->inbound ? peer_port : port;
	key->dst_port = c->inbound ? port : peer_port;
	key->proto = c->proto;
	key->tcp_flags = 0;
	key->later_fragment = 0;
	return 0;
}

/*
 * Ask a list of translations about nat of the work area, whose `inbound` says what is
 * asked.
 * Return: enum nat_verdict; NAT_BROKEN: no answer could be had, and the packet must
 * not pass.
 */
WORK_GLOBAL int nat_ask(const struct policy_config *config, const struct acl_root *root)
{
	struct work *w = work_get();
	__u32 answer;

	if (!w || !config || !root)
		return NAT_BROKEN;
	nat_make_key();
	answer = acl_ask(w, config, root);
	w = work_get(); /* rather than to keep it on the stack */
	return w ? (int)nat_conclude(w, config, answer) : NAT_BROKEN;
}

/* What end w->nat, as `in` knows it, really is. Return: enum nat_verdict */
static __always_inline int nat_ask_in(struct work *w, const struct policy_config *config,
				      const struct iface_config *in)
{
	w->nat.inbound = true;
	return nat_ask(config, &in->nat_in);
}

/* As what the end w->nat behind real_if is seen from mapped_if, which has rules.
 * Return: enum nat_verdict */
static __always_inline int nat_ask_out(struct work *w, __u32 slot,
				       const struct policy_config *config, __u32 real_if,
				       __u32 mapped_if)
{
	void *table = bpf_map_lookup_elem(&nat_lists, &slot);
	struct acl_root *root;

	w->nat.inbound = false;
	w->nat_pair.real_if = real_if;
	w->nat_pair.mapped_if = mapped_if;
	root = table ? bpf_map_lookup_elem(table, &w->nat_pair) : NULL;
	return root ? nat_ask(config, root) : NAT_NONE;
}

/* ---- counting ---- */

static __always_inline struct nat_hits *nat_hits_of(__u32 counter)
{
	__u32 block = counter / NAT_BLOCK_COUNTERS;
	struct nat_block *found;

	if (counter == PH_NO_COUNTER)
		return NULL;
	found = bpf_map_lookup_elem(&nat_stats, &block);
	return found ? &found->hits[counter % NAT_BLOCK_COUNTERS] : NULL;
}

/* The packet in judge of the work area begins a connection, or is of none: count it to
 * what translates its ends. Per CPU: no race. */
static __always_inline void nat_count(const struct work *w)
{
	struct nat_hits *hits = nat_hits_of(w->judge.nat_counter_dst);

	if (hits)
		hits->untranslated++;
	hits = nat_hits_of(w->judge.nat_counter_src);
	if (hits)
		hits->translated++;
}

/* ---- a packet that comes in on an interface with rules ---- */

/* Whether the ends of w->nat have a connection; @local: one that this machine has
 * opened. */
static __always_inline bool nat_is_known(struct work *w, __u8 echo, bool local)
{
	struct nat_case *c = &w->nat;
	struct conn *conn;

	flow_key_make(&w->key, &c->peer, c->peer_port, &c->end, c->port, c->proto, echo);
	conn = bpf_map_lookup_elem(&conns, &w->key);
	if (!conn)
		conn = half_conn(half_find(&w->key));
	return conn && (!local || (conn->flags & CONN_F_LOCAL));
}

static __always_inline bool nat_is_own(const struct work *w,
				       const struct iface_config *in)
{
	return pkt_addr_equal(&w->pkt.dst,
			      w->pkt.kind == PKT_IPV4 ? &in->own4 : &in->own6);
}

/*
 * The packet's destination as w->nat has it, and the packet's sender, or those of
 * the packet that an ICMP error quotes: who answers it is addressed like it.
 */
static __always_inline __u8 nat_case_of_packet(struct work *w)
{
	const struct pkt *pkt = w->pkt.icmp_error ? &w->quoted : &w->pkt;
	bool error = w->pkt.icmp_error;
	struct nat_case *c = &w->nat;

	c->end = error ? pkt->src : pkt->dst;
	c->port = error ? pkt->sport : pkt->dport;
	c->peer = error ? pkt->dst : pkt->src;
	c->peer_port = error ? pkt->dport : pkt->sport;
	c->proto = pkt->proto;
	if (!error || pkt->echo == PKT_ECHO_NONE)
		return pkt->echo;
	return pkt->echo == PKT_ECHO_REQUEST ? PKT_ECHO_REPLY : PKT_ECHO_REQUEST;
}

/*
 * By rules. What this machine itself has begun from its own address stays its own,
 * though the port be one of a rule's.
 * Return: enum nat_verdict
 */
WORK_GLOBAL int nat_arrive_by_rules(const struct policy_config *config,
				    const struct iface_config *in)
{
	struct work *w = work_get();
	int verdict;
	__u8 echo;

	if (!w || !config || !in)
		return NAT_BROKEN;
	if (w->pkt.fragment == PKT_FRAGMENT_LATER ||
	    (w->pkt.icmp_error &&
	     (!w->quoted_valid || !pkt_addr_equal(&w->quoted.src, &w->pkt.dst))))
		return NAT_NONE;
	echo = nat_case_of_packet(w);
	if (nat_is_own(w, in) && nat_is_known(w, echo, true))
		return NAT_NONE;
	verdict = nat_ask_in(w, config, in);
	if (verdict == NAT_MOVED && w->nat.one_way && !nat_is_known(w, echo, false))
		return NAT_NONE;
	return verdict;
}

/* By the longest prefix, or as this CPU has noted. Return: enum nat_verdict */
static __always_inline int nat_arrive_plain(struct work *w, const struct iface_config *in,
					    __u32 generation)
{
	struct memo *m = memo_get();
	struct memo_nat *note;
	struct nat_value *nat;

	if (!m)
		return NAT_BROKEN;
	note = memo_nat_at(m, in->id, &w->pkt.dst);
	if (!memo_nat_is(note, generation, in->id, &w->pkt.dst)) {
		nat = nat_find_in(w, generation & 1, in->id, &w->pkt.dst);
		note->wire = w->pkt.dst;
		note->real = w->pkt.dst;
		note->embryonic = 0;
		note->moved = nat != NULL;
		if (nat) {
			nat_apply(&note->real, nat);
			note->embryonic = nat->embryonic;
		}
		note->mapped_if = in->id;
		note->generation = generation;
	}
	w->real_dst = note->real;
	w->embryonic_limit = note->embryonic;
	w->embryonic_one_port = false;
	return note->moved ? NAT_MOVED : NAT_NONE;
}

/*
 * Real ends of the packet in hand: undo the translation of its destination, which may
 * have a limit on half-open connections.
 * Return: enum nat_verdict
 */
WORK_GLOBAL int nat_arrive(const struct policy_config *config,
			   const struct iface_config *in, __u32 generation)
{
	struct work *w = work_get();
	int verdict;

	if (!w || !in)
		return NAT_BROKEN;
	w->real_src = w->pkt.src;
	w->real_dst = w->pkt.dst;
	w->real_dport = w->pkt.icmp_error ? w->quoted.sport : w->pkt.dport;
	w->embryonic_limit = 0;
	if (in->flags & IFACE_F_NAT_NONE)
		return NAT_NONE;
	if (!nat_has_rules(in))
		return nat_arrive_plain(w, in, generation);
	verdict = nat_arrive_by_rules(config, in);
	if (verdict == NAT_MOVED || verdict == NAT_STAYS) {
		w->embryonic_limit = w->nat.embryonic;
		w->embryonic_one_port = w->nat.one_port;
	}
	if (verdict == NAT_MOVED) {
		w->real_dst = w->nat.end;
		w->real_dport = w->nat.port;
	}
	return verdict;
}

#endif /* PINHOLE_BPF_NAT_H */
