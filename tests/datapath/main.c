// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - the datapath tests: the packet table, then the scenarios.
 */
#include "tests/datapath/check.h"
#include "tests/datapath/network.h"
#include "tests/datapath/packets_judged.h"
#include "tests/datapath/packets_malformed.h"

#define N_ROWS(t) (sizeof(t) / sizeof((t)[0]))

/* What the row leaves in the tables, starting from none. */
static bool check_tables(const struct world *w, enum hook hook,
			 const struct packet_row *row)
{
	bool forwarded = row->result == PH_FORWARD && !(hook == HOOK_XDP && row->xdp);
	unsigned int half_open = world_count(w, TABLE_HALF_OPEN);
	unsigned int conns = world_count(w, TABLE_CONNS);

	if (half_open == (forwarded && !row->known) && !conns)
		return true;
	tap_note("%u half-open entries and %u connections", half_open, conns);
	return false;
}

static void run_table(struct world *w, const struct packet_row *rows, size_t n)
{
	static const char *const names[] = {[HOOK_XDP] = "xdp", [HOOK_TC] = "tc"};

	for (size_t i = 0; i < n; i++) {
		if (rows[i].native_only)
			continue;
		for (enum hook hook = HOOK_XDP; hook <= HOOK_TC; hook++) {
			bool ok;

			if (hook == HOOK_TC && rows[i].no_tc)
				continue;
			world_forget(w);
			ok = check_row(w, hook, &rows[i]);
			ok = check_tables(w, hook, &rows[i]) && ok;
			tap_result(ok, "%s: %s", names[hook], rows[i].promise);
		}
	}
}

int main(void)
{
	struct world w;

	setvbuf(stdout, NULL, _IOLBF, 0);
	network_enter();
	world_open(&w, NULL);
	scenarios_policy(&w); /* first: it begins without a policy */
	world_apply(&w, policy_table, NULL);
	run_table(&w, packets_malformed, N_ROWS(packets_malformed));
	run_table(&w, packets_judged, N_ROWS(packets_judged));
	scenarios_conn(&w);
	scenarios_egress(&w);
	scenarios_expiry(&w);
	scenarios_ftp(&w);
	scenarios_answer(&w);
	scenarios_ndp(&w);
	world_close(&w);
	scenarios_full();
	scenarios_answer_wire();
	scenarios_wire();
	return tap_done();
}
