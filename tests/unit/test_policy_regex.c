// SPDX-License-Identifier: GPL-2.0
/*
 * test_policy_regex.c - automata find what pcre2 finds, in bounded space.
 *
 * Patterns and subjects are made at random from a fixed seed, so that a failure
 * comes again. pcre2 is the reference: it matches by backtracking, the automata
 * do not.
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include <errno.h>
#include <pcre2.h>
#include <time.h>

#include "policy/automaton.h"
#include "tests/unit/policy_test.h"
#include "util/strbuf.h"

static inline void automaton_cleanup(struct automaton *automaton)
{
	policy_automaton_free(automaton);
}

#define own_automaton struct automaton cleanup_(automaton_cleanup)

static uint64_t seed = 1;

/* 0 to n - 1 (xorshift64, Marsaglia 2003) */
static unsigned int below(unsigned int n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned int)(seed >> 32) % n;
}

static uint32_t found_in(const struct automaton *automaton, const char *text, size_t len)
{
	uint16_t state = automaton->start;

	for (size_t i = 0; i < len; i++)
		state = automaton->states.items[state].next[(unsigned char)text[i]];
	return automaton->states.items[state].accept;
}

/* Return: 1, 0, or -1 where it gives up, having tried too many ways. */
static int pcre2_finds(const char *pattern, size_t pattern_len, const char *text,
		       size_t len)
{
	int code = 0;
	PCRE2_SIZE at = 0;
	pcre2_code *compiled =
		pcre2_compile((PCRE2_SPTR)pattern, pattern_len,
			      PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY | PCRE2_NO_AUTO_CAPTURE,
			      &code, &at, NULL);
	pcre2_match_data *data;
	int rc;

	assert_non_null(compiled);
	data = pcre2_match_data_create_from_pattern(compiled, NULL);
	rc = pcre2_match(compiled, (PCRE2_SPTR)text, len, 0, 0, data, NULL);
	pcre2_match_data_free(data);
	pcre2_code_free(compiled);
	if (rc == PCRE2_ERROR_MATCHLIMIT)
		return -1;
	assert_true(rc >= 0 || rc == PCRE2_ERROR_NOMATCH);
	return rc >= 0;
}

static void build(const struct automaton_part *parts, size_t n, struct automaton *out)
{
	assert_int_equal(policy_automaton_build(parts, n, NULL, out), 0);
	assert_int_equal(policy_automaton_minimize(out), 0);
	for (int byte = 0; byte < 256; byte++)
		assert_int_equal(out->states.items[0].next[byte], 0);
	assert_int_equal(out->states.items[0].accept, 0);
}

static bool finds(const char *pattern, const char *text, size_t len)
{
	struct automaton_part part = {pattern, strlen(pattern), 1};
	own_automaton automaton = {0};

	build(&part, 1, &automaton);
	return found_in(&automaton, text, len);
}

/* ---- by hand ------------------------------------------------------------- */

static void what_a_pattern_finds(void **state)
{
	static const struct {
		const char *pattern;
		const char *found;
		const char *missed;
	} rows[] = {
		{"exe", "a.exe.txt", "a.EXE"},
		{"^a", "ab", "ba"},
		{"a$", "ba", "ab"},
		{"^$", "", "x"},
		{"$^", "", "x"},
		{"^abc$", "abc", "abcc"},
		{"\\.exe$", "a.exe", "a.exe.txt"},
		{"\\.exe$", ".exe", "aexe"},
		{"[Ee][Xx][Ee]", "a.eXe", "a.ex"},
		{"a.c", "xabcx", "ac"},
		{"ab?c", "ac", "abbc"},
		{"ab*c", "abbbbc", "adc"},
		{"ab+c", "abbc", "ac"},
		{"^a{3}$", "aaa", "aa"},
		{"^a{3}$", "aaa", "aaaa"},
		{"^a{2,}$", "aaaaaa", "a"},
		{"^a{1,2}$", "aa", "aaa"},
		{"^a{0}b$", "b", "ab"},
		{"x{0}", "", NULL},
		{"^(ab|cd)+$", "abcdab", "abc"},
		{"^[^a-c]$", "d", "b"},
		{"^[a-]$", "-", "b"},
		{"^[]x]$", "]", "y"},
		{"^[a\\]]$", "]", "\\"},
		{"^\\x41\\102$", "AB", "ab"},
		{"^\\t\\n\\r\\f$", "\t\n\r\f", "tnrf"},
		{"^[\\x00-\\x1f]$", "\x1f", " "},
		{"^\\$\\^\\*\\{\\\\$", "$^*{\\", "x"},
		{"^a|b$", "ax", "bx"},
		{"^(|a)b", "b", "aab"},
		{"^(a*)*$", "aaa", "b"},
		{"^((a|b)*c|d){2}$", "abcd", "abc"},
		{"a]b}", "a]b}", "ab"},
		{"^root$", "root", "roots"},
		{"(^a|b$)", "ab", "ba"},
		{"a$|^b", "ba", "ab"},
		{"^.$", "\xff", "\xff\xff"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].missed &&
		    finds(rows[i].pattern, rows[i].missed, strlen(rows[i].missed)))
			fail_msg("%s finds %s", rows[i].pattern, rows[i].missed);
		if (!finds(rows[i].pattern, rows[i].found, strlen(rows[i].found)))
			fail_msg("%s misses %s", rows[i].pattern, rows[i].found);
	}
}

static void a_pattern_that_is_refused_says_where(void **state)
{
	static const struct {
		const char *pattern;
		size_t at;
	} rows[] = {
		{"a(b", 3},	    {"ab)", 2},	   {"[ab", 3},	   {"*a", 0},
		{"a**", 2},	    {"a*?", 2},	   {"a+?", 2},	   {"a{2}?", 4},
		{"a{x}", 1},	    {"a{,3}", 1},  {"a{256}", 1},  {"a{3,2}", 5},
		{"a\\1", 2},	    {"(a)\\1", 3}, {"a\\d", 1},	   {"\\bword", 0},
		{"a(?=b)", 1},	    {"a(?!b)", 1}, {"(?:a)", 0},   {"(?i)a", 0},
		{"[[:alpha:]]", 1}, {"[\\d]", 1},  {"\\x4", 0},	   {"\\400", 4},
		{"\\q", 1},	    {"a\\", 2},	   {"[b-a]", 3},   {"^*", 1},
		{"\\Qa\\E", 0},	    {"\\07", 0},   {"(*UTF)a", 6}, {"{", 0},
		{"(a", 2},	    {"\\Aa", 0},   {"\\x{41}", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct policy_regex_fault fault = {0};
		bool always = false;
		int err = policy_regex_check(rows[i].pattern, strlen(rows[i].pattern),
					     &always, &fault);

		if (err != -EINVAL || fault.at != rows[i].at || !*fault.message ||
		    !fault.width)
			fail_msg("%s: %d, at %zu: %s", rows[i].pattern, err, fault.at,
				 fault.message);
	}
}

/* ---- against pcre2 ------------------------------------------------------- */

static void random_pattern(struct strbuf *out, unsigned int depth);

static void random_one(struct strbuf *out, unsigned int depth)
{
	static const char *const ones[] = {
		"a",	 "b",	 "c",	       ".",	"\\.",	 "[ab]", "[^a]",
		"[a-c]", "[b-]", "[^\\x62-c]", "\\x61", "\\142", "\\-",	 "[]a]",
	};

	if (depth && !below(4)) {
		strbuf_putc(out, '(');
		random_pattern(out, depth - 1);
		strbuf_putc(out, ')');
	} else {
		strbuf_puts(out, ones[below(sizeof(ones) / sizeof(ones[0]))]);
	}
}

/* Not {0}: (a|^b){0}c finds no c in "xc" with pcre2 10.42, which takes the group
 * that is not there for an anchor. */
static void random_pattern(struct strbuf *out, unsigned int depth)
{
	static const char *const often[] = {"?",     "*",    "+",     "{2}",
					    "{0,1}", "{1,}", "{0,2}", "{1,3}"};
	unsigned int n = 1 + below(4);

	while (n--) {
		if (!below(8))
			strbuf_putc(out, "^$"[below(2)]);
		random_one(out, depth);
		if (!below(3))
			strbuf_puts(out, often[below(8)]);
		if (n && !below(6))
			strbuf_putc(out, '|');
	}
	if (!below(10))
		strbuf_putc(out, '$');
}

static size_t random_text(char *out, size_t size)
{
	size_t len = below((unsigned int)size);

	for (size_t i = 0; i < len; i++)
		out[i] = "aabbcc.-\n]"[below(10)];
	return len;
}

#define N_TOGETHER 3

/* Return: false if the three together are too much. */
static bool compare_with_pcre2(void)
{
	struct strbuf patterns[N_TOGETHER] = {0};
	struct automaton_part parts[N_TOGETHER];
	own_automaton automaton = {0};
	char text[16];
	int err;

	for (int i = 0; i < N_TOGETHER; i++) {
		struct policy_regex_fault fault = {0};
		bool always = false;

		random_pattern(&patterns[i], 2);
		parts[i] = (struct automaton_part){patterns[i].data, patterns[i].len,
						   1u << i};
		if (policy_regex_check(parts[i].pattern, parts[i].len, &always, &fault))
			fail_msg("%s: %s", parts[i].pattern, fault.message);
		if (always && parts[i].pattern && !finds(parts[i].pattern, "zz", 2))
			fail_msg("%s is not always found", parts[i].pattern);
	}
	err = policy_automaton_build(parts, N_TOGETHER, NULL, &automaton);
	assert_true(!err || err == -E2BIG);
	if (!err)
		assert_int_equal(policy_automaton_minimize(&automaton), 0);
	for (int i = 0; !err && i < 20; i++) {
		size_t len = random_text(text, sizeof(text));
		uint32_t found = found_in(&automaton, text, len);

		for (int j = 0; j < N_TOGETHER; j++) {
			int expected =
				pcre2_finds(parts[j].pattern, parts[j].len, text, len);

			if (expected >= 0 && expected != (int)(found >> j & 1))
				fail_msg("%s in '%.*s': pcre2 says %d", parts[j].pattern,
					 (int)len, text, expected);
		}
	}
	for (int i = 0; i < N_TOGETHER; i++)
		strbuf_free(&patterns[i]);
	return !err;
}

static void automata_find_what_pcre2_finds(void **state)
{
	int n_compared = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		n_compared += compare_with_pcre2();
	assert_true(n_compared > 900);
}

/* ---- space and time ------------------------------------------------------ */

static int build_alone(const char *pattern, size_t *n_states)
{
	struct automaton_part part = {pattern, strlen(pattern), 1};
	own_automaton automaton = {0};
	int err = policy_automaton_build(&part, 1, NULL, &automaton);

	*n_states = automaton.states.count;
	return err;
}

static void growth_is_bounded_while_it_happens(void **state)
{
	/* 2^30 states; 255^3 nodes; each alone takes for ever if not bounded. */
	static const char *const patterns[] = {
		"a.{30}b$",
		"((a{255}){255}){255}",
		"(a|b)*a(a|b){25}$",
		"((((a?){9}){9}){9}){9}$",
		"([ab]{1,50}c?){1,50}$",
	};
	struct timespec start, end;
	size_t n;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		assert_int_equal(build_alone(patterns[i], &n), -E2BIG);
		assert_true(n <= POLICY_AUTOMATON_STATES);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_true(end.tv_sec - start.tv_sec < 10);
}

static void repetitions_are_written_out_within_bounds(void **state)
{
	static const char pattern[] = "((a{255}){255}){255}";
	struct policy_regex_tree tree = {0};
	struct policy_regex_fault fault = {0};
	struct nfa nfa = {0};
	uint16_t entry = 0;

	(void)state;
	assert_int_equal(policy_regex_parse(pattern, sizeof(pattern) - 1, &tree, &fault),
			 0);
	assert_int_equal(policy_nfa_add(&nfa, &tree, 0, &entry), -E2BIG);
	assert_int_equal(nfa.nodes.count, POLICY_NFA_NODES);
	vec_free(&nfa.nodes);
	policy_regex_free(&tree);
}

static void automata_are_minimal(void **state)
{
	static const struct {
		const char *pattern;
		size_t n_states; /* the dead one included */
	} rows[] = {
		/* by hand: Myhill-Nerode */
		{"a", 3},     {"^a", 3},      {"^a$", 3},      {"a$", 3},
		{"", 2},      {"^$", 2},      {"abc", 5},      {"(a|b)(a|b)", 4},
		{"ab|ac", 4}, {"^(a*)*$", 2}, {"a|aa|aaa", 3}, {"x{3}", 5},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct automaton_part part = {rows[i].pattern, strlen(rows[i].pattern),
					      1};
		own_automaton automaton = {0};

		build(&part, 1, &automaton);
		if (automaton.states.count != rows[i].n_states)
			fail_msg("%s: %zu states", rows[i].pattern,
				 automaton.states.count);
	}
}

/* Twenty texts anywhere: what was found would be one of 2^20 sets. */
static void what_is_covered_takes_no_states(void **state)
{
	static const char *const patterns[] = {
		"apple", "bread", "cider", "dates", "elder", "figs",  "grape",
		"honey", "icing", "juice", "kale",  "lemon", "mango", "nuts",
		"olive", "peach", "quark", "rice",  "salad", "tea",
	};
	const size_t n = sizeof(patterns) / sizeof(patterns[0]);
	struct automaton_part parts[32];
	uint32_t covered[PH_MAX_FTP_ATOMS] = {0};
	own_automaton big = {0};
	own_automaton automaton = {0};

	(void)state;
	for (size_t i = 0; i < n; i++) {
		parts[i] = (struct automaton_part){patterns[i], strlen(patterns[i]),
						   1u << i};
		covered[i] = ~0u << i << 1;
	}
	assert_int_equal(policy_automaton_build(parts, n, NULL, &big), -E2BIG);
	assert_int_equal(policy_automaton_build(parts, n, covered, &automaton), 0);
	assert_int_equal(found_in(&automaton, "juicehoneytea", 13), 1u << 7);
	assert_int_equal(found_in(&automaton, "teas", 4), 1u << 19);
	assert_int_equal(found_in(&automaton, "applebread", 10), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_pattern_finds),
		cmocka_unit_test(a_pattern_that_is_refused_says_where),
		cmocka_unit_test(automata_find_what_pcre2_finds),
		cmocka_unit_test(growth_is_bounded_while_it_happens),
		cmocka_unit_test(repetitions_are_written_out_within_bounds),
		cmocka_unit_test(automata_are_minimal),
		cmocka_unit_test(what_is_covered_takes_no_states),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
