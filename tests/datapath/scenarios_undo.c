// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_undo.c - the clock goes back to the policy before: when it is time and was
 * armed, to a number of its own, and whoever the undone policy let in is judged again.
 */
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <pinhole/abi_undo.h>

#include "pinhole.skel.h"
#include "tests/datapath/talk.h"
#include "tests/datapath/now.h"

#define TICKS_NS 100000000ull /* some ticks of the clock */

/* Its second line permits what that of policy_table does. */
static const char policy_open[] = INTERFACES
	"access-list out permit udp any any eq domain\n"
	"access-list out permit ip any any\n"
	"access-group out in interface outside\n" STATIC_SERVER;

static const char policy_shut[] = INTERFACES
	"access-list out permit udp any any eq domain\n"
	"access-group out in interface outside\n" STATIC_SERVER;

static void wait_for_ticks(void)
{
	const struct timespec delay = {.tv_nsec = (long)TICKS_NS};

	nanosleep(&delay, NULL);
}

/* @from: relative to the generation in force */
static void arm(struct scenario *s, enum undo_state state, int from, __u64 deadline_ns)
{
	const struct undo undo = {
		.deadline_ns = deadline_ns,
		.state = state,
		.from = s->w->generation + (__u32)from,
		.to = s->w->generation + (__u32)from + 1,
	};
	__u32 zero = 0;

	CHECK(s, !bpf_map_update_elem(bpf_map__fd(s->w->skel->maps.undo), &zero, &undo,
				      BPF_ANY));
}

static __u32 in_force(struct scenario *s)
{
	struct policy_active active = {0};
	__u32 zero = 0;

	CHECK(s,
	      !bpf_map_lookup_elem(bpf_map__fd(s->w->skel->maps.active), &zero, &active));
	return active.generation;
}

static __u32 state_of(struct scenario *s)
{
	struct undo undo = {0};
	__u32 zero = 0;

	CHECK(s, !bpf_map_lookup_elem(bpf_map__fd(s->w->skel->maps.undo), &zero, &undo));
	return undo.state;
}

/* Wait, and see whether the policy before is in force. */
static bool is_undone(struct scenario *s)
{
	__u32 before = s->w->generation;
	__u32 now;

	wait_for_ticks();
	now = in_force(s);
	if (now == before)
		return false;
	CHECK(s, now == before + 1 && state_of(s) == UNDO_DONE);
	s->w->generation = now; /* where the next policy goes on from */
	s->w->text = NULL;
	return true;
}

static void undone_at_the_deadline(struct scenario *s)
{
	world_apply(s->w, policy_shut, NULL);
	world_apply(s->w, policy_open, NULL);
	HANDSHAKE(s);
	arm(s, UNDO_ARMED, 0, now_ns() + 3 * TICKS_NS);
	CHECK(s, !is_undone(s) && state_of(s) == UNDO_ARMED);
	wait_for_ticks();
	wait_for_ticks();
	CHECK(s, is_undone(s));
	STEP(s, CLIENT_SENDS(ACK), .result = PH_DROP_POLICY_CHANGED);
	CHECK_TABLES(s, 0, 0);
}

static void what_both_permit_goes_on(struct scenario *s)
{
	HANDSHAKE(s);
	world_apply(s->w, policy_open, NULL);
	CLIENT_SAYS(s, ACK);
	arm(s, UNDO_ARMED, 0, 0);
	CHECK(s, is_undone(s));
	SERVER_SAYS(s, ACK);
	CLIENT_SAYS(s, ACK);
	CHECK_TABLES(s, 0, 1);
}

static void only_what_is_armed_and_in_force(struct scenario *s)
{
	static const enum undo_state others[] = {UNDO_NONE, UNDO_READY, UNDO_DONE};

	world_apply(s->w, policy_open, NULL);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		arm(s, others[i], 0, 0);
		CHECK(s, !is_undone(s));
	}
	arm(s, UNDO_ARMED, 1, 0); /* an apply that was killed before its flip */
	CHECK(s, !is_undone(s));
	arm(s, UNDO_ARMED, -1, 0);
	CHECK(s, !is_undone(s));
	world_apply(s->w, policy_open, NULL);
	arm(s, UNDO_NONE, 0, 0);
}

static __u32 keep_from;

static void keeping(struct policy_image *image)
{
	image->config.flags |= CONFIG_F_KEEP;
	image->config.keep_from = keep_from;
}

/* A policy that keeps connections of before keeps none that came after it. */
static void what_was_undone_is_not_kept(struct scenario *s)
{
	keep_from = s->w->generation;
	world_apply(s->w, policy_shut, keeping);
	world_apply(s->w, policy_open, NULL);
	HANDSHAKE(s);
	arm(s, UNDO_ARMED, 0, 0);
	CHECK(s, is_undone(s));
	STEP(s, CLIENT_SENDS(ACK), .result = PH_DROP_POLICY_CHANGED);
}

static const struct scenario_entry entries[] = {
	SCENARIO(undone_at_the_deadline,
		 "an undo comes at its deadline, and ends what only the new policy "
		 "permits",
		 .policy = policy_table),
	SCENARIO(what_both_permit_goes_on,
		 "a connection that both policies permit survives an undo",
		 .policy = policy_table),
	SCENARIO(only_what_is_armed_and_in_force,
		 "nothing is undone that is not armed, or not in force",
		 .policy = policy_table),
	SCENARIO(what_was_undone_is_not_kept,
		 "keeping connections keeps none of a policy that was undone",
		 .policy = policy_table),
};

void scenarios_undo(struct world *w)
{
	CHECK_SCENARIOS(w, entries);
}
