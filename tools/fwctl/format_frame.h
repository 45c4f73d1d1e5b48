/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format_frame.h - the bytes of a packet that is described in words, and the packet in
 * a captured frame. Pure.
 *
 * Who may include it: tools/fwctl, and tests.
 *
 * RFC 791, 8200 (IP), 9293 (TCP), 768 (UDP), 792, 4443 (ICMP), 1071 (checksum).
 */
#ifndef FWCTL_FORMAT_FRAME_H
#define FWCTL_FORMAT_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pinhole/abi.h>

/* What is said of it. Ports and numbers in host order. */
struct frame_words {
	struct ph_addr src; /* of one family */
	struct ph_addr dst;
	uint8_t proto; /* ICMP: that of the family */
	uint16_t sport;
	uint16_t dport;
	uint8_t icmp_type;
	uint8_t icmp_code;
	uint16_t icmp_id; /* of an echo */
};

#define FRAME_MAX_BYTES 128

/*
 * TCP: a SYN. An ICMP message that speaks of another packet quotes one of zeros; a
 * protocol without ports here carries as many.
 * @ethertype: set to what announces it
 * Return: its bytes in @out, from the IP header on.
 */
size_t frame_of_words(uint8_t out[FRAME_MAX_BYTES], const struct frame_words *words,
		      uint16_t *ethertype);

/* What begins a captured frame. */
enum frame_link { FRAME_ETHERNET, FRAME_RAW_IP, FRAME_COOKED, FRAME_COOKED2 };

struct frame_content {
	uint16_t ethertype; /* behind all tags */
	const uint8_t *bytes;
	size_t len;
	const uint8_t *station; /* a group's address; NULL: one of a host, or none */
};

/* Where the packet is in the frame. Return: false if there is none. */
bool frame_find_packet(enum frame_link link, const uint8_t *frame, size_t len,
		       struct frame_content *out);

#endif /* FWCTL_FORMAT_FRAME_H */
