/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pcap_file.h - the TCP segments of a pcap file.
 *
 * Why it exists: files come from Ethernet, from "any" (cooked, two versions),
 * from tunnels (raw IP) and from loopback; whoever replays them wants segments.
 *
 * Who may include it: tests/replay.
 */
#ifndef PINHOLE_TESTS_PCAP_FILE_H
#define PINHOLE_TESTS_PCAP_FILE_H

#include "tests/replay/segment.h"

struct pcap_file;

/* Return: NULL, with a message on stderr, where it cannot be read. */
struct pcap_file *pcap_file_open(const char *path);
void pcap_file_close(struct pcap_file *file);

/* The next whole segment; out->data lasts until the next call. What was recorded
 * in part is filled up with zeros. Return: false at the end. */
bool pcap_file_next(struct pcap_file *file, struct segment *out);

/* Of the segment in hand: its packet's number, from 1, and seconds since the
 * first packet. */
unsigned long pcap_file_number(const struct pcap_file *file);
double pcap_file_time(const struct pcap_file *file);

/* How many packets were no TCP segments, or fragments of one. */
unsigned long pcap_file_skipped(const struct pcap_file *file);

#endif /* PINHOLE_TESTS_PCAP_FILE_H */
