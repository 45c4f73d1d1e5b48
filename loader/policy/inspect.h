/* SPDX-License-Identifier: GPL-2.0 */
/*
 * inspect.h - the part of the model that ASA calls the modular policy framework:
 * expressions, classes of what they find, and policies of what is done then.
 *
 * Why it exists: what is inspected and how is said in four storeys that name one
 * another; they are kept as they are written.
 *
 * Who may include it: model.h.
 */
#ifndef PINHOLE_POLICY_INSPECT_H
#define PINHOLE_POLICY_INSPECT_H

#include <stdbool.h>
#include <stdint.h>

#include <pinhole/abi_ftp.h>

#include "policy/where.h"
#include "util/vec.h"

#define POLICY_INSPECT_NAME_SIZE 64 /* as in policy.h, with the NUL */
#define POLICY_NO_MAP		 SIZE_MAX

/* What is written alike behind a fixup and below `parameters`. */
struct policy_ftp_options {
	uint32_t flags; /* FIXUP_F_* */
	uint16_t data_low;
	uint16_t data_high;
	uint16_t data_limit;	    /* 0: none */
	struct policy_where tls_at; /* line 0: not given */
	struct policy_where data_at;
	struct policy_where source_at;
};

/* The inspection of a TCP port. */
struct policy_fixup {
	struct policy_where where;
	uint32_t kind; /* enum fixup_kind */
	uint16_t port;
	bool by_service; /* a service-policy says so, not a fixup */
	uint64_t ifaces; /* a bit per interface, by its number; 0: all of them */
	struct policy_ftp_options options;
	size_t map; /* index into maps; POLICY_NO_MAP: none */
};

/* regex NAME "PATTERN" */
struct policy_regex {
	char name[POLICY_INSPECT_NAME_SIZE];
	struct policy_where where; /* first line that names it */
	char *pattern;		   /* NULL: only used so far */
};

enum policy_match_kind {
	/* The first are those of enum ftp_subject: an expression about it. */
	POLICY_MATCH_COMMAND = FTP_N_SUBJECTS, /* request-command */
	POLICY_MATCH_REGEX,		       /* of a class of expressions */
	POLICY_MATCH_DEFAULT,		       /* default-inspection-traffic */
	POLICY_MATCH_PORTS,		       /* port tcp, port udp */
	POLICY_MATCH_ANY,		       /* any */
	POLICY_MATCH_LIST,		       /* access-list */
	POLICY_MATCH_OTHER,		       /* of what is not a port: nothing here */
};

/* One `match`. */
struct policy_match {
	struct policy_where where; /* of its first word after match */
	unsigned int kind;	   /* enum ftp_subject or enum policy_match_kind */
	bool negated;
	bool is_class;	/* ref is an index into classes, else into regexes */
	size_t ref;	/* of an expression */
	uint64_t verbs; /* of COMMAND: a bit per enum ftp_verb */
	uint16_t low;	/* of PORTS */
	uint16_t high;
	bool udp;			     /* of PORTS */
	char text[POLICY_INSPECT_NAME_SIZE]; /* of LIST: its name; of OTHER: its words */
};

enum policy_class_kind {
	POLICY_CLASS_UNKNOWN, /* only used so far */
	POLICY_CLASS_REGEX,   /* class-map type regex match-any NAME */
	POLICY_CLASS_FTP,     /* class-map type inspect ftp NAME */
	POLICY_CLASS_TRAFFIC, /* class-map NAME */
	POLICY_CLASS_FOREIGN, /* of traffic to the machine, or of other inspections */
};

/* The class of all traffic, which needs no class-map; and that of the default ports,
 * which is part of the configuration that an ASA leaves its factory with. */
#define POLICY_CLASS_DEFAULT		"class-default"
#define POLICY_CLASS_DEFAULT_INSPECTION "inspection_default"

struct policy_class {
	char name[POLICY_INSPECT_NAME_SIZE];
	struct policy_where where;
	enum policy_class_kind kind;
	bool match_any; /* one of the matches will do */
	bool built_in;	/* one of the above, without a class-map */
	VEC(struct policy_match) matches;
};

/*
 * A line of a policy-map. Of type inspect ftp: a match or a class, and what is
 * done then. Otherwise: a class (fixup_kind 0), or an inspection of the class
 * before it.
 */
struct policy_clause {
	struct policy_where where;
	struct policy_match match;
	bool is_class;
	size_t class;	/* index into classes */
	uint8_t action; /* FTP_ACTION_*; 0: none yet */
	uint32_t fixup_kind;
	bool strict;
	size_t map; /* index into maps; POLICY_NO_MAP: none */
};

enum policy_map_kind {
	POLICY_MAP_UNKNOWN, /* only used so far */
	POLICY_MAP_FTP,	    /* policy-map type inspect ftp NAME */
	POLICY_MAP_SERVICE, /* policy-map NAME */
};

/* Whether the reply to SYST is masked. */
enum policy_mask_syst { POLICY_MASK_IF_STRICT, POLICY_MASK_ALWAYS, POLICY_MASK_NEVER };

struct policy_map {
	char name[POLICY_INSPECT_NAME_SIZE];
	struct policy_where where;
	enum policy_map_kind kind;
	struct policy_ftp_options options;
	enum policy_mask_syst mask_syst;
	bool used;
	VEC(struct policy_clause) clauses;
};

/* service-policy MAP global | interface IF */
struct policy_service {
	struct policy_where where;
	size_t map;
	bool global;
	size_t iface; /* index into ifaces, once all is known */
};

#endif /* PINHOLE_POLICY_INSPECT_H */
