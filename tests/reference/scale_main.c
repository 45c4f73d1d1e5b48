// SPDX-License-Identifier: GPL-2.0
/*
 * scale_main.c - large and hostile texts: time and memory stay within what is promised.
 *
 * Usage: scale [SLACK]
 * A hundred thousand lines are parsed and checked within a second of CPU time, memory
 * grows with the text, and whatever is too large is refused by a figure. SLACK
 * multiplies the limits of time (for builds with sanitizers).
 */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <pinhole/policy.h>

#include "tests/reference/draw.h"
#include "util/cleanup.h"
#include "util/strbuf.h"

#define MEMORY_LIMIT (3ull << 30) /* of the process, where there is no sanitizer */
#define START                                     \
	"ASA Version 9.1(7)\n"                    \
	"interface GigabitEthernet0/0\n"          \
	" nameif outside\n"                       \
	" security-level 0\n"                     \
	" ip address 203.0.113.1 255.255.255.0\n" \
	"interface GigabitEthernet0/1\n"          \
	" nameif inside\n"                        \
	" security-level 100\n"                   \
	" ip address 10.0.0.1 255.255.255.0\n"
#define BIND "access-group a in interface outside\n"

static double slack = 1;
static int n_failed;

struct result {
	int parse_err;
	int compile_err;
	double parse_s; /* CPU time */
	double compile_s;
	size_t bytes; /* of the parsed policy */
	size_t n_errors;
	char first_error[256];
};

static void policy_cleanup(struct policy **policy)
{
	policy_free(*policy);
}

static void image_cleanup(struct policy_image **image)
{
	policy_image_free(*image);
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void keep_first_error(const struct policy_diags *diags, struct result *result)
{
	for (size_t i = 0; i < diags->count && !*result->first_error; i++)
		if (diags->items[i].severity == POLICY_ERROR)
			snprintf(result->first_error, sizeof(result->first_error),
				 "line %u: %s [%s]", diags->items[i].line,
				 diags->items[i].message, diags->items[i].code);
}

static struct result take_in(const struct strbuf *text, bool compile)
{
	struct policy *policy cleanup_(policy_cleanup) = NULL;
	struct policy_image *image cleanup_(image_cleanup) = NULL;
	struct policy_diags diags cleanup_(policy_diags_free) = {0};
	struct result result = {0};
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
	double start = now_s();

	result.parse_err = policy_parse(text->data, text->len, &policy, &diags);
	result.parse_s = now_s() - start;
	result.bytes = mallinfo2().uordblks + mallinfo2().hblkhd - before;
	start = now_s();
	if (policy && compile)
		result.compile_err = policy_compile(policy, &image, &diags);
	result.compile_s = now_s() - start;
	result.n_errors = diags.n_errors;
	keep_first_error(&diags, &result);
	return result;
}

static void require(bool holds, const char *what, const struct result *result)
{
	printf("scale: %s %s: parsed in %.2f s (%d), compiled in %.2f s (%d), %zu kB, "
	       "%zu "
	       "errors%s%s\n",
	       holds ? "ok" : "FAILED", what, result->parse_s, result->parse_err,
	       result->compile_s, result->compile_err, result->bytes / 1024,
	       result->n_errors, *result->first_error ? ": " : "", result->first_error);
	n_failed += !holds;
}

/* Compiled, or refused by a figure. */
static bool is_answered(const struct result *r, double seconds)
{
	bool by_figure = strpbrk(r->first_error, "0123456789") != NULL &&
			 r->n_errors == 1;

	return r->parse_s + r->compile_s < seconds * slack &&
	       ((!r->parse_err && !r->compile_err) || by_figure);
}

/* ---- lines ---- */

static void put_lines(struct strbuf *out, size_t n)
{
	struct ref_draw draw = ref_draw_new(1);

	strbuf_puts(out, START "object network lan\n subnet 10.0.0.0 255.255.255.0\n"
			       "object-group network hosts\n network-object host "
			       "10.0.0.5\n network-object host 10.0.0.6\n"
			       "object-group service ports tcp\n port-object eq www\n");
	for (size_t i = 0; i < n; i++) {
		uint32_t a = (uint32_t)ref_draw64(&draw);

		switch (i % 5) {
		case 0:
			strbuf_printf(out,
				      "access-list a extended permit tcp any host "
				      "10.%u.%u.%u eq %u\n",
				      a & 255, a >> 8 & 255, a >> 16 & 255, a >> 16);
			break;
		case 1:
			strbuf_printf(out,
				      "access-list a extended deny udp 10.%u.%u.0 "
				      "255.255.255.0 any range %u 65535 log 4\n",
				      a & 255, a >> 8 & 255, a >> 16);
			break;
		case 2:
			strbuf_printf(
				out,
				"access-list a extended permit tcp host 10.%u.%u.%u "
				"object-group hosts object-group ports\n",
				a & 255, a >> 8 & 255, a >> 16 & 255);
			break;
		case 3:
			strbuf_printf(
				out,
				"access-list a extended permit icmp object lan host "
				"172.16.%u.%u echo\n",
				a & 255, a >> 8 & 255);
			break;
		default:
			strbuf_printf(out, "access-list a remark line number %zu\n", i);
		}
	}
	strbuf_puts(out, BIND);
}

static struct result best_of_three(size_t n_lines)
{
	struct result best = {.parse_s = 1e9};

	for (int i = 0; i < 3; i++) {
		struct strbuf text cleanup_(strbuf_free) = {0};
		struct result result;

		put_lines(&text, n_lines);
		result = take_in(&text, false);
		if (result.parse_s < best.parse_s)
			best = result;
	}
	return best;
}

static void hundred_thousand_lines(void)
{
	struct result half = best_of_three(50000);
	struct result whole = best_of_three(100000);

	require(!whole.parse_err && whole.parse_s < 1.0 * slack,
		"100,000 lines are parsed and checked in a second", &whole);
	require(!half.parse_err && whole.bytes < half.bytes * 5 / 2 + 65536,
		"50,000 lines take half the memory", &half);
	require(whole.parse_s < half.parse_s * 4 + 0.05 * slack,
		"twice the lines take twice the time", &whole);
}

/* ---- products ---- */

static void put_product(struct strbuf *out, size_t n_src, size_t n_dst, size_t n_ports)
{
	strbuf_puts(out, START "object-group network from\n");
	for (size_t i = 0; i < n_src; i++)
		strbuf_printf(out, " network-object host 172.16.%zu.%zu\n", i / 200,
			      1 + i % 200);
	strbuf_puts(out, "object-group network to\n");
	for (size_t i = 0; i < n_dst; i++)
		strbuf_printf(out, " network-object host 10.%zu.%zu.7\n", i / 200,
			      i % 200);
	strbuf_puts(out, "object-group service ports tcp\n");
	for (size_t i = 0; i < n_ports; i++)
		strbuf_printf(out, " port-object eq %zu\n", 100 + 7 * i);
	strbuf_puts(out, "access-list a extended permit tcp object-group from "
			 "object-group to object-group ports\n"
			 "access-list a extended deny tcp object-group to object-group "
			 "ports object-group from\n"
			 "access-list a extended permit ip any object-group to\n" BIND);
}

static void large_products(void)
{
	static const size_t sizes[][3] = {
		{100, 100, 10}, {1000, 1000, 50}, {20000, 20000, 200}};

	for (size_t i = 0; i < 3; i++) {
		struct strbuf text cleanup_(strbuf_free) = {0};
		struct result result;
		char what[64];

		put_product(&text, sizes[i][0], sizes[i][1], sizes[i][2]);
		result = take_in(&text, true);
		snprintf(what, sizeof(what), "a product of %zu by %zu by %zu",
			 sizes[i][0], sizes[i][1], sizes[i][2]);
		require(is_answered(&result, 10), what, &result);
	}
}

static void many_members(void)
{
	struct strbuf text cleanup_(strbuf_free) = {0};
	struct result result;

	strbuf_puts(&text, START "object-group network many\n");
	for (size_t i = 0; i < 100000; i++)
		strbuf_printf(&text, " network-object host 10.%zu.%zu.%zu\n", i >> 15,
			      i >> 7 & 255, i << 1 & 255);
	strbuf_puts(&text,
		    "access-list a extended permit ip object-group many any\n" BIND);
	result = take_in(&text, true);
	require(is_answered(&result, 10), "a group of 100,000 members", &result);
}

/* ---- nesting ---- */

static void deep_nesting(void)
{
	struct strbuf text cleanup_(strbuf_free) = {0};
	struct result result;

	strbuf_puts(&text,
		    START "object-group network g0\n network-object host 10.0.0.1\n");
	for (size_t i = 1; i < 10000; i++)
		strbuf_printf(&text, "object-group network g%zu\n group-object g%zu\n", i,
			      i - 1);
	strbuf_puts(&text,
		    "access-list a extended permit ip object-group g9999 any\n" BIND);
	result = take_in(&text, true);
	require(is_answered(&result, 5), "10,000 groups, one in the other", &result);
}

/* Each level doubles what a blind expansion holds. */
static void doubling(void)
{
	struct strbuf text cleanup_(strbuf_free) = {0};
	struct result result;

	strbuf_puts(&text,
		    START "object-group network l0\n network-object host 10.0.0.1\n"
			  "object-group network r0\n network-object host "
			  "10.0.0.9\n");
	for (size_t i = 1; i < 60; i++)
		strbuf_printf(&text,
			      "object-group network l%zu\n group-object l%zu\n"
			      " group-object r%zu\n"
			      "object-group network r%zu\n group-object r%zu\n"
			      " group-object l%zu\n",
			      i, i - 1, i - 1, i, i - 1, i - 1);
	strbuf_puts(&text,
		    "access-list a extended permit ip object-group l59 any\n" BIND);
	result = take_in(&text, true);
	require(is_answered(&result, 5), "60 levels of two groups in two", &result);
}

static void circle(void)
{
	struct strbuf text cleanup_(strbuf_free) = {0};
	struct result result;

	strbuf_puts(&text, START);
	for (size_t i = 0; i < 2000; i++)
		strbuf_printf(&text,
			      "object-group network g%zu\n network-object host "
			      "10.0.0.1\n",
			      i);
	for (size_t i = 0; i < 2000; i++)
		strbuf_printf(&text, "object-group network g%zu\n group-object g%zu\n", i,
			      (i + 1) % 2000);
	strbuf_puts(&text, "access-list a extended permit ip object-group g7 any\n" BIND);
	result = take_in(&text, true);
	require(result.parse_err == -EINVAL && result.n_errors == 1 &&
			result.parse_s < 5 * slack,
		"2,000 groups in a circle are one error", &result);
}

/* ---- garbage ---- */

#define GARBAGE_BYTES (10u << 20)

/* @alphabet: what it is made of; "": any bytes */
static void garbage(const char *what, const char *alphabet)
{
	struct strbuf text cleanup_(strbuf_free) = {0};
	struct ref_draw draw = ref_draw_new(7);
	size_t n = strlen(alphabet);
	struct result result;

	while (text.len < GARBAGE_BYTES) {
		unsigned char bytes[256];

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (unsigned char)(n ? (unsigned char)alphabet[ref_below(
							       &draw, n)]
						     : ref_draw64(&draw) & 255);
		strbuf_add(&text, (const char *)bytes, sizeof(bytes));
	}
	result = take_in(&text, true);
	require(result.parse_err == -EINVAL && result.n_errors &&
			result.n_errors <= 1001 && result.parse_s < 5 * slack &&
			result.bytes < (64u << 20),
		what, &result);
}

static void repeated(const char *what, const char *line)
{
	struct strbuf text cleanup_(strbuf_free) = {0};
	struct result result;

	strbuf_puts(&text, START);
	while (text.len < GARBAGE_BYTES)
		strbuf_puts(&text, line);
	result = take_in(&text, false);
	require(result.n_errors <= 1001 && result.parse_s < 5 * slack, what, &result);
}

int main(int argc, char **argv)
{
	slack = argc > 1 ? strtod(argv[1], NULL) : 1;
#ifndef __SANITIZE_ADDRESS__
	setrlimit(RLIMIT_AS, &(struct rlimit){MEMORY_LIMIT, MEMORY_LIMIT});
#endif
	hundred_thousand_lines();
	large_products();
	many_members();
	deep_nesting();
	doubling();
	circle();
	garbage("10 MB of any bytes", "");
	garbage("10 MB of one line", "abc ");
	garbage("10 MB of short lines", "abcd 1.\n");
	garbage("10 MB of quotes and blanks", "\" \t'\\\n\r");
	repeated("10 MB of unknown statements", "frobnicate the thing 10.0.0.1\n");
	repeated("10 MB of one object-group", "object-group network x\n");
	repeated("10 MB of one wrong line",
		 "access-list a extended permit tcp any hots 1\n");
	repeated("10 MB of one remark", "access-list a remark x\n");
	repeated("10 MB of names", "name 10.0.0.1 x\n");
	return n_failed != 0;
}
