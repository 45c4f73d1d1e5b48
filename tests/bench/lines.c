// SPDX-License-Identifier: GPL-2.0
/*
 * lines.c - the lists that first packets are judged by. See lines.h.
 */
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "frames.h"
#include "lines.h"
#include "place.h"

#define OCTETS(addr) (addr) >> 24, (addr) >> 16 & 0xff, (addr) >> 8 & 0xff, (addr)&0xff
#define DOTTED	     "%u.%u.%u.%u"

static void put_pix(const char *name, const struct bench_line *line)
{
	printf("access-list %s extended permit udp " DOTTED " 255.255.255.0 host " DOTTED
	       " eq %u\n",
	       name, OCTETS(line->net), OCTETS(line->host), line->port);
}

static void put_nft(const char *name, const struct bench_line *line)
{
	(void)name;
	printf("ip saddr " DOTTED "/24 ip daddr " DOTTED " udp dport %u accept\n",
	       OCTETS(line->net), OCTETS(line->host), line->port);
}

static void put_nft_set(const char *name, const struct bench_line *line)
{
	(void)name;
	printf(DOTTED "/24 . " DOTTED " . %u,\n", OCTETS(line->net), OCTETS(line->host),
	       line->port);
}

static void put_iptables(const char *name, const struct bench_line *line)
{
	printf("-A %s -s " DOTTED "/24 -d " DOTTED
	       "/32 -p udp -m udp --dport %u -j ACCEPT\n",
	       name, OCTETS(line->net), OCTETS(line->host), line->port);
}

static void put_ipset(const char *name, const struct bench_line *line)
{
	printf("add %s " DOTTED ",udp:%u," DOTTED "/24\n", name, OCTETS(line->host),
	       line->port, OCTETS(line->net));
}

static const struct {
	const char *name;
	void (*put)(const char *name, const struct bench_line *line);
} formats[] = {
	{"pix", put_pix},	    {"nft", put_nft},	  {"nft-set", put_nft_set},
	{"iptables", put_iptables}, {"ipset", put_ipset},
};

int lines_print(const struct bench_case *c)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(formats[i].name, c->format) != 0)
			continue;
		for (uint32_t line = 0; line < c->n_lines; line++) {
			struct bench_line what = bench_line(c->skip + line);

			formats[i].put(c->name, &what);
		}
		return ferror(stdout) || fflush(stdout) ? bench_fail(c, "writing") : 0;
	}
	return bench_fail(c, "no format %s", c->format);
}

/* A deletion that names no flow deletes all of the network namespace. */
int flows_flush(const struct bench_case *c)
{
	struct {
		struct nlmsghdr header;
		struct nfgenmsg what;
	} request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 |
					 IPCTNL_MSG_CT_DELETE,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
		.what = {.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0},
	};
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} reply = {0};
	int fd, err = 0;

	if (place_enter(c, "fw"))
		return -1;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	if (fd < 0)
		return bench_fail(c, "netlink: %s", strerror(errno));
	if (send(fd, &request, sizeof(request), 0) < 0 ||
	    recv(fd, &reply, sizeof(reply), 0) < (ssize_t)sizeof(reply))
		err = bench_fail(c, "netlink: %s", strerror(errno));
	else if (reply.error.error)
		err = bench_fail(c, "flushing conntrack: %s",
				 strerror(-reply.error.error));
	close(fd);
	return err;
}
