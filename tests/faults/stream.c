// SPDX-License-Identifier: GPL-2.0
/*
 * stream.c - numbered packets through the lab's firewall until it is told to end; then
 * it says what became of each stream.
 *
 *     stream LAB TARGET REAL OTHER PORT [PER-SECOND]
 *
 * LAB is the prefix of the lab's namespaces. TARGET is the mapped address, REAL what
 * it stands for; OTHER is the mapped address of STREAM_MIXED, of what it stands for
 * nobody but a mixed-up firewall has an idea. The streams go to the ports from PORT on,
 * in the order of stream.h. PER-SECOND packets, or as many as there can be.
 *
 * It prints "ready" once the known connection has been answered, ends by SIGTERM or
 * SIGINT, and prints JSON. What is sent next waits for what was sent before, so that a
 * packet that is missing was lost by the firewall and not by a queue in front of it:
 * with no firewall at work, nothing is.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include "stream.h" /* has the types of the skeleton's variables */

#include "faults_stream.skel.h"

#define BURST_FRAMES 128       /* with PER-SECOND */
#define FULL_FRAMES  (1 << 22) /* without: frames, or turns in which one had to wait */
#define BATCH_FRAMES 64
#define NS_PER_SEC   1000000000ull

static volatile sig_atomic_t ended;

static const char *const names[N_STREAMS] = {
	[STREAM_KNOWN] = "known",
	[STREAM_NEW] = "new",
	[STREAM_DENIED] = "denied",
	[STREAM_MIXED] = "mixed",
};

#define DIE(...)                              \
	do {                                  \
		fputs("stream: ", stderr);    \
		fprintf(stderr, __VA_ARGS__); \
		fputc('\n', stderr);          \
		exit(EXIT_FAILURE);           \
	} while (0)

static void end(int number)
{
	(void)number;
	ended = 1;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec;
}

static void enter(const char *lab, const char *side)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s-%s", lab, side);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		DIE("%s: %s", path, strerror(errno));
	close(fd);
}

/* Index of a device of the present namespace, and its MAC address. */
static uint32_t device(const char *name, __u8 mac[ETH_ALEN])
{
	struct ifreq request = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &request))
		DIE("%s: %s", name, strerror(errno));
	close(fd);
	memcpy(mac, request.ifr_hwaddr.sa_data, ETH_ALEN);
	return if_nametoindex(name);
}

static uint32_t address(const char *text)
{
	struct in_addr addr;

	if (inet_pton(AF_INET, text, &addr) != 1)
		DIE("no address: %s", text);
	return ntohl(addr.s_addr);
}

static int udp_socket(uint32_t addr, uint16_t port)
{
	const struct sockaddr_in own = {.sin_family = AF_INET,
					.sin_addr.s_addr = htonl(addr),
					.sin_port = htons(port)};
	const struct timeval patience = {.tv_usec = 500000};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ||
	    bind(fd, (const struct sockaddr *)&own, sizeof(own)))
		DIE("UDP port %u: %s", port, strerror(errno));
	return fd;
}

/* The one connection that exists: it begins inside, and only that permits it. The first
 * packet may be the last one of a connection before. */
static void make_known(const char *lab, const struct stream_plan *plan)
{
	struct sockaddr_in peer = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(plan->source),
				   .sin_port = htons(STREAM_PORT)};
	socklen_t length = sizeof(peer);
	char word[8];
	int server, client;

	enter(lab, "inside");
	server = udp_socket(plan->real, (uint16_t)plan->port);
	enter(lab, "outside");
	client = udp_socket(plan->source, STREAM_PORT);
	for (int tries = 0; tries < 6; tries++)
		if (sendto(server, "hello", 5, 0, (struct sockaddr *)&peer,
			   sizeof(peer)) == 5 &&
		    recvfrom(client, word, sizeof(word), 0, (struct sockaddr *)&peer,
			     &length) == 5)
			break;
	if (sendto(client, "there", 5, 0, (struct sockaddr *)&peer, length) != 5 ||
	    recv(server, word, sizeof(word), 0) != 5)
		DIE("the known connection is not let through: %s", strerror(errno));
	close(server);
	close(client);
}

static void send_burst(const struct faults_stream *skel, int frames)
{
	__u8 frame[sizeof(struct stream_frame)] = {0};
	struct bpf_test_run_opts opts = {.sz = sizeof(opts),
					 .data_in = frame,
					 .data_size_in = sizeof(frame),
					 .repeat = frames,
					 .flags = BPF_F_TEST_XDP_LIVE_FRAMES,
					 .batch_size = BATCH_FRAMES};

	if (bpf_prog_test_run_opts(bpf_program__fd(skel->progs.stream_send), &opts) &&
	    errno != EINTR)
		DIE("BPF_PROG_TEST_RUN with live frames: %s", strerror(errno));
}

/* What is under way still. */
static void wait_for_arrival(const struct faults_stream *skel)
{
	volatile const struct stream_seen *seen = skel->bss->seen;
	uint64_t patient_until = now_ns() + STREAM_PATIENCE_NS;

	while ((seen[STREAM_KNOWN].next < skel->bss->sent[STREAM_KNOWN] ||
		seen[STREAM_NEW].next < skel->bss->sent[STREAM_NEW]) &&
	       now_ns() < patient_until)
		sched_yield();
}

static void pause_until(uint64_t when_ns)
{
	const struct timespec when = {.tv_sec = (time_t)(when_ns / NS_PER_SEC),
				      .tv_nsec = (long)(when_ns % NS_PER_SEC)};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
}

static void print_stream(const struct faults_stream *skel, enum stream_id id)
{
	const struct stream_seen *seen = &skel->bss->seen[id];
	uint64_t sent = skel->bss->sent[id];

	printf("\"%s\":{\"sent\":%" PRIu64 ",\"good\":%" PRIu64 ",\"lost\":%" PRIu64
	       ",\"wrong\":%" PRIu64 ",\"late\":%" PRIu64 ",\"gaps\":[",
	       names[id], sent, (uint64_t)seen->good, sent - (uint64_t)seen->good,
	       (uint64_t)seen->wrong, (uint64_t)seen->late);
	for (uint64_t i = 0; i < seen->gaps && i < STREAM_MAX_GAPS; i++)
		printf("%s{\"at_ns\":%" PRIu64 ",\"first\":%" PRIu64 ",\"count\":%" PRIu64
		       "}",
		       i ? "," : "", (uint64_t)seen->gap[i].at_ns,
		       (uint64_t)seen->gap[i].first, (uint64_t)seen->gap[i].count);
	printf("]}");
}

static struct faults_stream *open_streams(char **argv)
{
	struct faults_stream *skel = faults_stream__open_and_load();
	uint16_t port = (uint16_t)strtoul(argv[5], NULL, 10);
	__u8 mac[ETH_ALEN];
	int err;

	if (!skel)
		DIE("the kernel refused the programs: %s", strerror(errno));
	for (unsigned int i = 0; i < N_STREAMS; i++)
		skel->bss->plan[i] = (struct stream_plan){
			/* Addresses of the outside network that nobody has. */
			.source = (address(argv[2]) & 0xffffff00) + 100,
			.target = address(argv[i == STREAM_MIXED ? 4 : 2]),
			.real = address(argv[3]),
			.port = port + i,
			.shift = (uint32_t)(now_ns() >> 10),
		};
	skel->bss->plan[STREAM_KNOWN].source = (address(argv[2]) & 0xffffff00) + 50;
	enter(argv[1], "fw");
	device("out0", skel->bss->dst_mac);
	enter(argv[1], "inside");
	err = bpf_xdp_attach((int)device("eth0", mac),
			     bpf_program__fd(skel->progs.stream_sink),
			     XDP_FLAGS_DRV_MODE | XDP_FLAGS_UPDATE_IF_NOEXIST, NULL);
	if (err)
		DIE("cannot attach the sink: %s", strerror(-err));
	make_known(argv[1], &skel->bss->plan[STREAM_KNOWN]);
	enter(argv[1], "outside");
	skel->bss->ifindex = device("eth0", skel->bss->src_mac);
	return skel;
}

int main(int argc, char **argv)
{
	struct faults_stream *skel;
	uint64_t began, next, step = 0;

	if (argc < 6)
		DIE("usage: stream LAB TARGET REAL OTHER PORT [PER-SECOND]");
	signal(SIGTERM, end);
	signal(SIGINT, end);
	setvbuf(stdout, NULL, _IOLBF, 0);
	skel = open_streams(argv);
	if (argc > 6)
		step = NS_PER_SEC * BURST_FRAMES / strtoull(argv[6], NULL, 10);
	puts("ready");
	for (began = next = now_ns(); !ended; next += step) {
		send_burst(skel, step ? BURST_FRAMES : FULL_FRAMES);
		if (step && next > now_ns())
			pause_until(next);
	}
	wait_for_arrival(skel);
	printf("{\"seconds\":%.3f,\"stalls\":%" PRIu64 ",",
	       (double)(now_ns() - began) / NS_PER_SEC, (uint64_t)skel->bss->stalls);
	for (enum stream_id i = 0; i < N_STREAMS; i++) {
		print_stream(skel, i);
		puts(i + 1 < N_STREAMS ? "," : "}");
	}
	enter(argv[1], "inside");
	bpf_xdp_detach((int)if_nametoindex("eth0"), XDP_FLAGS_DRV_MODE, NULL);
	faults_stream__destroy(skel);
	return 0;
}
