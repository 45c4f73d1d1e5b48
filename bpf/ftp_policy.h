/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_policy.h - what the policy in force says of a control connection: its
 * inspection's switches, the automata that read names, the rules.
 *
 * Who may include it: the ftp_ stages that use maps, in tc_ftp.
 *
 * The policy is asked anew for every packet, so that a change is in force at
 * once. A line that is cut just where it changes is read by no automaton to its
 * end: no rule about its name holds.
 */
#ifndef PINHOLE_BPF_FTP_POLICY_H
#define PINHOLE_BPF_FTP_POLICY_H

#include "flow.h"
#include "ftp_area.h"
#include "ftp_found.h"
#include "ftp_match.h"

/* The server's port. */
static __always_inline __be16 ftp_server_port(const struct flow_key *key,
					      const struct conn *conn)
{
	return flow_initiator_end(conn) ? key->port[0] : key->port[1];
}

/* Without an entry (the policy of now does not inspect the port any more) the
 * connection is inspected as `fixup protocol ftp` says, for its sequence numbers
 * may have been changed. */
static __always_inline void ftp_policy_find(const struct ftp_scan *scan)
{
	struct ftp_area *a = scan->a;
	struct fixup_key key = {.port = ftp_server_port(&scan->w->key, scan->conn),
				.proto = IPPROTO_TCP};
	void *table = bpf_map_lookup_elem(&fixups, &a->slot);
	struct fixup_value *value = table ? bpf_map_lookup_elem(table, &key) : NULL;

	if (value)
		a->fixup = *value;
	else
		a->fixup = (struct fixup_value){.kind = FIXUP_FTP};
}

/* ---- automata ---- */

static __always_inline struct ftp_state *ftp_automaton_at(__u32 slot, __u32 state)
{
	void *table = bpf_map_lookup_elem(&ftp_states, &slot);

	return table && state ? bpf_map_lookup_elem(table, &state) : NULL;
}

/* The line in a->line was fed the byte c: have its automata read it. */
FTP_GLOBAL int ftp_automata_feed(__u32 c)
{
	__u32 index = 0;
	struct ftp_area *a = bpf_map_lookup_elem(&ftp_area, &index);
	__u32 i, subject;

	if (!a)
		return 0;
	for (i = 0; i < 2; i++) {
		struct ftp_state *state;

		subject = ftp_match_subject(&a->line, i, a->server, c);
		if (subject >= FTP_N_SUBJECTS)
			continue;
		ftp_match_begin(&a->line, i, a->fixup.start[subject & 3], c);
		state = ftp_automaton_at(a->slot, a->line.automaton[i]);
		a->line.automaton[i] = state ? state->next[c & 255] : 0;
	}
	return 0;
}

/* The atoms found in the line that has ended. */
static __always_inline __u32 ftp_automata_found(const struct ftp_area *a)
{
	struct ftp_state *name = ftp_automaton_at(a->slot, a->line.automaton[0]);
	struct ftp_state *type = ftp_automaton_at(a->slot, a->line.automaton[1]);

	return (name ? name->accept : 0) | (type ? type->accept : 0);
}

/* ---- rules ---- */

struct ftp_asking {
	const struct ftp_scan *scan;
	void *table;
	__u32 on; /* FTP_ON_*: what the line is */
	__u32 atoms;
};

static long ftp_ask_rule(__u32 i, struct ftp_asking *asking)
{
	struct ftp_area *a = asking->scan->a;
	__u32 index = a->fixup.first_rule + i;
	struct ftp_rule *rule;
	__u32 ending;

	if (i >= a->fixup.n_rules)
		return 1;
	rule = bpf_map_lookup_elem(asking->table, &index);
	if (!rule)
		return 1;
	if (!(rule->on & asking->on) ||
	    !ftp_match_holds(rule, a->line.verb, asking->atoms))
		return 0;
	ending = rule->action & (FTP_ACTION_RESET | FTP_ACTION_DROP);
	if (ending)
		ftp_end(a, ending, PH_DROP_FTP_MATCH);
	a->rule = index;
	ftp_found(asking->scan, FTP_FOUND_MATCH, rule->action);
	return ending ? 1 : 0;
}

/*
 * Ask the rules about the line that has ended; the first that ends the
 * connection is the last that is asked.
 * @on:    what the line is
 * @atoms: what was found in it, and before it in the session
 */
static __noinline void ftp_ask_rules(const struct ftp_scan *scan, __u32 on, __u32 atoms)
{
	struct ftp_asking asking = {.scan = scan, .on = on, .atoms = atoms};

	if (!scan->a->fixup.n_rules)
		return;
	asking.table = bpf_map_lookup_elem(&ftp_rules, &scan->a->slot);
	if (asking.table)
		bpf_loop(PH_MAX_FTP_RULES, ftp_ask_rule, &asking, 0);
}

#endif /* PINHOLE_BPF_FTP_POLICY_H */
