/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_match.h - rules and automata of policy-maps, the pure part.
 *
 * Who may include it: everybody. Pure: compiles for BPF and natively.
 */
#ifndef PINHOLE_BPF_FTP_MATCH_H
#define PINHOLE_BPF_FTP_MATCH_H

#include "ftp_line.h"

/* Which subject automaton i of the line, just fed c, reads; FTP_N_SUBJECTS: none. */
static __always_inline __u32 ftp_match_subject(const struct ftp_line *l, __u32 i,
					       bool server, __u8 c)
{
	(void)l;
	(void)i;
	(void)server;
	(void)c;
	return FTP_N_SUBJECTS;
}

/* Begin the automaton where the subject begins. */
static __always_inline void ftp_match_begin(struct ftp_line *l, __u32 i, __u16 start,
					    __u8 c)
{
	(void)c;
	if (!l->automaton[i & 1])
		l->automaton[i & 1] = start;
}

static __always_inline bool ftp_match_holds(const struct ftp_rule *rule, __u8 verb,
					    __u32 atoms)
{
	return (!rule->verbs || (rule->verbs >> (verb & 63) & 1)) &&
	       (atoms & rule->all_of) == rule->all_of && !(atoms & rule->none_of);
}

#endif /* PINHOLE_BPF_FTP_MATCH_H */
