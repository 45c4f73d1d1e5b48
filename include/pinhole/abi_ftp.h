/* SPDX-License-Identifier: GPL-2.0 */
/*
 * abi_ftp.h - the part of the ABI that speaks of FTP: what is inspected and how,
 * what is remembered of a control connection, and what is told about it.
 *
 * Who may include it: everybody; the rules of abi.h hold. How the parts of a
 * session are used, and the races about them, is said in bpf/ftp_session.h.
 *
 * RFC 959, 2228, 2389, 2428, 2640, 3659, 4217, 7151 (the commands).
 */
#ifndef PINHOLE_ABI_FTP_H
#define PINHOLE_ABI_FTP_H

#include <pinhole/abi.h>
#include <pinhole/abi_log.h>

#define PH_MAX_FTP_RULES  64   /* of one inspection */
#define PH_MAX_FTP_STATES 4096 /* of all automata of a policy, state 0 included */
#define PH_MAX_FTP_ATOMS  32   /* of one inspection */
#define PH_MAX_GRANT_HOLDERS \
	16 /* sessions between the same two ends that are told apart */

/* ---- what is inspected, and how ---- */

/* The commands that are known. Others are FTP_VERB_UNKNOWN. X(NAME). */
/* clang-format off */
#define FTP_VERBS(X)                                                                    \
	X(USER)                                                                         \
	X(PASS)                                                                         \
	X(ACCT)                                                                         \
	X(CWD)                                                                          \
	X(CDUP) X(SMNT) X(REIN) X(QUIT) X(PORT) X(PASV) X(TYPE) X(STRU) X(MODE) X(      \
		RETR) X(STOR) X(STOU) X(APPE) X(ALLO) X(REST) X(RNFR) X(RNTO) X(ABOR)   \
		X(DELE) X(RMD) X(MKD) X(PWD) X(LIST) X(NLST) X(SITE) X(SYST) X(STAT)    \
			X(HELP) X(NOOP) X(XCUP) X(XCWD) X(XMKD) X(XPWD) X(XRMD) X(AUTH) \
				X(ADAT) X(PBSZ) X(PROT) X(CCC) X(MIC) X(CONF) X(ENC)    \
					X(FEAT) X(OPTS) X(EPRT) X(EPSV) X(LPRT) X(LPSV) \
						X(LANG) X(MDTM) X(SIZE) X(MLST) X(MLSD) \
							X(HOST) X(CLNT) X(MFMT) X(XCRC) \
								X(XMD5)

enum ftp_verb {
	FTP_VERB_NONE = 0, /* no command: an empty line, or the server's */
	FTP_VERB_UNKNOWN,
#define X(NAME) FTP_VERB_##NAME,
	FTP_VERBS(X)
#undef X
		FTP_VERB_END,
};

_Static_assert(FTP_VERB_END <= 64, "a set of verbs is one word");

/*
 * What is found in a control connection. X(NAME, "name-on-screen", "what
 * happened"). The number is an index into ftp_findings: append only.
 */
#define FTP_FINDINGS(X)                                                                 \
	X(FOREIGN_ADDRESS, "foreign-address",                                           \
	  "an announcement of an address that is not its sender's")                     \
	X(LOW_PORT, "low-port", "an announcement of a port below 1024")                 \
	X(MALFORMED, "malformed-numbers",                                               \
	  "an announcement that is cut short or has impossible numbers")                \
	X(UNSOLICITED, "unsolicited-reply", "a 227 or 229 that nobody asked for")       \
	X(TABLE_FULL, "hole-table-full", "no room for another hole")                    \
	X(NO_REWRITE, "no-rewrite", "the announced address could not be rewritten")     \
	X(EPSV_ALL, "after-epsv-all", "PORT, EPRT or PASV after EPSV ALL")              \
	X(NOT_FTP, "not-ftp",                                                           \
	  "an announcement where the client has spoken another protocol")               \
	X(STREAM_LOST, "stream-lost",                                                   \
	  "an announcement in a stream of which bytes were missed")                     \
	X(SESSION_ENDING, "session-ending",                                             \
	  "an announcement when the session was closing")                               \
	X(NUL_BYTE, "nul-byte", "a line with a NUL byte in it")                         \
	X(NO_CRLF, "missing-crlf", "a line with a lone CR or LF in it")                 \
	X(OVERLONG, "overlong", "a line or file name longer than inspection bears")     \
	X(TRAILING, "trailing-text", "more than 8 characters behind the port numbers")  \
	X(PIPELINED, "pipelined-command", "a command before the reply to the last one") \
	X(UNKNOWN_COMMAND, "unknown-command", "a command that is not known")            \
	X(SERVER_COMMAND, "command-from-server", "PORT or EPRT sent by the server")     \
	X(CLIENT_REPLY, "reply-from-client", "a 227 or 229 sent by the client")         \
	X(STREAM_EDITED, "stream-edited",                                               \
	  "a repeated segment with other bytes than before")                            \
	X(TLS_DENIED, "tls-denied", "AUTH where the policy denies TLS")                 \
	X(TLS_REQUIRED, "tls-required",                                                 \
	  "USER, PASS or ACCT in clear where the policy requires TLS")                  \
	X(NO_CLIENT_HELLO, "no-client-hello", "no TLS ClientHello where one must be")   \
	X(MATCH, "policy-match", "a match of the inspection's policy-map")              \
	X(DATA_LIMIT, "data-limit",                                                     \
	  "more parallel data connections than data-ports permits")                     \
	X(NO_TRANSLATION, "no-translation",                                             \
	  "an announced port that no translation covers, of an end that is translated")

enum ftp_finding {
#define X(NAME, TEXT, HELP) FTP_FOUND_##NAME,
	FTP_FINDINGS(X)
#undef X
		FTP_N_FINDINGS,
	FTP_FOUND_NOTHING = 255,
};

/* Key of the fixup table: a server port to inspect. */
struct fixup_key {
	__be16 port;
	__u8 proto;
	__u8 pad;
};

enum fixup_kind {
	FIXUP_FTP = 1, /* begins in clear */
	FIXUP_FTPS,    /* implicit TLS: begins with a ClientHello */
};

#define FIXUP_F_STRICT	    (1u << 0)
#define FIXUP_F_TLS_DENY    (1u << 1)
#define FIXUP_F_TLS_REQUIRE (1u << 2)
#define FIXUP_F_DATA_PORTS  (1u << 3) /* data_low..data_high follow TLS sessions */
#define FIXUP_F_SOURCE_PORT (1u << 4) /* active data must come from the data port */
#define FIXUP_F_MASK_BANNER (1u << 5)
#define FIXUP_F_MASK_SYST   (1u << 6)

/* What the regular expressions of a policy-map look at. */
enum ftp_subject {
	FTP_SUBJECT_FILENAME = 0, /* the path in RETR, STOR, STOU, APPE */
	FTP_SUBJECT_FILETYPE,	  /* from the last dot of the path's last part on */
	FTP_SUBJECT_USERNAME,	  /* the argument of USER */
	FTP_SUBJECT_SERVER,	  /* the text of the first 220 reply */
	FTP_N_SUBJECTS,
};

struct fixup_value {
	__u64 ifaces;	/* connections between which are inspected: a bit per
			 * iface_config.id of either end; 0: all */
	__u32 kind;	/* enum fixup_kind */
	__u32 flags;	/* FIXUP_F_* */
	__u16 data_low; /* host order, inclusive */
	__u16 data_high;
	__u16 data_limit; /* parallel data connections per session; 0: no limit */
	__u16 n_rules;	  /* 0..PH_MAX_FTP_RULES */
	__u32 first_rule; /* index into ftp_rules */
	__u16 start[FTP_N_SUBJECTS]; /* first state of the automaton; 0: none */
	__u32 pad;
};

/*
 * One `match` and its action. It holds where the command is one of `verbs` and
 * of the expressions (atoms, bits given per inspection) all of all_of and none
 * of none_of were found.
 */
struct ftp_rule {
	__u64 verbs; /* bit per enum ftp_verb; 0: whichever */
	__u32 all_of;
	__u32 none_of;
	__u16 on;    /* FTP_ON_*: at which lines it is asked */
	__u8 action; /* FTP_ACTION_* */
	__u8 pad[5];
};

#define FTP_ON_COMMAND	(1u << 0) /* every command */
#define FTP_ON_FILE	(1u << 1) /* RETR, STOR, STOU, APPE */
#define FTP_ON_USER	(1u << 2) /* USER */
#define FTP_ON_GREETING (1u << 3) /* the server's first 220 */

#define FTP_ACTION_LOG	 (1u << 0)
#define FTP_ACTION_RESET (1u << 1) /* both ends get a RST */
#define FTP_ACTION_DROP	 (1u << 2) /* the connection is forgotten, its packets dropped */

/*
 * A state of an automaton that reads a subject byte by byte (case as written).
 * State 0 is none and dead: nothing is found any more. accept: the atoms found
 * if the subject ends here.
 */
struct ftp_state {
	__u16 next[256];
	__u32 accept;
};

/* ---- a control connection ---- */

#define FTP_MAX_SPANS	      16  /* rewrites per direction not yet acknowledged */
#define FTP_MAX_COMMANDS      16  /* commands in flight that are told apart */
#define FTP_MAX_HOLES	      8	  /* unused holes per session; a power of two */
#define FTP_HISTORY_BYTES     512 /* last bytes of a direction; a power of two */
#define FTP_USER_BYTES	      64  /* NUL included; longer ones are cut */
#define FTP_SERVER_NAME_BYTES 128

/* The scanner of one direction: the line so far, digested byte by byte. */
struct ftp_line {
	__u64 word; /* first word of the argument, upper case, packed */
	union {	    /* announced address so far; IPv4: only when complete v4-mapped */
		struct ph_addr address;
		__be16 group[8];
		__u8 octet[16];
	};
	__u32 head;	    /* verb, upper case, packed; or the reply code */
	__u32 number;	    /* the number being read */
	__u32 start_seq;    /* sequence number of the line's first byte */
	__u32 span_seq;	    /* of the address text's first byte */
	__u16 span_len;	    /* its length in bytes; 0 until it is complete */
	__u16 port;	    /* announced port, host order; 0 until complete */
	__u16 length;	    /* bytes of the line so far, saturating */
	__u16 arg_at;	    /* where in the line the argument begins; 0: not yet */
	__u16 multi;	    /* code of the multi-line reply in progress, or 0 */
	__u16 automaton[2]; /* states: file name, user or server; and file type */
	__u8 state;	    /* enum ftp_line_state of bpf/ftp_line_types.h */
	__u8 kind;	    /* enum ftp_kind, ibid. */
	__u8 verb;	    /* enum ftp_verb */
	__u8 field;	    /* index of the number being read */
	__u8 digits;	    /* digits of the number being read */
	__u8 delimiter;	    /* of EPRT and 229 */
	__u8 run;      /* 229: equal delimiters in a row; IPv6: colons in a row, or octets
			* of an IPv4 address at the end */
	__u8 gap;      /* IPv6: 1 + the number of groups before "::"; 0: none */
	__u8 faults;   /* FTP_FAULT_*: nothing of this line is believed */
	__u8 carriage; /* the last byte was CR */
	__u8 trailing; /* bytes behind the port numbers, CR LF excepted; saturating */
	__u8 committed; /* the address text was rewritten before the line was whole */
	__u16 end_len;	/* from the first byte at span_seq to the port's last; 0 until
			 * it is complete. Of 229, which has no address, its digits */
	__u8 pad[4];
};

#define FTP_FAULT_NUL  (1u << 0)
#define FTP_FAULT_CRLF (1u << 1) /* a CR or LF by itself */
#define FTP_FAULT_LONG (1u << 2) /* longer than FTP_HISTORY_BYTES */
#define FTP_FAULT_JOIN (1u << 3) /* its beginning was not seen */

/* One rewritten stretch: old_len bytes at seq became new_len others. The new
 * text is not stored: it is what kind says. */
struct ftp_span {
	__u32 seq; /* as its sender counts */
	__u8 old_len;
	__u8 new_len;
	__u8 kind;	/* FTP_SPAN_* */
	__u8 delimiter; /* FTP_SPAN_DOTS: between address and port */
	__u16 port;	/* host order; 0: the text is an address alone */
	__u8 pad[2];
};

#define FTP_SPAN_COMMAS 0 /* the announcer's mapped address, octets set apart by ',' */
#define FTP_SPAN_DOTS	1 /* the same by '.'; or IPv6 */
#define FTP_SPAN_MASK	2 /* as many asterisks as there were bytes */
#define FTP_SPAN_PORT	3 /* a port alone */

/* What was done to the bytes of one direction. */
struct ftp_stream {
	__s32 base;  /* sum of the length changes of forgotten spans */
	__u32 acked; /* highest acknowledgement, as the sender counts */
	__u32 count; /* spans in use, oldest first */
	struct ftp_span span[FTP_MAX_SPANS];
};

/* The reader of TLS records of one direction (bpf/tls_record.h): 64 bytes of its
 * own. All zeros is one that has read nothing. */
struct tls_reader {
	__u32 body_left;  /* bytes of the record in hand still to come */
	__u32 hello_left; /* bytes of the hello message still to come */
	__u32 part_left;  /* bytes of its part in hand still to come */
	__u32 number;	  /* the last bytes of the part in hand */
	__u32 records;	  /* complete ones */
	__u16 list_left;  /* bytes of the list of server names still to come */
	__u8 header_len;  /* bytes of the record header read, 0..5; 0: at a boundary */
	__u8 type;	  /* of the record in hand */
	__u8 part;	  /* enum tls_part: what of the hello is being read */
	__u8 seen;	  /* TLS_SEEN_* */
	__u8 name_len;	  /* bytes of the server name stored */
	__u8 named;	  /* 1: a server name was found, later ones are none */
	__u8 pad[36];
};

#define TLS_SEEN_HELLO \
	(1u << 0) /* ClientHello of the client, ServerHello of the server */
#define TLS_SEEN_DATA	(1u << 1) /* application data: the handshake is complete */
#define TLS_SEEN_BROKEN (1u << 2) /* not TLS */

#define FTP_DIR_LOST (1u << 0) /* bytes were missed: opens nothing any more */

/* What a direction of the stream is made of. */
enum ftp_mode {
	FTP_MODE_LINES = 0,
	FTP_MODE_HELLO, /* a TLS hello must be next */
	FTP_MODE_TLS,
	FTP_MODE_OPAQUE, /* unreadable for good */
};

struct ftp_direction {
	__u32 busy;
	__u32 next_seq;	   /* first byte not parsed yet, as the sender counts */
	__u32 flags;	   /* FTP_DIR_* */
	__u32 mode;	   /* enum ftp_mode */
	__u32 history_end; /* history holds bytes up to this sequence number... */
	__u32 history_len; /* ...so many of them, at most FTP_HISTORY_BYTES */
	struct ftp_line line;
	struct ftp_stream stream;
	__u32 generation; /* of the policy whose automata line.automaton speaks of */
	struct tls_reader tls;
	__u8 history[FTP_HISTORY_BYTES]; /* byte n of the stream at n modulo the size */
};

/* A command whose final reply is awaited. */
struct ftp_command {
	__u8 kind;     /* enum ftp_kind */
	__u8 has_hole; /* it opened the hole with the number `opening` */
	__u16 opening; /* low bits of holes_opened before it */
	__u8 verb;     /* enum ftp_verb */
	__u8 pad[3];
};

#define FTP_S_EPSV_ALL (1u << 0) /* RFC 2428, 4: nothing but EPSV from now on */
#define FTP_S_CLOSING  (1u << 1) /* FIN, RST or 421 seen: opens nothing */
#define FTP_S_GREETED  (1u << 2) /* the server's 220 was seen */
#define FTP_S_NOT_FTP  (1u << 3) /* the client speaks another protocol: opens nothing */
#define FTP_S_AUTH     (1u << 4) /* AUTH was sent, its reply is awaited */
#define FTP_S_TLS      (1u << 5) /* TLS was begun, with both hellos seen */
#define FTP_S_VERIFIED (1u << 6) /* and the handshake completed */
#define FTP_S_CLEARED  (1u << 7) /* in clear again after TLS (CCC) */
#define FTP_S_GSSAPI   (1u << 8)
#define FTP_S_IMPLICIT (1u << 9) /* TLS from the start */
#define FTP_S_HOST     (1u << 10) /* this machine's own: seen by its socket, abi_host.h */

/* Index PH_INITIATOR (0) is the client, PH_RESPONDER (1) the server. */
struct ftp_session {
	struct bpf_spin_lock lock;
	__u32 flags;	 /* FTP_S_* */
	__u64 conn_id;	 /* conn.id of the control connection */
	__u64 opened_ns; /* CLOCK_MONOTONIC */
	/* As which address each end is seen by the other; fixed for life, so
	 * that a repeated segment gets the same bytes again. */
	struct ph_addr mapped[2];
	struct ftp_direction dir[2];
	struct ftp_command command[FTP_MAX_COMMANDS]; /* ring */
	__u32 command_head;			      /* oldest */
	__u32 command_count;
	/* Ring of the holes last opened; number n is in slot n modulo
	 * FTP_MAX_HOLES. Used and expired ones stay listed until overwritten: a
	 * hole is the listed one only if its parent_id and opened_ns agree. */
	struct hole_key hole[FTP_MAX_HOLES];
	__u64 hole_opened_ns[FTP_MAX_HOLES]; /* 0: the slot is empty */
	__u32 holes_opened;
	__u32 data_open; /* data connections that live */
	__u32 data_total;
	__u32 server_atoms;			 /* found in the greeting */
	__u32 grant_slot;			 /* where in its grant it is entered */
	__u16 found[32];			 /* by enum ftp_finding, saturating */
	char user[FTP_USER_BYTES];		 /* NUL-terminated */
	char path[FTP_HISTORY_BYTES / 2];	 /* of the transfer under way */
	char server_name[FTP_SERVER_NAME_BYTES]; /* SNI; NUL-terminated */
	__u32 user_atoms;			 /* found in the user name */
};

/* A session whose control connection is closing: the first to go where there is no
 * room for another. */
struct ftp_closed {
	struct flow_key key;
	__u64 conn_id;
};

/* ---- data ports that follow TLS sessions ---- */

/* Real addresses of the two ends of control connections. */
struct grant_key {
	struct ph_addr client;
	struct ph_addr server;
};

struct grant_holder {
	struct flow_key session; /* the control connection */
	__u64 conn_id;		 /* 0: the slot is empty */
};

/* The sessions between two ends whose TLS was verified. A data connection needs
 * one of them that is alive; the entry itself proves nothing. */
struct grant {
	struct grant_holder holder[PH_MAX_GRANT_HOLDERS];
};

/* ---- what is told ---- */

#define FTP_RECORD_TEXT_BYTES 256

/* PH_RECORD_FTP, PH_RECORD_FTP_FILE, PH_RECORD_FTP_TLS. */
struct ftp_record {
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u32 kind;    /* enum ph_record_kind */
	__u32 finding; /* enum ftp_finding; of a file: enum ftp_transfer */
	struct flow_key key;
	__u64 conn_id;
	struct ph_addr mapped[2]; /* by PH_INITIATOR (client), PH_RESPONDER */
	__u32 ifindex[2];	  /* likewise; iface_config.l3_ifindex */
	__u32 conn_flags;	  /* CONN_F_INITIATOR_1 tells which end is the client */
	__u16 port;		  /* announced, host order; 0: none */
	__u16 text_len;
	struct ph_addr address; /* announced */
	__u16 rule;		/* FTP_FOUND_MATCH: index of the rule in ftp_rules */
	__u8 action;		/* FTP_ACTION_*; 0: a hole was refused, no more */
	__u8 server;		/* 1: the server said it */
	__u8 verb;		/* enum ftp_verb */
	__u8 pad[3];
	char user[FTP_USER_BYTES]; /* NUL-terminated; "": not known */
	/* The line's first bytes, the file's path, or the server name that the
	 * client asked TLS for; not terminated. Never what
	 * follows PASS or ACCT. */
	__u8 text[FTP_RECORD_TEXT_BYTES];
};

enum ftp_transfer { FTP_STORED = 1, FTP_RETRIEVED };

/* What comes out of the ring. */
union ph_any_record {
	struct {
		__u64 time_ns;
		__u32 kind;
		__u32 reason;
	};
	struct ph_record conn; /* PH_RECORD_CONN_END, PH_RECORD_TABLE_FULL */
	struct ftp_record ftp;
	struct acl_record acl; /* PH_RECORD_ACL */
	struct built_record built;
	struct drop_record drop;
};

/* Map names, at most 15 characters. */
#define PH_MAP_FIXUPS	    "fixups"	   /* [2] of HASH fixup_key -> fixup_value */
#define PH_MAP_FTP_RULES    "ftp_rules"	   /* [2] of ARRAY ftp_rule */
#define PH_MAP_FTP_STATES   "ftp_states"   /* [2] of ARRAY ftp_state */
#define PH_MAP_FTP	    "ftp_sessions" /* HASH flow_key -> ftp_session */
#define PH_MAP_FTP_CLOSED   "ftp_closed"   /* QUEUE of ftp_closed */
#define PH_MAP_GRANTS	    "grants"	   /* HASH grant_key -> grant */
#define PH_MAP_FTP_FINDINGS "ftp_findings" /* PERCPU_ARRAY[ftp_finding] __u64 */
#define PH_MAP_FTP_PROGS    "ftp_programs" /* PROG_ARRAY */

PH_ASSERT_SIZE(struct fixup_key, 4);
PH_ASSERT_SIZE(struct fixup_value, 40);
PH_ASSERT_OFFSET(struct fixup_value, first_rule, 24);
PH_ASSERT_SIZE(struct ftp_rule, 24);
PH_ASSERT_SIZE(struct ftp_state, 516);
PH_ASSERT_SIZE(struct ftp_line, 72);
PH_ASSERT_SIZE(struct ftp_stream, 204);
PH_ASSERT_SIZE(struct tls_reader, 64);
PH_ASSERT_SIZE(struct ftp_direction, 880);
PH_ASSERT_SIZE(struct ftp_command, 8);
PH_ASSERT_SIZE(struct ftp_session, 2840);
PH_ASSERT_OFFSET(struct ftp_session, hole, 1952);
PH_ASSERT_SIZE(struct ftp_closed, 48);
PH_ASSERT_SIZE(struct grant_key, 32);
PH_ASSERT_SIZE(struct grant, 48ul * PH_MAX_GRANT_HOLDERS);
PH_ASSERT_SIZE(struct ftp_record, 456);
_Static_assert(FTP_N_FINDINGS <= 32, "a session counts every finding");

#endif /* PINHOLE_ABI_FTP_H */
