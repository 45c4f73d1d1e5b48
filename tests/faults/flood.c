// SPDX-License-Identifier: GPL-2.0
/*
 * flood.c - one kind of packets into the lab's firewall, for some seconds.
 *
 *     flood LAB KIND TARGET PORT SECONDS
 *
 * LAB is the prefix of the lab's namespaces; KIND one of syn, fragments, later, errors,
 * noise (flood.h). Prints how many packets it made.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "flood.h" /* has the types of the skeleton's variables */

#include "faults_flood.skel.h"

#define BURST_FRAMES 65536
#define BATCH_FRAMES 64
#define FIRST_SOURCE 0xc6120000 /* 198.18.0.0 (RFC 2544) and up */

static const char *const kinds[FLOOD_KINDS] = {
	[FLOOD_SYN] = "syn",	 [FLOOD_FRAGMENTS] = "fragments",
	[FLOOD_LATER] = "later", [FLOOD_ERRORS] = "errors",
	[FLOOD_NOISE] = "noise",
};

#define DIE(...)                              \
	do {                                  \
		fputs("flood: ", stderr);     \
		fprintf(stderr, __VA_ARGS__); \
		fputc('\n', stderr);          \
		exit(EXIT_FAILURE);           \
	} while (0)

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

static uint32_t kind_of(const char *name)
{
	for (uint32_t i = 0; i < FLOOD_KINDS; i++)
		if (!strcmp(kinds[i], name))
			return i;
	DIE("no such kind: %s", name);
}

int main(int argc, char **argv)
{
	__u8 frame[FLOOD_FRAME_BYTES - 2] = {0};
	struct bpf_test_run_opts opts = {.sz = sizeof(opts),
					 .data_in = frame,
					 .data_size_in = sizeof(frame),
					 .repeat = BURST_FRAMES,
					 .flags = BPF_F_TEST_XDP_LIVE_FRAMES,
					 .batch_size = BATCH_FRAMES};
	struct faults_flood *skel;
	time_t began = time(NULL);

	if (argc != 6)
		DIE("usage: flood LAB KIND TARGET PORT SECONDS");
	skel = faults_flood__open_and_load();
	if (!skel)
		DIE("the kernel refused the program: %s", strerror(errno));
	skel->bss->plan.kind = kind_of(argv[2]);
	skel->bss->plan.source = FIRST_SOURCE;
	skel->bss->plan.port = htons((uint16_t)strtoul(argv[4], NULL, 10));
	if (inet_pton(AF_INET, argv[3], &skel->bss->plan.target) != 1)
		DIE("no address: %s", argv[3]);
	enter(argv[1], "fw");
	device("out0", skel->bss->plan.dst_mac);
	enter(argv[1], "outside");
	skel->bss->plan.ifindex = device("eth0", skel->bss->plan.src_mac);
	while (time(NULL) - began < strtol(argv[5], NULL, 10))
		if (bpf_prog_test_run_opts(bpf_program__fd(skel->progs.flood_send),
					   &opts))
			DIE("BPF_PROG_TEST_RUN with live frames: %s", strerror(errno));
	printf("%llu\n", (unsigned long long)skel->bss->sent);
	faults_flood__destroy(skel);
	return 0;
}
