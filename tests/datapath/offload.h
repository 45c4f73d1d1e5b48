/* SPDX-License-Identifier: GPL-2.0 */
/*
 * offload.h - a far end of a device that knows of a frame what the kernel knows
 * besides its bytes, in both directions: the tag beside it (PACKET_AUXDATA), and
 * the checksum and segmentation that are left to the device (PACKET_VNET_HDR).
 *
 * Who may include it: the scenarios about what a test run cannot make.
 */
#ifndef PINHOLE_TESTS_OFFLOAD_H
#define PINHOLE_TESTS_OFFLOAD_H

#include <stdbool.h>

#include <linux/virtio_net.h>

#include "tests/datapath/frame_v6.h"

/* What the kernel handed over: tags put back, and the checksum finished. */
struct arrival {
	struct virtio_net_hdr offload;
	__u8 bytes[FRAME_MAX_BYTES];
	size_t len;
};

/* Return: the socket. Bails out on failure. */
int offload_open(const char *device);

/* Forget what has arrived, and send a frame. @offload: NULL: nothing is left to
 * the device */
void offload_send(int fd, const struct virtio_net_hdr *offload, __u8 *bytes, size_t len);

/* Wait for a frame for which wanted() is true. Return: whether it came in time. */
bool offload_await(int fd, unsigned int timeout_ms,
		   bool (*wanted)(const struct arrival *got), struct arrival *got);

/* Leave in the transport's checksum what a sender leaves there for the device to
 * finish. TCP or UDP, whole. Return: what says so. */
struct virtio_net_hdr offload_unfinish(__u8 *bytes, size_t len);

#endif /* PINHOLE_TESTS_OFFLOAD_H */
