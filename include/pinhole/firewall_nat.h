/* SPDX-License-Identifier: GPL-2.0 */
/*
 * firewall_nat.h - what the translations in force have counted.
 *
 * Who may include it: as firewall.h.
 */
#ifndef PINHOLE_FIREWALL_NAT_H
#define PINHOLE_FIREWALL_NAT_H

#include <pinhole/firewall.h>

/*
 * One call per statement that is counted, in the order in which they are asked.
 * @id: policy_image_translation.id
 * @hits: since it came into force
 * fn returns 0 to go on; anything else ends the walk and is returned.
 */
int fw_each_nat_hits(struct fw *fw,
		     int (*fn)(uint64_t id, const struct nat_hits *, void *), void *arg,
		     struct fw_error *error);

#endif /* PINHOLE_FIREWALL_NAT_H */
