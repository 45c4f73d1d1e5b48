// SPDX-License-Identifier: GPL-2.0
/*
 * wire.c - generator and veth pairs. See wire.h.
 *
 * The generator: BPF_PROG_TEST_RUN with BPF_F_TEST_XDP_LIVE_FRAMES (Linux 5.18)
 * runs a program on frames that are then really redirected to a device, 64 at a
 * time. They arrive, and are judged, in softirq on the same CPU before the next batch
 * goes: what the kernel reports as duration is generator, veth and judge together. It
 * is without what the system call takes to set itself up, which is milliseconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "wire.h"

#include "bench_acl_wire.skel.h"

#define BATCH_FRAMES 64
#define WIRE_FROM    "from"
#define WIRE_MAC     "02:00:00:00:00:02"

static const uint8_t wire_mac[ETH_ALEN] = {2, 0, 0, 0, 0, 2};

int wire_source_open(struct wire_source *source, uint32_t capacity)
{
	void *mapped;

	memset(source, 0, sizeof(*source));
	source->home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	source->program = bench_wire__open();
	if (source->home < 0 || !source->program ||
	    bpf_map__set_max_entries(source->program->maps.frames, capacity) ||
	    bench_wire__load(source->program))
		return bench_fail("generator: %s", strerror(errno));
	mapped = mmap(NULL, (size_t)capacity * sizeof(struct wire_frame),
		      PROT_READ | PROT_WRITE, MAP_SHARED,
		      bpf_map__fd(source->program->maps.frames), 0);
	if (mapped == MAP_FAILED)
		return bench_fail("generator: mmap: %s", strerror(errno));
	source->frames = mapped;
	source->capacity = capacity;
	return 0;
}

void wire_source_close(struct wire_source *source)
{
	if (source->frames)
		munmap(source->frames,
		       (size_t)source->capacity * sizeof(struct wire_frame));
	bench_wire__destroy(source->program);
	if (source->home > 0)
		close(source->home);
}

/* ---- frames ---- */

static uint16_t header_sum(const struct iphdr *ip)
{
	const uint16_t *half = (const uint16_t *)ip;
	uint32_t sum = 0;

	for (size_t i = 0; i < sizeof(*ip) / 2; i++)
		sum += half[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

/* SYN, for whatever joins segments (GRO) lets it alone. No checksum but that of the
 * IPv4 header: nobody on the way looks. */
static void frame_make(struct wire_frame *out, const struct bench_key *key)
{
	struct ether_header ethernet = {.ether_type = htons(ETHERTYPE_IP)};
	struct iphdr ip = {.version = 4,
			   .ihl = 5,
			   .tot_len = htons(WIRE_FRAME_BYTES - sizeof(ethernet)),
			   .ttl = 64,
			   .protocol = key->proto,
			   .saddr = key->src.word[3],
			   .daddr = key->dst.word[3]};
	struct tcphdr tcp = {.source = htons(key->src_port),
			     .dest = htons(key->dst_port),
			     .doff = 5,
			     .syn = 1};
	uint8_t *at = (uint8_t *)out;

	memcpy(ethernet.ether_dhost, wire_mac, sizeof(wire_mac));
	ip.check = header_sum(&ip);
	memset(out, 0, sizeof(*out));
	if (key->proto == IPPROTO_ICMP)
		tcp.source = htons(key->dst_port); /* type and code */
	memcpy(at, &ethernet, sizeof(ethernet));
	memcpy(at + sizeof(ethernet), &ip, sizeof(ip));
	memcpy(at + sizeof(ethernet) + sizeof(ip), &tcp, sizeof(tcp));
}

int wire_source_add(struct wire_source *source, struct bench_set *set)
{
	const struct bench_trace *trace = &set->traces[TRACE_LINES];

	if (trace->n > source->capacity - source->n)
		return bench_fail("%u frames are more than there is room for", trace->n);
	set->frames_at = source->n;
	for (uint32_t i = 0; i < trace->n; i++)
		frame_make(&source->frames[source->n + i], &trace->keys[i]);
	source->n += trace->n;
	return 0;
}

/* ---- namespaces ---- */

int wire_enter(const struct wire *wire)
{
	return setns(wire->netns, CLONE_NEWNET) ? bench_fail("setns: %s", strerror(errno))
						: 0;
}

int wire_leave(const struct wire_source *source)
{
	return setns(source->home, CLONE_NEWNET)
		       ? bench_fail("setns: %s", strerror(errno))
		       : 0;
}

/* In the child: standard input and output are the files, or nothing. */
static void redirect(int fd, const char *path, int flags)
{
	int file = open(path ? path : "/dev/null", flags, 0600);

	if (file < 0 || dup2(file, fd) < 0)
		_exit(126);
}

int wire_command(const struct wire *wire, int seconds, const char *input,
		 const char *output, char *const argv[])
{
	char limit[16], *timed[16] = {"timeout", limit};
	int status = 0;
	pid_t child;

	snprintf(limit, sizeof(limit), "%d", seconds);
	for (size_t i = 0; argv[i] && i + 3 < sizeof(timed) / sizeof(timed[0]); i++)
		timed[i + 2] = argv[i];
	child = fork();
	if (child < 0)
		return bench_fail("fork: %s", strerror(errno));
	if (!child) {
		if (wire_enter(wire))
			_exit(126);
		redirect(STDIN_FILENO, input, O_RDONLY);
		redirect(STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC);
		execvp(timed[0], timed);
		_exit(127);
	}
	if (waitpid(child, &status, 0) < 0 || !WIFEXITED(status))
		return bench_fail("%s did not end well", argv[0]);
	return WEXITSTATUS(status);
}

/* A veth end takes redirected frames only while its peer has NAPI, so GRO, on. */
static int gro_on(void)
{
	struct ethtool_value value = {.cmd = ETHTOOL_SGRO, .data = 1};
	struct ifreq request = {.ifr_name = WIRE_DEVICE, .ifr_data = (void *)&value};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = fd < 0 || ioctl(fd, SIOCETHTOOL, &request) ? errno : 0;

	if (fd >= 0)
		close(fd);
	return err ? bench_fail("GRO of %s: %s", WIRE_DEVICE, strerror(err)) : 0;
}

static int devices_make(struct wire *wire)
{
	static char *const commands[][12] = {
		{"ip", "link", "add", WIRE_FROM, "type", "veth", "peer", "name",
		 WIRE_DEVICE},
		{"sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1"},
		{"ip", "link", "set", "lo", "up"},
		{"ip", "link", "set", WIRE_FROM, "up"},
		{"ip", "link", "set", WIRE_DEVICE, "address", WIRE_MAC},
		{"ip", "link", "set", WIRE_DEVICE, "up"},
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (wire_command(wire, 10, NULL, NULL, commands[i]))
			return bench_fail("cannot make a veth pair");
	wire->from = if_nametoindex(WIRE_FROM);
	wire->to = if_nametoindex(WIRE_DEVICE);
	return gro_on();
}

int wire_open(struct wire *wire, const struct wire_source *source)
{
	int err;

	memset(wire, 0, sizeof(*wire));
	if (unshare(CLONE_NEWNET))
		return bench_fail("a network namespace: %s", strerror(errno));
	wire->netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (wire->netns < 0)
		return bench_fail("its file: %s", strerror(errno));
	err = devices_make(wire);
	return wire_leave(source) || err ? -1 : 0;
}

void wire_close(struct wire *wire)
{
	if (wire->netns > 0)
		close(wire->netns);
	wire->netns = 0;
}

int wire_send(struct wire *wire, struct wire_source *source, uint32_t first,
	      uint32_t length, uint32_t n, double *ns_per_frame)
{
	uint8_t frame[WIRE_FRAME_BYTES] = {0};
	struct bpf_test_run_opts opts = {.sz = sizeof(opts),
					 .data_in = frame,
					 .data_size_in = sizeof(frame),
					 .repeat = (int)n,
					 .flags = BPF_F_TEST_XDP_LIVE_FRAMES,
					 .batch_size = BATCH_FRAMES};
	int err;

	source->program->bss->plan = (struct wire_plan){first, length, wire->from, 0};
	source->program->bss->at = wire->at % length;
	if (wire_enter(wire))
		return -1;
	err = bpf_prog_test_run_opts(bpf_program__fd(source->program->progs.generate),
				     &opts)
		      ? errno
		      : 0;
	*ns_per_frame = opts.duration; /* the kernel's, per frame, in whole ns */
	wire->at = source->program->bss->at;
	wire->sent += n;
	if (wire_leave(source))
		return -1;
	return err ? bench_fail("BPF_PROG_TEST_RUN with live frames: %s", strerror(err))
		   : 0;
}
