// SPDX-License-Identifier: GPL-2.0
/*
 * offload.c - see offload.h.
 */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/if_packet.h>

#include "tests/datapath/offload.h"
#include "tests/datapath/tap.h"

int offload_open(const char *device)
{
	struct sockaddr_ll ll = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL),
				 .sll_ifindex = (int)if_nametoindex(device)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	int on = 1;

	if (fd < 0 || bind(fd, (const struct sockaddr *)&ll, sizeof(ll)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)))
		TAP_BAIL("%s: %s", device, strerror(errno));
	return fd;
}

static void put_back_tag(struct arrival *got, struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		struct tpacket_auxdata aux;

		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		if (aux.tp_status & TP_STATUS_VLAN_VALID)
			got->len = frame_put_tag(got->bytes, got->len, aux.tp_vlan_tpid,
						 aux.tp_vlan_tci);
	}
}

/* What a device does with a checksum that is left to it. */
static void finish_checksum(struct arrival *got)
{
	__u8 *start = got->bytes + got->offload.csum_start;
	__u8 *field = start + got->offload.csum_offset;

	if (!(got->offload.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return;
	frame_put16(field, ~frame_sum(start, got->bytes + got->len - start, 0));
}

/* Receive one frame. Return: whether it came in from the other end. */
static bool receive(int fd, struct arrival *got)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
		struct cmsghdr align;
	} control;
	struct sockaddr_ll from = {.sll_pkttype = PACKET_OUTGOING};
	struct iovec iov[] = {{&got->offload, sizeof(got->offload)},
			      {got->bytes, sizeof(got->bytes)}};
	struct msghdr msg = {.msg_name = &from,
			     .msg_namelen = sizeof(from),
			     .msg_iov = iov,
			     .msg_iovlen = 2,
			     .msg_control = &control,
			     .msg_controllen = sizeof(control)};
	ssize_t len = recvmsg(fd, &msg, MSG_DONTWAIT);

	if (len < (ssize_t)sizeof(got->offload) || from.sll_pkttype == PACKET_OUTGOING)
		return false;
	got->len = (size_t)len - sizeof(got->offload);
	finish_checksum(got);
	put_back_tag(got, &msg);
	return true;
}

bool offload_await(int fd, unsigned int timeout_ms,
		   bool (*wanted)(const struct arrival *got), struct arrival *got)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};

	while (poll(&ready, 1, (int)timeout_ms) > 0)
		if (receive(fd, got) && wanted(got))
			return true;
	return false;
}

void offload_send(int fd, const struct virtio_net_hdr *offload, __u8 *bytes, size_t len)
{
	static const struct virtio_net_hdr none = {0};
	struct iovec iov[] = {{(void *)(offload ? offload : &none), sizeof(none)},
			      {bytes, len}};
	struct arrival old;

	while (recv(fd, &old, sizeof(old), MSG_DONTWAIT) > 0)
		;
	if (writev(fd, iov, 2) != (ssize_t)(sizeof(none) + len))
		TAP_BAIL("sending: %s", strerror(errno));
}

struct virtio_net_hdr offload_unfinish(__u8 *bytes, size_t len)
{
	bool v6 = frame_get16(bytes + 12) == ETH_P_IPV6;
	__u8 *ip = bytes + ETH_HLEN, *l4 = ip + (size_t)(ip[0] & 0x0f) * 4;
	__u8 proto = ip[9];
	size_t l4_len, off;
	__u32 segment, both;

	if (v6)
		l4 = bytes + frame_v6_l4_off(bytes, &proto);
	l4_len = bytes + len - l4;
	off = proto == IPPROTO_TCP ? 16 : 6;
	frame_put16(l4 + off, 0);
	segment = frame_sum(l4, l4_len, 0);
	both = v6 ? frame_v6_l4_sum(ip, proto, l4, l4_len) : frame_l4_sum(ip, l4, l4_len);
	frame_put16(l4 + off, frame_word_for(segment, both));
	return (struct virtio_net_hdr){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
				       .csum_start = l4 - bytes,
				       .csum_offset = off};
}
