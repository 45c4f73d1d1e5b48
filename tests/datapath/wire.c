// SPDX-License-Identifier: GPL-2.0
/*
 * wire.c - see wire.h.
 */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>

#include "pinhole.skel.h"
#include "tests/datapath/network.h"
#include "tests/datapath/tap.h"
#include "tests/datapath/wire.h"
#include "tests/datapath/now.h"

static int far_end(enum dev dev)
{
	char name[IF_NAMESIZE];
	struct sockaddr_ll ll = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	int on = 1;

	snprintf(name, sizeof(name), "%sp", network_device_name(dev));
	ll.sll_ifindex = (int)if_nametoindex(name);
	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) ||
	    bind(fd, (const struct sockaddr *)&ll, sizeof(ll)))
		TAP_BAIL("%s: %s", name, strerror(errno));
	/* A veth device takes redirected frames only if its far end, too, has
	 * an XDP program. */
	world_attach_idle(ll.sll_ifindex);
	return fd;
}

void wire_open(struct wire *wire)
{
	for (enum dev dev = 0; dev < DEV_CARRIERS; dev++)
		wire->fd[dev] = far_end(dev);
}

void wire_close(struct wire *wire)
{
	for (enum dev dev = 0; dev < DEV_CARRIERS; dev++)
		close(wire->fd[dev]);
}

static void attach_tc(int ifindex, enum bpf_tc_attach_point point, int prog_fd)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = prog_fd);
	int err = bpf_tc_attach(&hook, &opts);

	if (err)
		TAP_BAIL("attaching to device %d: %s", ifindex, strerror(-err));
}

void wire_attach(const struct world *w, enum dev dev, bool with_xdp)
{
	int ifindex = w->ifindex[dev];
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	int err;

	bpf_tc_hook_destroy(&hook); /* of a world before, if there was one */
	err = bpf_tc_hook_create(&hook);
	if (err)
		TAP_BAIL("clsact on device %d: %s", ifindex, strerror(-err));
	attach_tc(ifindex, BPF_TC_INGRESS, bpf_program__fd(w->skel->progs.tc_ingress));
	attach_tc(ifindex, BPF_TC_EGRESS, bpf_program__fd(w->skel->progs.tc_egress));
	if (with_xdp &&
	    bpf_xdp_attach(ifindex, bpf_program__fd(w->skel->progs.xdp_ingress),
			   XDP_FLAGS_DRV_MODE, NULL))
		TAP_BAIL("attaching to device %d: %s", ifindex, strerror(errno));
}

void wire_send(const struct wire *wire, enum dev dev, const __u8 *bytes, size_t len)
{
	if (send(wire->fd[dev], bytes, len, 0) != (ssize_t)len)
		TAP_BAIL("%s: %s", network_device_name(dev), strerror(errno));
}

void wire_drain(const struct wire *wire, enum dev dev)
{
	__u8 bytes[FRAME_MAX_BYTES];

	while (recv(wire->fd[dev], bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
}

/*
 * Receive a frame, with the outermost tag, which the kernel has taken out of it.
 * Return: its length; 0: it was sent from here; negative: none.
 */
static ssize_t receive(int fd, __u8 *bytes)
{
	union {
		struct cmsghdr head;
		__u8 bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control = {.bytes = {0}};
	struct sockaddr_ll from = {.sll_pkttype = PACKET_HOST};
	struct iovec iov = {.iov_base = bytes, .iov_len = FRAME_MAX_BYTES - 4};
	struct msghdr msg = {.msg_name = &from,
			     .msg_namelen = sizeof(from),
			     .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = &control,
			     .msg_controllen = sizeof(control)};
	ssize_t len = recvmsg(fd, &msg, MSG_DONTWAIT);
	struct tpacket_auxdata aux;

	if (len < 0)
		return len;
	if (from.sll_pkttype == PACKET_OUTGOING)
		return 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		if (aux.tp_status & TP_STATUS_VLAN_VALID)
			len = (ssize_t)frame_put_tag(bytes, (size_t)len, aux.tp_vlan_tpid,
						     aux.tp_vlan_tci);
	}
	return len;
}

bool wire_await(const struct wire *wire, enum dev dev, unsigned int timeout_ms,
		bool (*wanted)(const __u8 *bytes, size_t len, const void *arg),
		const void *arg, __u8 *out)
{
	__u64 now, deadline = now_ns() / 1000000 + timeout_ms;
	struct pollfd ready = {.fd = wire->fd[dev], .events = POLLIN};
	__u8 bytes[FRAME_MAX_BYTES];

	while ((now = now_ns() / 1000000) < deadline) {
		ssize_t len;

		if (poll(&ready, 1, (int)(deadline - now)) <= 0)
			continue;
		len = receive(wire->fd[dev], bytes);
		if (len <= 0 || !wanted(bytes, (size_t)len, arg))
			continue; /* or what the test itself sent */
		if (out)
			memcpy(out, bytes, (size_t)len);
		return true;
	}
	return false;
}
