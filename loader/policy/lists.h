/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lists.h - what the parsers and checks of access lists, objects and groups share.
 *
 * Why it exists: lists, service objects and groups name addresses, protocols, ports
 * and ICMP types in the same words.
 *
 * Who may include it: their files, and those of translations.
 */
#ifndef PINHOLE_POLICY_LISTS_H
#define PINHOLE_POLICY_LISTS_H

#include "policy/parser.h"

/* ---- groups (object_group.c) --------------------------------------------- */

/* For `kinds` of groups: a bit per enum policy_group_kind. */
#define POLICY_KIND(kind) (1u << (kind))

/*
 * The group that the next two words, `object-group NAME`, refer to. What is declared
 * further down is known, too. Return: false if they are something else, or no group has
 * the name.
 */
bool policy_peek_group(struct policy_parser *p, size_t *out);
/*
 * The same, consumed. `object-group` is next.
 * @kinds: that can stand here; @what: as in "ports"
 * Return: 0; -EINVAL: unknown (said once for each name), or of another kind; -ENOMEM.
 */
int policy_parse_group_ref(struct policy_parser *p, unsigned int kinds, const char *what,
			   size_t *out);
/* The same; the name is next. */
int policy_parse_group_name(struct policy_parser *p, unsigned int kinds, const char *what,
			    size_t *out);
/* By name. Return: false if no line has named it so far. */
bool policy_group_find(const struct policy_parser *p, const char *text, size_t len,
		       size_t *out);

/* ---- services (service_term.c) --------------------------------------------- */

/* tcp, 6, ip ... Return: as policy_fail(). */
int policy_parse_protocol(struct policy_parser *p, uint8_t *proto, bool *any_proto);

/* [TYPE [CODE]] of icmp or icmp6, by name or number; nothing if what is next ends a
 * line. */
int policy_parse_icmp(struct policy_parser *p, uint8_t proto,
		      enum policy_icmp_match *match, uint8_t *type, uint8_t *code);
/* TYPE alone. */
int policy_parse_icmp_type(struct policy_parser *p, uint8_t proto, int *type, int *code);

/* What has the ports that are named: names differ. */
struct policy_port_protos {
	bool tcp;
	bool udp;
};

/* OP PORT | range LOW HIGH; its first word is next, and is consumed.
 * @what: it belongs to, as in "the line" */
int policy_parse_port_op(struct policy_parser *p, struct policy_port_protos protos,
			 const char *what, struct policy_ports *out);
/* PROTO [source OP PORT] [[destination] OP PORT] | icmp [TYPE [CODE]] | tcp-udp ... */
int policy_parse_service_term(struct policy_parser *p, struct policy_service_term *out);

/* ---- addresses (rule_address.c) --------------------------------------------- */

/* host A | A MASK | A6/LEN, by name or number. */
int policy_parse_net_operand(struct policy_parser *p, const char *what,
			     struct policy_addr *out);

/* ---- objects (object.c, check_object.c) -------------------------------------- */

/* `object` has been consumed: its name. */
int policy_parse_object_ref(struct policy_parser *p, size_t *out);
/* Said once for each object: nothing has this name, or it has no value, or it is of
 * the other kind. Return: 0, -EINVAL, -ENOMEM. */
int policy_check_object_use(struct policy_parser *p, size_t index,
			    enum policy_object_kind kind,
			    const struct policy_where *where);

/* `description` of the object whose block is open. */
int policy_describe_object(struct policy_parser *p);

/* The rest of the line from the next word on, fit to be shown. Return: NULL if there is
 * no memory. */
char *policy_rest_of_line(const struct policy_parser *p);

/* Circles, depth, kinds within groups; what they hold (check_object_group.c). */
int policy_check_object_groups(struct policy_parser *p);
/* Lines inserted by `line N` find their places (list_order.c). */
int policy_order_lists(struct policy_parser *p);
/* Keep a rule that was written as `line N`. @number: 1.. */
int policy_insert_rule(struct policy_parser *p, size_t list, unsigned long number);

#endif /* PINHOLE_POLICY_LISTS_H */
