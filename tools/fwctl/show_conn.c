// SPDX-License-Identifier: GPL-2.0
/*
 * show_conn.c - `show conn`: what is going on right now.
 *
 * The table is walked twice: an ASA says first how many connections there are.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bpf/conn_state.h"
#include "format_conn.h"
#include "show.h"

enum conn_form { FORM_LINE, FORM_LONG, FORM_DETAIL, FORM_COUNT };

static const struct {
	const char *word;
	enum conn_form form;
} forms[] = {
	{"long", FORM_LONG},
	{"detail", FORM_DETAIL},
	{"count", FORM_COUNT},
};

/* What the words ask for. */
struct conn_question {
	struct format_conn_filter filter;
	enum conn_form form;
};

/* Return: CMD_OK, or CMD_USAGE after complaining. */
static int read_words(const struct show_request *request, struct conn_question *out)
{
	char why[FORMAT_CONN_WHY_BYTES];
	size_t at;
	bool known = false;

	*out = (struct conn_question){.form = FORM_LINE};
	if (format_conn_filter_read(request->words, request->n_words, &out->filter, &at,
				    why))
		return cmd_usage_error("show", "%s", why);
	if (at == request->n_words)
		return CMD_OK;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (strcmp(request->words[at], forms[i].word) != 0)
			continue;
		out->form = forms[i].form;
		known = true;
	}
	if (!known)
		return cmd_usage_error("show",
				       "'%s' says nothing about connections; it may be "
				       "address, port, protocol, interface or state, and "
				       "at the end long, detail or count",
				       request->words[at]);
	if (at + 1 < request->n_words)
		return cmd_usage_error("show", "'%s' is one argument too many",
				       request->words[at + 1]);
	return CMD_OK;
}

int show_conn_words(struct show_request *request)
{
	struct conn_question question;

	return read_words(request, &question);
}

int show_find_ifindex(struct show_request *request, const char *name, uint32_t *ifindex)
{
	size_t len;

	if (!strcmp(name, "self")) {
		*ifindex = 0;
		return 0;
	}
	for (size_t i = 0; i < request->n_interfaces; i++) {
		if (!strcmp(request->interfaces[i].config.name, name)) {
			*ifindex = request->interfaces[i].ifindex;
			return 0;
		}
	}
	snprintf(request->error.what, sizeof(request->error.what),
		 "the policy has no interface %.48s", name);
	len = (size_t)snprintf(request->error.hint, sizeof(request->error.hint),
			       "it has ");
	for (size_t i = 0; i < request->n_interfaces && len < sizeof(request->error.hint);
	     i++)
		len += (size_t)snprintf(
			request->error.hint + len, sizeof(request->error.hint) - len,
			"%s%s", i ? ", " : "", request->interfaces[i].config.name);
	return -ENOENT;
}

/* ---- walks ------------------------------------------------------------------------ */

struct conn_walk {
	struct show_request *request;
	const struct conn_question *question;
	struct policy_config config; /* its timeouts */
	uint64_t all;
	uint64_t half_open;
	uint64_t matching;
};

static int count(const struct flow_key *key, const struct conn *conn, bool established,
		 void *arg)
{
	struct conn_walk *walk = arg;

	walk->all++;
	walk->half_open += !established;
	walk->matching +=
		format_conn_matches(&walk->question->filter, key, conn, established);
	return 0;
}

static int put(const struct flow_key *key, const struct conn *conn, bool established,
	       void *arg)
{
	struct conn_walk *walk = arg;
	struct show_request *request = walk->request;
	struct format_conn c = {
		.key = key,
		.conn = conn,
		.established = established,
		.now_ns = request->now_ns,
	};
	char text[FORMAT_CONN_BYTES];

	if (!format_conn_matches(&walk->question->filter, key, conn, established))
		return 0;
	for (int i = 0; i < 2; i++) {
		c.interface[i] = show_name_by_ifindex(request, conn->ifindex[i]);
		c.security[i] = show_security(request, conn->ifindex[i]);
	}
	c.timeout_ns = conn_timeout_ns(&walk->config, key->proto, conn->state);
	if (request->json) {
		format_conn_json(text, &c);
		output_json(&request->out, text);
		return 0;
	}
	if (walk->question->form == FORM_DETAIL)
		format_conn_detail(text, &c);
	else if (walk->question->form == FORM_LONG)
		format_conn_long(text, &c);
	else
		format_conn_line(text, &c);
	output_text(&request->out, "%s", text);
	return 0;
}

static void put_count(struct show_request *request, const struct conn_walk *walk)
{
	output_fact(&request->out, "in_use", NULL, json_integer((json_int_t)walk->all));
	output_fact(&request->out, "half_open", NULL,
		    json_integer((json_int_t)walk->half_open));
	output_fact(&request->out, "matching", NULL,
		    json_integer((json_int_t)walk->matching));
	if (request->json)
		return;
	printf("%llu in use, %llu of them half-open", (unsigned long long)walk->all,
	       (unsigned long long)walk->half_open);
	if (walk->matching != walk->all)
		printf(", %llu as asked for", (unsigned long long)walk->matching);
	putchar('\n');
}

int show_conn(struct show_request *request)
{
	struct conn_question question;
	struct conn_walk walk = {.request = request, .question = &question};
	int err;

	read_words(request, &question); /* they were right before */
	if (question.filter.interface) {
		err = show_find_ifindex(request, question.filter.interface,
					&question.filter.ifindex);
		if (err)
			return err;
	}
	err = fw_read_config(request->fw, &walk.config, &request->error);
	if (!err)
		err = fw_each_conn(request->fw, count, &walk, &request->error);
	if (err)
		return err;
	put_count(request, &walk);
	if (question.form == FORM_COUNT)
		return 0;
	output_list(&request->out, "connections", NULL);
	if (!request->json && question.form == FORM_DETAIL)
		fputs(format_conn_legend, stdout);
	err = fw_each_conn(request->fw, put, &walk, &request->error);
	output_list_end(&request->out);
	return err;
}
