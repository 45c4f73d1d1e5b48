// SPDX-License-Identifier: GPL-2.0
/*
 * pcap_file.c - see pcap_file.h.
 */
#include <stdio.h>
#include <stdlib.h>

/* Its bpf.h and the kernel's define the same names. */
#define PCAP_DONT_INCLUDE_PCAP_BPF_H
#include <pcap/dlt.h>
#include <pcap/pcap.h>

#include "tests/replay/pcap_file.h"

#define MAX_PACKET (1u << 18)

struct pcap_file {
	pcap_t *pcap;
	const char *path;
	int link;
	unsigned long number, skipped;
	bool begun;
	double first, time;
	__u8 bytes[MAX_PACKET];
};

struct pcap_file *pcap_file_open(const char *path)
{
	char error[PCAP_ERRBUF_SIZE] = "";
	struct pcap_file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->path = path;
	file->pcap = pcap_open_offline(path, error);
	if (!file->pcap) {
		fprintf(stderr, "%s: %s\n", path, error);
		free(file);
		return NULL;
	}
	file->link = pcap_datalink(file->pcap);
	return file;
}

void pcap_file_close(struct pcap_file *file)
{
	if (!file)
		return;
	pcap_close(file->pcap);
	free(file);
}

static size_t ethernet_header(const __u8 *bytes, size_t len)
{
	size_t off = ETH_HLEN;

	while (off + 4 <= len && (frame_get16(bytes + off - 2) == ETH_P_8021Q ||
				  frame_get16(bytes + off - 2) == ETH_P_8021AD))
		off += 4;
	return off;
}

/* Bytes before the IP header. What is no IP there is seen by its version. */
static size_t header_of(const struct pcap_file *file, size_t len)
{
	switch (file->link) {
	case DLT_EN10MB:
		return ethernet_header(file->bytes, len);
	case DLT_LINUX_SLL:
		return 16;
	case DLT_LINUX_SLL2:
		return 20;
	case DLT_NULL:
	case DLT_LOOP:
		return 4;
	default: /* raw IP, which goes by several numbers */
		return 0;
	}
}

static bool take(struct pcap_file *file, const struct pcap_pkthdr *head,
		 const __u8 *bytes, struct segment *out)
{
	size_t off, len = head->len < MAX_PACKET ? head->len : MAX_PACKET;
	size_t kept = head->caplen < len ? head->caplen : len;
	double now = (double)head->ts.tv_sec + (double)head->ts.tv_usec / 1e6;

	if (!file->begun)
		file->first = now;
	file->begun = true;
	file->time = now - file->first;
	file->number++;
	memcpy(file->bytes, bytes, kept);
	memset(file->bytes + kept, 0, len - kept);
	off = header_of(file, len);
	if (len > off && segment_parse(file->bytes + off, len - off, out, NULL))
		return true;
	file->skipped++;
	return false;
}

bool pcap_file_next(struct pcap_file *file, struct segment *out)
{
	struct pcap_pkthdr *head;
	const __u8 *bytes;
	int status;

	while ((status = pcap_next_ex(file->pcap, &head, &bytes)) == 1)
		if (take(file, head, bytes, out))
			return true;
	if (status == PCAP_ERROR)
		fprintf(stderr, "%s: %s\n", file->path, pcap_geterr(file->pcap));
	return false;
}

unsigned long pcap_file_number(const struct pcap_file *file)
{
	return file->number;
}

double pcap_file_time(const struct pcap_file *file)
{
	return file->time;
}

unsigned long pcap_file_skipped(const struct pcap_file *file)
{
	return file->skipped;
}
