/* SPDX-License-Identifier: GPL-2.0 */
/*
 * policy.h - the policy library: PIX/ASA text in, tables for the datapath out.
 *
 * Why it exists: the language is the product's face and must be testable
 * without root or a kernel. libpolicy is pure C: it opens no file, makes no
 * system call, links no libbpf and never prints.
 *
 * Who may include it: libfirewall, the tools, the tests.
 *
 * Errors: functions return 0 or -errno. -EINVAL means that the diagnostics
 * say what is wrong; -ENOMEM adds none. Outputs are unchanged on failure.
 */
#ifndef PINHOLE_POLICY_H
#define PINHOLE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pinhole/abi.h>
#include <pinhole/abi_ftp.h>
#include <pinhole/acl.h>

enum policy_severity {
	POLICY_ERROR,
	POLICY_WARNING,
	POLICY_NOTE, /* decides nothing here: what was ignored, and how much */
};

/* One remark about the text, complete enough to print without the source. */
struct policy_diag {
	enum policy_severity severity;
	const char *code;    /* stable, e.g. "E0102"; static storage */
	unsigned int line;   /* from 1; 0: about the policy as a whole */
	unsigned int column; /* from 1, in bytes, of the token at fault */
	unsigned int width;  /* bytes to underline, at least 1 */
	char *source_line;   /* the line without its end; NULL if line is 0 */
	char *message;	     /* what is wrong */
	char *hint;	     /* what to write instead; may be NULL */
};

/* A growing list of remarks; starts as {0}, freed by policy_diags_free(). */
struct policy_diags {
	struct policy_diag *items;
	size_t count;
	size_t capacity;
	size_t n_errors;
};

void policy_diags_free(struct policy_diags *diags);

/* "error", "warning" or "note" */
const char *policy_severity_word(enum policy_severity severity);

/* A parsed and checked policy. */
struct policy;

/* Which words mean what. Before ASA 8.3 lists match mapped addresses, from then on real
 * ones; from ASA 9.0 on `any` is of both families. */
enum policy_dialect {
	POLICY_DIALECT_AUTO, /* by the Version line, else by the statements */
	POLICY_DIALECT_PIX,  /* PIX 6, and PIX and ASA 7.0 to 8.2 */
	POLICY_DIALECT_ASA83,
	POLICY_DIALECT_ASA9,
};

struct policy_parse_options {
	enum policy_dialect dialect;
	bool strict;	   /* what is ignored and covers less is an error */
	bool ignore_ipsec; /* crypto maps on interfaces are ignored: no IPsec here */
};

/* What became of the text, for people. */
struct policy_report {
	size_t n_enforced;  /* statements */
	size_t n_ignored;   /* that decide nothing here (hostname, ssh, ...) */
	size_t n_uncovered; /* ignored with a warning each: less is inspected or offered
			     */
	size_t n_unused_lists;
	size_t n_unused_lines;
};

/*
 * Parse and check a policy.
 * @text:  need not end in NUL or newline; CR LF is accepted; copied
 * @len:   bytes of text
 * @out:   set on success only; free with policy_free()
 * @diags: appended to, in the order of the text; warnings appear on success
 *         too; after 1000 errors the rest of the text is not read
 * Return: 0, -EINVAL (see diags), -ENOMEM
 */
int policy_parse(const char *text, size_t len, struct policy **out,
		 struct policy_diags *diags);
void policy_free(struct policy *policy);

/* The same. @options: NULL: none. */
int policy_parse_as(const char *text, size_t len,
		    const struct policy_parse_options *options, struct policy **out,
		    struct policy_diags *diags);

void policy_get_report(const struct policy *policy, struct policy_report *out);

/* What `logging message` says of one. */
struct policy_log_message {
	uint32_t number;
	uint8_t level; /* 0..7, or POLICY_LOG_LEVEL_OWN */
	bool off;      /* not to be shown */
};

#define POLICY_LOG_LEVEL_OWN 0xff

/* Which messages the policy wants to be shown. Borrows from the policy. */
struct policy_log_filter {
	bool by_level; /* false: of every level */
	uint8_t level; /* 0..7: the highest that is shown */
	const struct policy_log_message *messages;
	size_t n_messages;
};

void policy_get_log_filter(const struct policy *policy, struct policy_log_filter *out);
/* The words of levels, by number; they end in NULL. */
extern const char *const policy_log_level_words[];

/*
 * The canonical text: parses back to an equal policy. Caller frees *out.
 * Return: 0 or -ENOMEM.
 */
int policy_print(const struct policy *policy, char **out, size_t *len);

/*
 * The address of an interface that has it by DHCP, as the kernel knows it now; before
 * policy_compile(). Without it, lines and translations by this address match nothing.
 * @iface: index as in policy_image.ifaces
 * @address, @netmask: in host order
 * Return: 0; -EINVAL: no such interface, one whose address is given, or address or
 * netmask is 0.
 */
int policy_set_address(struct policy *policy, size_t iface, uint32_t address,
		       uint32_t netmask);

/*
 * Render one remark as people see it:
 *   FILE:LINE:COLUMN: error: message [code]
 *   the line
 *       ^~~~
 *   hint: ...
 * @file: name to show. Caller frees *out. Return: 0 or -ENOMEM.
 */
int policy_diag_format(const struct policy_diag *diag, const char *file, char **out);

/* What surrounds the parts of a rendered remark, for terminals with colours.
 * No member is NULL; reset ends each of the others. */
struct policy_diag_style {
	const char *place; /* FILE:LINE:COLUMN: */
	const char *error;
	const char *warning;
	const char *caret;
	const char *hint; /* and of the word "note" */
	const char *reset;
};

/* policy_diag_format() in a style. Return: 0 or -ENOMEM. */
int policy_diag_format_style(const struct policy_diag *diag, const char *file,
			     const struct policy_diag_style *style, char **out);

/* ---- the compiled form ---------------------------------------------- */

struct policy_image_iface {
	char name[48];	  /* nameif */
	char device[16];  /* the device the text names; "" if it names none */
	bool shut;	  /* `shutdown`: no device is attached for it */
	bool dhcp;	  /* its address is the kernel's: policy_set_address() */
	unsigned int mtu; /* bytes; 0: the policy does not say */
	bool has_address; /* `ip address` was given, or policy_set_address() */
	bool has_address6;
	uint8_t prefix_len6; /* of address6, 0..128 */
	__be32 address;
	__be32 netmask;
	struct ph_addr address6; /* `ipv6 address`, the first global one */
	/* id, security_level, flags (all but IFACE_F_XDP), vlan, inner_vlan and
	 * acl_* are final; the rest is for the loader to fill. */
	struct iface_config config;
	char acl_in[64]; /* names of the bound lists; "" if none */
	char acl_out[64];
	char acl_box[64];
};

/* One access-list statement that decides (remarks are not here). */
struct policy_image_line {
	char acl[64];
	unsigned int number;	  /* position in its list, from 1 (remarks count) */
	unsigned int source_line; /* in the policy text */
	uint64_t line_id; /* stable hash of list, text, and how many equal ones precede */
	char *text; /* canonical statement, "access-list NAME extended permit ..." */
	/* Its number in the image and in acl_lines; ACL_NO_LINE if it is not there:
	 * its list is not bound, or the line is `inactive`. */
	uint32_t acl_line;
	uint32_t flags;		       /* ACL_LINE_F_* */
	unsigned int log_interval_sec; /* 1..600; of ACL_LINE_F_LOG */
	uint8_t log_level;	       /* 0..7; likewise */
	bool bound;		       /* its list is bound to an interface */
};

/* Where translations stand: kinds of PIX before ASA 8.3, sections from then on. */
enum policy_translation_section {
	POLICY_TRANSLATION_EXEMPT, /* nat (IF) 0 access-list */
	POLICY_TRANSLATION_STATIC,
	POLICY_TRANSLATION_REGULAR, /* nat (IF) ID ADDRESS */
	POLICY_TRANSLATION_MANUAL,  /* section 1 */
	POLICY_TRANSLATION_AUTO,    /* section 2: of an object */
	POLICY_TRANSLATION_AFTER,   /* section 3 */
};

/* A statement that translates, in the order in which they are asked. */
struct policy_image_translation {
	/* Stable hash of its text, and of how many equal ones precede; never 0. */
	uint64_t id;
	enum policy_translation_section section;
	unsigned int number; /* in its section, from 1 */
	unsigned int source_line;
	__u32 real_if; /* iface_config.id; 0: any */
	__u32 mapped_if;
	bool in_force; /* false: `inactive`, or it changes nothing */
	char *text;    /* as ASA shows it; before ASA 8.3 the statement */
	/* Both ends, as they are and as the other one sees them: networks and ranges, or
	 * the list that says so; NULL: nothing is said of it. */
	char *source_real;
	char *source_mapped;
	char *destination_mapped;
	char *destination_real;
	char *service_real;
	char *service_mapped;
};

#define POLICY_NO_TRANSLATION UINT32_MAX

/* Counters are the loader's: those of the statement `translation`. */
struct policy_image_nat {
	struct nat_in_key in_key;
	struct nat_value in_value; /* mapped -> real */
	struct nat_out_key out_key;
	struct nat_value out_value; /* real -> mapped */
	uint32_t translation; /* its index; POLICY_NO_TRANSLATION: only answered for */
};

/* A line of a translation list: line n_acl_lines + its index (abi.h: nat_rule). */
struct policy_image_nat_rule {
	struct nat_rule rule;
	unsigned int source_line; /* in the policy text */
	uint32_t translation;	  /* index of its statement */
};

/* Whose translations a list holds. */
struct policy_image_nat_list {
	__u32 real_if; /* iface_config.id; 0: the list that is asked on the way in */
	__u32 mapped_if;
	struct acl_root root;
};

/* `route`, `ipv6 route`, or the default route that `ip address dhcp setroute` brings. */
struct policy_image_route {
	uint32_t iface;	     /* index into ifaces; POLICY_ROUTE_DISCARDS: Null0 */
	bool on_link;	     /* without a gateway */
	bool any_gateway;    /* setroute: the DHCP server knows the gateway */
	uint8_t family;	     /* 4 or 6 */
	uint8_t prefix_len;  /* of the family */
	unsigned int metric; /* 1..255 */
	struct ph_addr addr;
	struct ph_addr gateway;
	unsigned int source_line; /* in the policy text */
};

#define POLICY_ROUTE_DISCARDS UINT32_MAX

struct policy_image_fixup {
	struct fixup_key key;
	struct fixup_value value;
	char map[64]; /* its policy-map of type inspect ftp; "" if none */
};

/* What the rule of the same index in ftp_rules was made from. */
struct policy_image_match {
	char map[64];		  /* the policy-map of type inspect ftp */
	char *text;		  /* canonical, e.g. "match filename regex NAME" */
	unsigned int source_line; /* in the policy text */
};

struct policy_sets; /* of libpolicy */

/* Everything one generation of the datapath needs. */
struct policy_image {
	/* Final but for keep_from, CONFIG_F_KEEP and pick_up_until_ns. */
	struct policy_config config;
	char acl_global[64]; /* name of the global list; "" if none */
	struct policy_image_iface *ifaces;
	size_t n_ifaces;
	struct acl_image acl;
	struct policy_image_line *lines;
	size_t n_lines;
	size_t n_acl_lines; /* of them with a number; numbers are 0.. in their order */
	/* What acl was made from, for those who judge without it: the bound lists in
	 * the order of acl.roots. */
	struct acl_list *acl_lists;
	size_t n_acl_lists; /* without the lists of translations, which follow them */
	struct policy_sets *sets; /* owns what their lines point to */
	/* Of interfaces without IFACE_F_NAT_RULES: what is translated. Of the others:
	 * which mapped addresses are answered for. */
	struct policy_image_nat *nats;
	size_t n_nats;
	struct policy_image_translation *translations; /* what they were made from */
	size_t n_translations;
	struct policy_image_nat_rule *nat_rules;
	size_t n_nat_rules;
	struct policy_image_nat_list *nat_lists;
	size_t n_nat_lists;
	struct policy_image_fixup *fixups;
	size_t n_fixups;
	struct ftp_rule *ftp_rules;
	struct policy_image_match *ftp_matches;
	size_t n_ftp_rules;
	struct ftp_state *ftp_states; /* state 0 is always there, and dead */
	size_t n_ftp_states;
	struct policy_image_route *routes; /* in the order of the text */
	size_t n_routes;
};

/*
 * Compile a checked policy. Deterministic: equal policies give equal images.
 * @diags: appended to when a limit of abi.h is exceeded (with the figure)
 * Return: 0, -E2BIG (see diags), -ENOMEM. Free with policy_image_free().
 */
int policy_compile(const struct policy *policy, struct policy_image **out,
		   struct policy_diags *diags);

/*
 * The same without acl, and without the roots that lead into it: for those who show a
 * policy that is in force, and need the names of things, and quickly.
 */
int policy_compile_names(const struct policy *policy, struct policy_image **out,
			 struct policy_diags *diags);
void policy_image_free(struct policy_image *image);

#endif /* PINHOLE_POLICY_H */
