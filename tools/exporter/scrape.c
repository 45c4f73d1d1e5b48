// SPDX-License-Identifier: GPL-2.0
/*
 * scrape.c - one scrape. See scrape.h.
 *
 * Naming follows the Prometheus documentation's "Metric and label naming":
 * base units, _total on counters, one unit per name.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <util/cleanup.h>

#include "parts.h"
#include "scrape.h"

#define NS_PER_SEC 1000000000ull

static uint64_t now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec;
}

/* ---- the policy in force ------------------------------------------------------------
 */

/* In whole seconds, and once only: it must not move because the clocks are not read at
 * the same time. */
static void note_loaded(struct scrape *scrape, uint64_t loaded_ns)
{
	uint64_t began = now_ns(CLOCK_REALTIME) - now_ns(CLOCK_MONOTONIC) + loaded_ns;

	lines_free(&scrape->lines); /* the counters have begun anew */
	scrape->loaded_ns = loaded_ns;
	scrape->began_ns = began - began % NS_PER_SEC;
}

/* Lines have names only in the policy's text; what is counted has their ids. */
static int refresh_lines(struct scrape *scrape, const struct page *page,
			 uint32_t generation)
{
	char *text cleanup_free_ = NULL;
	size_t len;
	int err;

	if (scrape->lines.policy_text && scrape->lines.generation == generation)
		return 0;
	err = fw_read_policy(page->fw, &generation, &text, &len, page->error);
	if (err)
		return err;
	err = lines_refresh(&scrape->lines, generation, text, len);
	if (err) {
		snprintf(page->error->where, sizeof(page->error->where), "%s", "");
		snprintf(page->error->what, sizeof(page->error->what),
			 "the policy in force cannot be read back by this version");
	}
	return err;
}

static int put_policy(struct scrape *scrape, const struct page *page)
{
	struct fw_loaded loaded;
	int err = fw_read_loaded(page->fw, &loaded, page->error);

	if (err)
		return err;
	if (loaded.loaded_ns != scrape->loaded_ns)
		note_loaded(scrape, loaded.loaded_ns);
	err = refresh_lines(scrape, page, loaded.generation);
	if (err)
		return err;
	metric_single_ns(&page->metrics, "pinhole_start_time_seconds", METRIC_GAUGE,
			 "When this firewall was loaded; its counters began then.",
			 scrape->began_ns);
	metric_single(&page->metrics, "pinhole_policy_generation", METRIC_GAUGE,
		      "Number of the policy in force; each apply raises it.",
		      scrape->lines.generation);
	return put_policy_status(page);
}

/* ---- the page --------------------------------------------------------------------- */

static void close_fw(struct fw **fw)
{
	fw_close(*fw);
}

static int put_firewall(struct scrape *scrape, const struct metric_page *metrics,
			struct fw_error *error)
{
	static int (*const parts[])(const struct page *) = {
		put_interfaces, put_drops,  put_connections,
		put_tables,	put_events, put_ftp,
	};
	struct fw *fw cleanup_(close_fw) = NULL;
	int err = fw_open_read_only(scrape->pin_dir, &fw, error);
	const struct page page = {.metrics = *metrics, .fw = fw, .error = error};

	if (!err)
		err = put_policy(scrape, &page);
	for (size_t i = 0; !err && i < sizeof(parts) / sizeof(parts[0]); i++)
		err = parts[i](&page);
	if (!err)
		err = nats_put(&scrape->lines.nats, &page);
	return err ? err : lines_put(&scrape->lines, &page, scrape->max_acl_lines);
}

static void log_change(struct scrape *scrape, int err, const struct fw_error *error)
{
	if (err == scrape->last_error)
		return;
	if (err)
		fprintf(stderr, "fw-exporter: %s%s%s\n", error->where,
			error->where[0] ? ": " : "", error->what);
	else
		fputs("fw-exporter: the firewall is up\n", stderr);
	scrape->last_error = err;
}

static void put_up(const struct metric_page *page, bool up)
{
	metric_single(page, "pinhole_up", METRIC_GAUGE,
		      "1 if a policy is in force and its counters could be read.", up);
}

/* Half a page would look like counters that were reset. */
static void cut(struct strbuf *out, size_t len)
{
	if (out->failed || out->len == len)
		return;
	out->len = len;
	out->data[len] = '\0';
}

static void put_build(const struct metric_page *page)
{
	static const char name[] = "pinhole_build_info";
	char abi[16];
	const struct metric_label labels[] = {
		{"version", PINHOLE_VERSION},
		{"abi", abi},
		METRIC_END_OF_LABELS,
	};

	snprintf(abi, sizeof(abi), "%d", PH_ABI_VERSION);
	metric_family(
		page, name, METRIC_INFO,
		"Version of the exporter, and of the ABI that it reads; the value is "
		"always 1.");
	metric_sample(page, name, labels, 1);
}

void scrape_run(struct scrape *scrape, enum metric_format format, struct strbuf *out)
{
	const struct metric_page page = {.out = out, .format = format};
	uint64_t began = now_ns(CLOCK_MONOTONIC);
	struct fw_error error = {0};
	size_t len = out->len;
	int err;

	put_up(&page, true);
	err = put_firewall(scrape, &page, &error);
	log_change(scrape, err, &error);
	if (err) {
		cut(out, len);
		put_up(&page, false);
	}
	put_build(&page);
	put_process(&page);
	metric_single_ns(&page, "pinhole_scrape_duration_seconds", METRIC_GAUGE,
			 "How long it took to make this page.",
			 now_ns(CLOCK_MONOTONIC) - began);
	metric_end(&page);
}

void scrape_free(struct scrape *scrape)
{
	lines_free(&scrape->lines);
}
