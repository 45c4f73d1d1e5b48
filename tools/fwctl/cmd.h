/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cmd.h - what the commands of fwctl have in common.
 *
 * Why it exists: one small table in main.c maps names to functions; the
 * commands share exit statuses and the way they read policies and complain.
 *
 * Who may include it: tools/fwctl only.
 */
#ifndef FWCTL_CMD_H
#define FWCTL_CMD_H

#include <stdbool.h>
#include <stddef.h>

#include <pinhole/firewall.h>
#include <pinhole/policy.h>

/* Exit statuses; scripts depend on them. */
enum cmd_status {
	CMD_OK = 0,
	CMD_BAD_POLICY = 1, /* the policy text is wrong */
	CMD_USAGE = 2,	    /* the command line is wrong, or FILE cannot be read */
	CMD_REFUSED = 3,    /* the kernel or the firewall refused */
};

/* Every command gets its own name as argv[0] and returns an enum cmd_status; cmd_diff()
 * what diff(1) does. */
int cmd_check(int argc, char **argv);
int cmd_print(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_apply(int argc, char **argv);
int cmd_confirm(int argc, char **argv);
int cmd_rollback(int argc, char **argv);
int cmd_unload(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_clear(int argc, char **argv);
int cmd_log(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_packet_tracer(int argc, char **argv);
int cmd_capture(int argc, char **argv);
int cmd_version(int argc, char **argv);
int cmd_help(int argc, char **argv);

/*
 * Read a policy file whole.
 * @path: a file, or "-" for standard input
 * @text: set on success; caller frees; NUL-terminated for convenience
 * @len:  bytes before the NUL; at most CMD_MAX_POLICY_BYTES
 * Return: 0 or -errno (-EFBIG: too long), after printing the reason to stderr.
 */
#define CMD_MAX_POLICY_BYTES (16u << 20)
int cmd_read_file(const char *path, char **text, size_t *len);

/* The name diagnostics show for @path: "-" becomes "<stdin>". */
const char *cmd_file_name(const char *path);

/* Print all remarks to stderr, in order. */
void cmd_print_diags(const struct policy_diags *diags, const char *file);

/* Print what libfirewall reported to stderr; returns CMD_REFUSED. */
int cmd_print_fw_error(const char *command, const struct fw_error *error);

/* "fwctl COMMAND: message" and a pointer to --help, to stderr; CMD_USAGE. */
int cmd_usage_error(const char *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* FWCTL_CMD_H */
