// SPDX-License-Identifier: GPL-2.0
/*
 * print.c - the canonical text of a policy.
 *
 * One spelling for everything: what two people wrote differently and meant
 * alike prints alike. The text is kept with each generation in the kernel and
 * is the only form in which a policy is read back.
 */
#include <stdio.h>

#include "policy/model.h"
#include "util/strbuf.h"

static void print_time(struct strbuf *out, unsigned int sec)
{
	strbuf_printf(out, "%u:%02u:%02u", sec / 3600, sec / 60 % 60, sec % 60);
}

/* Only where it decides something: what `any` means, which addresses lists match. */
static void print_version(struct strbuf *out, const struct policy *policy)
{
	if (policy->any_is_both)
		strbuf_puts(out, "ASA Version 9.0\n");
	else if (policy->flags & CONFIG_F_REAL_LISTS)
		strbuf_puts(out, "ASA Version 8.3\n");
}

/* Those that are not as they would be without a statement. */
static void print_timeouts(struct strbuf *out, const struct policy *policy)
{
	for (int i = 0; i < POLICY_N_TIMEOUTS; i++) {
		if (policy->timeout_sec[i] == policy_timeout_kinds[i].default_sec)
			continue;
		strbuf_printf(out, "timeout %s ", policy_timeout_kinds[i].word);
		print_time(out, policy->timeout_sec[i]);
		strbuf_putc(out, '\n');
	}
}

static void print_switches(struct strbuf *out, const struct policy *policy)
{
	if (policy->flags & CONFIG_F_SAME_INTER)
		strbuf_puts(out, "same-security-traffic permit inter-interface\n");
	if (policy->flags & CONFIG_F_SAME_INTRA)
		strbuf_puts(out, "same-security-traffic permit intra-interface\n");
	if (policy->flags & CONFIG_F_PASS_NON_IP)
		strbuf_puts(out, "sysopt connection permit-non-ip\n");
	if (policy->pick_up_sec) {
		strbuf_puts(out, "sysopt connection tcp-pick-up ");
		print_time(out, policy->pick_up_sec);
		strbuf_putc(out, '\n');
	}
}

int policy_print(const struct policy *policy, char **out, size_t *len)
{
	struct strbuf buf = {0};

	print_version(&buf, policy);
	policy_print_ifaces(&buf, policy);
	policy_print_host(&buf, policy);
	print_switches(&buf, policy);
	print_timeouts(&buf, policy);
	policy_print_terms(&buf, policy);
	policy_print_lists(&buf, policy);
	policy_print_conduits(&buf, policy);
	policy_print_nats(&buf, policy);
	policy_print_logging(&buf, &policy->logging);
	policy_print_fixups(&buf, policy);
	policy_print_inspections(&buf, policy);
	if (!buf.len && !buf.failed) /* an empty text would be no policy */
		strbuf_puts(&buf, "names\n");
	return strbuf_steal(&buf, out, len);
}
