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
 * @hits: since it came into force; they never fall
 * fn returns 0 to go on; anything else ends the walk and is returned.
 */
int fw_each_nat_hits(struct fw *fw,
		     int (*fn)(uint64_t id, const struct nat_hits *, void *), void *arg,
		     struct fw_error *error);

/* The same, but since the counters were cleared by hand: for people. */
int fw_each_nat_hits_shown(struct fw *fw,
			   int (*fn)(uint64_t id, const struct nat_hits *, void *),
			   void *arg, struct fw_error *error);

/* Show what is counted from now on. Return: 0 or -errno */
int fw_clear_nat_hits(struct fw *fw, struct fw_error *error);

#endif /* PINHOLE_FIREWALL_NAT_H */
