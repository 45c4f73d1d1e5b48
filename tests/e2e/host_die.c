// SPDX-License-Identifier: GPL-2.0
/*
 * host_die.c - preloaded into fwctl: it dies, as by SIGKILL, before its N-th call of
 * bpf(2), N from $DIE_AT; or before the N-th behind the one that puts a policy in
 * force, N from $DIE_BEHIND_FLIP, where 0 is that one; or with $FLIP_FAILS that one
 * fails. Which one it was it says in the end.
 *
 * Why it exists: "killed at any moment" is no test if the moments are left to chance.
 * Compiled by host_watch.sh; belongs to nothing else.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

static long (*real)(long, ...);
static unsigned long calls;
static unsigned long flip; /* the call that stored the active generation */

static int is_active(int map)
{
	struct bpf_map_info info = {0};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (unsigned int)map;
	attr.info.info_len = sizeof(info);
	attr.info.info = (unsigned long)&info;
	return !real(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)) &&
	       !strcmp(info.name, "active");
}

/* It is time to die: the N-th call from @first on is this one. */
static void die_at(const char *variable, unsigned long first)
{
	const char *text = getenv(variable);

	if (text && calls == first + strtoul(text, NULL, 10))
		raise(SIGKILL);
}

/* Whether the call shall fail. */
static int look_at(long command, const union bpf_attr *attr)
{
	calls++;
	if (!flip && command == BPF_MAP_UPDATE_ELEM && is_active((int)attr->map_fd))
		flip = calls;
	die_at("DIE_AT", 0);
	if (flip)
		die_at("DIE_BEHIND_FLIP", flip);
	return calls == flip && getenv("FLIP_FAILS");
}

/* libbpf comes by here, libc itself does not. */
long syscall(long number, ...)
{
	long arg[6];
	va_list args;

	if (!real)
		real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	va_start(args, number);
	for (int i = 0; i < 6; i++)
		arg[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_bpf && look_at(arg[0], (const union bpf_attr *)arg[1])) {
		errno = EPERM;
		return -1;
	}
	return real(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
}

static __attribute__((destructor)) void say(void)
{
	fprintf(stderr, "flip: call %lu\n", flip);
}
