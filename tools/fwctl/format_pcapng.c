// SPDX-License-Identifier: GPL-2.0
/* format_pcapng.c - packets as Wireshark reads them. See format_pcapng.h. */
#include <string.h>

#include "format_pcapng.h"

#define BLOCK_SECTION	 0x0a0d0d0au
#define BLOCK_INTERFACE	 1u
#define BLOCK_STATISTICS 5u
#define BLOCK_PACKET	 6u

#define ORDER_MAGIC	  0x1a2b3c4du
#define LINKTYPE_ETHERNET 1u
#define NANOSECONDS	  9 /* digits behind the point */

enum option {
	OPT_END = 0,
	OPT_COMMENT = 1,
	SHB_OS = 3,
	SHB_APPLICATION = 4,
	IF_NAME = 2,
	IF_DESCRIPTION = 3,
	IF_TSRESOL = 9,
	IF_FILTER = 11,
	EPB_FLAGS = 2,
	EPB_PACKETID = 5,
	EPB_VERDICT = 7,
	ISB_STARTTIME = 2,
	ISB_ENDTIME = 3,
	ISB_IFRECV = 4,
	ISB_IFDROP = 5,
};

#define MOST_OPTION_BYTES 65535u

/* A block is written twice: once to know its length, which stands in front. */
struct block {
	FILE *out; /* NULL: it is only measured */
	uint32_t bytes;
};

static void put(struct block *block, const void *bytes, uint32_t n)
{
	block->bytes += n;
	if (block->out && n)
		fwrite(bytes, 1, n, block->out);
}

static void put16(struct block *block, uint16_t value)
{
	put(block, &value, sizeof(value));
}

static void put32(struct block *block, uint32_t value)
{
	put(block, &value, sizeof(value));
}

/* The upper half first, whatever the byte order. */
static void put_time(struct block *block, uint64_t ns)
{
	put32(block, (uint32_t)(ns >> 32));
	put32(block, (uint32_t)ns);
}

static void put_padded(struct block *block, const void *bytes, uint32_t n)
{
	static const char zeros[4];

	put(block, bytes, n);
	put(block, zeros, -n & 3);
}

static void put_option(struct block *block, enum option code, const void *bytes,
		       uint32_t n)
{
	put16(block, (uint16_t)code);
	put16(block, (uint16_t)n);
	put_padded(block, bytes, n);
}

static void put_text(struct block *block, enum option code, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	if (len > MOST_OPTION_BYTES)
		len = MOST_OPTION_BYTES;
	if (len)
		put_option(block, code, text, (uint32_t)len);
}

static void put_number(struct block *block, enum option code, uint64_t number)
{
	put_option(block, code, &number, sizeof(number));
}

static void put_block(FILE *out, uint32_t type,
		      void (*body)(struct block *, const void *), const void *arg)
{
	struct block measured = {0}, block = {.out = out};
	uint32_t total;

	body(&measured, arg);
	total = measured.bytes + 3 * (uint32_t)sizeof(total);
	put32(&block, type);
	put32(&block, total);
	body(&block, arg);
	put32(&block, total);
}

/* ---- blocks ------------------------------------------------------------------------ */

struct section {
	const char *application;
	const char *os;
};

static void section_body(struct block *block, const void *arg)
{
	static const uint64_t length_unknown = UINT64_MAX;
	const struct section *section = arg;

	put32(block, ORDER_MAGIC);
	put16(block, 1); /* version 1.0 */
	put16(block, 0);
	put(block, &length_unknown, sizeof(length_unknown));
	put_text(block, SHB_OS, section->os);
	put_text(block, SHB_APPLICATION, section->application);
	put_option(block, OPT_END, NULL, 0);
}

void pcapng_section(FILE *out, const char *application, const char *os)
{
	const struct section section = {application, os};

	put_block(out, BLOCK_SECTION, section_body, &section);
}

static void interface_body(struct block *block, const void *arg)
{
	const struct pcapng_interface *interface = arg;
	const uint8_t resolution = NANOSECONDS;
	char filter[1024];

	put16(block, LINKTYPE_ETHERNET);
	put16(block, 0);
	put32(block, interface->snap_bytes);
	put_text(block, IF_NAME, interface->name);
	put_text(block, IF_DESCRIPTION, interface->description);
	put_option(block, IF_TSRESOL, &resolution, sizeof(resolution));
	if (interface->filter) { /* a zero: the text is an expression of libpcap */
		int len = snprintf(filter, sizeof(filter), "%c%s", 0, interface->filter);

		if (len > 0 && (size_t)len < sizeof(filter))
			put_option(block, IF_FILTER, filter, (uint32_t)len);
	}
	put_option(block, OPT_END, NULL, 0);
}

void pcapng_interface(FILE *out, const struct pcapng_interface *interface)
{
	put_block(out, BLOCK_INTERFACE, interface_body, interface);
}

static void packet_body(struct block *block, const void *arg)
{
	const struct pcapng_packet *packet = arg;
	const uint32_t flags = (uint32_t)packet->way;

	put32(block, packet->interface);
	put_time(block, packet->time_ns);
	put32(block, packet->kept_bytes);
	put32(block, packet->wire_bytes);
	put_padded(block, packet->bytes, packet->kept_bytes);
	put_text(block, OPT_COMMENT, packet->comment);
	if (packet->way)
		put_option(block, EPB_FLAGS, &flags, sizeof(flags));
	if (packet->id)
		put_number(block, EPB_PACKETID, packet->id);
	if (packet->verdict_by) {
		uint8_t verdict[1 + sizeof(packet->verdict)];

		verdict[0] = (uint8_t)packet->verdict_by;
		memcpy(verdict + 1, &packet->verdict, sizeof(packet->verdict));
		put_option(block, EPB_VERDICT, verdict, sizeof(verdict));
	}
	put_option(block, OPT_END, NULL, 0);
}

void pcapng_packet(FILE *out, const struct pcapng_packet *packet)
{
	put_block(out, BLOCK_PACKET, packet_body, packet);
}

static void put_moment(struct block *block, enum option code, uint64_t ns)
{
	const uint32_t halves[2] = {(uint32_t)(ns >> 32), (uint32_t)ns};

	put_option(block, code, halves, sizeof(halves));
}

static void statistics_body(struct block *block, const void *arg)
{
	const struct pcapng_statistics *statistics = arg;

	put32(block, statistics->interface);
	put_time(block, statistics->time_ns);
	put_moment(block, ISB_STARTTIME, statistics->began_ns);
	put_moment(block, ISB_ENDTIME, statistics->time_ns);
	put_number(block, ISB_IFRECV, statistics->received);
	put_number(block, ISB_IFDROP, statistics->dropped);
	put_option(block, OPT_END, NULL, 0);
}

void pcapng_statistics(FILE *out, const struct pcapng_statistics *statistics)
{
	put_block(out, BLOCK_STATISTICS, statistics_body, statistics);
}
