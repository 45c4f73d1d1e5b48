// SPDX-License-Identifier: GPL-2.0
/*
 * interfaces.c - the interfaces as metrics.
 *
 * Why it exists: one metric for all that an interface has carried, with direction and
 * verdict as labels, so that each packet is in it once for each interface that it met.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <util/cleanup.h>

#include "parts.h"

struct iface_list {
	struct fw_interface items[PH_MAX_INTERFACES];
	size_t n;
};

static int add_interface(const struct fw_interface *interface, void *arg)
{
	struct iface_list *list = arg;

	list->items[list->n++] = *interface;
	return 0;
}

#define COUNTER(name) offsetof(struct if_counters, name)

/* What became of packets, and where that is counted. */
static const struct {
	const char *direction;
	const char *verdict;
	size_t packets;
	size_t bytes;
} verdicts[] = {
	{"receive", "forwarded", COUNTER(forward_packets), COUNTER(forward_bytes)},
	{"receive", "dropped", COUNTER(drop_packets), COUNTER(drop_bytes)},
	{"receive", "local", COUNTER(to_box_packets), COUNTER(to_box_bytes)},
	{"receive", "answered", COUNTER(reply_packets), COUNTER(reply_bytes)},
	{"transmit", "forwarded", COUNTER(tx_packets), COUNTER(tx_bytes)},
	{"transmit", "dropped", COUNTER(egress_drop_packets), COUNTER(egress_drop_bytes)},
	{"transmit", "local", COUNTER(own_packets), COUNTER(own_bytes)},
};

static uint64_t counter_at(const struct fw_interface *interface, size_t offset)
{
	uint64_t value;

	memcpy(&value, (const char *)&interface->counters + offset, sizeof(value));
	return value;
}

static void put_verdicts(const struct page *page, const struct iface_list *list,
			 const char *name, const char *help, bool bytes)
{
	metric_family(&page->metrics, name, METRIC_COUNTER, help);
	for (size_t i = 0; i < list->n; i++) {
		const struct fw_interface *interface = &list->items[i];

		for (size_t v = 0; v < sizeof(verdicts) / sizeof(verdicts[0]); v++) {
			const struct metric_label labels[] = {
				{"interface", interface->config.name},
				{"device", interface->config.device},
				{"direction", verdicts[v].direction},
				{"verdict", verdicts[v].verdict},
				METRIC_END_OF_LABELS,
			};
			size_t at = bytes ? verdicts[v].bytes : verdicts[v].packets;

			metric_sample(&page->metrics, name, labels,
				      counter_at(interface, at));
		}
	}
}

static void put_xdp(const struct page *page, const struct iface_list *list)
{
	static const char name[] = "pinhole_interface_xdp_packets_total";

	metric_family(&page->metrics, name, METRIC_COUNTER,
		      "Packets received and finished by XDP.");
	for (size_t i = 0; i < list->n; i++) {
		const struct fw_interface *interface = &list->items[i];
		const struct metric_label labels[] = {
			{"interface", interface->config.name},
			{"device", interface->config.device},
			METRIC_END_OF_LABELS,
		};

		metric_sample(&page->metrics, name, labels,
			      interface->counters.xdp_packets);
	}
}

static void put_info(const struct page *page, const struct iface_list *list)
{
	static const char name[] = "pinhole_interface_info";

	metric_family(&page->metrics, name, METRIC_INFO,
		      "How an interface is attached; the value is always 1.");
	for (size_t i = 0; i < list->n; i++) {
		const struct fw_interface *interface = &list->items[i];
		char level[16];
		const struct metric_label labels[] = {
			{"interface", interface->config.name},
			{"device", interface->config.device},
			{"carrier", interface->carrier},
			{"mode", fw_mode_name(interface->mode)},
			{"security_level", level},
			METRIC_END_OF_LABELS,
		};

		snprintf(level, sizeof(level), "%u", interface->config.security_level);
		metric_sample(&page->metrics, name, labels, 1);
	}
}

static void put_present(const struct page *page, const struct iface_list *list)
{
	static const char name[] = "pinhole_interface_present";

	metric_family(&page->metrics, name, METRIC_GAUGE,
		      "1 if the device of an interface is still there; not told from "
		      "another network namespace.");
	for (size_t i = 0; i < list->n; i++) {
		const struct fw_interface *interface = &list->items[i];
		const struct metric_label labels[] = {
			{"interface", interface->config.name},
			{"device", interface->config.device},
			METRIC_END_OF_LABELS,
		};

		if (!interface->elsewhere)
			metric_sample(&page->metrics, name, labels, interface->present);
	}
}

int put_interfaces(const struct page *page)
{
	struct iface_list *list cleanup_free_ = calloc(1, sizeof(*list));
	int err = list ? fw_each_interface(page->fw, add_interface, list, page->error)
		       : -ENOMEM;

	if (err)
		return err;
	put_info(page, list);
	put_present(page, list);
	put_verdicts(page, list, "pinhole_interface_packets_total",
		     "Packets received and sent by an interface, by what became of them: "
		     "forwarded, dropped, of this machine itself, or answered for it.",
		     false);
	put_verdicts(page, list, "pinhole_interface_bytes_total",
		     "Bytes of these packets, link headers included.", true);
	put_xdp(page, list);
	return 0;
}
