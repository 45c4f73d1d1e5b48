// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - the datapath tests: the packet table, then the scenarios.
 */
#include "tests/datapath/check.h"
#include "tests/datapath/network.h"
#include "tests/datapath/packets_ipv6.h"
#include "tests/datapath/packets_judged.h"
#include "tests/datapath/packets_malformed.h"
#include "tests/datapath/packets_routed.h"

#define N_ROWS(t) (sizeof(t) / sizeof((t)[0]))

/* What the row leaves in the tables, starting from none. */
static bool check_tables(const struct world *w, enum hook hook,
			 const struct packet_row *row)
{
	bool forwarded = (row->result == PH_FORWARD || row->result == PH_BY_STACK) &&
			 !(hook == HOOK_XDP && row->xdp);
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

static void table(struct world *w)
{
	world_apply(w, policy_table, NULL);
	run_table(w, packets_malformed, N_ROWS(packets_malformed));
	run_table(w, packets_judged, N_ROWS(packets_judged));
	run_table(w, packets_routed, N_ROWS(packets_routed));
	world_apply(w, policy_dual, NULL);
	run_table(w, packets_ipv6, N_ROWS(packets_ipv6));
}

static const struct {
	const char *name;
	void (*run)(struct world *w);
	void (*run_apart)(void); /* in worlds of its own */
} groups[] = {
	{"policy", scenarios_policy, NULL}, /* first: it begins without a policy */
	{"table", table, NULL},
	{"conn", scenarios_conn, NULL},
	{"tcp", scenarios_tcp, NULL},
	{"icmp", scenarios_icmp, NULL},
	{"fragment", scenarios_fragment, NULL},
	{"nat", scenarios_nat, NULL},
	{"nat-ftp", scenarios_nat_ftp, NULL},
	{"nat-hits", scenarios_nat_hits, NULL},
	{"embryonic", scenarios_embryonic, NULL},
	{"vlan", scenarios_vlan, NULL},
	{"lists", scenarios_lists, NULL},
	{"acl", scenarios_acl, NULL},
	{"acl-bound", scenarios_acl_bound, NULL},
	{"acl-log", scenarios_acl_log, NULL},
	{"record", scenarios_record, NULL},
	{"log", scenarios_log, NULL},
	{"egress", scenarios_egress, NULL},
	{"capture", scenarios_capture, NULL},
	{"expiry", scenarios_expiry, NULL},
	{"known", scenarios_known, NULL},
	{"known-ftp", scenarios_known_ftp, NULL},
	{"undo", scenarios_undo, NULL},
	{"ftp", scenarios_ftp, NULL},
	{"ftp-tls", scenarios_ftp_tls, NULL},
	{"ftp-match", scenarios_ftp_match, NULL},
	{"ftp-split", scenarios_ftp_split, NULL},
	{"ftp-strict", scenarios_ftp_strict, NULL},
	{"grant", scenarios_grant_clock, scenarios_grant},
	{"host", scenarios_host, NULL},
	{"answer", scenarios_answer, NULL},
	{"reset", scenarios_reset, NULL},
	{"ndp", scenarios_ndp, NULL},
	{"full", scenarios_full, NULL},
	{"count", scenarios_count, NULL},
	{"wire", scenarios_wire, NULL}, /* last: it attaches the programs */
	{"trace", NULL, scenarios_trace},
	{"cramped", NULL, scenarios_cramped},
	{"answer-wire", NULL, scenarios_answer_wire},
	{"reset-wire", NULL, scenarios_reset_wire},
};

static bool chosen(const char *name, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

/* Arguments: the groups to run; none: all. */
int main(int argc, char **argv)
{
	struct world w;

	(void)argc;
	setvbuf(stdout, NULL, _IOLBF, 0);
	network_enter();
	world_open(&w, NULL);
	for (size_t i = 0; i < N_ROWS(groups); i++)
		if (groups[i].run && chosen(groups[i].name, argv + 1))
			groups[i].run(&w);
	world_close(&w);
	for (size_t i = 0; i < N_ROWS(groups); i++)
		if (groups[i].run_apart && chosen(groups[i].name, argv + 1))
			groups[i].run_apart();
	return tap_done();
}
