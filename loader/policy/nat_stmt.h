/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nat_stmt.h - translations as they are parsed, before names are resolved.
 *
 * Why it exists: interfaces, lists, objects and groups may be declared behind the
 * translation that names them. What the words mean is settled by check_nat.c.
 *
 * Who may include it: parser.h, for the nat_*.c files and check_nat*.c. Words borrow
 * the text.
 */
#ifndef PINHOLE_POLICY_NAT_STMT_H
#define PINHOLE_POLICY_NAT_STMT_H

#include "policy/nat.h"

struct policy_nat_pieces;
struct policy_parser;

struct policy_nat_word {
	const char *text;
	size_t len; /* 0: none was written */
	struct policy_where where;
};

/* Who is translated, or to what. */
struct policy_nat_operand {
	struct policy_nat_word word; /* of a name; else its place alone */
	struct policy_addr addr;     /* of what is not a name */
	bool given;
	bool named;	/* an object or a group */
	bool interface; /* the word `interface` */
	int len;	/* of IPv6: prefix length that was written; -1: none */
};

enum policy_nat_end {
	POLICY_NAT_REAL,
	POLICY_NAT_MAPPED,
	POLICY_NAT_DST_MAPPED,
	POLICY_NAT_DST_REAL,
	POLICY_NAT_N_ENDS,
};

struct policy_nat_stmt {
	struct policy_nat parsed;
	struct policy_nat_word real_if;
	struct policy_nat_word mapped_if;
	struct policy_nat_word list;
	struct policy_nat_word services[2];
	struct policy_nat_operand ends[POLICY_NAT_N_ENDS];
	bool one_name; /* nat (IF): mapped_if is not written */
	bool host;     /* of this machine's own address, done upstream */
};

struct policy_global_stmt {
	struct policy_global parsed;
	struct policy_nat_word iface;
};

/* What may stand where an operand belongs. */
#define POLICY_OPERAND_ADDRESS	 (1u << 0)
#define POLICY_OPERAND_NAME	 (1u << 1)
#define POLICY_OPERAND_ANY	 (1u << 2)
#define POLICY_OPERAND_INTERFACE (1u << 3)

/* ---- nat_operand.c ---- */

struct policy_nat_stmt policy_nat_stmt_new(struct policy_parser *p,
					   enum policy_nat_section section);
/* @what: as in "the mapped address"; @hint: what to write */
int policy_parse_operand(struct policy_parser *p, const char *what, unsigned int may_be,
			 const char *hint, struct policy_nat_operand *out);
/* (REAL_IF,MAPPED_IF). @usage: for the hint */
int policy_parse_iface_pair(struct policy_parser *p, const char *usage,
			    struct policy_nat_stmt *stmt);
/* ( has been consumed, and NAME ) follows. */
int policy_parse_iface_word(struct policy_parser *p, const char *what,
			    struct policy_nat_word *out);
/* A name that is resolved at the end. @what: as in "the name of an access list" */
int policy_parse_nat_word(struct policy_parser *p, const char *what,
			  struct policy_nat_word *out);
/* `interface [ipv6]`, `pat-pool OBJECT ...`, an operand: what is dynamic. */
int policy_parse_pool(struct policy_parser *p, unsigned int may_be,
		      struct policy_nat_stmt *stmt);
/* [dns] [norandomseq] [[tcp] MAX [EMBRYONIC]] [udp MAX] up to the end of the line */
int policy_parse_limits(struct policy_parser *p, struct policy_nat *nat);
/* `dns`: kept, and warned of. */
int policy_nat_dns(struct policy_parser *p, struct policy_nat *nat);
/* Keep it. @at: position in p->nats, or POLICY_NO_INDEX: behind the others. Return: 0
 * or -ENOMEM; what @stmt owns is freed then. */
int policy_nat_keep(struct policy_parser *p, const struct policy_nat_stmt *stmt,
		    size_t at);

/* ---- forms: what follows `nat` ---- */

int policy_parse_nat_pix(struct policy_parser *p, struct policy_nat_stmt *stmt);
int policy_parse_nat_twice(struct policy_parser *p, struct policy_nat_stmt *stmt);
int policy_parse_nat_object(struct policy_parser *p, struct policy_nat_stmt *stmt);

/* ---- check_nat*.c ---- */

/* Give names their meaning; keep in policy->nats what can be told. */
int policy_resolve_nats(struct policy_parser *p);
/* Is it of this machine's own address (check_nat_host.c)? Sets stmt->host, real_name and
 * both interfaces if so; then, names resolved, it is kept apart. Return: 0, -EINVAL,
 * -ENOMEM. */
int policy_find_host_nat(struct policy_parser *p, struct policy_nat_stmt *stmt);
int policy_keep_host_nat(struct policy_parser *p, struct policy_nat_stmt *stmt);
/* check_nat_dialect.c; one remark for all that is dynamic. */
int policy_check_nat_dialect(struct policy_parser *p);
int policy_refuse_dynamic(struct policy_parser *p);
/* One to one, addresses that hosts can have. */
int policy_check_nat_maps(struct policy_parser *p);
int policy_check_nat_overlaps(struct policy_parser *p);
int policy_check_nat_ports(struct policy_parser *p);
/* The addresses of interfaces must stay this machine's (check_nat_own.c). */
int policy_check_nat_own(struct policy_parser *p, const struct policy_nat *nat,
			 const struct policy_nat_pieces *pieces);
/* Its lines say who is translated (check_nat_list.c). */
int policy_check_nat_list(struct policy_parser *p, const struct policy_nat *nat);

#endif /* PINHOLE_POLICY_NAT_STMT_H */
