// SPDX-License-Identifier: GPL-2.0
/*
 * error.c - errors in words, and libbpf kept silent.
 *
 * Why it exists: libraries fill a diagnostic and never print; the kernel's
 * errno alone tells an administrator nothing.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "internal.h"

/* libbpf and the verifier say the most important thing last: keep the tail. */
static struct {
	char text[8192];
	size_t len;
} collected;
static libbpf_print_fn_t print_before;

static void hint_by_errno(struct fw_error *error, int err)
{
	switch (err) {
	case -EPERM:
	case -EACCES:
		/* Root may be refused, too: in a container, or by lockdown(7). */
		if (geteuid())
			fw_fail_hint(
				error,
				"run as root (CAP_BPF, CAP_NET_ADMIN, CAP_SYS_ADMIN)");
		else
			fw_fail_hint(error,
				     "root alone is not enough here: it takes CAP_BPF, "
				     "CAP_NET_ADMIN and CAP_SYS_ADMIN in the first user "
				     "namespace, and a kernel that is not locked down "
				     "(/sys/kernel/security/lockdown)");
		break;
	case -ENOMEM:
		fw_fail_hint(error, "the kernel is out of memory, or of the memory the "
				    "cgroup or RLIMIT_MEMLOCK allows");
		break;
	case -ENOSYS:
		fw_fail_hint(error,
			     "the kernel lacks BPF; Pinhole needs Linux 6.1 or newer");
		break;
	default:
		break;
	}
}

int fw_fail(struct fw_error *error, int err, const char *format, ...)
{
	va_list args;
	size_t len;

	if (!error)
		return err;
	memset(error, 0, sizeof(*error));
	va_start(args, format);
	vsnprintf(error->what, sizeof(error->what), format, args);
	va_end(args);
	len = strlen(error->what);
	/* A trailing colon asks for the kernel's word. */
	if (len && error->what[len - 1] == ':')
		snprintf(error->what + len, sizeof(error->what) - len, " %s",
			 strerror(-err));
	hint_by_errno(error, err);
	return err;
}

void fw_fail_where(struct fw_error *error, const char *format, ...)
{
	va_list args;

	if (!error)
		return;
	va_start(args, format);
	vsnprintf(error->where, sizeof(error->where), format, args);
	va_end(args);
}

void fw_fail_hint(struct fw_error *error, const char *format, ...)
{
	va_list args;

	if (!error)
		return;
	va_start(args, format);
	vsnprintf(error->hint, sizeof(error->hint), format, args);
	va_end(args);
}

/* The verifier's log comes as one line of up to megabytes: keep its end. */
static void keep_tail(const char *text, size_t len)
{
	const size_t size = sizeof(collected.text);
	size_t keep;

	if (len > size) {
		text += len - size;
		len = size;
	}
	keep = collected.len < size - len ? collected.len : size - len;
	memmove(collected.text, collected.text + collected.len - keep, keep);
	memcpy(collected.text + keep, text, len);
	collected.len = keep + len;
}

static int collect(enum libbpf_print_level level, const char *format, va_list args)
{
	char *line cleanup_free_ = NULL;
	int len;

	if (level == LIBBPF_DEBUG)
		return 0;
	len = vasprintf(&line, format, args);
	if (len > 0)
		keep_tail(line, (size_t)len);
	return 0;
}

void fw_log_begin(void)
{
	collected.len = 0;
	print_before = libbpf_set_print(collect);
}

void fw_log_end(void)
{
	libbpf_set_print(print_before);
}

void fw_log_into(struct fw_error *error)
{
	const char *tail = collected.text;
	size_t len = collected.len;

	if (!error)
		return;
	while (len && collected.text[len - 1] == '\n')
		len--;
	if (len >= sizeof(error->log)) {
		const char *line;

		tail = collected.text + len - (sizeof(error->log) - 1);
		line = memchr(tail, '\n', sizeof(error->log) - 1);
		if (line)
			tail = line + 1;
		len -= (size_t)(tail - collected.text);
	}
	memcpy(error->log, tail, len);
	error->log[len] = '\0';
}
