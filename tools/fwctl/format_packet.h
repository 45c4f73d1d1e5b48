/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format_packet.h - an example packet, in a line. Pure.
 *
 * Who may include it: tools/fwctl, and tests.
 */
#ifndef FWCTL_FORMAT_PACKET_H
#define FWCTL_FORMAT_PACKET_H

#include <pinhole/analysis.h>

#define FORMAT_PACKET_BYTES 256

/* "TCP 198.51.100.1:40000 -> 203.0.113.10:80 (SYN)". Returns @out. */
char *format_packet(char out[FORMAT_PACKET_BYTES], const struct analysis_packet *packet);

#endif /* FWCTL_FORMAT_PACKET_H */
