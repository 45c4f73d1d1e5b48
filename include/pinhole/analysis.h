/* SPDX-License-Identifier: GPL-2.0 */
/*
 * analysis.h - what a policy means, for people: lines that never decide, and what two
 * policies permit differently.
 *
 * Why it exists: a list of a thousand lines is understood by nobody. What is said here
 * is exact, or said to be unknown; nothing is guessed from the text.
 *
 * Who may include it: the tools, the tests. Pure, as policy.h is. Images may come from
 * policy_compile_names(): nothing here looks at the compiled lists.
 *
 * Errors: 0 or -ENOMEM; outputs are unchanged on failure.
 */
#ifndef PINHOLE_ANALYSIS_H
#define PINHOLE_ANALYSIS_H

#include <pinhole/policy.h>

/* ---- lines that can never match ---- */

/* What the lines do that have a line's packets before it. */
enum analysis_effect {
	ANALYSIS_SAME,	   /* the same: the line is superfluous */
	ANALYSIS_OPPOSITE, /* the opposite: the line does not do what it says */
	ANALYSIS_MIXED,	   /* some do this, some do that */
};

struct analysis_unreachable {
	const struct policy_image_line *line;
	bool permit; /* what it would do */
	/* Earlier lines of its list that cover it together, ascending. One, if one
	 * covers it alone: then it is the first that does. */
	const struct policy_image_line **by;
	size_t n_by;
	enum analysis_effect effect;
};

/* Freed by analysis_lines_free(). Lines are the image's. */
struct analysis_lines {
	struct analysis_unreachable *items; /* in the order of the image's lines */
	size_t count;
	size_t n_examined;
	/* Lines of which it is not known, for it would have taken too long: lists
	 * have been made in which everything overlaps everything. */
	size_t n_unknown;
};

/*
 * Find the lines of bound lists that never match, because earlier ones of their list
 * have all their packets. Lines that match nothing by themselves are not told. 100,000
 * lines take a fraction of a second; what is left after some seconds is unknown.
 */
int policy_analyse_lines(const struct policy_image *image, struct analysis_lines **out);
void analysis_lines_free(struct analysis_lines *lines);

/*
 * A warning for each of them, and a note if some are unknown, appended to remarks. What
 * these call a repetition already is not told again.
 * @text: that the policy was read from, for the lines to be shown
 */
int analysis_lines_remark(const struct analysis_lines *lines, const char *text,
			  size_t len, struct policy_diags *diags);

/* ---- the difference of two policies ---- */

/* A packet, as an access list sees it. */
struct analysis_packet {
	struct ph_addr src; /* IPv4 as ::ffff:a.b.c.d */
	struct ph_addr dst;
	uint8_t family; /* enum acl_family */
	uint8_t proto;
	uint8_t tcp_flags; /* as on the wire; of others 0 */
	bool later_fragment;
	uint16_t src_port; /* host order; 0 where there are none */
	uint16_t dst_port; /* ICMP: type << 8 | code */
};

enum analysis_by {
	ANALYSIS_BY_LINE,
	ANALYSIS_BY_LIST,   /* the end of a list: no line matches */
	ANALYSIS_BY_LEVELS, /* security levels, and same-security-traffic */
	ANALYSIS_BY_NONE,   /* no list is bound: everything passes */
};

struct analysis_decision {
	enum analysis_by by;
	bool permit;
	const struct policy_image_line *line; /* of BY_LINE */
};

/* Packets that `old` decided so and `new` decides otherwise; at least `example`. */
struct analysis_difference {
	struct analysis_packet example;
	struct analysis_decision old;
	struct analysis_decision new;
};

enum analysis_place {
	ANALYSIS_IN,  /* what comes in by an interface, and goes on by another */
	ANALYSIS_OUT, /* what an outbound list lets out by an interface */
	ANALYSIS_BOX, /* what comes in for this machine */
};

/* Differences at a place that both policies have. */
struct analysis_group {
	enum analysis_place place;
	char *interfaces; /* "outside, dmz" */
	char *towards;	  /* ANALYSIS_IN: "inside, dmz", or NULL: wherever it goes */
	struct analysis_difference *items;
	size_t count;
	/* Changed lines whose packets are not all examined: there may be more. */
	size_t n_unexamined;
};

/* What is not an access list: a translation, a timeout, an interface, ... */
struct analysis_setting {
	const char *kind; /* "interface", "translation", "inspection", ... */
	char *old;	  /* NULL: added */
	char *new;	  /* NULL: removed */
};

/* Freed by analysis_diff_free(). Lines are the images'. */
struct analysis_diff {
	struct analysis_setting *settings;
	size_t n_settings;
	struct analysis_group *groups; /* none without differences, or what is unknown */
	size_t n_groups;
};

/*
 * What a new policy permits that the old one does not, and the other way round. The
 * interfaces of both are compared by name. Of each changed line there are no more than
 * some differences; every one has been verified by asking all lines in their order.
 */
int policy_diff(const struct policy_image *old, const struct policy_image *new,
		struct analysis_diff **out);
void analysis_diff_free(struct analysis_diff *diff);

#endif /* PINHOLE_ANALYSIS_H */
