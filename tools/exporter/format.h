/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format.h - a page of metrics, in either of the formats that Prometheus reads: its
 * text format, version 0.0.4, and OpenMetrics 1.0.0. Pure.
 *
 * A metric is called here by the name that its samples have. OpenMetrics calls the
 * family of a counter without its _total, and that of an info without its _info.
 *
 * Who may include it: tools/exporter, and tests.
 */
#ifndef EXPORTER_FORMAT_H
#define EXPORTER_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include <util/strbuf.h>

enum metric_format { METRIC_TEXT, METRIC_OPENMETRICS };

enum metric_type {
	METRIC_COUNTER, /* its name ends in _total */
	METRIC_GAUGE,
	METRIC_INFO, /* its name ends in _info, its value is 1 */
};

struct metric_page {
	struct strbuf *out;
	enum metric_format format;
};

struct metric_label {
	const char *name;
	const char *value; /* any bytes; escaped on the way out */
};

#define METRIC_NO_LABELS NULL
#define METRIC_END_OF_LABELS \
	{                    \
		NULL, NULL   \
	}

/*
 * What is said of a metric before its samples, which follow without others between.
 * In OpenMetrics it has a unit if its name says bytes or seconds.
 */
void metric_family(const struct metric_page *page, const char *name,
		   enum metric_type type, const char *help);

/* One sample; @labels ends with METRIC_END_OF_LABELS, or is METRIC_NO_LABELS. */
void metric_sample(const struct metric_page *page, const char *name,
		   const struct metric_label *labels, uint64_t value);
/* The same of a time, which is told in seconds with as many decimals as it needs. */
void metric_sample_ns(const struct metric_page *page, const char *name,
		      const struct metric_label *labels, uint64_t value_ns);

/* A metric with one sample, and no labels. */
void metric_single(const struct metric_page *page, const char *name,
		   enum metric_type type, const char *help, uint64_t value);
void metric_single_ns(const struct metric_page *page, const char *name,
		      enum metric_type type, const char *help, uint64_t value_ns);

/* The end of the page, without which OpenMetrics takes it for cut off. */
void metric_end(const struct metric_page *page);

/* The parts of a sample, for those who keep its labels: {a="x",b="y"}, and a space,
 * the value and the end of the line. They are the same in both formats. */
void metric_labels(struct strbuf *out, const struct metric_label *labels);
void metric_value(struct strbuf *out, uint64_t value);

#endif /* EXPORTER_FORMAT_H */
