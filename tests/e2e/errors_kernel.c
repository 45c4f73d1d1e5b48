// SPDX-License-Identifier: GPL-2.0
/*
 * errors_kernel.c - preloaded into fwctl: the kernel is one without bpf(2) if
 * $NO_BPF is set, one without BPF ring buffers if $NO_RINGBUF is.
 *
 * Why it exists: what fwctl says on such kernels is to be tested on one that has it all.
 * Compiled by t_errors.sh; belongs to nothing else.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>

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
	if (number == SYS_bpf && getenv("NO_RINGBUF") && arg[0] == BPF_MAP_CREATE &&
	    ((const union bpf_attr *)arg[1])->map_type == BPF_MAP_TYPE_RINGBUF) {
		errno = EINVAL;
		return -1;
	}
	return real(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
}
