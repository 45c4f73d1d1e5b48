// SPDX-License-Identifier: GPL-2.0
/*
 * xdp.c - the XDP link of one device. See xdp.h.
 *
 * Why it exists: XDP is attached by BPF links, which nobody else can replace
 * by mistake and which vanish with their pin. The pin carries the device's
 * name for people; code finds it by the ifindex that the kernel reports, since
 * devices can be renamed. ':' stands for '.', which bpffs reserves and which
 * no device name can contain.
 */
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "pins.h"
#include "tc.h"
#include "xdp.h"

void xdp_query(uint32_t ifindex, uint32_t active_id, struct xdp_state *out)
{
	struct bpf_xdp_query_opts opts;
	const uint32_t *ids[] = {&opts.drv_prog_id, &opts.skb_prog_id, &opts.hw_prog_id};

	memset(&opts, 0, sizeof(opts)); /* padding too: libbpf looks at it */
	opts.sz = sizeof(opts);
	memset(out, 0, sizeof(*out));
	out->mode = FW_MODE_TC;
	if (bpf_xdp_query((int)ifindex, 0, &opts))
		return;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		if (!*ids[i] || !prog_uses_map(*ids[i], active_id, NULL))
			continue;
		out->ours = true;
		out->mode = ids[i] == &opts.skb_prog_id ? FW_MODE_GENERIC : FW_MODE_XDP;
	}
}

uint32_t xdp_installed(uint32_t ifindex)
{
	__u32 id = 0;

	return bpf_xdp_query_id((int)ifindex, 0, &id) ? 0 : id;
}

enum fw_mode xdp_choose(enum fw_mode wanted, const struct device_facts *facts, char *why,
			size_t why_size)
{
	switch (wanted) {
	case FW_MODE_XDP:
		snprintf(why, why_size, "asked for");
		return FW_MODE_XDP;
	case FW_MODE_GENERIC:
		snprintf(why, why_size, "asked for");
		return FW_MODE_GENERIC;
	case FW_MODE_TC:
		snprintf(why, why_size, "asked for");
		return FW_MODE_TC;
	case FW_MODE_AUTO:
		break;
	}
	/* Frames from a local peer carry checksums that are not computed yet.
	 * Only the skb knows; XDP would forward them broken. */
	if (!strcmp(facts->driver, "veth") || !strcmp(facts->driver, "tun")) {
		snprintf(why, why_size,
			 "%s hands over unfinished checksums that XDP cannot see",
			 facts->driver);
		return FW_MODE_TC;
	}
	snprintf(why, why_size, "driver %s has native XDP",
		 facts->driver[0] ? facts->driver : "(unknown)");
	return FW_MODE_XDP;
}

/* ---- links ----------------------------------------------------------------- */

struct link_search {
	const char *pin_dir;
	uint32_t ifindex;
	char name[NAME_MAX + 1];
	int fd;
};

static uint32_t link_ifindex(int link_fd)
{
	struct bpf_link_info info = {0};
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(link_fd, &info, &len) ? 0 : info.xdp.ifindex;
}

static int match_link(const char *name, void *arg)
{
	struct link_search *search = arg;
	int fd scoped_fd_ = pins_get(search->pin_dir, PINS_LINKS, name);

	if (fd < 0 || link_ifindex(fd) != search->ifindex)
		return 0;
	snprintf(search->name, sizeof(search->name), "%s", name);
	search->fd = fw_take_fd(&fd);
	return 1;
}

/* The pinned link of a device: a descriptor, or -ENOENT. */
static int find_link(const char *pin_dir, uint32_t ifindex, char *name, size_t size)
{
	struct link_search search = {.pin_dir = pin_dir, .ifindex = ifindex, .fd = -1};

	if (!ifindex || pins_each(pin_dir, PINS_LINKS, match_link, &search) != 1)
		return -ENOENT;
	if (name)
		snprintf(name, size, "%s", search.name);
	return search.fd;
}

/* A pin left by a device that is gone may be replaced; a living one may not. */
static void pin_name(const char *pin_dir, const char *device, uint32_t ifindex, char *out,
		     size_t size)
{
	int taken scoped_fd_ = -1;

	snprintf(out, size, "%s", device);
	for (char *dot = out; (dot = strchr(dot, '.'));)
		*dot = ':';
	taken = pins_get(pin_dir, PINS_LINKS, out);
	if (taken >= 0 && link_ifindex(taken) && link_ifindex(taken) != ifindex)
		snprintf(out, size, "%s::%u", device, ifindex);
}

int xdp_attach(const char *pin_dir, const char *device, uint32_t ifindex, int prog_fd,
	       enum fw_mode mode)
{
	struct bpf_link_create_opts opts;
	int link scoped_fd_ = -1;
	char name[64];

	memset(&opts, 0, sizeof(opts));
	opts.sz = sizeof(opts);
	opts.flags = mode == FW_MODE_GENERIC ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
	link = bpf_link_create(prog_fd, (int)ifindex, BPF_XDP, &opts);
	if (link < 0)
		return -errno;
	pin_name(pin_dir, device, ifindex, name, sizeof(name));
	/* Unpinned, the link ends with this process: a kill here undoes it. */
	return pins_put(pin_dir, PINS_LINKS, name, link);
}

int xdp_update(const char *pin_dir, uint32_t ifindex, int prog_fd)
{
	int link scoped_fd_ = find_link(pin_dir, ifindex, NULL, 0);

	if (link < 0)
		return link;
	return bpf_link_update(link, prog_fd, NULL) ? -errno : 0;
}

int xdp_detach(const char *pin_dir, uint32_t ifindex)
{
	char name[NAME_MAX + 1];
	int link scoped_fd_ = find_link(pin_dir, ifindex, name, sizeof(name));

	if (link < 0)
		return 0;
	/* Detach first: somebody else may hold the link open. */
	if (bpf_link_detach(link))
		return -errno;
	return pins_remove(pin_dir, PINS_LINKS, name);
}

int xdp_detach_unpinned(uint32_t ifindex)
{
	uint32_t prog_id = xdp_installed(ifindex);
	__u32 id = 0;

	while (prog_id && !bpf_link_get_next_id(id, &id)) {
		int link scoped_fd_ = bpf_link_get_fd_by_id(id);
		struct bpf_link_info info = {0};
		__u32 len = sizeof(info);

		/* Device numbers repeat in other network namespaces; programs do not. */
		if (link < 0 || bpf_obj_get_info_by_fd(link, &info, &len) ||
		    info.type != BPF_LINK_TYPE_XDP || info.prog_id != prog_id ||
		    info.xdp.ifindex != ifindex)
			continue;
		return bpf_link_detach(link) ? -errno : 0;
	}
	return -ENOENT;
}

static int sweep_link(const char *name, void *arg)
{
	const char *pin_dir = arg;
	int fd scoped_fd_ = pins_get(pin_dir, PINS_LINKS, name);

	if (fd >= 0 && !link_ifindex(fd))
		pins_remove(pin_dir, PINS_LINKS, name);
	return 0;
}

void xdp_sweep(const char *pin_dir)
{
	pins_each(pin_dir, PINS_LINKS, sweep_link, (void *)pin_dir);
}
