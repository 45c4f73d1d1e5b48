/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_area.h - the inspector's working memory for the packet in hand.
 *
 * Why it exists: the parts of the inspector share more than a BPF stack holds.
 * One area per CPU, safe for the reason given in work.h.
 *
 * Who may include it: the ftp_ stages that use maps.
 */
#ifndef PINHOLE_BPF_FTP_AREA_H
#define PINHOLE_BPF_FTP_AREA_H

#include "ftp_line.h"
#include "ftp_queue.h"
#include "ftp_stream.h"
#include "ftp_text.h"
#include "maps.h"

#define FTP_MAX_PAYLOAD	  65536 /* bytes; no IP packet holds more */
#define FTP_CHUNK_BYTES	  512	/* read from the skb at once; bpf_csum_diff's limit */
#define FTP_REWRITE_BYTES 4096	/* longest payload that can be rewritten; power of two */

/* What tc_ingress knows of the packet that tc_ftp goes on with. All else it finds
 * again by what is in the work area. */
struct ftp_handover {
	__u32 generation;
	__u32 dir;
	__u32 frame_len;
	__u8 begins; /* the packet completes the handshake */
	__u8 by_stack;
	__u8 unresolved;
	__u8 untranslated;
};

struct ftp_area {
	struct ftp_handover handover;

	/* Copies taken from the session under its lock. */
	struct ftp_line line;
	struct ftp_stream own;	 /* of the direction of the packet */
	struct ftp_stream other; /* of the direction it acknowledges */
	struct tls_reader tls;
	__u32 session_flags;
	__u32 mode;		  /* enum ftp_mode of the direction */
	__u32 dir;		  /* PH_INITIATOR or PH_RESPONDER sent the packet */
	__u32 slot;		  /* of the generation in force */
	struct fixup_value fixup; /* what that says of the server's port */
	__u64 timeout_hole_ns;

	/* The packet. Offsets and lengths in bytes, from the payload's start. */
	__u32 seq;	/* of the payload's first byte, as the sender counts */
	__u32 len;	/* what of the payload is sent on: all, or cut at a line */
	__u32 skip;	/* parsed before */
	__u32 at;	/* where reading has come to; of a line being judged, its end */
	__u32 line_at;	/* where the line in hand begins; 0: or before the packet */
	__u32 chunk_at; /* what of the payload is in chunk */
	__u32 chunk_end;
	__s32 limit;  /* longest payload that may leave rewritten */
	__s32 growth; /* by which rewriting lengthens it */
	__u8 parse;   /* there is something new to read */
	__u8 stop;    /* read no further */
	__u8 server;  /* it is the server's */
	__u8 failed;  /* the payload could not be read */
	__u8 begins;  /* the packet completes the handshake */
	__u8 opened;  /* bit n: it opened the hole in slot n */
	__u8 held;    /* this CPU holds the direction and must give it back */
	__u8 changed; /* the mode changed while reading */
	__u8 end;     /* FTP_ACTION_*: the connection ends with this packet */
	__u8 refused; /* it begins with what cannot be sent on now */
	__u8 found;   /* ftp_foresee() has */
	__u8 pad;
	/* Whether what the sender announces may be seen as another port: what it is
	 * seen from is an interface with rules, and between which they hold. */
	__u8 by_rules;
	__u8 unseen; /* nobody sees what the line in hand announces */
	__u8 pad2[2];
	__u16 seen_port; /* as what port it is seen; host order */
	__u16 pad3;
	__u32 real_if;
	__u32 mapped_if;
	struct ftp_span next; /* the span that is about to be recorded */
	__u16 rule;	      /* that matched */
	__u16 end_reason;     /* enum ph_reason */
	__u32 reset_seq;      /* what the packet's receiver expects next, as it counts */
	__u32 reset_ack;      /* what the packet acknowledges, likewise */

	/* Scratch. */
	struct ftp_line foreseen;
	struct hole_key key;
	struct hole_key evicted;
	struct ftp_closed closed;
	struct ftp_command command; /* the one being judged */
	struct ftp_text text;
	struct ftp_tcp tcp_old;
	struct ftp_tcp tcp_new;
	/* Where new entries are built. Not typed: a per-CPU map must not hold
	 * the kernel's timers and locks, not even unused ones. */
	__u64 hole[sizeof(struct hole) / sizeof(__u64)];
	__u64 session[sizeof(struct ftp_session) / sizeof(__u64)];
	__u8 chunk[FTP_CHUNK_BYTES];
	/* Twice the size, so that a masked start plus a bounded length stays
	 * inside for the verifier. */
	__u8 payload[2 * FTP_REWRITE_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ftp_area);
} ftp_area SEC(".maps");

/* What every part needs; on the stack, for it holds pointers. */
struct ftp_scan {
	struct __sk_buff *skb;
	struct work *w;
	struct conn *conn;
	struct ftp_session *s;
	struct ftp_area *a;
};

/*
 * A length that the code before has shown to be 1..max, max a power of two, in
 * a form in which the verifier sees it too. The compiler must forget what it
 * knows of the value, or it would drop the mask.
 */
static __always_inline __u32 ftp_bounded(__u32 len, __u32 max)
{
	asm volatile("" : "+r"(len));
	return ((len - 1) & (max - 1)) + 1;
}

/* Copy a struct of whole words, one at a time: copied at once, it would pass
 * through the BPF stack. */
static __always_inline void ftp_copy(void *to, const void *from, __u32 bytes)
{
	for (__u32 i = 0; i < bytes / sizeof(__u32); i++) {
		((__u32 *)to)[i] = ((const __u32 *)from)[i];
		asm volatile("" ::: "memory"); /* no memcpy() of it */
	}
}

/* Clear a struct of whole 64-bit words, too large for the compiler to do so. */
static __always_inline void ftp_clear(void *at, __u32 bytes)
{
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < bytes / sizeof(__u64); i++)
		((volatile __u64 *)at)[i] = 0;
}

/* One direction of the session; the mask is for the verifier. */
static __always_inline struct ftp_direction *ftp_direction(struct ftp_session *s,
							   __u32 dir)
{
	return &s->dir[dir & 1];
}

#endif /* PINHOLE_BPF_FTP_AREA_H */
