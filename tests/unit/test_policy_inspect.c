// SPDX-License-Identifier: GPL-2.0
/*
 * test_policy_inspect.c - what class-maps and policy-maps become: rules, the
 * atoms they ask for, and the automata that find them.
 */
#include <arpa/inet.h>
#include <errno.h>

#include "tests/unit/policy_test.h"
#include "util/strbuf.h"

#define VERB(NAME) (1ull << FTP_VERB_##NAME)

#define SERVICE                                          \
	TWO_IFACES "class-map default\n"                 \
		   " match default-inspection-traffic\n" \
		   "policy-map global\n"                 \
		   " class default\n"                    \
		   "  inspect ftp strict m\n"            \
		   "service-policy global global\n"      \
		   "regex a \"^aa\"\n"                   \
		   "regex b \"bb$\"\n"                   \
		   "regex c \"cc\"\n"                    \
		   "class-map type regex match-any ab\n" \
		   " match regex a\n"                    \
		   " match regex b\n"

#define MAP SERVICE "policy-map type inspect ftp m\n"

/* The atoms that a subject's automaton finds in a text. */
static uint32_t atoms_in(const struct policy_image *image, unsigned int subject,
			 const char *text)
{
	uint16_t state = image->fixups[0].value.start[subject];

	for (; *text; text++) {
		state = image->ftp_states[state].next[(unsigned char)*text];
		assert_true(state < image->n_ftp_states);
	}
	return image->ftp_states[state].accept;
}

static void assert_rule(const struct policy_image *image, size_t index,
			const struct ftp_rule *expected)
{
	assert_true(index < image->n_ftp_rules);
	assert_memory_equal(&image->ftp_rules[index], expected, sizeof(*expected));
}

static void a_match_is_asked_where_it_can_be_answered(void **state)
{
	own_image image = compile_ok(MAP " match filename regex a\n  reset\n"
					 " match not filetype regex b\n  reset log\n"
					 " match username regex class ab\n"
					 "  drop-connection\n"
					 " match server regex c\n  log\n"
					 " match request-command get help\n"
					 "  drop-connection log\n"
					 " match filename regex a\n  log\n");

	(void)state;
	assert_int_equal(image->n_ftp_rules, 6);
	assert_int_equal(image->fixups[0].value.n_rules, 6);
	assert_string_equal(image->fixups[0].map, "m");
	assert_rule(image, 0,
		    &(struct ftp_rule){
			    .all_of = 1, .on = FTP_ON_FILE, .action = FTP_ACTION_RESET});
	assert_rule(image, 1,
		    &(struct ftp_rule){.none_of = 2,
				       .on = FTP_ON_FILE,
				       .action = FTP_ACTION_RESET | FTP_ACTION_LOG});
	assert_rule(image, 2,
		    &(struct ftp_rule){
			    .all_of = 4, .on = FTP_ON_USER, .action = FTP_ACTION_DROP});
	assert_rule(image, 3,
		    &(struct ftp_rule){.all_of = 8,
				       .on = FTP_ON_GREETING,
				       .action = FTP_ACTION_LOG});
	assert_rule(image, 4,
		    &(struct ftp_rule){.verbs = VERB(RETR) | VERB(HELP),
				       .on = FTP_ON_COMMAND,
				       .action = FTP_ACTION_DROP | FTP_ACTION_LOG});
	assert_rule(image, 5,
		    &(struct ftp_rule){
			    .all_of = 1, .on = FTP_ON_FILE, .action = FTP_ACTION_LOG});
	assert_string_equal(image->ftp_matches[0].text, "match filename regex a");
	assert_string_equal(image->ftp_matches[2].text, "match username regex class ab");
	assert_string_equal(image->ftp_matches[2].map, "m");
	assert_int_equal(image->ftp_matches[0].source_line, 16);
	assert_int_equal(image->ftp_matches[1].source_line, 18);
}

static void words_of_asa_are_commands(void **state)
{
	own_image image = compile_ok(
		MAP " match request-command get put rename\n  reset\n"
		    " match request-command mkd rmd cdup\n  reset\n"
		    " match request-command appe dele help site stou rnfr rnto\n  reset\n"
		    " match request-command EPRT xcrc\n  reset\n"
		    " match not request-command noop\n  reset\n");
	uint64_t all = 0;

	(void)state;
	for (int verb = FTP_VERB_UNKNOWN; verb < FTP_VERB_END; verb++)
		all |= 1ull << verb;
	assert_int_equal(image->ftp_rules[0].verbs,
			 VERB(RETR) | VERB(STOR) | VERB(RNFR) | VERB(RNTO));
	assert_int_equal(image->ftp_rules[1].verbs, VERB(MKD) | VERB(XMKD) | VERB(RMD) |
							    VERB(XRMD) | VERB(CDUP) |
							    VERB(XCUP));
	assert_int_equal(image->ftp_rules[2].verbs, VERB(APPE) | VERB(DELE) | VERB(HELP) |
							    VERB(SITE) | VERB(STOU) |
							    VERB(RNFR) | VERB(RNTO));
	assert_int_equal(image->ftp_rules[3].verbs, VERB(EPRT) | VERB(XCRC));
	assert_int_equal(image->ftp_rules[4].verbs, all & ~VERB(NOOP));
}

static void classes_join_or_part(void **state)
{
	own_image image = compile_ok(
		SERVICE "class-map type inspect ftp match-all all\n"
			" match request-command put dele\n"
			" match filename regex a\n"
			" match not filename regex class ab\n"
			" match username regex c\n"
			"class-map type inspect ftp late\n"
			" match username regex c\n"
			" match request-command dele\n"
			"class-map type inspect ftp match-any any\n"
			" match request-command site\n"
			" match not filetype regex b\n"
			"policy-map type inspect ftp m\n"
			" class all\n  reset\n class any\n  log\n class late\n  reset\n");

	(void)state;
	assert_int_equal(image->n_ftp_rules, 4);
	assert_rule(image, 0,
		    &(struct ftp_rule){.verbs = VERB(STOR),
				       .all_of = 1 | 4,
				       .none_of = 2,
				       .on = FTP_ON_FILE,
				       .action = FTP_ACTION_RESET});
	assert_rule(image, 1,
		    &(struct ftp_rule){.verbs = VERB(SITE),
				       .on = FTP_ON_COMMAND,
				       .action = FTP_ACTION_LOG});
	assert_rule(image, 2,
		    &(struct ftp_rule){
			    .none_of = 8, .on = FTP_ON_FILE, .action = FTP_ACTION_LOG});
	assert_rule(image, 3,
		    &(struct ftp_rule){.verbs = VERB(DELE),
				       .all_of = 4,
				       .on = FTP_ON_COMMAND,
				       .action = FTP_ACTION_RESET});
	assert_string_equal(image->ftp_matches[1].text, "class any");
	assert_string_equal(image->ftp_matches[2].text, "class any");
	assert_int_equal(image->ftp_matches[1].source_line,
			 image->ftp_matches[2].source_line);
}

static void automata_find_the_atoms_of_their_subject(void **state)
{
	own_image image = compile_ok(MAP " match filename regex a\n  log\n"
					 " match filename regex class ab\n  log\n"
					 " match username regex c\n  log\n");

	(void)state;
	assert_int_equal(image->fixups[0].value.start[FTP_SUBJECT_FILETYPE], 0);
	assert_int_equal(image->fixups[0].value.start[FTP_SUBJECT_SERVER], 0);
	assert_int_equal(atoms_in(image, FTP_SUBJECT_FILENAME, "aax"), 1 | 2);
	assert_int_equal(atoms_in(image, FTP_SUBJECT_FILENAME, "xbb"), 2);
	assert_int_equal(atoms_in(image, FTP_SUBJECT_FILENAME, "xaabbx"), 0);
	assert_int_equal(atoms_in(image, FTP_SUBJECT_FILENAME, "cc"), 0);
	assert_int_equal(atoms_in(image, FTP_SUBJECT_USERNAME, "xccx"), 4);
	assert_int_equal(atoms_in(image, FTP_SUBJECT_USERNAME, "aa"), 0);
	assert_int_equal(image->ftp_states[0].accept, 0);
	assert_int_equal(image->ftp_states[0].next['a'], 0);
}

/* After what ends the connection, only what could have ended it before counts. */
static void what_comes_too_late_is_not_found(void **state)
{
	own_image image = compile_ok(MAP " match filename regex a\n  log\n"
					 " match filename regex b\n  reset\n"
					 " match filename regex c\n  reset\n");

	(void)state;
	assert_int_equal(atoms_in(image, FTP_SUBJECT_FILENAME, "aaccbb"), 1 | 2);
	assert_int_equal(atoms_in(image, FTP_SUBJECT_FILENAME, "ccbb"), 2);
	assert_int_equal(atoms_in(image, FTP_SUBJECT_FILENAME, "aacc"), 1 | 4);
}

/* ---- which ports --------------------------------------------------------- */

static void assert_fixup(const struct policy_image *image, size_t index, uint16_t port,
			 uint32_t kind, uint32_t flags)
{
	assert_true(index < image->n_fixups);
	assert_int_equal(image->fixups[index].key.port, htons(port));
	assert_int_equal(image->fixups[index].value.kind, kind);
	assert_int_equal(image->fixups[index].value.flags, flags);
}

static void inspections_are_fixups(void **state)
{
	own_image image = compile_ok(TWO_IFACES
				     "class-map d\n match default-inspection-traffic\n"
				     "class-map r\n match port tcp range 2121 2122\n"
				     "class-map e\n match port tcp eq 9990\n"
				     "policy-map p\n class d\n  inspect ftp\n"
				     "  inspect ftps\n"
				     " class r\n  inspect ftp strict\n"
				     " class e\n  inspect ftps strict\n"
				     "service-policy p global\n"
				     "fixup protocol ftp 8021\n");

	(void)state;
	assert_int_equal(image->n_fixups, 6);
	assert_fixup(image, 0, 21, FIXUP_FTP, 0);
	assert_fixup(image, 1, 990, FIXUP_FTPS, 0);
	assert_fixup(image, 2, 2121, FIXUP_FTP, FIXUP_F_STRICT | FIXUP_F_MASK_SYST);
	assert_fixup(image, 3, 2122, FIXUP_FTP, FIXUP_F_STRICT | FIXUP_F_MASK_SYST);
	assert_fixup(image, 4, 8021, FIXUP_FTP, 0);
	assert_fixup(image, 5, 9990, FIXUP_FTPS, FIXUP_F_STRICT | FIXUP_F_MASK_SYST);
}

static void parameters_are_flags(void **state)
{
	own_image masks = compile_ok(MAP " parameters\n  mask-banner\n"
					 "  no mask-syst-reply\n  tls require\n"
					 "  source-port\n");
	own_image ports = compile_ok(MAP " parameters\n  mask-syst-reply\n  mask-banner\n"
					 "  no mask-banner\n"
					 "  tls data-ports 50000 50100 limit 7\n");

	(void)state;
	assert_fixup(masks, 0, 21, FIXUP_FTP,
		     FIXUP_F_STRICT | FIXUP_F_MASK_BANNER | FIXUP_F_TLS_REQUIRE |
			     FIXUP_F_SOURCE_PORT);
	assert_fixup(ports, 0, 21, FIXUP_FTP,
		     FIXUP_F_STRICT | FIXUP_F_MASK_SYST | FIXUP_F_DATA_PORTS);
	assert_int_equal(ports->fixups[0].value.data_low, 50000);
	assert_int_equal(ports->fixups[0].value.data_high, 50100);
	assert_int_equal(ports->fixups[0].value.data_limit, 7);
}

static void ports_share_the_tables_of_their_policy_map(void **state)
{
	own_image image = compile_ok(TWO_IFACES
				     "regex a \"a\"\nregex b \"b\"\n"
				     "policy-map type inspect ftp m\n"
				     " match filename regex a\n  reset\n"
				     "policy-map type inspect ftp n\n"
				     " match filename regex b\n  reset\n"
				     " match request-command site\n  reset\n"
				     "class-map r\n match port tcp range 2121 2122\n"
				     "class-map d\n match default-inspection-traffic\n"
				     "policy-map p\n"
				     " class d\n  inspect ftp strict n\n"
				     " class r\n  inspect ftp strict m\n"
				     "service-policy p global\n");

	(void)state;
	assert_int_equal(image->n_fixups, 3);
	assert_int_equal(image->n_ftp_rules, 3);
	assert_int_equal(image->n_ftp_states, 5);
	assert_int_equal(image->fixups[0].value.first_rule, 0);
	assert_int_equal(image->fixups[0].value.n_rules, 2);
	for (int i = 1; i < 3; i++) {
		const struct fixup_value *value = &image->fixups[i].value;

		assert_int_equal(value->first_rule, 2);
		assert_int_equal(value->n_rules, 1);
		assert_int_equal(value->start[FTP_SUBJECT_FILENAME], 3);
		assert_string_equal(image->fixups[i].map, "m");
	}
	assert_int_equal(image->ftp_states[image->ftp_states[3].next['a']].accept, 1);
	assert_int_equal(image->ftp_states[3].next['b'], 3);
}

/* ---- limits -------------------------------------------------------------- */

static void assert_too_much(const char *text, const char *message)
{
	own_policy policy = parse_ok(text);
	own_diags diags = {0};
	own_image image = NULL;

	assert_int_equal(policy_compile(policy, &image, &diags), -E2BIG);
	assert_null(image);
	assert_int_equal(diags.count, 1);
	assert_non_null(diags.items[0].hint);
	assert_string_equal(diags.items[0].message, message);
}

static void limits_are_told_with_their_figures(void **state)
{
	struct strbuf cleanup_(strbuf_free) rules = {0};
	struct strbuf cleanup_(strbuf_free) atoms = {0};
	struct strbuf cleanup_(strbuf_free) states = {0};

	(void)state;
	strbuf_puts(&rules, MAP);
	strbuf_puts(&atoms, MAP);
	strbuf_puts(&states, SERVICE);
	for (int i = 0; i <= PH_MAX_FTP_RULES; i++)
		strbuf_puts(&rules, " match request-command site\n  reset\n");
	for (int i = 0; i <= PH_MAX_FTP_ATOMS; i++)
		strbuf_printf(&atoms,
			      "regex r%d \"^%d$\"\npolicy-map type inspect ftp m\n"
			      " match filename regex r%d\n  reset\n",
			      i, i, i);
	for (int i = 0; i < 6; i++)
		strbuf_printf(&states,
			      "regex r%d \"%d(a|b).{10}$\"\n"
			      "policy-map type inspect ftp m%d\n"
			      " match filename regex r%d\n  reset\n"
			      " match username regex r%d\n  reset\n"
			      "class-map p%d\n match port tcp eq %d\n"
			      "policy-map global\n class p%d\n  inspect ftp strict m%d\n",
			      i, i, i, i, i, i, 3000 + i, i, i);
	strbuf_puts(&states, "policy-map type inspect ftp m\n");
	assert_too_much(rules.data, "policy-map 'm' has 65 rules; this version holds 64");
	assert_too_much(atoms.data,
			"policy-map 'm' looks for more than 32 expressions or "
			"classes of them");
	assert_too_much(
		states.data,
		"with policy-map 'm5', regular expressions need 4148 states; this "
		"version holds 4096");
	assert_too_much(SERVICE "regex big \"a.{20}b\"\n"
				"policy-map type inspect ftp m\n"
				" match username regex a\n  reset\n"
				" match username regex big\n  reset\n"
				" match username regex b\n  reset\n",
			"with regex 'big' of line 15, what policy-map 'm' looks for in "
			"user names needs more than 1023 states");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_match_is_asked_where_it_can_be_answered),
		cmocka_unit_test(words_of_asa_are_commands),
		cmocka_unit_test(classes_join_or_part),
		cmocka_unit_test(automata_find_the_atoms_of_their_subject),
		cmocka_unit_test(what_comes_too_late_is_not_found),
		cmocka_unit_test(inspections_are_fixups),
		cmocka_unit_test(parameters_are_flags),
		cmocka_unit_test(ports_share_the_tables_of_their_policy_map),
		cmocka_unit_test(limits_are_told_with_their_figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
