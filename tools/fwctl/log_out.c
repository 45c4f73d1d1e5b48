// SPDX-License-Identifier: GPL-2.0
/* log_out.c - lines of `fwctl log`, as text or as JSON. See log.h. */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "format_level.h"
#include "log.h"

#define NS_PER_SEC 1000000000ull

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec;
}

/* The kernel stamps records by the clock that never jumps; people use another. */
static uint64_t realtime_of(uint64_t monotonic_ns)
{
	return clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC) + monotonic_ns;
}

bool log_wants(struct log_request *request, char *text, const struct format_facts *facts)
{
	struct policy_log_filter filter = log_filter(request);

	if (!format_filter_pass(&request->filter, facts, text)) {
		request->n_others++;
		return false;
	}
	if (format_level_pass(text, &filter))
		return true;
	request->n_hidden++;
	return false;
}

void log_put_text(const struct log_request *request, uint64_t monotonic_ns,
		  const char *text)
{
	char time[FORMAT_TIME_BYTES];

	if (!text[0])
		return;
	if (request->syslog)
		log_put_syslog(text);
	else
		printf("%s: %s\n", format_log_time(time, realtime_of(monotonic_ns)),
		       text);
}

json_t *log_json_common(uint64_t monotonic_ns, const char *text)
{
	return json_pack("{s:s, s:f, s:s}", "schema", "pinhole.log/1", "time",
			 (double)realtime_of(monotonic_ns) / 1e9, "text", text);
}

int log_put_json(json_t *out, json_t *more)
{
	int err = out && !(more && json_object_update(out, more)) &&
				  !json_dumpf(out, stdout, 0)
			  ? 0
			  : -ENOMEM;

	json_decref(out);
	json_decref(more);
	putchar('\n');
	return err;
}
