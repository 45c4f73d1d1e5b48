/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format_events.h - what the events of the datapath are called as metrics. Pure.
 *
 * Who may include it: tools/exporter, and tests.
 */
#ifndef EXPORTER_FORMAT_EVENTS_H
#define EXPORTER_FORMAT_EVENTS_H

#include <pinhole/abi.h>

#include "format.h"

/* Append all metrics of events. @events: by enum ph_event */
void metrics_put_events(const struct metric_page *page, const uint64_t events[PH_EV_END]);

#endif /* EXPORTER_FORMAT_EVENTS_H */
