/* SPDX-License-Identifier: GPL-2.0 */
/*
 * parser.h - what the statement files share while a text is being parsed.
 *
 * Why it exists: every statement is parsed by a function of its own, in the
 * file of its theme; they meet in this state.
 *
 * Who may include it: libpolicy's parsing files (not compile.c, not print.c).
 *
 * Errors: a statement function returns 0, -EINVAL (a remark was made and the
 * line is skipped), or -ENOMEM (parsing ends). One cause makes one remark: a
 * refused line leaves behind what later lines need not to be refused for it.
 */
#ifndef PINHOLE_POLICY_PARSER_H
#define PINHOLE_POLICY_PARSER_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/checks.h"
#include "policy/diag_codes.h"
#include "policy/lexer.h"
#include "policy/model.h"
#include "policy/nat_stmt.h"
#include "policy/ip.h"
#include "policy/statements.h"
#include "util/strmap.h"
#include "util/text.h"

#define POLICY_NO_INDEX	    SIZE_MAX
#define POLICY_REFUSED_NAME (SIZE_MAX - 1) /* declared, in a line that was refused */

/* A device of the text; it joins the policy only if it gets a name. */
struct policy_hardware {
	struct policy_iface iface;
	struct policy_where named_at;
	size_t index; /* in policy->ifaces, once all is known */
	bool named;
	bool level_given;
	struct policy_where vlan_at; /* line 0: no vlan */
};

/* `ip address`, kept until all interfaces are known. */
struct policy_address_stmt {
	struct policy_where where;	 /* of the address */
	struct policy_where iface_where; /* PIX form: of the interface name */
	const char *iface_name;		 /* PIX form; NULL in a block */
	size_t iface_name_len;
	size_t hardware; /* block form */
	bool dhcp;	 /* no address is given */
	bool pppoe;	 /* dhcp, written so */
	bool setroute;
	uint32_t address;
	uint32_t netmask;
};

/* The name of an interface, kept until all of them are known. */
struct policy_iface_ref {
	struct policy_where where;
	const char *name;
	size_t len;
};

/* mtu IF BYTES */
struct policy_mtu_stmt {
	struct policy_iface_ref iface;
	unsigned int mtu;
};

/* route, ipv6 route */
struct policy_route_stmt {
	struct policy_iface_ref iface;
	bool discards; /* Null0 */
	struct policy_route parsed;
};

/* ssh, telnet, http, icmp */
struct policy_box_stmt {
	struct policy_iface_ref iface;
	struct policy_box_line parsed;
};

/* `ipv6 address` in a block */
struct policy_address6_stmt {
	struct policy_where where;
	size_t hardware;
	policy_ip addr;
	unsigned int prefix_len;
};

struct policy_group_stmt {
	struct policy_where list_where;
	bool global; /* of all interfaces: no name follows */
	enum policy_binding binding;
	struct policy_where iface_where;
	const char *list_name;
	size_t list_name_len;
	const char *iface_name;
	size_t iface_name_len;
};

/* What is said of a network object, beside the object itself. */
struct policy_object_state {
	bool declared;
	bool refused;  /* in part: what it lacks has been reported */
	bool reported; /* that there is no such object, or what is wrong with it */
	struct policy_where value_at;
	struct policy_where nat_at; /* line 0: not translated */
};

/* What is said of an object-group, beside the group itself. */
struct policy_group_state {
	bool declared;
	bool refused;  /* in part: what it lacks has been reported */
	bool reported; /* that there is no such group, or what is wrong with it */
	/* Of its members and those of groups within it, once checked */
	bool has_v4;
	bool has_v6;
	bool has_members;
	bool lacks_ports; /* PROTOCOL: some have none */
	uint8_t depth;	  /* of groups within it */
	uint8_t mark;	  /* while they are followed (check_object_group.c) */
};

/* A line written as `line N`, before the end of its list. */
struct policy_insertion {
	size_t list;  /* index into policy->lists */
	size_t rule;  /* its index in the order of the text */
	size_t place; /* where it was put, from 0 */
};

struct policy_fixup_stmt {
	struct policy_fixup parsed;
	unsigned int era; /* fixup_era when it was made: else it was undone */
};

enum policy_block {
	POLICY_BLOCK_NONE,
	POLICY_BLOCK_INTERFACE,
	POLICY_BLOCK_REFUSED_INTERFACE, /* its first line was refused */
	POLICY_BLOCK_OBJECT,
	POLICY_BLOCK_REFUSED_OBJECT,
	POLICY_BLOCK_GROUP,
	POLICY_BLOCK_REFUSED_GROUP,
	POLICY_BLOCK_CLASS,
	POLICY_BLOCK_MAP,
	POLICY_BLOCK_REFUSED_INSPECTION, /* class-map or policy-map, likewise */
	POLICY_BLOCK_UNSUPPORTED,	 /* its indented lines are part of one cause */
};

/* Where in a policy-map a line stands. */
enum policy_map_part {
	POLICY_PART_NONE,
	POLICY_PART_PARAMETERS,
	POLICY_PART_CLAUSE,	    /* an action is about the last one */
	POLICY_PART_REFUSED_CLAUSE, /* which was refused */
};

/* Whose line a remark is about: what nothing refers to need not be honoured. */
enum policy_owner_kind {
	POLICY_OWNER_NONE,
	POLICY_OWNER_LIST,   /* index into policy->lists */
	POLICY_OWNER_OBJECT, /* objects */
	POLICY_OWNER_GROUP,  /* groups */
	POLICY_OWNER_CLASS,  /* classes */
	POLICY_OWNER_MAP,    /* maps */
	POLICY_N_OWNERS,
};

struct policy_owner {
	enum policy_owner_kind kind;
	size_t index;
};

/* An error that is taken back if its owner is not in use (reach.c). */
struct policy_owned_diag {
	size_t diag; /* index into diags */
	struct policy_owner owner;
};

/* `name ADDRESS NAME` */
struct policy_name {
	policy_ip addr;
};

/* Statements of one word that decide nothing here. */
struct policy_ignored {
	const char *word; /* of the text */
	size_t len;
	size_t count;
};

/* Lines of one kind that are ignored, though less is covered. */
struct policy_uncovered {
	const struct policy_statement *row;
	struct policy_where where; /* of the first */
	size_t count;
};

/* `ASA Version 9.1(2)`; where.line 0: the text does not say */
struct policy_version {
	struct policy_where where;
	bool pix; /* PIX, or FWSM */
	unsigned int major;
	unsigned int minor;
};

struct policy_parser {
	const char *text;
	size_t len;
	struct policy *policy;
	struct policy_diags *diags;
	size_t errors_before; /* in diags, of other texts */
	struct policy_parse_options options;

	/* Of the line, or of what is being checked: policy_own(). None at the start of
	 * each line. */
	struct policy_owner owner;
	VEC(struct policy_owned_diag) owned_diags;
	/* By owner kind and index: what is in use. Filled at the end (reach.c). */
	bool *reached[POLICY_N_OWNERS];
	size_t *group_stack; /* reached, and not followed yet */
	size_t n_group_stack;

	struct policy_version version;
	VEC(struct policy_uncovered) uncovered;
	VEC(const char *) refused_hints;
	VEC(char *) clean_lines;	    /* owned */
	VEC(struct policy_ignored) ignored; /* in order of appearance */
	struct strmap ignored_by_word;
	VEC(struct policy_name) names;
	struct strmap name_by_word; /* index into names */

	struct policy_line line;
	size_t at;	   /* next word of the line */
	size_t keyword_at; /* the word that told which statement it is */
	const struct policy_statement *statement;
	size_t n_understood; /* lines */
	size_t n_unknown;    /* lines that no statement begins with */
	size_t n_joined;
	/* Rows of the keyword of the line before, by table: most lines repeat it. */
	struct policy_row_cache {
		const char *word;
		size_t len;
		size_t first[8];
		size_t count[8];
	} rows;
	uint64_t seen[4]; /* a bit per row of statement.c: given before this line */

	unsigned int foreign_column; /* where its first line begins */
	enum policy_block block;
	size_t block_hardware; /* with POLICY_BLOCK_INTERFACE */

	const struct policy_foreign *foreign; /* with POLICY_BLOCK_UNSUPPORTED */
	size_t block_object;		      /* with POLICY_BLOCK_OBJECT */
	size_t block_group; /* with POLICY_BLOCK_GROUP: index into policy->groups */
	size_t block_class; /* with POLICY_BLOCK_CLASS */
	size_t block_map;   /* with POLICY_BLOCK_MAP */
	enum policy_map_part map_part;
	/* With POLICY_BLOCK_REFUSED_INSPECTION: indented lines are part of one cause. */
	bool block_is_foreign;

	VEC(struct policy_hardware) hardware;
	VEC(struct policy_object_state) objects; /* as policy->objects */
	VEC(struct policy_address_stmt) addresses;
	VEC(struct policy_address6_stmt) addresses6;
	VEC(struct policy_group_stmt) groups;
	VEC(struct policy_iface_ref) verifies;	  /* ip verify reverse-path */
	VEC(struct policy_iface_ref) noproxyarps; /* sysopt noproxyarp */
	VEC(struct policy_mtu_stmt) mtus;
	VEC(struct policy_route_stmt) routes;
	VEC(struct policy_box_stmt) boxes;
	VEC(struct policy_nat_stmt) nats;
	VEC(struct policy_global_stmt) globals;
	VEC(struct policy_fixup_stmt) fixups;
	struct strmap hardware_by_name; /* index into hardware */
	struct strmap iface_by_name;	/* index into hardware, or POLICY_REFUSED_NAME */
	struct strmap list_by_name;	/* index into policy->lists */
	struct strmap object_by_name;	/* index into objects */
	VEC(struct policy_group_state) group_states; /* as policy->groups */
	struct strmap group_by_name;		     /* index into policy->groups */
	bool groups_are_known;			     /* those further down, too */
	VEC(struct policy_iface_ref) rule_ifaces; /* `interface IF` in lines, in order */
	VEC(struct policy_iface_ref) service_ifaces; /* as policy->services */
	VEC(struct policy_insertion) insertions;
	struct strmap regex_by_name; /* index into policy->regexes */
	struct strmap class_by_name; /* index into policy->classes */
	struct strmap map_by_name;   /* index into policy->maps */
	/* A refused line may have been part of them: what is missing proves nothing. */
	bool inspections_uncertain;
	/* A refused line may have named interfaces: an unknown one proves nothing. */
	bool iface_names_uncertain;

	struct policy_where version_where; /* ASA 8.3 or later; line 0 otherwise */
	uint32_t timeouts_warned;	   /* a bit per keyword without effect */
	bool ipsec_lost;		   /* and said */
	bool foreign_left;		   /* by `exit`, perhaps of a block within it */
	bool ipv6_form;			   /* of this line: ipv6 access-list */

	/* By port: 1 + index into fixups, or 0. NULL until there is a fixup. */
	uint32_t *fixup_at;
	unsigned int fixup_era[FIXUP_FTPS + 1]; /* by kind: how often all were undone */
	bool ftp_fixup_said;			/* [no] fixup protocol ftp */
};

/* ---- words (parse.c) -------------------------------------------------- */

/* The next word without consuming it; the end of the line has len 0. */
static inline const struct policy_token *policy_peek(const struct policy_parser *p)
{
	return &p->line.tokens[p->at];
}

/* Consume a word. The end of the line is never passed. */
static inline const struct policy_token *policy_next(struct policy_parser *p)
{
	const struct policy_token *token = policy_peek(p);

	if (p->at < p->line.n_tokens)
		p->at++;
	return token;
}

/* Consume the next word if it is @word. */
static inline bool policy_accept(struct policy_parser *p, const char *word)
{
	if (!policy_token_is(policy_peek(p), word))
		return false;
	policy_next(p);
	return true;
}

/* The first @n words of the line as one, with the blanks between them; fewer if it has
 * not as many, and at least one. */
static inline struct policy_token policy_first_words(const struct policy_parser *p,
						     size_t n)
{
	size_t last = n < p->line.n_tokens ? n - 1 : p->line.n_tokens - 1;
	struct policy_token words = p->line.tokens[0];

	words.len = (size_t)(p->line.tokens[last].text - words.text) +
		    p->line.tokens[last].len;
	return words;
}

int policy_fail_too_long(struct policy_parser *p);
/* Let a word of the line be a longer one, which the line has room for: all words lie
 * in the line, one behind the other. Columns stay. Return: 0 or -ENOMEM. */
bool policy_can_replace(const struct policy_parser *p, const struct policy_token *token,
			size_t len);
int policy_replace_word(struct policy_parser *p, struct policy_token *token,
			const char *word, size_t len);
/* Refuse whatever is left of the line. */
int policy_expect_end(struct policy_parser *p);
struct policy_where policy_where(const struct policy_parser *p,
				 const struct policy_token *token);

/* ---- remarks (diag.c) -------------------------------------------------- */

/* For "%.*s": a word, cut to a length fit for a message. */
#define POLICY_WORD(token) (int)text_cut((token)->text, (token)->len, 40), (token)->text

/* An error at a word of the current line. Return: -EINVAL or -ENOMEM. */
int policy_fail(struct policy_parser *p, const struct policy_token *token,
		const char *code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* The same at a place kept from an earlier line. */
int policy_fail_at(struct policy_parser *p, const struct policy_where *where,
		   const char *code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* A warning. @where NULL: about the policy as a whole. Return: 0 or -ENOMEM. */
int policy_warn_at(struct policy_parser *p, const struct policy_where *where,
		   const char *code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Take a remark back; policy_diags_close() once it has been done. */
void policy_diag_drop(struct policy_diags *diags, size_t index);
void policy_diags_close(struct policy_diags *diags);
/* Add a hint to the remark just made. Return: @err, or -ENOMEM. */
int policy_hint(struct policy_parser *p, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A note: what was ignored, and how much. @where NULL: about the policy as a whole.
 * Return: 0 or -ENOMEM. */
int policy_note_at(struct policy_parser *p, const struct policy_where *where,
		   const char *code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/*
 * Ignore a statement without which less is covered. With `strict`: refuse it.
 * @lost: what does not happen, as in "connections are not handed to a standby unit"
 * Return: 0, -EINVAL (strict) or -ENOMEM.
 */
int policy_ignore_with_warning(struct policy_parser *p, const struct policy_token *token,
			       const char *lost);
/* The same, in words of one's own. A hint may follow. */
int policy_uncovered_at(struct policy_parser *p, const struct policy_where *where,
			const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A statement, or the part of one that begins with @token, decides nothing here: one
 * note names all such words, with counts (ignored.c). Return: 0 or -ENOMEM. */
int policy_ignore(struct policy_parser *p, const struct policy_token *token);
/* The note itself. */
int policy_note_ignored(struct policy_parser *p);
/* `clear WORD` or `no WORD` takes back what was said before it (undo.c). */
bool policy_undoes_something(const struct policy_parser *p,
			     const struct policy_token *word);
int policy_fail_undo(struct policy_parser *p, const struct policy_token *first,
		     const struct policy_token *word);
/*
 * The line is about one of policy's lists, objects, groups, classes or maps. Errors that
 * are made from now on with a code of tier 3 (E_UNSUPPORTED) are taken back if nothing
 * that is in use refers to it. Lines begin without an owner; checks of the whole set it
 * for each thing they check, and POLICY_OWNER_NONE behind.
 */
static inline void policy_own(struct policy_parser *p, enum policy_owner_kind kind,
			      size_t index)
{
	p->owner = (struct policy_owner){kind, index};
}
/* Refuse a word that PIX or ASA knows and this version does not. */
int policy_fail_unsupported(struct policy_parser *p, const struct policy_token *token,
			    const char *hint);

#define POLICY_HINT_COMMENT "comments take a line of their own, beginning with '!'"

/* ---- values (value.c) -------------------------------------------------- */

/* A decimal number up to @max without sign or leading zeros. */
bool policy_number_from(const char *text, size_t len, unsigned long max,
			unsigned long *out);
/* @what: as in "a port number" */
int policy_parse_number(struct policy_parser *p, unsigned long max, const char *what,
			unsigned long *out);
/* A dotted quad. @what: as in "the real address" (address.c) */
int policy_parse_address(struct policy_parser *p, const char *what, uint32_t *out);
/* What `name` says of a word (name.c). Both parsers of addresses ask it. */
bool policy_name_find(const struct policy_parser *p, const struct policy_token *token,
		      policy_ip *out);
/* A netmask: ones, then zeros. */
int policy_parse_netmask(struct policy_parser *p, uint32_t *out);
/* The same with up to POLICY_MAX_HOLES zeros among its ones: that many powers of two of
 * networks, as lists of old configurations have them. */
#define POLICY_MAX_HOLES 8
int policy_parse_spread_mask(struct policy_parser *p, uint32_t *out);
/* An address of either family. */
int policy_parse_ip(struct policy_parser *p, const char *what, policy_ip *out);
/* ADDR/LEN of IPv6; bits beyond the prefix are not looked at. @len: 0..128 */
int policy_parse_prefix6(struct policy_parser *p, const char *what, policy_ip *addr,
			 unsigned int *len);
/* Probably meant for an IPv6 address, with or without a prefix length. */
bool policy_is_ip6_like(const struct policy_token *token);
/* Refuse an address with bits outside of its mask; the hint is the network. */
int policy_check_host_bits(struct policy_parser *p, const struct policy_token *token,
			   policy_ip addr, policy_ip mask);
/* One that a host can have beyond its own link: neither unspecified, loopback,
 * multicast, reserved (RFC 6890) nor link-local of IPv6. */
bool policy_is_host_address(policy_ip addr);
/* A name of printable ASCII of less than @size bytes. @what: as in "the name
 * of an access list". The word is returned, not copied. */
int policy_parse_name(struct policy_parser *p, size_t size, const char *what,
		      const struct policy_token **out);
bool policy_is_made_of(const struct policy_token *token, const char *bytes);
/* The line ends where @what belongs. */
int policy_fail_missing(struct policy_parser *p, const char *what);
/* H:MM:SS up to 1193:00:00, or 0. @what: as in "a time" */
int policy_parse_time(struct policy_parser *p, const char *what, unsigned int *sec);
/* @proto: IPPROTO_TCP or IPPROTO_UDP, for names */
int policy_parse_port(struct policy_parser *p, uint8_t proto, uint16_t *out);

/* ---- statements -------------------------------------------------------- */

/* Parse the current line (dispatch.c). */
int policy_parse_line(struct policy_parser *p);
/* A line that begins with the word is no statement, nor probably meant to be one. */
bool policy_is_rest(const struct policy_parser *p, const struct policy_token *word);

/* ---- inspections ------------------------------------------------------- */

/* Find an expression, a class-map or a policy-map, or begin one that nobody has
 * declared yet (inspect_names.c). @what: as in "the name of a class-map" */
int policy_regex_get(struct policy_parser *p, size_t *out);
int policy_class_get(struct policy_parser *p, size_t *out);
int policy_map_get(struct policy_parser *p, size_t *out);
/* A line of theirs is refused. Return: @err */
int policy_refuse_inspection(struct policy_parser *p, int err);
/* A line that belongs below @block stands elsewhere. */
int policy_fail_outside_inspection(struct policy_parser *p, const char *block);

/* `[not] request-command ...` and its like (inspect_match.c). */
int policy_parse_ftp_match(struct policy_parser *p, struct policy_match *out);

/* A level of messages, by number or word (logging.c). @out: 0..7 */
bool policy_log_level_from(const struct policy_token *token, uint8_t *out);

/* `WORD...`: commands of FTP (inspect_match.c). */
int policy_parse_ftp_commands(struct policy_parser *p, struct policy_match *out);

/* Inspections of PIX and ASA beside FTP (inspect_foreign.c). */
bool policy_is_other_protocol(const struct policy_token *token);
/* What is inspected is not this. */
int policy_fail_protocol(struct policy_parser *p, const struct policy_token *token);
/* The next word is one: say what is lost without its inspection. */
int policy_ignore_protocol(struct policy_parser *p);
/* Pass over the block that this line begins. @lost: as of policy_ignore_with_warning();
 * of an inspection the next word is its protocol */
int policy_ignore_block(struct policy_parser *p, const char *lost);
int policy_ignore_inspection_block(struct policy_parser *p);
/* Whether the line is part of such a block, if one is open. */
bool policy_is_foreign_inspection_line(const struct policy_parser *p);

/* The TCP ports of the traffic that an `inspect` is about (inspect_ports.c). */
#define POLICY_MAX_PORTS 256 /* every port is an entry of its own */

struct policy_port_list {
	uint16_t port[POLICY_MAX_PORTS];
	size_t count;
};

int policy_inspected_ports(struct policy_parser *p, const struct policy_clause *clause,
			   struct policy_port_list *out);
/* Inspect a port as a service-policy says; at most once (fixup.c). */
int policy_add_inspection(struct policy_parser *p, const struct policy_fixup *fixup);

/* The name of an interface, as an operand (interface.c). */
int policy_parse_iface_ref(struct policy_parser *p, struct policy_iface_ref *out);
/* policy_resolve_iface() of one. */
int policy_resolve_ref(struct policy_parser *p, const struct policy_iface_ref *ref,
		       size_t *out);
/* ADDRESS NETMASK without bits outside of it, or `0 0`; ADDRESS/LEN of IPv6 (route.c).
 * @what: as in "the network" */
int policy_parse_net(struct policy_parser *p, const char *what, policy_ip *addr,
		     policy_ip *mask);

/* A statement of an interface block stands where there is none (interface.c). */
int policy_fail_outside_block(struct policy_parser *p);
bool policy_in_interface(const struct policy_parser *p);

/* Find a network object or begin one that nobody has declared yet (object.c). */
int policy_object_get(struct policy_parser *p, const struct policy_token *token,
		      size_t *out);
/* Refuse a word, or the end of the line, where @what belongs (value.c).
 * @hint: used unless one of @candidates (NULL: none) is near */
int policy_fail_expected(struct policy_parser *p, const char *what, const char *hint,
			 const char *const *candidates);

/* A refused line declares this interface name or list all the same. */
int policy_refuse_iface_name(struct policy_parser *p, const struct policy_token *token);
int policy_refuse_list_name(struct policy_parser *p, const struct policy_token *token);
/* Find a list or begin one. */
int policy_list_get(struct policy_parser *p, const struct policy_token *token,
		    struct policy_list **out);

/* A source or a destination (rule_address.c). @what: "a source"; @before: what
 * stands before it; @where: of all its words */
int policy_parse_rule_address(struct policy_parser *p, const char *what,
			      const char *before, struct policy_addr *out,
			      struct policy_where *where);
/* The ports of an access-list line, if there are any (rule_ports.c). */
int policy_parse_rule_ports(struct policy_parser *p, const struct policy_rule *rule,
			    bool after_destination, struct policy_ports *out);
bool policy_has_ports(const struct policy_rule *rule);
bool policy_is_port_operator(const struct policy_token *token);
/* LOW-HIGH in one word, which is no form of this language, but often tried. */
bool policy_port_span_from(const struct policy_token *token, unsigned long *low,
			   unsigned long *high);
/* What follows ports and ICMP types: TCP flags, fragments, inactive
 * (rule_options.c). */
int policy_parse_rule_options(struct policy_parser *p, struct policy_rule *rule);
/* `log` and its options (rule_log.c). */
int policy_parse_rule_log(struct policy_parser *p, struct policy_rule *rule);
/* One of their words. */
bool policy_is_rule_option(const struct policy_token *token);
/* The end of an access-list line; anything else is refused (rule_end.c). */
int policy_expect_rule_end(struct policy_parser *p, const struct policy_rule *rule);
/* The word, or the end of the line, cannot be an ICMP type but belongs to what
 * policy_expect_rule_end() tells apart. */
bool policy_ends_rule(const struct policy_token *token);

/* Options of an inspection (fixup_options.c). The words end in NULL. */
extern const char *const policy_ftp_option_words[];
bool policy_is_ftp_option(const struct policy_token *token);
/* The next option, whose word is next. @kind: enum fixup_kind, or 0 if unknown */
int policy_parse_ftp_option(struct policy_parser *p, uint32_t kind,
			    struct policy_ftp_options *options);
/* Those that exclude one another. */
int policy_check_ftp_options(struct policy_parser *p,
			     const struct policy_ftp_options *options);

#endif /* PINHOLE_POLICY_PARSER_H */
