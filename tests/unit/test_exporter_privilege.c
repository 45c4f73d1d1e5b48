// SPDX-License-Identifier: GPL-2.0
/*
 * What the exporter may still do once it serves: each attempt is a process of its own
 * that gives up its privileges and then tries.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/exporter/privilege.h"

#define NOT_DROPPED 250
#define NO_ANSWER   251

/* What is tried; 0 or the errno of what was refused. */
typedef int (*attempt_fn)(void);

static int outcome(long result)
{
	return result < 0 ? errno : 0;
}

/* The sanitizers' own end of a process takes more than is left: _exit(). */
static int after_drop(attempt_fn attempt)
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		char said[256];

		if (privilege_drop(said, sizeof(said)))
			_exit(NOT_DROPPED);
		_exit(attempt());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : NO_ANSWER;
}

static void refused(attempt_fn attempt)
{
	assert_int_not_equal(attempt(), EPERM); /* it is the filter that refuses */
	assert_int_equal(after_drop(attempt), EPERM);
}

static void granted(attempt_fn attempt)
{
	assert_int_equal(after_drop(attempt), 0);
}

/* ---- files ------------------------------------------------------------------------- */

static int open_to_read(void)
{
	return outcome(open("/proc/self/status", O_RDONLY | O_CLOEXEC));
}

static int open_to_write(void)
{
	return outcome(open("/dev/null", O_WRONLY | O_CLOEXEC));
}

static int open_to_both(void)
{
	return outcome(open("/dev/null", O_RDWR | O_CLOEXEC));
}

static int open_to_create(void)
{
	return outcome(open("/proc/self/status", O_RDONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int open_by_the_newest_call(void)
{
	struct {
		uint64_t flags;
		uint64_t mode;
		uint64_t resolve;
	} how = {O_WRONLY, 0, 0};

	return outcome(syscall(SYS_openat2, AT_FDCWD, "/dev/null", &how, sizeof(how)));
}

static int remove_file(void)
{
	return outcome(unlink("/nonexistent/file"));
}

static int change_mode(void)
{
	return outcome(chmod("/nonexistent/file", 0600));
}

static int rename_file(void)
{
	return outcome(rename("/nonexistent/file", "/nonexistent/other"));
}

static void files_can_be_read_and_not_written(void **state)
{
	(void)state;
	granted(open_to_read);
	refused(open_to_write);
	refused(open_to_both);
	refused(open_to_create);
	refused(remove_file);
	refused(change_mode);
	refused(rename_file);
	assert_int_equal(after_drop(open_by_the_newest_call), ENOSYS);
}

/* ---- processes --------------------------------------------------------------------- */

static int run_program(void)
{
	char *const none[] = {NULL};

	return outcome(execve("/nonexistent/program", none, none));
}

static int make_process(void)
{
	long pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

	if (!pid)
		_exit(0);
	if (pid > 0)
		waitpid((pid_t)pid, NULL, 0);
	return outcome(pid);
}

static int send_signal(void)
{
	return outcome(kill(getpid(), 0));
}

static int trace_another(void)
{
	return outcome(ptrace(PTRACE_PEEKDATA, 0x7ffffff0, NULL, NULL));
}

static void *do_nothing(void *arg)
{
	return arg;
}

static int make_thread(void)
{
	pthread_t thread;
	int err = pthread_create(&thread, NULL, do_nothing, NULL);

	return err ? err : pthread_join(thread, NULL);
}

static void *write_in_thread(void *arg)
{
	*(int *)arg = open_to_write();
	return NULL;
}

static int write_by_thread(void)
{
	pthread_t thread;
	int got = 0;
	int err = pthread_create(&thread, NULL, write_in_thread, &got);

	if (!err)
		err = pthread_join(thread, NULL);
	return err ? err : got;
}

static void threads_begin_and_processes_do_not(void **state)
{
	(void)state;
	refused(run_program);
	refused(make_process);
	refused(send_signal);
	refused(trace_another);
	granted(make_thread);
	refused(write_by_thread);
}

/* ---- network, memory --------------------------------------------------------------- */

static int make_socket(void)
{
	return outcome(socket(AF_INET, SOCK_STREAM, 0));
}

static int make_netlink(void)
{
	return outcome(socket(AF_NETLINK, SOCK_RAW, 0));
}

static int connect_out(void)
{
	const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};

	return outcome(connect(-1, &nowhere, sizeof(nowhere)));
}

static int make_local_socket(void)
{
	return outcome(socket(AF_UNIX, SOCK_DGRAM, 0));
}

static int map(int protection, int flags)
{
	void *at = mmap(NULL, 4096, protection, flags | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? errno : 0;
}

static int map_to_run(void)
{
	return map(PROT_READ | PROT_EXEC, MAP_PRIVATE);
}

static int map_to_share(void)
{
	return map(PROT_READ | PROT_WRITE, MAP_SHARED);
}

static int map_to_use(void)
{
	return map(PROT_READ | PROT_WRITE, MAP_PRIVATE);
}

static int make_runnable(void)
{
	void *at = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NO_ANSWER
				: outcome(mprotect(at, 4096, PROT_READ | PROT_EXEC));
}

static void nothing_leads_out_and_no_memory_runs(void **state)
{
	(void)state;
	refused(make_socket);
	refused(make_netlink);
	refused(connect_out);
	granted(make_local_socket);
	refused(map_to_run);
	refused(map_to_share);
	refused(make_runnable);
	granted(map_to_use);
}

/* ---- BPF --------------------------------------------------------------------------- */

/* On descriptor -1, so that nothing happens where it is let through. */
static int bpf_call(int command)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)-1;
	return outcome(syscall(SYS_bpf, command, &attr, sizeof(attr)));
}

static int bpf_lookup(void)
{
	return bpf_call(BPF_MAP_LOOKUP_ELEM);
}

static int bpf_update(void)
{
	return bpf_call(BPF_MAP_UPDATE_ELEM);
}

static int bpf_delete(void)
{
	return bpf_call(BPF_MAP_DELETE_ELEM);
}

static int bpf_create(void)
{
	return bpf_call(BPF_MAP_CREATE);
}

static int bpf_load(void)
{
	return bpf_call(BPF_PROG_LOAD);
}

static int bpf_pin(void)
{
	return bpf_call(BPF_OBJ_PIN);
}

static void maps_can_be_read_and_nothing_else(void **state)
{
	(void)state;
	if (geteuid()) {
		print_message("not root: bpf() is refused without the filter, too\n");
		return;
	}
	assert_int_equal(after_drop(bpf_lookup), EBADF); /* it came through */
	refused(bpf_update);
	refused(bpf_delete);
	refused(bpf_create);
	refused(bpf_load);
	refused(bpf_pin);
}

/* ---- capabilities ------------------------------------------------------------------ */

static int has_bpf_alone(void)
{
	char line[128];
	unsigned int found = 0;
	FILE *status = fopen("/proc/self/status", "re");
	unsigned long long bits = 0;

	while (status && fgets(line, sizeof(line), status)) {
		if (sscanf(line, "CapPrm: %llx", &bits) == 1 ||
		    sscanf(line, "CapEff: %llx", &bits) == 1)
			found += !(bits & ~(1ull << CAP_BPF));
		else if (sscanf(line, "CapInh: %llx", &bits) == 1 ||
			 sscanf(line, "CapAmb: %llx", &bits) == 1)
			found += !bits;
		else if (!strcmp(line, "NoNewPrivs:\t1\n") ||
			 !strcmp(line, "Seccomp:\t2\n"))
			found++;
	}
	return found == 6 ? 0 : (int)(100 + found);
}

static int become_another(void)
{
	return outcome(setuid(getuid()));
}

static void no_capability_but_cap_bpf_is_left(void **state)
{
	(void)state;
	granted(has_bpf_alone);
	refused(become_another);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_can_be_read_and_not_written),
		cmocka_unit_test(threads_begin_and_processes_do_not),
		cmocka_unit_test(nothing_leads_out_and_no_memory_runs),
		cmocka_unit_test(maps_can_be_read_and_nothing_else),
		cmocka_unit_test(no_capability_but_cap_bpf_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
