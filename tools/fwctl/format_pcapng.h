/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format_pcapng.h - packets as Wireshark and tshark read them. Pure: writes to a stream.
 *
 * Who may include it: tools/fwctl, and tests.
 *
 * draft-ietf-opsawg-pcapng: section header, interface description, enhanced packet and
 * interface statistics blocks, in the byte order of this machine.
 *
 * Errors are the stream's: ferror().
 */
#ifndef FWCTL_FORMAT_PCAPNG_H
#define FWCTL_FORMAT_PCAPNG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Once, at the beginning. @os: NULL: not said */
void pcapng_section(FILE *out, const char *application, const char *os);

/* Interfaces are numbered from 0 in the order in which they are described. */
struct pcapng_interface {
	const char *name;
	const char *description; /* NULL: none */
	const char *filter;	 /* of libpcap; NULL: none */
	uint32_t snap_bytes;
};
void pcapng_interface(FILE *out, const struct pcapng_interface *interface);

enum pcapng_way { PCAPNG_WAY_UNKNOWN, PCAPNG_IN, PCAPNG_OUT };

/* Who decided, and so what the number of a verdict means. */
enum pcapng_verdict { PCAPNG_VERDICT_NONE = 0, PCAPNG_VERDICT_TC, PCAPNG_VERDICT_XDP };

struct pcapng_packet {
	uint32_t interface;
	uint64_t time_ns; /* since 1970 */
	const void *bytes;
	uint32_t kept_bytes;
	uint32_t wire_bytes;
	enum pcapng_way way;
	uint64_t id; /* of the packet, alike in all its forms; 0: none */
	enum pcapng_verdict verdict_by;
	uint64_t verdict;    /* a return value of XDP or TC */
	const char *comment; /* NULL: none; at most 65535 bytes of UTF-8 */
};
void pcapng_packet(FILE *out, const struct pcapng_packet *packet);

struct pcapng_statistics {
	uint32_t interface;
	uint64_t time_ns; /* of the end; since 1970 */
	uint64_t began_ns;
	uint64_t received;
	uint64_t dropped; /* by want of room in the rings */
};
void pcapng_statistics(FILE *out, const struct pcapng_statistics *statistics);

#endif /* FWCTL_FORMAT_PCAPNG_H */
