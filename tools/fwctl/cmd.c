// SPDX-License-Identifier: GPL-2.0
/*
 * cmd.c - reading files and complaining, alike in all commands. See cmd.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <util/cleanup.h>

#include "cmd.h"

static void close_stream(FILE **stream)
{
	if (*stream && *stream != stdin)
		fclose(*stream);
}

static int read_all(FILE *stream, char **text, size_t *len)
{
	char *buffer cleanup_free_ = NULL;
	size_t capacity = 0;
	size_t used = 0;

	do {
		if (used + 1 >= capacity) {
			size_t wanted = capacity ? capacity * 2 : 65536;
			char *grown = realloc(buffer, wanted);

			if (!grown)
				return -ENOMEM;
			buffer = grown;
			capacity = wanted;
		}
		used += fread(buffer + used, 1, capacity - 1 - used, stream);
		if (used > CMD_MAX_POLICY_BYTES)
			return -EFBIG;
		if (ferror(stream))
			return errno ? -errno : -EIO;
	} while (!feof(stream));
	buffer[used] = '\0';
	*text = take(buffer);
	*len = used;
	return 0;
}

int cmd_read_file(const char *path, char **text, size_t *len)
{
	FILE *stream cleanup_(close_stream) = strcmp(path, "-") != 0 ? fopen(path, "re")
								     : stdin;
	int err = stream ? read_all(stream, text, len) : -errno;

	if (err)
		fprintf(stderr, "fwctl: cannot read %s: %s\n", cmd_file_name(path),
			strerror(-err));
	return err;
}

const char *cmd_file_name(const char *path)
{
	return strcmp(path, "-") != 0 ? path : "<stdin>";
}

/* Colours only for people: on a terminal, unless NO_COLOR is set (no-color.org). */
static const struct policy_diag_style *diag_style(void)
{
	static const struct policy_diag_style plain = {"", "", "", "", "", ""};
	static const struct policy_diag_style coloured = {
		.place = "\033[1m",
		.error = "\033[1;31m",
		.warning = "\033[1;35m",
		.caret = "\033[1;32m",
		.hint = "\033[1;36m",
		.reset = "\033[0m",
	};
	const char *no_color = getenv("NO_COLOR");

	return isatty(STDERR_FILENO) && !(no_color && *no_color) ? &coloured : &plain;
}

void cmd_print_diags(const struct policy_diags *diags, const char *file)
{
	const struct policy_diag_style *style = diag_style();

	for (size_t i = 0; i < diags->count; i++) {
		char *shown cleanup_free_ = NULL;

		if (!policy_diag_format_style(&diags->items[i], file, style, &shown))
			fputs(shown, stderr);
	}
}

int cmd_print_fw_error(const char *command, const struct fw_error *error)
{
	fprintf(stderr, "fwctl %s: ", command);
	if (error->where[0])
		fprintf(stderr, "%s: ", error->where);
	fprintf(stderr, "%s\n", error->what);
	if (error->log[0])
		fprintf(stderr, "%s\n", error->log);
	if (error->hint[0])
		fprintf(stderr, "hint: %s\n", error->hint);
	return CMD_REFUSED;
}

int cmd_usage_error(const char *command, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "fwctl%s%s: ", command[0] ? " " : "", command);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\nTry: fwctl %s%s--help\n", command, command[0] ? " " : "");
	return CMD_USAGE;
}
