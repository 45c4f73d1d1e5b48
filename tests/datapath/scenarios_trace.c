// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_trace.c - the packet tracer's tables of what is harmless, against the
 * object that it would load.
 */
#include <pinhole/firewall_trace.h>

#include "tests/datapath/check.h"
#include "tests/datapath/tap.h"

/* Who adds a map, or calls another helper, must say there what it is. */
void scenarios_trace(void)
{
	const char *unknown = fw_trace_unknown();

	if (unknown)
		tap_note("unknown: %s", unknown);
	tap_result(!unknown, "trace: every map and helper of the datapath is known");
}
