/* SPDX-License-Identifier: GPL-2.0 */
/*
 * check.h - runs one row in the kernel and compares all that it left behind.
 *
 * Who may include it: the datapath tests.
 */
#ifndef PINHOLE_TESTS_CHECK_H
#define PINHOLE_TESTS_CHECK_H

#include "tests/datapath/tap.h"
#include "tests/datapath/world.h"

/*
 * Run the row's frame at a hook: verdict, every counter, and the bytes.
 * Return: whether all was as the row says; what was not is printed.
 */
bool check_row(const struct world *w, enum hook hook, const struct packet_row *row);

/*
 * A scenario is a sequence of rows over one state. STEP() runs one and CHECK()
 * tests a condition; both print where they stand when they fail.
 */
struct scenario {
	struct world *w;
	enum hook hook;
	bool v6; /* in its IPv6 half */
	/* Half-open connections may have been counted twice: bpf/half_open_count.h. */
	bool races;
	bool ok;
};

#define STEP(s, ...)                                                       \
	do {                                                               \
		if (!check_row((s)->w, (s)->hook,                          \
			       &(const struct packet_row){__VA_ARGS__})) { \
			tap_note("  in step %s:%d", __FILE__, __LINE__);   \
			(s)->ok = false;                                   \
		}                                                          \
	} while (0)

#define CHECK(s, condition)                                                            \
	do {                                                                           \
		if (!(condition)) {                                                    \
			tap_note("%s:%d: not so: %s", __FILE__, __LINE__, #condition); \
			(s)->ok = false;                                               \
		}                                                                      \
	} while (0)

struct scenario_entry {
	const char *promise;
	void (*run)(struct scenario *s);
	const char *policy; /* in force at the start */
	void (*tweak)(struct policy_image *);
	bool both;     /* run it for each family: scenario.v6 */
	bool tc_only;  /* XDP leaves all of it to TC */
	bool xdp_only; /* TC has no such case */
};

#define SCENARIO(run_, promise_, ...)                               \
	{                                                           \
		.promise = (promise_), .run = (run_), ##__VA_ARGS__ \
	}

/* Run one at one hook, in the world as it is. */
void check_scenario(struct world *w, const struct scenario_entry *entry, enum hook hook);

/* Run each at both hooks, from an empty state. */
void check_scenarios(struct world *w, const struct scenario_entry *entries, size_t n);

#define CHECK_SCENARIOS(w, entries) \
	check_scenarios(w, entries, sizeof(entries) / sizeof((entries)[0]))

#define CRAMPED_CONNS 16 /* connections, in the world of scenarios_cramped() */

/* Each file's own. */
void scenarios_conn(struct world *w);
void scenarios_policy(struct world *w);
void scenarios_undo(struct world *w);
void scenarios_egress(struct world *w);
void scenarios_capture(struct world *w);
void scenarios_trace(void);
void scenarios_expiry(struct world *w);
void scenarios_known(struct world *w);
void scenarios_known_ftp(struct world *w);
void scenarios_count(struct world *w);
void scenarios_full(struct world *w);
void scenarios_cramped(void);
void scenarios_ftp(struct world *w);
void scenarios_ftp_tls(struct world *w);
void scenarios_ftp_match(struct world *w);
void scenarios_ftp_split(struct world *w);
void scenarios_ftp_strict(struct world *w);
void scenarios_grant(void);
void scenarios_grant_clock(struct world *w);
void scenarios_tcp(struct world *w);
void scenarios_record(struct world *w);
void scenarios_log(struct world *w);
void scenarios_lists(struct world *w);
void scenarios_acl(struct world *w);
void scenarios_acl_bound(struct world *w);
void scenarios_acl_log(struct world *w);
void scenarios_vlan(struct world *w);
void scenarios_fragment(struct world *w);
void scenarios_nat(struct world *w);
void scenarios_nat_ftp(struct world *w);
void scenarios_nat_hits(struct world *w);
void scenarios_embryonic(struct world *w);
void scenarios_host(struct world *w);
void scenarios_host_policy(struct world *w);
void scenarios_host_cramped(struct world *w);
void scenarios_icmp(struct world *w);
void scenarios_answer(struct world *w);
void scenarios_ndp(struct world *w);
void scenarios_answer_wire(void);
void scenarios_reset(struct world *w);
void scenarios_reset_wire(void);
void scenarios_wire(struct world *w);

#endif /* PINHOLE_TESTS_CHECK_H */
