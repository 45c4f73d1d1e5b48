/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_text.h - an address as FTP's commands and replies write it.
 *
 * Why it exists: the mapped address takes the real one's place in the text. A
 * repeated segment must get identical bytes, so an address has one text only.
 *
 * Who may include it: everybody. Pure: compiles for BPF and natively.
 *
 * RFC 959 (h1,h2,h3,h4), 2428 (EPRT), 5952 4 (the one text of an IPv6 address:
 * lower case, no leading zeros, "::" for the longest run of two zero groups and
 * more, of equal ones the first).
 */
#ifndef PINHOLE_BPF_FTP_TEXT_H
#define PINHOLE_BPF_FTP_TEXT_H

#include "ftp_line_types.h"

/* Eight groups of four digits, seven colons; and a port of five with what sets it
 * apart. */
#define FTP_TEXT_MAX   45
#define FTP_TEXT_BYTES 64 /* a power of two, to mask with */

struct ftp_text {
	__u32 len;
	__u8 byte[FTP_TEXT_BYTES]; /* not terminated */
};

/* The length is read back from memory each time, so that the verifier need not
 * follow each of its values. */
static __always_inline void ftp_text_put(struct ftp_text *text, __u8 c)
{
	__u32 at = *(const volatile __u32 *)&text->len;

	text->byte[at & (FTP_TEXT_BYTES - 1)] = c;
	text->len = at + 1;
}

static __always_inline void ftp_text_octet(struct ftp_text *text, __u32 octet)
{
	if (octet >= 100)
		ftp_text_put(text, '0' + octet / 100);
	if (octet >= 10)
		ftp_text_put(text, '0' + octet / 10 % 10);
	ftp_text_put(text, '0' + octet % 10);
}

/* The separator is put before an octet, not behind it: otherwise clang lets the end of
 * the loop fall into its beginning, which kernel 6.1 takes for a loop without end. */
static __always_inline void ftp_text_v4(struct ftp_text *text, __u32 address,
					__u8 separator)
{
	for (__u32 i = 0; i < 4; i++) {
		if (i)
			ftp_text_put(text, separator);
		ftp_text_octet(text, address >> 24);
		address <<= 8;
	}
}

static __always_inline __u32 ftp_v6_group_at(const struct ph_addr *address, __u32 i)
{
	__u32 word = __builtin_bswap32(address->word[i / 2 & 3]);

	return i & 1 ? word & 0xffff : word >> 16;
}

/* The run of zero groups to be left out. Return: its first group; its length in
 * *len, 0 if there is none. */
static __always_inline __u32 ftp_v6_zeros(const struct ph_addr *address, __u32 *len)
{
	__u32 best = 0, best_len = 0, run = 0;

	for (__u32 i = 0; i < 8; i++) {
		run = ftp_v6_group_at(address, i) ? 0 : run + 1;
		if (run > best_len) {
			best_len = run;
			best = i + 1 - run;
		}
	}
	*len = best_len > 1 ? best_len : 0; /* one alone is written */
	return best;
}

static __always_inline void ftp_text_group(struct ftp_text *text, __u32 group)
{
	for (__u32 shift = 16; shift > 0;) {
		__u32 digit;

		shift -= 4;
		digit = group >> shift & 15;
		if (group >> shift || !shift)
			ftp_text_put(text, digit < 10 ? '0' + digit : 'a' + digit - 10);
	}
}

static __always_inline void ftp_text_v6(struct ftp_text *text,
					const struct ph_addr *address)
{
	__u32 len, zeros = ftp_v6_zeros(address, &len);

	for (__u32 i = 0; i < 8; i++) {
		if (i >= zeros && i < zeros + len) {
			if (i == zeros)
				ftp_text_put(text, ':');
			continue;
		}
		if (i)
			ftp_text_put(text, ':');
		ftp_text_group(text, ftp_v6_group_at(address, i));
	}
	if (len && zeros + len == 8)
		ftp_text_put(text, ':');
}

/*
 * The address as text.
 * @kind: FTP_SPAN_COMMAS or FTP_SPAN_DOTS: what sets the octets of IPv4 apart
 * Return: the text's length, 2..39.
 */
FTP_GLOBAL __u32 ftp_address_text(struct ftp_text *out, const struct ph_addr *address,
				  __u8 kind)
{
	if (!out || !address)
		return 0;
	out->len = 0;
	if (ftp_is_v4(address))
		ftp_text_v4(out, __builtin_bswap32(address->word[3]),
			    kind == FTP_SPAN_DOTS ? '.' : ',');
	else
		ftp_text_v6(out, address);
	return out->len;
}

static __always_inline void ftp_text_number(struct ftp_text *text, __u32 number)
{
	bool begun = false;

	for (__u32 unit = 10000; unit > 0; unit /= 10) {
		__u32 digit = number / unit % 10;

		begun = begun || digit || unit == 1;
		if (begun)
			ftp_text_put(text, '0' + digit);
	}
}

/*
 * Add the port to the address before it, or to nothing.
 * @kind: as above, or FTP_SPAN_PORT
 * @delimiter: FTP_SPAN_DOTS: what sets it apart
 * @port: 1..65535
 * Return: the text's length, 1..FTP_TEXT_MAX.
 */
FTP_GLOBAL __u32 ftp_port_text(struct ftp_text *out, __u8 kind, __u8 delimiter,
			       __u16 port)
{
	if (!out)
		return 0;
	if (kind == FTP_SPAN_COMMAS) {
		ftp_text_put(out, ',');
		ftp_text_octet(out, port >> 8);
		ftp_text_put(out, ',');
		ftp_text_octet(out, port & 255);
		return out->len;
	}
	if (kind == FTP_SPAN_PORT)
		out->len = 0;
	else
		ftp_text_put(out, delimiter);
	ftp_text_number(out, port);
	return out->len;
}

#endif /* PINHOLE_BPF_FTP_TEXT_H */
