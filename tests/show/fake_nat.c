// SPDX-License-Identifier: GPL-2.0
/*
 * fake_nat.c - what translations of the made-up firewall have counted. See fake.h.
 */
#include <pinhole/firewall_nat.h>

#include "fake.h"

/* All but the third, of which there is no room. */
int __wrap_fw_each_nat_hits_shown(struct fw *fw,
				  int (*fn)(uint64_t, const struct nat_hits *, void *),
				  void *arg, struct fw_error *error);
int __wrap_fw_each_nat_hits_shown(struct fw *fw,
				  int (*fn)(uint64_t, const struct nat_hits *, void *),
				  void *arg, struct fw_error *error)
{
	const struct policy_image *image = fake_image();
	int err = 0;

	(void)fw;
	(void)error;
	for (size_t i = 0; !err && i < image->n_translations; i++) {
		const struct nat_hits hits = {.translated = 4000000000ull * i + 12,
					      .untranslated = 345 * i};

		if (i != 2 && image->translations[i].in_force)
			err = fn(image->translations[i].id, &hits, arg);
	}
	return err;
}

int __wrap_fw_clear_nat_hits(struct fw *fw, struct fw_error *error);
int __wrap_fw_clear_nat_hits(struct fw *fw, struct fw_error *error)
{
	(void)fw;
	(void)error;
	return 0;
}
