/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_match.h - which bytes of a line the automata of a policy-map read, and what
 * a rule says of what they found.
 *
 * Who may include it: everybody. Pure: compiles for BPF and natively; the tables
 * are looked up by the caller.
 *
 * Each direction has two automata (struct ftp_line): 0 reads the file name, the
 * user name, or the server's greeting; 1 the file type. For every byte fed to the
 * line, CR and LF too, and before the line is reset:
 *
 *	for each automaton i
 *		subject = ftp_match_subject(l, i, server, c)
 *		if subject < FTP_N_SUBJECTS
 *			ftp_match_begin(l, i, start[subject], c)
 *			l->automaton[i] = next state by c
 *
 * The subjects:
 *  - file name: the whole argument of RETR, STOR, STOU and APPE, as it was written
 *  - file type: from the last dot of the file name's last part on; a name without
 *    a dot has none, and nothing is found in it
 *  - user name: the argument of USER
 *  - server: the text of the first 220 reply; of one with several lines what
 *    follows the first code, set apart by LF, without the code that ends it
 * An empty subject is read by no automaton: nothing is found in it. Telnet
 * sequences inside an argument are read as they are.
 */
#ifndef PINHOLE_BPF_FTP_MATCH_H
#define PINHOLE_BPF_FTP_MATCH_H

#include "ftp_strict.h"

/* The byte just fed was the first of the argument or of the reply's text. The LF
 * of a reply whose first line has no text is one too. */
static __always_inline bool ftp_match_is_first(const struct ftp_line *l)
{
	return l->state == FTP_ST_ARG || l->state == FTP_ST_TEXT_FIRST;
}

/* Whether c, a byte of the server's line, is text of its 220. Where the text
 * begins is told by ftp_match_begin(); the code of a line in between counts as
 * little as the code at the end, for which it might be taken. */
static __always_inline bool ftp_match_greeting(const struct ftp_line *l, __u8 c)
{
	if (c == '\n')
		return l->multi == 220 && l->carriage;
	if (l->multi != 220 && !(l->kind == FTP_REPLY && l->head == 220))
		return false;
	return l->state == FTP_ST_SKIP || l->state == FTP_ST_ARG;
}

/*
 * What automaton i reads the byte c for, which the line has just been fed.
 * @server: the line is the server's; not to be asked once the greeting is over
 * Return: enum ftp_subject, or FTP_N_SUBJECTS: it does not read it.
 */
static __always_inline __u32 ftp_match_subject(const struct ftp_line *l, __u32 i,
					       bool server, __u8 c)
{
	if (c == '\r')
		return FTP_N_SUBJECTS;
	if (server)
		return !i && ftp_match_greeting(l, c) ? FTP_SUBJECT_SERVER
						      : FTP_N_SUBJECTS;
	if (c == '\n' || !l->arg_at)
		return FTP_N_SUBJECTS;
	if (ftp_verb_has_path(l->verb))
		return i ? FTP_SUBJECT_FILETYPE : FTP_SUBJECT_FILENAME;
	return !i && l->verb == FTP_VERB_USER ? FTP_SUBJECT_USERNAME : FTP_N_SUBJECTS;
}

/*
 * Before automaton i reads c: put it at the start where the subject begins.
 * @start: of the subject's automaton; 0: there is none
 */
static __always_inline void ftp_match_begin(struct ftp_line *l, __u32 i, __u16 start,
					    __u8 c)
{
	if (!i) {
		if (ftp_match_is_first(l))
			l->automaton[0] = start;
	} else if (c == '.') {
		l->automaton[1] = start;
	} else if (c == '/' || c == '\\' || ftp_match_is_first(l)) {
		l->automaton[1] = 0;
	}
}

/*
 * Whether the rule holds for a line.
 * @verb:  enum ftp_verb of the line
 * @atoms: the expressions found in it, or before it in the session
 */
static __always_inline bool ftp_match_holds(const struct ftp_rule *rule, __u8 verb,
					    __u32 atoms)
{
	if (rule->verbs && !(rule->verbs >> (verb & 63) & 1))
		return false;
	return (atoms & rule->all_of) == rule->all_of && !(atoms & rule->none_of);
}

#endif /* PINHOLE_BPF_FTP_MATCH_H */
