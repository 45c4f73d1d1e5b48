/* SPDX-License-Identifier: GPL-2.0 */
/*
 * applies.h - what became of applies, kept beside what they put in force.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_APPLIES_H
#define FIREWALL_APPLIES_H

#include "internal.h"

/* Element 0 of applies. Each field by itself is whole; two applies at once may leave the
 * times of one and the result of the other. */
struct fw_applies {
	uint64_t attempts;
	uint64_t failures;
	uint64_t successes;   /* an apply that was killed is neither */
	uint64_t attempt_sec; /* CLOCK_REALTIME */
	uint64_t success_sec; /* likewise; 0: never */
	uint64_t success_duration_ns;
	uint64_t succeeded; /* the last one to end did */
};

/* An apply that is under way. */
struct applies_note {
	uint64_t began_sec; /* CLOCK_REALTIME */
	uint64_t began_ns;  /* CLOCK_MONOTONIC */
	bool counted;	    /* as an attempt */
};

/* An apply begins. Where nothing is pinned there is nowhere to count it yet. */
void applies_begin(const char *pin_dir, struct applies_note *note);
/* It has ended. One that has failed with nothing pinned leaves no trace. */
void applies_end(const char *pin_dir, const struct applies_note *note, bool succeeded);

#endif /* FIREWALL_APPLIES_H */
