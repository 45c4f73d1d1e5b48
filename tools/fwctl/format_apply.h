/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format_apply.h - what apply, confirm and rollback say. Pure.
 *
 * Who may include it: tools/fwctl, and tests.
 */
#ifndef FWCTL_FORMAT_APPLY_H
#define FWCTL_FORMAT_APPLY_H

#include <stdio.h>

#include <pinhole/firewall_undo.h>

/* {"schema": "pinhole.confirm/1", ...} */
void format_confirm_json(FILE *out, uint32_t generation);
void format_confirm_text(FILE *out, uint32_t generation);

/* {"schema": "pinhole.rollback/1", ...} */
void format_rollback_json(FILE *out, const struct fw_rollback_report *report);
void format_rollback_text(FILE *out, const struct fw_rollback_report *report);

#endif /* FWCTL_FORMAT_APPLY_H */
