// SPDX-License-Identifier: GPL-2.0
/*
 * wire.c - see wire.h.
 *
 * All runs on one CPU: what is sent into a veth device has usually left the
 * gateway when send() returns. The marker makes sure of it, since the queues
 * between are first in, first out: what has not come before it was dropped.
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/diff/wire.h"

#define MARKER_TIMEOUT_MS 3000
#define LINGER_MS	  3
#define MARKER_MAGIC	  0x6d61726bu

/* A marker must come out of another side than it went in; each is a UDP flow
 * that both rule sets permit. */
static const struct {
	const char *src;
	const char *dst;
	enum side out;
} markers[N_SIDES] = {
	[SIDE_INSIDE] = {"10.0.0.20", "198.51.100.9", SIDE_OUTSIDE},
	[SIDE_OUTSIDE] = {"198.51.100.8", "10.0.0.20", SIDE_INSIDE},
	[SIDE_DMZ] = {"192.0.2.10", "198.51.100.9", SIDE_OUTSIDE},
};

static int far_end(int ifindex)
{
	struct sockaddr_ll ll = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL),
				 .sll_ifindex = ifindex};
	int one = 1, bytes = 1 << 21;
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) ||
	    bind(fd, (const struct sockaddr *)&ll, sizeof(ll)))
		world_bail("packet socket: %s", strerror(errno));
	return fd;
}

void wire_open(struct wire *wire, const struct world *w)
{
	memset(wire, 0, sizeof(*wire));
	for (enum gateway g = 0; g < N_GATEWAYS; g++)
		for (enum side side = 0; side < N_SIDES; side++)
			wire->fd[g][side] = far_end(w->ifindex[g][side]);
}

void wire_close(struct wire *wire)
{
	for (enum gateway g = 0; g < N_GATEWAYS; g++)
		for (enum side side = 0; side < N_SIDES; side++)
			close(wire->fd[g][side]);
}

static void send_frame(int fd, const struct frame *frame)
{
	if (send(fd, frame->bytes, frame->len, 0) != (ssize_t)frame->len)
		world_bail("sending %zu bytes: %s", frame->len, strerror(errno));
}

static void send_marker(struct wire *wire, enum gateway g, enum side from)
{
	struct draft d = {.from = from, .ttl = 64};
	struct frame frame = {0};

	d.src = addr_of(markers[from].src);
	d.dst = addr_of(markers[from].dst);
	draft_udp(&d, 9, 9, 12);
	put32(d.l4 + 8, MARKER_MAGIC);
	put32(d.l4 + 12, (uint32_t)(wire->marker >> 32));
	put32(d.l4 + 16, (uint32_t)wire->marker);
	draft_seal(&d);
	draft_frame(&d, &frame);
	send_frame(wire->fd[g][from], &frame);
}

/* The number of a marker, or 0. */
static uint64_t marker_number(const struct frame *f)
{
	const uint8_t *data = f->bytes + FRAME_L3_OFF + 20 + 8;

	if (f->len < FRAME_L3_OFF + 40 || get16(f->bytes + 12) != ETH_P_IP ||
	    f->bytes[FRAME_L3_OFF] != 0x45 || get32(data) != MARKER_MAGIC)
		return 0;
	return (uint64_t)get32(data + 4) << 32 | get32(data + 8);
}

/* What the gateways ask on their own account: for neighbours, and whom it may
 * concern. The test itself sends no ARP. */
static bool is_noise(const struct frame *f)
{
	struct addr src;

	if (f->len >= FRAME_L3_OFF && get16(f->bytes + 12) == ETH_P_ARP)
		return true;
	if (f->len < FRAME_L3_OFF + 40 || get16(f->bytes + 12) != ETH_P_IPV6 ||
	    f->bytes[0] != 0x33)
		return false;
	memcpy(src.byte, f->bytes + FRAME_L3_OFF + 8, 16);
	return world_is_gateway(&src, true);
}

/* Take what has arrived. Return: whether the marker was among it. */
static bool drain(struct wire *wire, enum gateway g, struct outcome *out)
{
	bool seen = false;

	for (enum side side = 0; side < N_SIDES; side++) {
		struct frame f;
		ssize_t len;

		while ((len = recv(wire->fd[g][side], f.bytes, sizeof(f.bytes), 0)) > 0) {
			f.len = (size_t)len;
			if (marker_number(&f)) {
				seen |= marker_number(&f) == wire->marker;
				continue;
			}
			if (is_noise(&f))
				continue;
			if (out->n == WIRE_MAX_OUT)
				world_bail("one step made more than %d frames",
					   WIRE_MAX_OUT);
			out->arrival[out->n].side = side;
			out->arrival[out->n++].frame = f;
		}
	}
	return seen;
}

void wire_step(struct wire *wire, enum gateway g, enum side from,
	       const struct frame *frames, size_t n, struct outcome *out)
{
	struct pollfd ready = {.fd = wire->fd[g][markers[from].out], .events = POLLIN};

	out->n = 0;
	for (size_t i = 0; i < n; i++)
		send_frame(wire->fd[g][from], &frames[i]);
	wire->marker++;
	send_marker(wire, g, from);
	while (!drain(wire, g, out))
		if (poll(&ready, 1, MARKER_TIMEOUT_MS) <= 0)
			world_bail("gateway %c lost a marker from %s", "AB"[g],
				   side_names[from]);
	drain(wire, g, out);
}

void wire_linger(struct wire *wire, enum gateway g, struct outcome *out)
{
	poll(NULL, 0, LINGER_MS);
	drain(wire, g, out);
}
