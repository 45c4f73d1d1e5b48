/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_session.h - what is remembered about one FTP control connection.
 *
 * Why it exists: the control stream is judged line by line but arrives in
 * segments cut anywhere, lost, repeated, and from two directions at once. This
 * is the state that turns segments back into lines and keeps the sequence
 * numbers true after a rewrite changed the length. Only the layout is here;
 * ftp_line.h and ftp_stream.h hold what is done with it.
 *
 * Who may include it: everybody. Pure: compiles for BPF and natively.
 *
 * Races. The two directions may run on two CPUs, and one direction may, when
 * a sender moves between CPUs, run on two as well. Therefore:
 *  - `busy` of a direction is taken by compare-and-swap for as long as one of
 *    its segments is parsed; it guards next_seq, flags and line of that
 *    direction. A second segment that finds it taken is dropped with
 *    PH_DROP_FTP_SEGMENT and repeated by its sender: that is the worst
 *    outcome.
 *  - `lock` guards what both directions touch: stream, the command queue, the
 *    holes and the flags of the session. No helper is called under it.
 *  - a session may be deleted, and its memory given to another one, while a
 *    packet still uses it. conn_id is compared under the lock before every
 *    change; a line half parsed may still be written into the other session's
 *    scanner, which then misreads one line of its own. It can open no hole
 *    except by a whole valid line of its own connection.
 */
#ifndef PINHOLE_BPF_FTP_SESSION_H
#define PINHOLE_BPF_FTP_SESSION_H

#include <linux/bpf.h>
#include <linux/types.h>

#include <pinhole/abi.h>

/*
 * A function whose argument pointers the verifier takes on trust, so that it is
 * verified once and not once per path that leads to it. It must look at them
 * for NULL, and cannot be called under a lock.
 */
#ifdef __bpf__
#	define FTP_GLOBAL __attribute__((noinline))
#else
#	define FTP_GLOBAL static inline
#endif

#define FTP_MAX_SPANS	 16 /* rewrites per direction not yet acknowledged */
#define FTP_MAX_COMMANDS 16 /* commands in flight that are told apart */
#define FTP_MAX_HOLES	 8  /* unused holes per session; a power of two */

/* The scanner of one direction: the line so far, digested byte by byte. */
struct ftp_line {
	__u64 word; /* first word of the argument, upper case, packed */
	union {	    /* announced address so far; IPv4: only when complete v4-mapped */
		struct ph_addr address;
		__be16 group[8];
		__u8 octet[16];
	};
	__u32 head;	/* verb, upper case, packed; or the reply code */
	__u32 number;	/* the number being read */
	__u32 span_seq; /* sequence number of the address text's first byte */
	__u16 span_len; /* its length in bytes; 0 until it is complete */
	__u16 port;	/* announced port, host order; 0 until complete */
	__u16 length;	/* bytes of the line so far, saturating */
	__u16 multi;	/* code of the multi-line reply in progress, or 0 */
	__u8 state;	/* enum ftp_state of ftp_line.h */
	__u8 kind;	/* enum ftp_kind of ftp_line.h */
	__u8 field;	/* index of the number being read */
	__u8 digits;	/* digits of the number being read */
	__u8 delimiter; /* of EPRT and 229 */
	__u8 run;	/* 229: equal delimiters in a row; IPv6: colons in a row, or
			 * octets of an IPv4 address at the end */
	__u8 gap;	/* IPv6: 1 + the number of groups before "::"; 0: none */
	__u8 bad;	/* nothing of this line is believed */
	__u8 carriage;	/* the last byte was CR */
	__u8 pad[3];
};

/* One rewritten stretch: old_len bytes at seq became new_len others. The new
 * text is not stored: it is the announcer's mapped address in that form. */
struct ftp_span {
	__u32 seq; /* as its sender counts */
	__u8 old_len;
	__u8 new_len;
	__u8 separator; /* ',' or '.': how the octets of IPv4 are set apart */
	__u8 pad;
};

/* What was done to the bytes of one direction. */
struct ftp_stream {
	__s32 base;  /* sum of the length changes of forgotten spans */
	__u32 acked; /* highest acknowledgement, as the sender counts */
	__u32 count; /* spans in use, oldest first */
	struct ftp_span span[FTP_MAX_SPANS];
};

#define FTP_DIR_LOST (1u << 0) /* bytes were missed: opens nothing any more */

struct ftp_direction {
	__u32 busy;
	__u32 next_seq; /* first byte not parsed yet, as the sender counts */
	__u32 flags;
	__u32 pad;
	struct ftp_line line;
	struct ftp_stream stream;
	__u32 pad2;
};

/* A command whose final reply is awaited. */
struct ftp_command {
	__u8 kind;     /* enum ftp_kind */
	__u8 has_hole; /* it opened the hole with the number `opening` */
	__u16 opening; /* low bits of holes_opened before it */
};

#define FTP_S_OPAQUE   (1u << 0) /* TLS or GSSAPI: cannot be read any more */
#define FTP_S_EPSV_ALL (1u << 1) /* RFC 2428, 4: nothing but EPSV from now on */
#define FTP_S_CLOSING  (1u << 2) /* FIN, RST or 421 seen: opens nothing */

/* Index PH_INITIATOR (0) is the client, PH_RESPONDER (1) the server. */
struct ftp_session {
	struct bpf_spin_lock lock;
	__u32 flags;
	__u64 conn_id; /* conn.id of the control connection */
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
	__u32 pad;
};

_Static_assert(sizeof(struct ftp_line) == 56, "size of struct ftp_line");
_Static_assert(sizeof(struct ftp_stream) == 140, "size of struct ftp_stream");
_Static_assert(sizeof(struct ftp_direction) == 216, "size of struct ftp_direction");
_Static_assert(sizeof(struct ftp_session) < 1024, "a session is under 1 KiB");

#endif /* PINHOLE_BPF_FTP_SESSION_H */
