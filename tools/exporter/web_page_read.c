// SPDX-License-Identifier: GPL-2.0
/*
 * web_page_read.c - what the landing page tells of the firewall. See web_page.h.
 *
 * Why it exists: apart from web_page.c, which is pure.
 */
#include <stdio.h>

#include <pinhole/firewall.h>
#include <util/cleanup.h>

#include "web_page.h"

static void close_fw(struct fw **fw)
{
	fw_close(*fw);
}

static int add_interface(const struct fw_interface *interface, void *arg)
{
	struct web_page *page = arg;
	struct web_page_interface *out = &page->interfaces[page->n_interfaces];

	if (page->n_interfaces == PH_MAX_INTERFACES)
		return 0;
	snprintf(out->name, sizeof(out->name), "%.*s",
		 (int)sizeof(interface->config.name), interface->config.name);
	snprintf(out->device, sizeof(out->device), "%.*s",
		 (int)sizeof(interface->config.device), interface->config.device);
	snprintf(out->mode, sizeof(out->mode), "%s", fw_mode_name(interface->mode));
	out->received = interface->counters.rx_packets;
	out->sent = interface->counters.tx_packets;
	out->dropped = interface->counters.drop_packets;
	page->n_interfaces++;
	return 0;
}

void web_page_read(struct web_page *page, const char *pin_dir)
{
	struct fw *fw cleanup_(close_fw) = NULL;
	struct fw_error error = {0};
	char *text cleanup_free_ = NULL;
	size_t len;
	int err = fw_open_read_only(pin_dir, &fw, &error);

	if (!err)
		err = fw_read_policy(fw, &page->generation, &text, &len, &error);
	if (!err)
		err = fw_each_interface(fw, add_interface, page, &error);
	page->is_up = !err;
	snprintf(page->hint, sizeof(page->hint), "%s", error.hint);
	snprintf(page->reason, sizeof(page->reason), "%s", error.what);
}
