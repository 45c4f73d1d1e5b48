/* SPDX-License-Identifier: GPL-2.0 */
/*
 * firewall_log.h - who takes the records of a firewall that is loaded.
 *
 * Why it exists: each record can be taken once. Whoever forwards them must know that
 * nobody takes some of them away meanwhile.
 *
 * Who may include it: the tools and the tests. The rules of firewall.h hold.
 */
#ifndef PINHOLE_FIREWALL_LOG_H
#define PINHOLE_FIREWALL_LOG_H

#include <pinhole/firewall.h>

/*
 * Claim the records before fw_take_records(), which does not ask for it. Waits for a
 * second, for those who take what there is and go.
 * @alone: nobody else may claim them; else nobody may who wants them alone
 * @claim: -1, or a descriptor of an earlier call, which stays in force if the firewall is
 * still the same. Closing it ends the claim; so does the end of the process.
 * Return: 0, -EBUSY (somebody else has claimed them: the error says who), other -errno
 */
int fw_claim_records(struct fw *fw, bool alone, int *claim, struct fw_error *error);

#endif /* PINHOLE_FIREWALL_LOG_H */
