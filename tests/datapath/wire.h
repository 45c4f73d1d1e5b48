/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wire.h - the far ends of the devices: what is sent there arrives at the
 * device, and what the device sends arrives there.
 *
 * Who may include it: the datapath tests.
 */
#ifndef PINHOLE_TESTS_WIRE_H
#define PINHOLE_TESTS_WIRE_H

#include "tests/datapath/world.h"

struct wire {
	int fd[DEV_CARRIERS]; /* packet sockets on the far ends */
};

/* All of these bail out where the surroundings fail. */
void wire_open(struct wire *wire);
void wire_close(struct wire *wire);

/* Attach the world's programs to a device; without XDP, those of TC alone. */
void wire_attach(const struct world *w, enum dev dev, bool with_xdp);

void wire_send(const struct wire *wire, enum dev dev, const __u8 *bytes, size_t len);

/* Forget what has arrived. */
void wire_drain(const struct wire *wire, enum dev dev);

/* Wait for a frame for which wanted() is true; *out may be NULL.
 * Return: whether one came within the time. */
bool wire_await(const struct wire *wire, enum dev dev, unsigned int timeout_ms,
		bool (*wanted)(const __u8 *bytes, size_t len, const void *arg),
		const void *arg, __u8 *out);

#endif /* PINHOLE_TESTS_WIRE_H */
