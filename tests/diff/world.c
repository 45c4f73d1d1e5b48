// SPDX-License-Identifier: GPL-2.0
/*
 * world.c - see world.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/diff/world.h"

#define PIN_DIR "/sys/fs/bpf/pinhole-diff"

static const char *const devices[N_SIDES] = {"in0", "out0", "dmz0"};

static const char *const own_addresses[] = {
	"203.0.113.1",	 "10.0.0.1",	  "192.0.2.1", "2001:db8::1",
	"2001:db8:1::1", "2001:db8:2::1", "fe80::1",
};

/* Of a gateway. Whoever is not on a link is behind a router on it. */
static const char furniture[] =
	"link set lo up\n"
	"addr add 203.0.113.1/24 dev out0\n"
	"addr add 10.0.0.1/24 dev in0\n"
	"addr add 192.0.2.1/24 dev dmz0\n"
	"addr add 2001:db8::1/64 dev out0 nodad\n"
	"addr add 2001:db8:1::1/64 dev in0 nodad\n"
	"addr add 2001:db8:2::1/64 dev dmz0 nodad\n"
	"route add 198.51.100.0/25 via 203.0.113.254\n"
	"route add 198.51.100.128/25 via 203.0.113.254 mtu lock 600\n"
	"route add 10.1.0.0/16 via 10.0.0.254\n"
	"route add 2001:db8:f::/64 via 2001:db8::fe\n"
	"route add 2001:db8:f1::/64 via 2001:db8::fe mtu lock 1280\n"
	"route add 2001:db8:1f::/64 via 2001:db8:1::fe\n";

/* All of them, so that nobody ever asks who has an address. */
static const struct {
	enum side side;
	const char *net; /* hosts are appended in decimal (IPv4) or hex (IPv6) */
	unsigned int first;
	unsigned int last;
} neighbours[] = {
	{SIDE_OUTSIDE, "203.0.113.%u", 2, 254},	 {SIDE_INSIDE, "10.0.0.%u", 2, 254},
	{SIDE_DMZ, "192.0.2.%u", 2, 254},	 {SIDE_OUTSIDE, "2001:db8::%x", 2, 255},
	{SIDE_INSIDE, "2001:db8:1::%x", 2, 255}, {SIDE_DMZ, "2001:db8:2::%x", 2, 255},
};

/* A router that hides nothing and limits nothing; what matters is said here
 * because distributions and kernels differ in their defaults. */
static const struct {
	const char *path;
	const char *value;
} settings[] = {
	{"net/ipv4/ip_forward", "1"},
	{"net/ipv6/conf/all/forwarding", "1"},
	{"net/ipv4/conf/all/rp_filter", "0"},
	{"net/ipv4/conf/default/rp_filter", "0"},
	{"net/ipv4/conf/all/send_redirects", "0"},
	{"net/ipv4/conf/default/send_redirects", "0"},
	{"net/ipv4/conf/all/accept_source_route", "0"},
	{"net/ipv4/conf/default/accept_source_route", "0"},
	{"net/ipv4/icmp_ratelimit", "0"},
	{"net/ipv6/icmp/ratelimit", "0"},
	{"net/ipv4/icmp_msgs_per_sec", "100000"},
	{"net/ipv4/icmp_msgs_burst", "100000"},
};

/* Of the peer: connections begin with a SYN, as at Pinhole. */
static const char *const strict[][2] = {
	{"net/netfilter/nf_conntrack_tcp_loose", "0"},
	{"net/netfilter/nf_conntrack_tcp_be_liberal", "0"},
};

void world_bail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("diff: error: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(2);
}

/* ---- running things ---------------------------------------------------------- */

static void run(const char *const argv[])
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		world_bail("fork: %s", strerror(errno));
	if (!pid) {
		int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);

		dup2(quiet, STDOUT_FILENO);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		world_bail("%s %s failed", argv[0], argv[1]);
}

#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

static FILE *ip_batch(void)
{
	FILE *ip = popen("ip -batch -", "w"); /* NOLINT: a fixed command */

	if (!ip)
		world_bail("ip: %s", strerror(errno));
	return ip;
}

static void ip_batch_end(FILE *ip)
{
	if (pclose(ip))
		world_bail("ip -batch failed");
}

/* @required: a kernel without the setting is no use */
static void set(const char *name, const char *value, bool required)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	file = fopen(path, "we");
	if (!file && !required)
		return;
	if (!file || fputs(value, file) < 0 || fclose(file))
		world_bail("%s: %s", path, strerror(errno));
}

static void enter(int netns)
{
	if (setns(netns, CLONE_NEWNET))
		world_bail("setns: %s", strerror(errno));
}

static int new_netns(void)
{
	int fd;

	if (unshare(CLONE_NEWNET))
		world_bail("new network namespace: %s (are you root?)", strerror(errno));
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		world_bail("/proc/self/ns/net: %s", strerror(errno));
	return fd;
}

/* ---- building ---------------------------------------------------------------- */

void world_enter(void)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL))
		world_bail("private mounts: %s (are you root?)", strerror(errno));
}

static void far_end_name(enum gateway g, enum side side, char out[IF_NAMESIZE])
{
	snprintf(out, IF_NAMESIZE, "%c-%s", g == GATEWAY_A ? 'a' : 'b', devices[side]);
}

/* From the namespace around: the three cables of one gateway. */
static void lay_cables(struct world *w, enum gateway g)
{
	char name[IF_NAMESIZE];
	uint8_t mac[6];
	FILE *ip = ip_batch();

	for (enum side side = 0; side < N_SIDES; side++) {
		far_end_name(g, side, name);
		frame_mac(true, side, mac);
		fprintf(ip,
			"link add %s type veth peer name %s address "
			"%02x:%02x:%02x:%02x:%02x:%02x netns /proc/%d/fd/%d\n"
			"link set %s arp off multicast off up\n",
			name, devices[side], mac[0], mac[1], mac[2], mac[3], mac[4],
			mac[5], getpid(), w->netns[g], name);
	}
	ip_batch_end(ip);
	for (enum side side = 0; side < N_SIDES; side++) {
		far_end_name(g, side, name);
		/* XDP at the other end must see finished checksums, and a veth
		 * end takes redirected frames only while NAPI is on (gro). */
		RUN("ethtool", "-K", name, "tx", "off", "gro", "on");
		w->ifindex[g][side] = (int)if_nametoindex(name);
	}
}

static void put_neighbours(FILE *ip)
{
	for (size_t i = 0; i < sizeof(neighbours) / sizeof(neighbours[0]); i++) {
		uint8_t mac[6];

		frame_mac(false, neighbours[i].side, mac);
		for (unsigned int host = neighbours[i].first; host <= neighbours[i].last;
		     host++) {
			fputs("neigh add ", ip);
			fprintf(ip, neighbours[i].net, host); /* NOLINT */
			fprintf(ip,
				" lladdr %02x:%02x:%02x:%02x:%02x:%02x nud permanent "
				"dev %s\n",
				mac[0], mac[1], mac[2], mac[3], mac[4], mac[5],
				devices[neighbours[i].side]);
		}
	}
}

/* In the gateway's namespace. */
static void furnish(void)
{
	FILE *ip;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		set(settings[i].path, settings[i].value, false);
	ip = ip_batch();
	for (enum side side = 0; side < N_SIDES; side++)
		fprintf(ip,
			"link set %s multicast off addrgenmode none up\n"
			"addr add fe80::1/64 dev %s nodad\n",
			devices[side], devices[side]);
	fputs(furniture, ip);
	put_neighbours(ip);
	ip_batch_end(ip);
	for (enum side side = 0; side < N_SIDES; side++)
		RUN("ethtool", "-K", devices[side], "tx", "off");
}

static void start_pinhole(struct world *w)
{
	struct fw_error error = {0};
	char policy[256];

	snprintf(policy, sizeof(policy), "%s/policy.pix", w->dir);
	RUN(w->fwctl, "apply", policy, "--mode", w->mode, "--pin-dir", PIN_DIR, "--map",
	    "outside=out0", "--map", "inside=in0", "--map", "dmz=dmz0");
	if (fw_open(PIN_DIR, &w->fw, &error))
		world_bail("%s: %s", error.where, error.what);
}

static void start_peer(struct world *w)
{
	char rules[256];

	snprintf(rules, sizeof(rules), "%s/gateway.nft", w->dir);
	RUN("nft", "-f", rules);
	for (size_t i = 0; i < sizeof(strict) / sizeof(strict[0]); i++)
		set(strict[i][0], strict[i][1], true);
	w->conntrack_stat = open("/proc/net/stat/nf_conntrack", O_RDONLY | O_CLOEXEC);
}

void world_open(struct world *w, const char *mode)
{
	w->mode = mode;
	w->around = new_netns();
	set("net/ipv6/conf/all/disable_ipv6", "1", false);
	set("net/ipv6/conf/default/disable_ipv6", "1", false);
	for (enum gateway g = 0; g < N_GATEWAYS; g++) {
		w->netns[g] = new_netns();
		/* Nobody asks for routers or says hello to the group. */
		set("net/ipv6/conf/default/router_solicitations", "0", false);
		enter(w->around);
		lay_cables(w, g);
		enter(w->netns[g]);
		furnish();
		if (g == GATEWAY_A)
			start_pinhole(w);
		else
			start_peer(w);
	}
	enter(w->around);
}

void world_close(struct world *w)
{
	fw_close(w->fw);
	enter(w->netns[GATEWAY_A]);
	RUN(w->fwctl, "unload", "--pin-dir", PIN_DIR);
	enter(w->around);
	if (w->conntrack_stat >= 0)
		close(w->conntrack_stat);
	for (enum gateway g = 0; g < N_GATEWAYS; g++)
		close(w->netns[g]);
	close(w->around);
}

bool world_is_gateway(const struct addr *addr, bool v6)
{
	for (size_t i = 0; i < sizeof(own_addresses) / sizeof(own_addresses[0]); i++) {
		struct addr own = addr_of(own_addresses[i]);

		if (v6 == !!strchr(own_addresses[i], ':') && addr_equal(addr, &own))
			return true;
	}
	return false;
}
