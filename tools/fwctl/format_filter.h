/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format_filter.h - which log lines are asked for, by what they are about. Pure.
 *
 * Which ones the policy wants is format_level.h's affair.
 *
 * Who may include it: tools/fwctl, and tests.
 */
#ifndef FWCTL_FORMAT_FILTER_H
#define FWCTL_FORMAT_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pinhole/abi.h>

#define FORMAT_FILTER_IDS 16

/* What is asked for; zero: everything. Of several conditions all must hold. */
struct format_filter {
	unsigned int id[FORMAT_FILTER_IDS]; /* message numbers, any of them */
	size_t n_ids;
	const char *list;
	const char *interface;
	const char *reason;
	bool has_host;
	struct ph_addr host;
	unsigned int prefix; /* of the 128 bits */
	unsigned int port;   /* 0: whichever */
	bool has_proto;
	unsigned int proto;
};

/* What a record is about. It does not pass a condition about what it lacks. */
struct format_facts {
	const char *list;		  /* NULL: no list's affair */
	const char *interface[2];	  /* NULL likewise */
	const struct ph_addr *address[4]; /* NULL likewise */
	unsigned int port[4];		  /* host order; 0: none */
	const char *reason;		  /* NULL: none */
	bool has_proto;
	unsigned int proto;
};

/* @text: the line, whose number counts. */
bool format_filter_pass(const struct format_filter *filter,
			const struct format_facts *facts, const char *text);

/*
 * Conditions from their words. Return: 0, or -EINVAL with the filter unchanged.
 * ids: numbers, separated by commas, of 6 digits each. host: an address, or a network
 * with its prefix length. proto: a name (tcp, udp, icmp, icmp6, gre, ...) or a number up
 * to 255.
 */
int format_filter_ids(struct format_filter *filter, const char *text);
int format_filter_host(struct format_filter *filter, const char *text);
int format_filter_port(struct format_filter *filter, const char *text);
int format_filter_proto(struct format_filter *filter, const char *text);

#endif /* FWCTL_FORMAT_FILTER_H */
