/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format_capture.h - a captured packet and what was decided about it: as a line, as JSON,
 * and as the comment that pcapng carries. Pure.
 *
 * Who may include it: tools/fwctl, and tests.
 */
#ifndef FWCTL_FORMAT_CAPTURE_H
#define FWCTL_FORMAT_CAPTURE_H

#include <util/strbuf.h>

#include "format_join.h"

struct capture_rule {
	const char *list; /* NULL: no line decided */
	unsigned int line;
	const char *text; /* canonical statement; NULL: it is not known */
};

/* What the policy says to the numbers of a record. */
struct capture_names {
	const char *in; /* nameif; NULL: none */
	const char *out;
	const char *reason;	     /* of a drop; NULL: it is none */
	const char *help;	     /* likewise: what happened */
	struct capture_rule rule[2]; /* of the list on the way in, and on the way out */
};

/* "forward", "drop", ...: one word. */
const char *capture_verdict(const struct join_packet *packet);

/* The reason for which it went no further; 0: none. */
uint16_t capture_cause(const struct join_packet *packet);

/* Words with '=' between key and value, and the help in a second line. @form: of which
 * frame it is the comment */
void format_capture_comment(struct strbuf *out, const struct join_packet *packet,
			    const struct capture_names *names, int form);

/* A line without its end. @time: in words */
void format_capture_line(struct strbuf *out, const struct join_packet *packet,
			 const struct capture_names *names, const char *time);

/* An object without the end of its line. @time_sec: since 1970 */
void format_capture_json(struct strbuf *out, const struct join_packet *packet,
			 const struct capture_names *names, double time_sec);

#endif /* FWCTL_FORMAT_CAPTURE_H */
