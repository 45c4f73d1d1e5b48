// SPDX-License-Identifier: GPL-2.0
/*
 * judge.c - one list: made, compiled, asked, and compared with the oracle.
 */
#include <errno.h>
#include <stdlib.h>

#include "tests/acl/image_check.h"
#include "tests/acl/judge.h"

#define TOLD_AT_MOST 5

static void renumber(struct gen_set *set, const struct judge_case *what)
{
	for (size_t i = 0; i < set->n_lines; i++)
		set->lines[i].number = what->first_number + (uint32_t)i * what->step;
}

/* The oracle's answers, as what is asked gives them. */
static int expect(struct judge *judge)
{
	const struct gen_set *set = &judge->set;
	int err = oracle_answer(set->lines, set->n_lines, set->family, judge->packets,
				judge->what.n_packets, judge->expected);

	for (size_t i = 0; !err && i < judge->what.n_packets; i++)
		judge->expected[i] = answer_expected(set->lines, judge->expected[i]);
	return err;
}

static int build(struct judge *judge)
{
	struct acl_list list = {judge->set.lines, judge->set.n_lines};
	int err =
		acl_image_build(&list, 1, judge->what.limits, &judge->image, &judge->why);

	judge->refused = err == -E2BIG;
	return judge->refused ? 0 : err;
}

int judge_begin(const struct judge_case *what, struct judge *judge)
{
	int err;

	*judge = (struct judge){.what = *what};
	err = gen_set_make(what->kind, what->family, what->n_lines, what->seed,
			   &judge->set);
	if (err)
		return err;
	renumber(&judge->set, what);
	judge->packets = calloc(what->n_packets, sizeof(*judge->packets));
	judge->expected = calloc(what->n_packets, sizeof(*judge->expected));
	if (!judge->packets || !judge->expected)
		return -ENOMEM;
	packets_draw(&judge->set, what->seed, judge->packets, what->n_packets);
	err = build(judge);
	return err || judge->refused ? err : expect(judge);
}

void judge_end(struct judge *judge)
{
	gen_set_free(&judge->set);
	free(judge->packets);
	free(judge->expected);
	acl_image_free(&judge->image);
	*judge = (struct judge){0};
}

bool judge_may_refuse(const struct judge_case *what)
{
	return what->kind >= GEN_N_REALISTIC && what->n_lines >= 10000;
}

static void print_answer(FILE *say, uint32_t answer)
{
	if (answer == ANSWER_NONE)
		fputs("no line", say);
	else if (answer == ANSWER_BROKEN)
		fputs("BROKEN", say);
	else
		fprintf(say, "line %u %s", answer >> 1, answer & 1 ? "permit" : "deny");
}

static void print_case(const struct judge_case *what, FILE *say)
{
	fprintf(say, "%s IPv%c, %zu lines, seed %llu: ", gen_kind_name(what->kind),
		what->family == ACL_IPV4 ? '4' : '6', what->n_lines,
		(unsigned long long)what->seed);
}

void judge_tell(const struct judge *judge, size_t i, uint32_t answer, const char *by,
		FILE *say)
{
	const struct packet *packet = &judge->packets[i];

	print_case(&judge->what, say);
	fprintf(say,
		"%s: packet %zu: src %016llx%016llx:%u dst %016llx%016llx:%u proto %u "
		"flags "
		"%02x%s: expected ",
		by, i, (unsigned long long)packet->src_high,
		(unsigned long long)packet->src_low, packet->src_port,
		(unsigned long long)packet->dst_high, (unsigned long long)packet->dst_low,
		packet->dst_port, packet->proto, packet->tcp_flags,
		packet->later_fragment ? " later fragment" : "");
	print_answer(say, judge->expected[i]);
	fputs(", answered ", say);
	print_answer(say, answer);
	fputc('\n', say);
}

static void tell_cost(const struct judge *judge, size_t i, struct ask_cost cost,
		      struct ask_cost bound, FILE *say)
{
	print_case(&judge->what, say);
	fprintf(say,
		"packet %zu: %u words of %u, %u rules of %u: more than the figures\n", i,
		cost.words, bound.words, cost.rules, bound.rules);
}

size_t judge_natively(struct judge *judge, FILE *say)
{
	enum acl_family family = judge->what.family;
	struct ask_cost bound = ask_bound(&judge->image.figures[0][family]), cost;
	struct image_fault fault;
	size_t faults = 0;

	if (!image_check(&judge->image, 0, &fault)) {
		print_case(&judge->what, say);
		fprintf(say, "the image is unsound: %s: %llx\n", fault.what,
			(unsigned long long)fault.where);
		faults++;
	}
	for (size_t i = 0; i < judge->what.n_packets; i++) {
		uint32_t answer = ask(&judge->image, judge->image.roots[0], family,
				      &judge->packets[i], &cost);

		if (answer != judge->expected[i] && ++faults <= TOLD_AT_MOST)
			judge_tell(judge, i, answer, "natively", say);
		if ((cost.words > bound.words || cost.rules > bound.rules) &&
		    ++faults <= TOLD_AT_MOST)
			tell_cost(judge, i, cost, bound, say);
		if (cost.words > judge->worst.words)
			judge->worst.words = cost.words;
		if (cost.rules > judge->worst.rules)
			judge->worst.rules = cost.rules;
	}
	return faults;
}
