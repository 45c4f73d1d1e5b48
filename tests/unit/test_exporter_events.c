// SPDX-License-Identifier: GPL-2.0
/*
 * The events of the datapath as metrics.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/exporter/format_events.h"

#define FIRST_VALUE 1000u

static struct strbuf page_of_events(enum metric_format format)
{
	struct strbuf buf = {0};
	const struct metric_page page = {.out = &buf, .format = format};
	uint64_t events[PH_EV_END];

	for (unsigned int i = 0; i < PH_EV_END; i++)
		events[i] = FIRST_VALUE + i;
	metrics_put_events(&page, events);
	assert_false(buf.failed);
	return buf;
}

static size_t count(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		n++;
	return n;
}

static void every_event_is_told_once(void **state)
{
	struct strbuf buf = page_of_events(METRIC_TEXT);

	(void)state;
	for (unsigned int i = 0; i < PH_EV_END; i++) {
		/* These are told by protocol and by cause. */
		bool elsewhere = i == PH_EV_CONN_CREATED || i == PH_EV_CONN_CLOSED ||
				 i == PH_EV_CONN_EXPIRED;
		char value[32];

		snprintf(value, sizeof(value), " %u\n", FIRST_VALUE + i);
		if (count(buf.data, value) != !elsewhere)
			fail_msg("event %u is told %zu times", i, count(buf.data, value));
	}
	strbuf_free(&buf);
}

/* Each family has one head, and its samples follow without others between. */
static void samples_of_one_metric_stand_together(void **state)
{
	struct strbuf buf = page_of_events(METRIC_TEXT);
	char *save = NULL;
	char family[128] = "";

	(void)state;
	for (char *line = strtok_r(buf.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		size_t len = strcspn(line, "{ ");

		if (!strncmp(line, "# TYPE ", strlen("# TYPE ")))
			assert_int_equal(sscanf(line, "# TYPE %127s counter", family), 1);
		if (line[0] == '#')
			continue;
		if (strlen(family) != len || strncmp(line, family, len) != 0)
			fail_msg("'%s' stands below %s", line, family);
	}
	strbuf_free(&buf);
}

static void no_metric_is_told_twice(void **state)
{
	struct strbuf buf = page_of_events(METRIC_TEXT);
	char head[256];

	(void)state;
	for (const char *at = buf.data; (at = strstr(at, "# HELP ")); at++) {
		snprintf(head, sizeof(head), "%.*s ", (int)strcspn(at + 7, " ") + 7, at);
		if (count(buf.data, head) != 1)
			fail_msg("twice: %s", head);
	}
	strbuf_free(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_is_told_once),
		cmocka_unit_test(samples_of_one_metric_stand_together),
		cmocka_unit_test(no_metric_is_told_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
