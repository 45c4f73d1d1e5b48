/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nats.h - the statements in force that translate, as metrics. At most
 * PH_MAX_NAT_COUNTED are counted, so there are at most twice as many samples.
 *
 * Who may include it: tools/exporter only.
 */
#ifndef EXPORTER_NATS_H
#define EXPORTER_NATS_H

#include <pinhole/firewall_nat.h>
#include <util/strbuf.h>

#include "parts.h"

struct nat_label;

/* Kept between scrapes, as lines are. Starts as {0}. */
struct nats {
	struct nat_label *labels; /* by id */
	size_t n;
	struct strbuf text; /* of all labels */
};

/* Make the labels. Return: 0 or -ENOMEM. */
int nats_make(struct nats *nats, const struct policy_image *image);

/* Append what each statement in force has counted. 0 or -errno. */
int nats_put(const struct nats *nats, const struct page *page);

void nats_free(struct nats *nats);

#endif /* EXPORTER_NATS_H */
