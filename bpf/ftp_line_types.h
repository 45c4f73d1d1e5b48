/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_line_types.h - the words in which ftp_line.h and its parts speak.
 *
 * Who may include it: everybody. Pure: compiles for BPF and natively.
 */
#ifndef PINHOLE_BPF_FTP_LINE_TYPES_H
#define PINHOLE_BPF_FTP_LINE_TYPES_H

#include <stdbool.h>

#include "ftp_session.h"

#ifndef __always_inline
#	define __always_inline inline __attribute__((always_inline))
#endif

#define FTP_LINE_MAX FTP_HISTORY_BYTES /* bytes of a line, CR LF included */

enum ftp_kind {
	FTP_NOTHING = 0, /* an empty line, or text inside a multi-line reply */
	FTP_COMMAND,	 /* any command not named below */
	FTP_PORT,
	FTP_EPRT,
	FTP_EPRT_OTHER, /* EPRT of a family that is neither IPv4 nor IPv6 */
	FTP_PASV,
	FTP_EPSV,
	FTP_EPSV_ALL,
	FTP_AUTH_TLS,
	FTP_AUTH_GSSAPI,
	FTP_CCC,
	FTP_QUIT,
	FTP_FOREIGN,	    /* what no client of FTP says: it speaks another protocol */
	FTP_CLIENT_REPLY,   /* a reply to PASV or EPSV, from the client */
	FTP_SERVER_COMMAND, /* PORT or EPRT, from the server */
	FTP_REPLY,	    /* the last or only line of a reply; its code is in head */
};

enum ftp_line_state {
	FTP_ST_START = 0,
	FTP_ST_IAC,	   /* after IAC at the start of a line */
	FTP_ST_IAC_OPTION, /* after IAC WILL, WONT, DO or DONT */
	FTP_ST_VERB,
	FTP_ST_LAX_VERB, /* one that only forbids: ftp_command.h */
	FTP_ST_VERB_IAC, /* after IAC inside the verb */
	FTP_ST_VERB_IAC_OPTION,
	FTP_ST_LONE_LF,	    /* the last byte was an LF that ends no line */
	FTP_ST_CLIENT_CODE, /* digits where a verb should be */
	FTP_ST_CODE,
	FTP_ST_TEXT_FIRST,  /* of a reply; its code and what follows it were read */
	FTP_ST_TEXT,	    /* the same, of a further line of the reply */
	FTP_ST_SERVER_VERB, /* letters where a code should be */
	FTP_ST_SERVER_ARG,
	FTP_ST_GAP, /* blanks before the argument */
	FTP_ST_LAX_GAP,
	FTP_ST_ARG,  /* its first byte was just read; or the first of a reply's text */
	FTP_ST_WORD, /* AUTH and EPSV: the argument's first word */
	FTP_ST_HOST_SEARCH,
	FTP_ST_HOST, /* h1,h2,h3,h4,p1,p2 */
	FTP_ST_EPRT_FAMILY,
	FTP_ST_EPRT_V4,
	FTP_ST_EPRT_V6,
	FTP_ST_EPRT_V6_TAIL, /* ...:a.b.c.d, behind the first dot */
	FTP_ST_EPRT_PORT,
	FTP_ST_EPSV_SEARCH,
	FTP_ST_EPSV_PORT,
	FTP_ST_SKIP,   /* the rest of the line says nothing */
	FTP_ST_DONE,   /* the announcement is complete; trailing text */
	FTP_ST_FAILED, /* the announcement is malformed */
};

#define FTP_PACK4(a, b, c, d) \
	((__u32)(a) << 24 | (__u32)(b) << 16 | (__u32)(c) << 8 | (__u32)(d))

#define FTP_IAC 255

static __always_inline bool ftp_is_digit(__u8 c)
{
	return c >= '0' && c <= '9';
}

static __always_inline __u8 ftp_upper(__u8 c)
{
	return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
}

/* RFC 2428, 2: any of ASCII 33..126; a digit or a dot would make the fields
 * ambiguous. */
static __always_inline bool ftp_is_delimiter(__u8 c)
{
	return c >= 33 && c <= 126 && !ftp_is_digit(c) && c != '.';
}

/* IPv4, as v4-mapped. */
static __always_inline bool ftp_is_v4(const struct ph_addr *address)
{
	return !address->word[0] && !address->word[1] &&
	       address->word[2] == __builtin_bswap32(0x0000ffff);
}

/* One more decimal digit; false when it is one too many. */
static __always_inline bool ftp_number_digit(struct ftp_line *l, __u8 c, __u32 max_digits,
					     __u32 max)
{
	l->number = l->number * 10 + (c - '0');
	l->digits++;
	return l->digits <= max_digits && l->number <= max;
}

static __always_inline void ftp_number_next(struct ftp_line *l)
{
	l->field++;
	l->number = 0;
	l->digits = 0;
}

/* @seq: of the byte behind the port's last */
static __always_inline __u8 ftp_port_done(struct ftp_line *l, __u32 port, __u32 seq)
{
	l->port = port;
	l->end_len = seq - l->span_seq;
	return port ? FTP_ST_DONE : FTP_ST_FAILED;
}

#endif /* PINHOLE_BPF_FTP_LINE_TYPES_H */
