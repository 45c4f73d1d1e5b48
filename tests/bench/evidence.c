// SPDX-License-Identifier: GPL-2.0
/*
 * evidence.c - the gateway's counters, before and after. See evidence.h.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <pinhole/firewall.h>

#include "evidence.h"
#include "frames.h"

/* Frames still on their way when one counter is read and not the other. */
#define IN_FLIGHT 1024

/* What the hosts say of themselves meanwhile, such as group memberships. */
#define FOREIGN 16

/* ---- the stack --------------------------------------------------------- */

/* Field "ForwDatagrams" of the two "Ip:" lines: names, then numbers. */
static int read_forwarded4(const struct bench_case *c, uint64_t *out)
{
	FILE *file = fopen("/proc/thread-self/net/snmp", "re");
	char names[1024], numbers[1024];
	char *name_at, *number_at, *name, *number;
	bool complete;

	if (!file)
		return bench_fail(c, "/proc/thread-self/net/snmp: %s", strerror(errno));
	complete = fgets(names, sizeof(names), file) &&
		   fgets(numbers, sizeof(numbers), file);
	fclose(file);
	if (!complete)
		return bench_fail(c, "/proc/thread-self/net/snmp is too short");
	name = strtok_r(names, " \n", &name_at);
	number = strtok_r(numbers, " \n", &number_at);
	while (name && number) {
		if (!strcmp(name, "ForwDatagrams")) {
			*out = strtoull(number, NULL, 10);
			return 0;
		}
		name = strtok_r(NULL, " \n", &name_at);
		number = strtok_r(NULL, " \n", &number_at);
	}
	return bench_fail(c, "/proc/thread-self/net/snmp has no ForwDatagrams");
}

/* One name and number a line. */
static int read_forwarded6(const struct bench_case *c, uint64_t *out)
{
	FILE *file = fopen("/proc/thread-self/net/snmp6", "re");
	char line[256];
	bool found = false;

	if (!file)
		return bench_fail(c, "/proc/thread-self/net/snmp6: %s", strerror(errno));
	while (!found && fgets(line, sizeof(line), file)) {
		char *at, *name = strtok_r(line, " \t", &at);
		char *number = strtok_r(NULL, " \t\n", &at);

		found = name && number && !strcmp(name, "Ip6OutForwDatagrams");
		if (found)
			*out = strtoull(number, NULL, 10);
	}
	fclose(file);
	return found ? 0
		     : bench_fail(c, "/proc/thread-self/net/snmp6 has no "
				     "Ip6OutForwDatagrams");
}

static int read_stack_forwarded(const struct bench_case *c, uint64_t *out)
{
	return c->family == AF_INET6 ? read_forwarded6(c, out) : read_forwarded4(c, out);
}

static int read_xdp(const struct bench_case *c, uint32_t ifindex, uint32_t *prog_id)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	int err = bpf_xdp_query((int)ifindex, 0, &query);

	if (err)
		return bench_fail(c, "bpf_xdp_query: %s", strerror(-err));
	if (query.skb_prog_id)
		return bench_fail(c, "a generic XDP program is on the outside device");
	*prog_id = query.drv_prog_id;
	return 0;
}

/* ---- the firewall ------------------------------------------------------ */

static int fail_fw(const struct bench_case *c, const struct fw_error *error)
{
	return bench_fail(c, "%s %s %s", error->what, error->where, error->hint);
}

static int on_interface(const struct fw_interface *iface, void *arg)
{
	struct evidence *out = arg;

	if (!strcmp(iface->config.name, "outside")) {
		out->rx_packets = iface->counters.rx_packets;
		out->xdp_packets = iface->counters.xdp_packets;
		out->drop_packets = iface->counters.drop_packets;
	}
	return 0;
}

struct conn_walk {
	const struct bench_case *c;
	struct evidence *out;
};

static const uint32_t outside6_net[] = {BENCH_OUTSIDE6_NET};
static const uint32_t inside6_net[] = {BENCH_INSIDE6_NET};

static bool is_in(const struct ph_addr *addr, const uint32_t *net6, int family)
{
	if (family == AF_INET)
		return !addr->word[0] && !addr->word[1] &&
		       addr->word[2] == htonl(0xffff); /* mapped: RFC 4291 2.5.5.2 */
	for (int i = 0; i < 3; i++)
		if (addr->word[i] != htonl(net6[i]))
			return false;
	return true;
}

/* Addresses are real. */
static uint32_t host_of(const struct bench_case *c)
{
	if (c->family == AF_INET6)
		return c->nat ? BENCH_HOST6_NAT : BENCH_HOST6_PLAIN;
	return c->nat ? BENCH_REAL_ADDR : BENCH_PLAIN_ADDR;
}

static int on_conn(const struct flow_key *key, const struct conn *conn, bool established,
		   void *arg)
{
	const struct conn_walk *walk = arg;
	const struct bench_case *c = walk->c;
	uint32_t initiator = conn->flags & CONN_F_INITIATOR_1 ? 1 : 0;
	uint32_t port = ntohs(key->port[initiator]) - BENCH_FIRST_PORT;
	uint32_t addr = ntohl(key->addr[initiator].word[3]) - bench_first_addr(c);

	if (!is_in(&key->addr[initiator], outside6_net, c->family) ||
	    !is_in(&key->addr[!initiator], inside6_net, c->family) ||
	    ntohl(key->addr[!initiator].word[3]) != host_of(c) || port >= BENCH_PORTS ||
	    addr >= bench_n_addrs(c) || (uint64_t)addr * BENCH_PORTS + port >= c->n_flows)
		return 0;
	if (established)
		walk->out->n_established++;
	else
		walk->out->n_half_open++;
	return 0;
}

static int read_firewall(const struct bench_case *c, struct evidence *out)
{
	uint64_t events[PH_EV_END];
	struct fw_error error = {0};
	struct fw *fw;
	int err;

	if (fw_open(c->pin_dir, &fw, &error))
		return fail_fw(c, &error);
	err = fw_each_interface(fw, on_interface, out, &error);
	if (!err)
		err = fw_read_events(fw, events, &error);
	fw_close(fw);
	if (err)
		return fail_fw(c, &error);
	out->passed_up = events[PH_EV_XDP_PASSED_UP];
	out->half_open_created = events[PH_EV_HALF_OPEN_CREATED];
	out->untranslated = events[PH_EV_NAT_UNTRANSLATED];
	return 0;
}

int evidence_read(const struct bench_case *c, const struct places *p,
		  struct evidence *out)
{
	memset(out, 0, sizeof(*out));
	if (c->path == BENCH_WIRE)
		return 0;
	if (place_enter(c, "fw") || read_stack_forwarded(c, &out->stack_forwarded) ||
	    read_xdp(c, p->fw_outside.ifindex, &out->xdp_prog_id))
		return -1;
	return bench_is_pinhole(c) ? read_firewall(c, out) : 0;
}

/* ---- checks ------------------------------------------------------------ */

static int count_flows(const struct bench_case *c, struct evidence *out)
{
	struct conn_walk walk = {.c = c, .out = out};
	struct fw_error error = {0};
	struct fw *fw;
	int err;

	if (fw_open(c->pin_dir, &fw, &error))
		return fail_fw(c, &error);
	err = fw_each_conn(fw, on_conn, &walk, &error);
	fw_close(fw);
	return err ? fail_fw(c, &error) : 0;
}

int evidence_check_flows(const struct bench_case *c)
{
	bool answered = c->state == BENCH_ANSWERED;
	struct evidence now = {0};
	uint32_t found;

	if (!bench_is_pinhole(c))
		return 0;
	if (place_enter(c, "fw") || count_flows(c, &now))
		return -1;
	found = answered ? now.n_established : now.n_half_open;
	if (found == c->n_flows)
		return 0;
	return bench_fail(c, "%u of %u flows are %s; established %u, half-open %u", found,
			  c->n_flows, answered ? "established" : "half-open",
			  now.n_established, now.n_half_open);
}

static bool is_about(uint64_t count, uint64_t wanted)
{
	return count + IN_FLIGHT >= wanted && count <= wanted + IN_FLIGHT;
}

static int check_count(const struct bench_case *c, const char *what, uint64_t before,
		       uint64_t after, uint64_t wanted)
{
	if (wanted ? is_about(after - before, wanted) : after - before <= FOREIGN)
		return 0;
	return bench_fail(c, "%s: %llu where %llu were to be expected", what,
			  (unsigned long long)(after - before),
			  (unsigned long long)wanted);
}

/*
 * The firewall judged at least what arrived. It may have judged more: the far
 * end's ring can overflow behind it. What it judged, it must have finished
 * where the mode says, without drops, and without new flows or with as many.
 */
static int check_firewall(const struct bench_case *c, const struct evidence *before,
			  const struct evidence *after, uint64_t delivered)
{
	uint64_t judged = after->rx_packets - before->rx_packets;
	bool xdp = c->path == BENCH_PINHOLE_XDP;

	if (judged + IN_FLIGHT < delivered)
		return bench_fail(c, "the firewall counted %llu of %llu frames",
				  (unsigned long long)judged,
				  (unsigned long long)delivered);
	if (check_count(c, "frames finished by XDP", before->xdp_packets,
			after->xdp_packets, xdp ? judged : 0) ||
	    check_count(c, "frames dropped", before->drop_packets, after->drop_packets,
			0) ||
	    check_count(c, "frames passed up by XDP", before->passed_up, after->passed_up,
			0) ||
	    check_count(c, "flows created while measuring", before->half_open_created,
			after->half_open_created, c->state == BENCH_FIRST ? judged : 0) ||
	    check_count(c, "destinations untranslated", before->untranslated,
			after->untranslated, c->nat ? judged : 0))
		return -1;
	return 0;
}

int evidence_check(const struct bench_case *c, const struct evidence *before,
		   const struct evidence *after, uint64_t delivered)
{
	bool xdp = c->path == BENCH_FIB || c->path == BENCH_PINHOLE_XDP;
	bool stack = c->path == BENCH_KERNEL || c->path == BENCH_NFTABLES ||
		     c->path == BENCH_IPTABLES;
	uint64_t forwarded = after->stack_forwarded - before->stack_forwarded;

	if (c->path == BENCH_WIRE)
		return 0;
	if (!after->xdp_prog_id == xdp)
		return bench_fail(c, "the outside device has %s XDP program",
				  xdp ? "no" : "an");
	if (stack && forwarded + IN_FLIGHT < delivered)
		return bench_fail(c, "the stack forwarded %llu of %llu frames",
				  (unsigned long long)forwarded,
				  (unsigned long long)delivered);
	if (!stack && forwarded)
		return bench_fail(c, "the stack forwarded %llu frames by itself",
				  (unsigned long long)forwarded);
	return bench_is_pinhole(c) ? check_firewall(c, before, after, delivered) : 0;
}
