// SPDX-License-Identifier: GPL-2.0
/*
 * world.c - see world.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "tests/host/world_state.h"

#include "bpf/flow.h"

#define NO_SUPPORT 77
#define GENERATION 2 /* its tables are in slot 0 */

struct world world = {.next_id = 1000, .next_port = 40000};

void world_die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	world_close();
	exit(1);
}

static void in_machine(void)
{
	if (setns(world.machine, CLONE_NEWNET))
		world_die("setns");
}

static void in_peers(void)
{
	if (setns(world.peers, CLONE_NEWNET))
		world_die("setns");
}

/* ---- setting up -------------------------------------------------------------- */

static void run(const char *command)
{
	if (system(command))
		world_die(command);
}

static void make_network(void)
{
	char command[160];

	if (unshare(CLONE_NEWNET))
		exit(NO_SUPPORT);
	world.machine = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (unshare(CLONE_NEWNET))
		exit(NO_SUPPORT);
	world.peers = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	snprintf(command, sizeof(command),
		 "ip link add out0 type veth peer name fw0 netns /proc/%d/fd/%d",
		 getpid(), world.machine);
	run(command);
	run("ip link set lo up; ip link set out0 up");
	for (int i = 2; i < 10; i++) {
		snprintf(command, sizeof(command),
			 "ip addr add 10.9.0.%d/24 dev out0; "
			 "ip addr add fd09::%d/64 dev out0 nodad",
			 i, i);
		run(command);
	}
	in_machine();
	run("ip link set lo up; ip link set fw0 up; ip addr add 10.9.0.1/24 dev fw0; "
	    "ip addr add fd09::1/64 dev fw0 nodad");
}

static void find_cgroup2(void)
{
	char line[512], *found;
	FILE *f = fopen("/proc/self/mountinfo", "re");

	while (f && fgets(line, sizeof(line), f)) {
		if (!strstr(line, " - cgroup2 "))
			continue;
		found = strtok(line, " ");
		for (int i = 0; found && i < 4; i++)
			found = strtok(NULL, " ");
		if (found)
			snprintf(world.cgroup_root, sizeof(world.cgroup_root), "%s",
				 found);
	}
	if (f)
		fclose(f);
	if (!world.cgroup_root[0])
		exit(NO_SUPPORT);
}

static void enter_cgroup(const char *cgroup)
{
	char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	f = fopen(path, "we");
	if (!f || fprintf(f, "%d\n", getpid()) < 0 || fclose(f))
		world_die(path);
}

static void make_cgroup(void)
{
	find_cgroup2();
	snprintf(world.cgroup, sizeof(world.cgroup), "%s/pinhole-host-%d",
		 world.cgroup_root, getpid());
	if (mkdir(world.cgroup, 0755))
		world_die(world.cgroup);
	enter_cgroup(world.cgroup);
}

/* The datapath's own tables are large, and nothing here uses them. */
static bool is_needed(const char *name)
{
	static const char *const used[] = {
		"active",	"policy_config", "ifaces",	"fixups", "conns",
		"half_",	"records",	 "holes",	"expiry", "clock",
		"ftp_sessions", "ftp_findings",	 "event_stats", "host_",  NULL};

	for (size_t i = 0; used[i]; i++) {
		if (!strncmp(name, used[i], strlen(used[i])))
			return true;
	}
	return false;
}

static void put(struct bpf_map *map, const void *key, const void *value)
{
	if (bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY))
		world_die(bpf_map__name(map));
}

static int make_inner(uint32_t key_bytes, uint32_t value_bytes, uint32_t entries,
		      const char *name)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, name, key_bytes, value_bytes, entries,
				NULL);

	if (fd < 0)
		world_die(name);
	return fd;
}

static void put_fixup(int fixups, uint16_t port, uint32_t kind)
{
	struct fixup_key key = {.port = htons(port), .proto = IPPROTO_TCP};
	struct fixup_value value = {.kind = kind};

	if (bpf_map_update_elem(fixups, &key, &value, BPF_ANY))
		world_die("fixups");
}

static struct ph_addr address_of(const char *text)
{
	struct ph_addr address = {.word = {0, 0, htonl(0xffff), 0}};
	bool six = strchr(text, ':');

	if (inet_pton(six ? AF_INET6 : AF_INET, text, &address.word[six ? 0 : 3]) != 1)
		world_die(text);
	return address;
}

static struct iface_config iface_as(const char *public)
{
	struct iface_config iface = {.id = 1, .flags = IFACE_F_HOST_FTP};

	iface.l3_ifindex = if_nametoindex("fw0");
	iface.host_real = address_of(MACHINE);
	iface.host_public = address_of(public);
	return iface;
}

void seen_upstream_as(const char *address)
{
	struct iface_config iface = iface_as(address);
	struct iface_key key = {.ifindex = iface.l3_ifindex};
	uint32_t slot = GENERATION & 1, id = 0;
	int inner;

	bpf_map_lookup_elem(bpf_map__fd(world.skel->maps.ifaces), &slot, &id);
	inner = bpf_map_get_fd_by_id(id);
	if (inner < 0 || bpf_map_update_elem(inner, &key, &iface, BPF_ANY))
		world_die("ifaces");
	close(inner);
}

static void put_policy(void)
{
	struct policy_active active = {.generation = GENERATION};
	struct policy_config config = {.timeout_hole_ns = 60000000000ull};
	struct iface_key iface_key = {.ifindex = if_nametoindex("fw0")};
	struct iface_config iface = iface_as(PUBLIC);
	struct host_config host = {0};
	socklen_t len = sizeof(host.netns_cookie);
	uint32_t slot = GENERATION & 1;
	int fixups, ifaces, sock;

	fixups = make_inner(sizeof(struct fixup_key), sizeof(struct fixup_value), 8,
			    "fixups_of_test");
	put_fixup(fixups, FTP_PORT, FIXUP_FTP);
	put_fixup(fixups, FTPS_PORT, FIXUP_FTPS);
	put(world.skel->maps.fixups, &slot, &fixups);
	/* As the template of the outer map says. */
	ifaces = make_inner(sizeof(iface_key), sizeof(iface), 2 * PH_MAX_INTERFACES,
			    "ifaces_of_test");
	if (bpf_map_update_elem(ifaces, &iface_key, &iface, BPF_ANY))
		world_die("ifaces");
	put(world.skel->maps.ifaces, &slot, &ifaces);
	put(world.skel->maps.policy_config, &slot, &config);
	sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (sock < 0 ||
	    getsockopt(sock, SOL_SOCKET, SO_NETNS_COOKIE, &host.netns_cookie, &len))
		world_die("SO_NETNS_COOKIE");
	close(sock);
	slot = 0;
	put(world.skel->maps.host_config, &slot, &host);
	put(world.skel->maps.active, &slot, &active);
	close(fixups);
	close(ifaces);
}

static void load(void)
{
	struct bpf_link *link;
	struct bpf_map *map;
	int cgroup;

	world.skel = host__open();
	if (!world.skel)
		world_die("host.bpf.o");
	bpf_object__for_each_map(map, world.skel->obj)
	{
		if (!is_needed(bpf_map__name(map)))
			bpf_map__set_autocreate(map, false);
	}
	if (host__load(world.skel))
		world_die("host.bpf.o");
	put_policy();
	if (bpf_prog_attach(bpf_program__fd(world.skel->progs.host_msg),
			    bpf_map__fd(world.skel->maps.host_socks), BPF_SK_MSG_VERDICT,
			    0))
		world_die("host_msg");
	cgroup = open(world.cgroup, O_RDONLY | O_CLOEXEC);
	link = bpf_program__attach_cgroup(world.skel->progs.host_sockops, cgroup);
	close(cgroup);
	if (!link)
		world_die("host_sockops");
	world.skel->links.host_sockops = link;
}

void world_open(void)
{
	if (geteuid())
		exit(NO_SUPPORT);
	make_network();
	make_cgroup();
	load();
}

void world_close(void)
{
	if (world.skel)
		host__destroy(world.skel);
	world.skel = NULL;
	if (world.cgroup[0]) {
		enter_cgroup(world.cgroup_root);
		rmdir(world.cgroup);
	}
}

/* ---- sockets ----------------------------------------------------------------- */

static socklen_t place(struct sockaddr_storage *out, const char *address, uint16_t port)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
	struct sockaddr_in *four = (struct sockaddr_in *)out;

	memset(out, 0, sizeof(*out));
	if (strchr(address, ':')) {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons(port);
		inet_pton(AF_INET6, address, &six->sin6_addr);
		return sizeof(*six);
	}
	four->sin_family = AF_INET;
	four->sin_port = htons(port);
	inet_pton(AF_INET, address, &four->sin_addr);
	return sizeof(*four);
}

static int bound(const char *address, uint16_t port)
{
	struct sockaddr_storage at;
	socklen_t len = place(&at, address, port);
	int one = 1, sock = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (sock < 0 || bind(sock, (struct sockaddr *)&at, len))
		world_die("bind");
	return sock;
}

static int dial(int sock, const char *address, uint16_t port)
{
	struct timeval patience = {.tv_usec = 500000};
	struct sockaddr_storage at;
	socklen_t len = place(&at, address, port);

	setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return connect(sock, (struct sockaddr *)&at, len);
}

int listens(const char *address, uint16_t *port)
{
	struct sockaddr_in6 at = {0};
	socklen_t len = sizeof(at);
	int sock = bound(address ? address : "0.0.0.0", *port);

	if (listen(sock, 8) || getsockname(sock, (struct sockaddr *)&at, &len))
		world_die("listen");
	*port = ntohs(at.sin6_port); /* at the same place in both families */
	return sock;
}

/* What the datapath does with the first packets. */
static void enter_conn(struct session *s, const char *initiator, uint16_t sport,
		       const char *responder, uint16_t dport, uint32_t flags)
{
	struct ph_addr src = address_of(initiator), dst = address_of(responder);
	struct conn conn = {.state = CONN_ESTABLISHED, .flags = CONN_F_FTP | flags};
	uint32_t end = flow_key_make(&s->key, &src, htons(sport), &dst, htons(dport),
				     IPPROTO_TCP, PKT_ECHO_NONE);

	s->peer = flags & CONN_F_HOST ? src : dst;
	if (!s->conn_id)
		return;
	conn.id = s->conn_id;
	conn.flags |= end ? CONN_F_INITIATOR_1 : 0;
	conn.mapped[0] = src;
	conn.mapped[1] = dst;
	conn.ifindex[flags & CONN_F_HOST ? 0 : 1] = if_nametoindex("fw0");
	put(world.skel->maps.conns, &s->key, &conn);
}

struct session session_dialled(int peer, uint16_t port, bool six, bool policys)
{
	struct session s = {.conn_id = policys ? world.next_id++ : 0};
	uint16_t sport = world.next_port++;
	int listener = listens(six ? MACHINE6 : "::", &port);
	char address[32];

	snprintf(address, sizeof(address), six ? "fd09::%d" : "10.9.0.%d", peer);
	enter_conn(&s, address, sport, six ? MACHINE6 : MACHINE, port, CONN_F_HOST);
	in_peers();
	s.peers = bound(address, sport);
	if (dial(s.peers, six ? MACHINE6 : MACHINE, port))
		world_die("connect");
	in_machine();
	s.ours = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close(listener);
	return s;
}

struct session session_dials(int peer, uint16_t port)
{
	struct session s = {.conn_id = world.next_id++};
	uint16_t sport = world.next_port++;
	char address[32];
	int listener;

	snprintf(address, sizeof(address), "10.9.0.%d", peer);
	in_peers();
	listener = listens(address, &port);
	in_machine();
	enter_conn(&s, MACHINE, sport, address, port, CONN_F_LOCAL);
	s.ours = bound(MACHINE, sport);
	if (dial(s.ours, address, port))
		world_die("connect");
	s.peers = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close(listener);
	return s;
}

void session_close(struct session *s)
{
	struct linger now = {.l_onoff = 1};

	setsockopt(s->ours, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(s->ours);
	close(s->peers);
	bpf_map_delete_elem(bpf_map__fd(world.skel->maps.conns), &s->key);
	bpf_map_delete_elem(bpf_map__fd(world.skel->maps.ftp_sessions), &s->key);
}

static void send_all(int sock, const char *text)
{
	if (send(sock, text, strlen(text), 0) != (ssize_t)strlen(text))
		world_die("send");
}

void says(const struct session *s, const char *text)
{
	send_all(s->ours, text);
}

void asked(const struct session *s, const char *text)
{
	send_all(s->peers, text);
}

void says_bytes(const struct session *s, const void *bytes, size_t len)
{
	if (send(s->ours, bytes, len, 0) != (ssize_t)len)
		world_die("send");
}

static size_t drain(int sock, char *out, size_t size)
{
	struct pollfd one = {.fd = sock, .events = POLLIN};
	size_t at = 0;

	while (poll(&one, 1, at ? 20 : 500) == 1) {
		ssize_t n = recv(sock, out + at, size - 1 - at, 0);

		if (n <= 0)
			break;
		at += (size_t)n;
	}
	out[at] = 0;
	return at;
}

void reads(const struct session *s)
{
	char text[4096];

	drain(s->ours, text, sizeof(text));
}

const char *heard(const struct session *s)
{
	static char text[65536];

	drain(s->peers, text, sizeof(text));
	return text;
}

int peer_connects(const struct session *s, uint16_t port)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	char address[32];
	int sock;

	if (getsockname(s->peers, (struct sockaddr *)&at, &len))
		world_die("getsockname");
	inet_ntop(AF_INET, &at.sin_addr, address, sizeof(address));
	in_peers();
	sock = bound(address, 0);
	if (dial(sock, MACHINE, port)) {
		close(sock);
		sock = -1;
	}
	in_machine();
	return sock;
}

void connects_from(uint16_t port)
{
	int sock = bound(MACHINE, port);

	dial(sock, "10.9.0.9", 9);
	close(sock);
}
