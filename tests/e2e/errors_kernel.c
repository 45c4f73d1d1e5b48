// SPDX-License-Identifier: GPL-2.0
/*
 * errors_kernel.c - preloaded into fwctl: the kernel is one without bpf(2) if
 * $NO_BPF is set, one without BPF timers if $NO_TIMER is.
 *
 * Why it exists: what fwctl says on such kernels is to be tested on one that has it all.
 * Compiled by t_errors.sh; belongs to nothing else.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>

static int calls_timer(const union bpf_attr *attr)
{
	const struct bpf_insn *insns = (const struct bpf_insn *)attr->insns;

	for (unsigned int i = 0; i < attr->insn_cnt; i++)
		if (insns[i].code == (BPF_JMP | BPF_CALL) && !insns[i].src_reg &&
		    insns[i].imm == BPF_FUNC_timer_init)
			return 1;
	return 0;
}

/* As the verifier says it. */
static int refuse(const union bpf_attr *attr)
{
	if (attr->log_level && attr->log_size > 64)
		snprintf((char *)attr->log_buf, attr->log_size,
			 "unknown func bpf_timer_init#169\n");
	return EINVAL;
}

/* libbpf comes by here, libc itself does not. */
long syscall(long number, ...)
{
	static long (*real)(long, ...);
	long arg[6];
	va_list args;

	if (!real)
		real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	va_start(args, number);
	for (int i = 0; i < 6; i++)
		arg[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_bpf && getenv("NO_BPF")) {
		errno = ENOSYS;
		return -1;
	}
	if (number == SYS_bpf && getenv("NO_TIMER") && arg[0] == BPF_PROG_LOAD &&
	    calls_timer((const union bpf_attr *)arg[1])) {
		errno = refuse((const union bpf_attr *)arg[1]);
		return -1;
	}
	return real(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
}
