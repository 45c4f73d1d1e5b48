/* SPDX-License-Identifier: GPL-2.0 */
/*
 * model.h - a checked policy, as the parser leaves it.
 *
 * Why it exists: the printer and the compiler must agree on what was said.
 * It keeps what the text says (operators, named interfaces), not what the
 * datapath needs; compile.c alone knows that.
 *
 * Who may include it: libpolicy only. Addresses and masks are in host order;
 * of an interface's IPv4 address alone they have 32 bits.
 */
#ifndef PINHOLE_POLICY_MODEL_H
#define PINHOLE_POLICY_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include <pinhole/policy.h>

#include "policy/host.h"
#include "policy/inspect.h"
#include "policy/ip.h"
#include "policy/logging.h"
#include "policy/nat.h"
#include "policy/terms.h"
#include "util/vec.h"

#define POLICY_IFACE_NAME_SIZE 48 /* as in abi.h, with the NUL */
#define POLICY_HARDWARE_SIZE   64
#define POLICY_LIST_NAME_SIZE  64

/* What a `timeout` statement sets. */
enum policy_timeout {
	POLICY_TIMEOUT_CONN,
	POLICY_TIMEOUT_HALF_CLOSED,
	POLICY_TIMEOUT_UDP,
	POLICY_TIMEOUT_ICMP,
	POLICY_TIMEOUT_EMBRYONIC, /* half-open */
	POLICY_N_TIMEOUTS,
};

struct policy_timeout_kind {
	const char *word;
	unsigned int default_sec;
	unsigned int min_sec;
	bool may_be_never; /* 0 is allowed */
};

/* By enum policy_timeout (timeout.c). */
extern const struct policy_timeout_kind policy_timeout_kinds[POLICY_N_TIMEOUTS];

/* What of an interface's traffic a list is bound to. */
enum policy_binding {
	POLICY_BIND_IN,
	POLICY_BIND_OUT,
	POLICY_BIND_BOX, /* to this machine */
	POLICY_N_BINDINGS,
};

/* A named interface; its index + 1 is iface_config.id. */
struct policy_iface {
	char name[POLICY_IFACE_NAME_SIZE];
	char hardware[POLICY_HARDWARE_SIZE];
	unsigned int security_level; /* 0..100 */
	bool has_address;	     /* given, or policy_set_address() */
	uint32_t address;
	uint32_t netmask;
	bool dhcp;	       /* ip address dhcp|pppoe: the kernel's address counts */
	bool pppoe;	       /* dhcp, written `pppoe` */
	bool setroute;	       /* dhcp: it brings a default route */
	size_t first_address6; /* index into addresses6 */
	size_t n_addresses6;
	bool reverse_path; /* ip verify reverse-path */
	uint16_t vlan;	   /* 0: untagged */
	uint16_t inner_vlan;
	bool shut;	      /* no device is attached */
	bool management_only; /* nothing passes through */
	bool no_proxy_arp;    /* sysopt noproxyarp: no mapped address is answered for */
	unsigned int mtu;     /* bytes; 0: not said */
	bool has_acl[POLICY_N_BINDINGS];
	size_t acl[POLICY_N_BINDINGS]; /* indexes into lists */
	/* What is asked instead of acl: generated lists (control_plane.c). */
	bool has_enforced[POLICY_N_BINDINGS];
	size_t enforced[POLICY_N_BINDINGS];
};

/* Whether the list of that index is asked at this place of the interface. */
static inline bool policy_iface_asks(const struct policy_iface *iface, int binding,
				     size_t list)
{
	if (iface->has_enforced[binding])
		return iface->enforced[binding] == list;
	return iface->has_acl[binding] && iface->acl[binding] == list;
}

/* `ipv6 address` of an interface; several are allowed. */
struct policy_address6 {
	size_t iface; /* index into ifaces */
	size_t order; /* in the text */
	policy_ip addr;
	unsigned int prefix_len; /* 1..128 */
};

/* Conditions on TCP flags; none if both are 0. Bits as on the wire (RFC 9293, 3.1):
 * FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32. */
struct policy_tcp_flags {
	uint8_t set;   /* must be set */
	uint8_t clear; /* must be clear; none of set */
	bool any;      /* one of them will do */
};

/* The bits and words of flags, in the order of the words (rule_options.c). */
struct policy_tcp_flag {
	const char *word;
	uint8_t bit;
};

#define POLICY_N_TCP_FLAGS 6
extern const struct policy_tcp_flag policy_tcp_flag_words[POLICY_N_TCP_FLAGS];

/* What is written `established`: ACK or RST. */
bool policy_is_established(const struct policy_tcp_flags *flags);
static inline bool policy_has_tcp_flags(const struct policy_tcp_flags *flags)
{
	return flags->set || flags->clear;
}

/* What stands where a line's protocol belongs. */
enum policy_proto_kind {
	POLICY_PROTO_ONE,    /* ip, or a protocol */
	POLICY_PROTO_OBJECT, /* object NAME, of kind SERVICE: no ports follow */
	POLICY_PROTO_GROUP,  /* object-group NAME, of kind PROTOCOL, or SERVICE: then no
			      * ports follow */
};

enum policy_rule_log {
	POLICY_LOG_DEFAULT, /* denied packets, by message 106023 */
	POLICY_LOG_ON,	    /* `log [LEVEL] [interval SEC]`: flows, by message 106100 */
	POLICY_LOG_OFF,	    /* `log disable` */
};

/* One access-list line. */
struct policy_rule {
	struct policy_where where; /* of its action */
	struct policy_where src_where;
	struct policy_where dst_where;
	char *remark; /* not NULL: a remark, and nothing else is set */
	/* What the line is shown as; owned. Of generated lists, and of a line that cannot
	 * be honoured: that one counts as a remark, and is printed as it was written. */
	char *text;
	struct policy_addr src;
	struct policy_addr dst;
	struct policy_ports src_ports; /* tcp and udp only */
	struct policy_ports dst_ports;
	size_t proto_ref;  /* of OBJECT: index into objects; of GROUP: into groups */
	size_t icmp_group; /* of POLICY_ICMP_GROUP: index into groups */
	enum policy_family family; /* of the packets that can match */
	enum policy_proto_kind proto_kind;
	enum policy_icmp_match icmp; /* icmp and icmp6 only */
	enum policy_rule_log log;
	unsigned int log_interval_sec; /* 1..600, of POLICY_LOG_ON */
	uint8_t log_level;	       /* 0..7, of POLICY_LOG_ON */
	bool permit;
	bool any_proto; /* `ip` */
	uint8_t proto;	/* of ONE; of others 0 */
	uint8_t icmp_type;
	uint8_t icmp_code;
	struct policy_tcp_flags tcp_flags; /* tcp only */
	bool fragments;			   /* later fragments alone; no ports, no flags */
	bool inactive;			   /* kept, but never matches */
};

/* Lines that judge packets: not a remark, not `inactive`. */
static inline bool policy_rule_is_active(const struct policy_rule *rule)
{
	return !rule->remark && !rule->inactive;
}

enum policy_list_kind {
	POLICY_LIST_EXTENDED,
	POLICY_LIST_STANDARD, /* destinations; can be bound to nothing */
	POLICY_LIST_ETHERTYPE,
	POLICY_LIST_WEBTYPE, /* of these two no line is honoured */
	POLICY_N_LIST_KINDS,
};

struct policy_list {
	char name[POLICY_LIST_NAME_SIZE];
	enum policy_list_kind kind;
	struct policy_where where; /* first line that names it */
	VEC(struct policy_rule) rules;
	size_t n_deciding;  /* rules that are not remarks */
	size_t n_active;    /* of them not `inactive` */
	size_t n_flags;	    /* of them about TCP flags */
	size_t n_fragments; /* of them about later fragments */

	bool bound;
	bool inspected;	 /* of a class that is inspected for FTP */
	bool translates; /* a translation names it */
	bool refused;	 /* of its lines, some cannot be honoured */
	bool generated;	 /* from other statements: not printed as a list */
	bool ipv6_form;	 /* begun by `ipv6 access-list` */
};

struct policy {
	VEC(struct policy_iface) ifaces;
	VEC(struct policy_address6) addresses6; /* by interface */
	VEC(struct policy_object) objects;	/* in order of first appearance */
	VEC(struct policy_group) groups;	/* likewise */
	VEC(struct policy_list) lists;		/* in order of first appearance */
	VEC(struct policy_nat) nats;		/* in the order they are asked */
	VEC(struct policy_nat) host_nats;	/* in the order of the text (nat.h) */
	VEC(struct policy_global) globals;	/* in the order of the text */
	VEC(struct policy_route) routes;	/* in the order of the text */
	VEC(struct policy_box_line) box_lines;	/* likewise */
	bool box_enforced;			/* control-plane enforce */
	uint16_t https_port;			/* http server enable; 0: not said */
	bool any_is_both; /* ASA 9.0 or later: `any` is IPv4 and IPv6 */
	uint32_t flags;	  /* CONFIG_F_* but for CONFIG_F_ACL_GLOBAL */
	unsigned int timeout_sec[POLICY_N_TIMEOUTS]; /* 0: never */
	unsigned int pick_up_sec; /* sysopt connection tcp-pick-up; 0: never */
	bool has_conduit;
	size_t conduit; /* index into lists: the one that all conduits make */
	bool has_acl_global;
	size_t acl_global;
	VEC(struct policy_regex) regexes; /* in order of first appearance */
	VEC(struct policy_class) classes; /* likewise */
	VEC(struct policy_map) maps;	  /* likewise */
	struct policy_logging logging;
	VEC(struct policy_service) services; /* in the order of the text */
	VEC(struct policy_fixup) fixups; /* by port, those of the service-policy, too */
	struct policy_report report;
};

struct strbuf;

/* Interfaces and their addresses; routes and to-the-box lines (print_host.c). */
void policy_print_ifaces(struct strbuf *out, const struct policy *policy);
void policy_print_host(struct strbuf *out, const struct policy *policy);
/* One line of ssh, telnet, http or icmp, without its newline. */
void policy_print_box_line(struct strbuf *out, const struct policy *policy,
			   const struct policy_box_line *line);
/* Of the lowest level of several interfaces (check_host.c). */
bool policy_is_least_trusted(const struct policy *policy, size_t iface);
/* The routes of an image (compile_host.c). Return: 0 or -ENOMEM. */
int policy_compile_routes(const struct policy *policy, struct policy_image *image);
/* Set IFACE_F_HOST_FTP, once lists are bound and fixups are there (compile_host.c). */
void policy_compile_host_ftp(struct policy_image *image);
/* Set host_real and host_public (compile_host.c). Return: 0 or -ENOMEM. */
int policy_compile_host_nats(const struct policy *policy, struct policy_image *image,
			     struct policy_diags *diags);
/* An address of either family as abi.h has it (compile_host.c). */
struct ph_addr policy_wire_addr(policy_ip addr);

/* `fixup protocol ...` and its options (print_fixup.c). */
void policy_print_fixups(struct strbuf *out, const struct policy *policy);
void policy_print_data_ports(struct strbuf *out,
			     const struct policy_ftp_options *options);
/* Expressions, classes, policies (print_inspect.c). */
void policy_print_inspections(struct strbuf *out, const struct policy *policy);
/* `match ...` or `class NAME`, without a newline. */
void policy_print_clause(struct strbuf *out, const struct policy *policy,
			 const struct policy_clause *clause);

/* The words of FTP commands, by enum ftp_verb; NULL for those that have none
 * (inspect_match.c). */
extern const char *const policy_ftp_verb_words[FTP_VERB_END];

/* What an inspection looks for, at most PH_MAX_FTP_ATOMS. */
struct policy_atoms {
	struct {
		unsigned int subject; /* enum ftp_subject */
		bool is_class;
		size_t ref;
	} items[PH_MAX_FTP_ATOMS];
	size_t count;
};

/*
 * What the datapath asks for a conjunction of matches (inspect_rule.c). Its
 * action is not set.
 * Return: 0; -E2BIG: too many atoms; -EDOM: the rule can never hold.
 */
int policy_rule_build(struct policy_atoms *atoms, const struct policy_match *matches,
		      size_t n_matches, struct ftp_rule *out);

/*
 * By atom, those of its subject that no rule asks for any more once it is found:
 * one that asks for it alone ends the connection, and the datapath asks those in
 * @covered after it (inspect_rule.c). Transitive.
 */
void policy_rules_cover(const struct policy_atoms *atoms, const struct ftp_rule *rules,
			size_t n_rules, uint32_t covered[PH_MAX_FTP_ATOMS]);

/* The rules and automata of the inspections (compile_inspect.c).
 * Return: 0; -E2BIG (see diags); -ENOMEM. */
int policy_compile_inspections(const struct policy *policy, struct policy_image *image,
			       struct policy_diags *diags);

/* The lists of an image, as sets (compile_lists.c). Interfaces are there.
 * Return: 0; -E2BIG (see diags); -ENOMEM. */
int policy_compile_lists(const struct policy *policy, struct policy_image *image,
			 struct policy_diags *diags);
/* Lead to all lists, those of translations included. @build: make acl of them first.
 * Return: likewise. */
int policy_build_lists(const struct policy *policy, struct policy_image *image,
		       bool build, struct policy_diags *diags);
void policy_free_lists(struct policy_image *image);

/* Translations: their lines are made before the image of lists, their roots after it
 * (compile_nat.c). Return: 0; -E2BIG (see diags); -ENOMEM. */
int policy_compile_nats(const struct policy *policy, struct policy_image *image,
			struct policy_diags *diags);
void policy_bind_nats(struct policy_image *image);
void policy_free_translations(struct policy_image *image);

void policy_print_nats(struct strbuf *out, const struct policy *policy);
/* One of them: as policy_print_nats() does; and in one line without its end, of ASA as
 * its `show nat` does. */
void policy_print_nat(struct strbuf *out, const struct policy *policy,
		      const struct policy_nat *nat);
void policy_print_nat_shown(struct strbuf *out, const struct policy *policy,
			    const struct policy_nat *nat);
void policy_print_conduits(struct strbuf *out, const struct policy *policy);
/* A line of the list of conduits as it is shown. Caller frees *out. Return: 0 or
 * -ENOMEM. */
int policy_conduit_text(const struct policy *policy, const struct policy_rule *rule,
			char **out);

/* Of the whole, while it is compiled. Return: 0 or -ENOMEM. */
int policy_warn_whole(struct policy_diags *diags, const char *code, const char *hint,
		      const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The policy exceeds a limit. Return: -E2BIG, or -ENOMEM. */
int policy_fail_limit(struct policy_diags *diags, const char *code, const char *hint,
		      const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Free what inspect.h keeps (inspect_names.c). */
void policy_free_inspections(struct policy *policy);

/* Objects and groups (print_terms.c), lists and their bindings (print_lists.c). */
void policy_print_terms(struct strbuf *out, const struct policy *policy);
void policy_print_lists(struct strbuf *out, const struct policy *policy);
/* Each with a blank before it: an end of a line or of a translation; ports; PROTO, its
 * ports or ICMP type. */
void policy_print_addr(struct strbuf *out, const struct policy *policy,
		       const struct policy_addr *addr);
void policy_print_ports(struct strbuf *out, const struct policy *policy,
			const struct policy_ports *ports, bool tcp, bool udp);
void policy_print_icmp(struct strbuf *out, uint8_t proto, enum policy_icmp_match match,
		       uint8_t type, uint8_t code);
void policy_print_protocol(struct strbuf *out, bool any_proto, uint8_t proto);
/* What each line of an access list, but for remarks, begins with. */
void policy_print_rule_start(struct strbuf *out, const struct policy_list *list);
/* The canonical text of one access-list line, without its newline. */
void policy_print_rule(struct strbuf *out, const struct policy *policy,
		       const struct policy_list *list, const struct policy_rule *rule);

/* A remark about the whole, which takes over @message and @hint (NULL: none).
 * A NULL message is -ENOMEM. Return: 0 or -ENOMEM. */
int policy_diags_add_whole(struct policy_diags *diags, enum policy_severity severity,
			   const char *code, char *message, char *hint);

#endif /* PINHOLE_POLICY_MODEL_H */
