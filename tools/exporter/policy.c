// SPDX-License-Identifier: GPL-2.0
/*
 * policy.c - what became of applies, as metrics.
 *
 * Why it exists: a policy that was refused leaves the old one in force, and a policy on
 * trial goes by itself: nothing in the traffic tells, so somebody must be told.
 */
#include <pinhole/firewall_stats.h>
#include <pinhole/firewall_undo.h>

#include "parts.h"

static void put_applies(const struct page *page, const struct fw_last_apply *last)
{
	static const char name[] = "pinhole_policy_applies_total";
	const struct metric_page *out = &page->metrics;

	metric_family(
		out, name, METRIC_COUNTER,
		"Applies that ended since the firewall was loaded, by their result; one "
		"that was killed has none.");
	metric_sample(out, name,
		      (const struct metric_label[]){{"result", "success"},
						    METRIC_END_OF_LABELS},
		      last->successes);
	metric_sample(out, name,
		      (const struct metric_label[]){{"result", "failure"},
						    METRIC_END_OF_LABELS},
		      last->failures);
	metric_single(out, "pinhole_policy_last_apply_success", METRIC_GAUGE,
		      "1 if the last apply succeeded.", last->succeeded);
	metric_single(out, "pinhole_policy_last_apply_timestamp_seconds", METRIC_GAUGE,
		      "When the last apply began.", last->attempt_sec);
	metric_single(out, "pinhole_policy_last_success_timestamp_seconds", METRIC_GAUGE,
		      "When the last apply that succeeded had put its policy in force.",
		      last->success_sec);
	metric_single_ns(out, "pinhole_policy_last_success_duration_seconds",
			 METRIC_GAUGE, "How long that apply had taken till then.",
			 last->success_duration_ns);
}

static void put_trial(const struct page *page, const struct fw_undo *undo)
{
	bool pending = undo->state == FW_UNDO_ON_TRIAL;

	metric_single(&page->metrics, "pinhole_policy_confirm_pending", METRIC_GAUGE,
		      "1 if the policy in force is on trial.", pending);
	metric_single_ns(
		&page->metrics, "pinhole_policy_confirm_remaining_seconds", METRIC_GAUGE,
		"Until the policy on trial is undone unless it is confirmed; 0 if "
		"none is.",
		pending ? undo->left_ns : 0);
}

int put_policy_status(const struct page *page)
{
	struct fw_last_apply last;
	struct fw_undo undo;
	int err = fw_read_last_apply(page->fw, &last, page->error);

	if (!err)
		err = fw_read_undo(page->fw, &undo, page->error);
	if (err)
		return err;
	put_applies(page, &last);
	put_trial(page, &undo);
	return 0;
}
