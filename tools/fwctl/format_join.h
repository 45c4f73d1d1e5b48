/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format_join.h - packets out of what a capture is told: what comes and what leaves are
 * told one by one, CPU by CPU, and each packet is to be shown once, in its time. Pure.
 *
 * Who may include it: tools/fwctl, and tests.
 */
#ifndef FWCTL_FORMAT_JOIN_H
#define FWCTL_FORMAT_JOIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pinhole/abi_capture.h>

enum { JOIN_BEFORE, JOIN_AFTER, JOIN_N_FORMS };

struct join_frame {
	unsigned char *bytes; /* as it is on the wire; NULL: this form was not told */
	uint32_t kept_bytes;
	uint32_t wire_bytes;
	uint64_t time_ns;
};

struct join_packet {
	struct capture_record record; /* what was told last: it has the verdict */
	struct join_frame frame[JOIN_N_FORMS];
	/* Why it could not go on, where an answer took its place: PH_REPLY. */
	uint16_t cause;
	bool undecided; /* its verdict was lost */
};

/* When the packet was told of first. */
uint64_t join_time_ns(const struct join_packet *packet);

struct join;

struct join *join_new(void); /* NULL: no memory */
void join_free(struct join *join);

/*
 * Add what was told.
 * @cpu: on which; of each in its order
 * @bytes: record->kept_bytes of them
 * Return: 0 or -ENOMEM
 */
int join_add(struct join *join, int cpu, const struct capture_record *record,
	     const unsigned char *bytes);

/*
 * Hand over packets that were told before @until_ns, in the order of time; UINT64_MAX:
 * all, even those whose verdict is not there.
 * @fn: non-zero ends the walk; the packet it was given is gone nevertheless
 * Return: 0 or fn's value
 */
int join_take(struct join *join, uint64_t until_ns,
	      int (*fn)(const struct join_packet *, void *), void *arg);

/*
 * The frame as it is on the wire: a tag beside it comes in, and with CAPTURE_R_LINK
 * Ethernet is that of the way out.
 * @out: room for JOIN_MORE_BYTES more than kept_bytes
 * Return: how many bytes
 */
#define JOIN_MORE_BYTES 8u
uint32_t join_wire(const struct capture_record *record, const unsigned char *bytes,
		   unsigned char *out);

#endif /* FWCTL_FORMAT_JOIN_H */
