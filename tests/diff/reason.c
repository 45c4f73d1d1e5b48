// SPDX-License-Identifier: GPL-2.0
/*
 * reason.c - see reason.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/diff/reason.h"

#define INVALID_COLUMN 4 /* of /proc/net/stat/nf_conntrack, from 0 */

/* Sum of the column over the lines, which are one per CPU. */
static uint64_t read_invalid(int fd)
{
	static char text[1 << 16];
	ssize_t len = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);
	uint64_t sum = 0;

	if (len <= 0)
		return 0;
	text[len] = '\0';
	for (char *line = strchr(text, '\n'); line && line[1];
	     line = strchr(line, '\n')) {
		char *at = line + 1;

		for (int column = 0; column < INVALID_COLUMN; column++)
			strtoul(at, &at, 16);
		sum += strtoul(at, &line, 16);
	}
	return sum;
}

void reasons_read(const struct world *w, struct reasons *out)
{
	struct fw_error error = {0};

	if (fw_read_drops(w->fw, out->drops, &error))
		world_bail("%s: %s", error.where, error.what);
	out->invalid = read_invalid(w->conntrack_stat);
}

void reasons_between(const struct reasons *before, const struct reasons *after,
		     enum gateway g, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	if (g == GATEWAY_B) {
		if (after->invalid != before->invalid)
			snprintf(out, size, "invalid");
		return;
	}
	for (unsigned int i = 0; i < PH_N_DROP_REASONS && used < size; i++)
		if (after->drops[i].packets != before->drops[i].packets)
			used += (size_t)snprintf(out + used, size - used, "%s%s",
						 used ? "," : "", fw_drop_name(i));
}
