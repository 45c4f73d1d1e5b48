// SPDX-License-Identifier: GPL-2.0
/* print_fixup.c - the canonical text of what is inspected. */
#include "policy/model.h"
#include "util/strbuf.h"

void policy_print_data_ports(struct strbuf *out, const struct policy_ftp_options *options)
{
	strbuf_printf(out, "data-ports %u %u", options->data_low, options->data_high);
	if (options->data_limit)
		strbuf_printf(out, " limit %u", options->data_limit);
}

static void print_fixup(struct strbuf *out, const struct policy_fixup *fixup)
{
	const struct policy_ftp_options *options = &fixup->options;

	strbuf_printf(out, "fixup protocol %s%s %u",
		      fixup->kind == FIXUP_FTPS ? "ftps" : "ftp",
		      options->flags & FIXUP_F_STRICT ? " strict" : "", fixup->port);
	if (options->flags & FIXUP_F_TLS_DENY)
		strbuf_puts(out, " tls deny");
	if (options->flags & FIXUP_F_TLS_REQUIRE)
		strbuf_puts(out, " tls require");
	if (options->flags & FIXUP_F_DATA_PORTS) {
		strbuf_putc(out, ' ');
		policy_print_data_ports(out, options);
	}
	if (options->flags & FIXUP_F_SOURCE_PORT)
		strbuf_puts(out, " source-port");
	strbuf_putc(out, '\n');
}

void policy_print_fixups(struct strbuf *out, const struct policy *policy)
{
	for (size_t i = 0; i < policy->fixups.count; i++)
		if (!policy->fixups.items[i].by_service)
			print_fixup(out, &policy->fixups.items[i]);
}
