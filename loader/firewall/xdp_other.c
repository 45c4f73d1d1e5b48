// SPDX-License-Identifier: GPL-2.0
/*
 * xdp_other.c - somebody else's XDP program on a device. See xdp_other.h.
 *
 * Why it exists: what somebody else has put on a device is theirs. It is refused, with
 * what is needed to find its owner, and taken off only for `apply --force`; then exactly
 * the one that is named, and it comes back if the apply fails.
 */
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "tc.h"
#include "xdp_other.h"

/* The link that holds a program on a device; 0: none. Device numbers repeat in other
 * network namespaces, so the program has to be the same, too. */
static uint32_t link_of(uint32_t ifindex, uint32_t prog_id)
{
	__u32 id = 0;

	while (!bpf_link_get_next_id(id, &id)) {
		int link scoped_fd_ = bpf_link_get_fd_by_id(id);
		struct bpf_link_info info = {0};
		__u32 len = sizeof(info);

		if (link >= 0 && !bpf_obj_get_info_by_fd(link, &info, &len) &&
		    info.type == BPF_LINK_TYPE_XDP && info.prog_id == prog_id &&
		    info.xdp.ifindex == ifindex)
			return id;
	}
	return 0;
}

static void describe(uint32_t ifindex, struct xdp_other *out)
{
	int fd scoped_fd_ = bpf_prog_get_fd_by_id(out->prog_id);
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);

	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len)) {
		memcpy(out->name, info.name, sizeof(out->name));
		memcpy(out->tag, info.tag, sizeof(out->tag));
	}
	out->link_id = link_of(ifindex, out->prog_id);
}

void xdp_other_find(uint32_t ifindex, uint32_t active_id, struct xdp_other *out)
{
	struct bpf_xdp_query_opts opts;
	const struct {
		const uint32_t *id;
		uint32_t flags;
	} places[] = {
		{&opts.drv_prog_id, XDP_FLAGS_DRV_MODE},
		{&opts.skb_prog_id, XDP_FLAGS_SKB_MODE},
		{&opts.hw_prog_id, XDP_FLAGS_HW_MODE},
	};

	memset(&opts, 0, sizeof(opts)); /* padding too: libbpf looks at it */
	opts.sz = sizeof(opts);
	memset(out, 0, sizeof(*out));
	if (bpf_xdp_query((int)ifindex, 0, &opts))
		return;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (!*places[i].id || prog_uses_map(*places[i].id, active_id, NULL))
			continue;
		out->prog_id = *places[i].id;
		out->flags = places[i].flags;
		describe(ifindex, out);
		return;
	}
}

char *xdp_other_text(char out[XDP_OTHER_TEXT_BYTES], const struct xdp_other *other)
{
	char tag[2 * sizeof(other->tag) + 1];
	char link[24] = "";

	for (size_t i = 0; i < sizeof(other->tag); i++)
		snprintf(tag + 2 * i, 3, "%02x", other->tag[i]);
	if (other->link_id)
		snprintf(link, sizeof(link), ", link %u", other->link_id);
	snprintf(out, XDP_OTHER_TEXT_BYTES, "%s (id %u, tag %s%s)",
		 other->name[0] ? other->name : "unnamed", other->prog_id, tag, link);
	return out;
}

static int detach_link(uint32_t link_id)
{
	int link scoped_fd_ = bpf_link_get_fd_by_id(link_id);

	return link < 0 || bpf_link_detach(link) ? -errno : 0;
}

/* The kernel compares: what somebody has put there meanwhile stays. */
static int detach_program(uint32_t ifindex, const struct xdp_other *other, int prog_fd)
{
	struct bpf_xdp_attach_opts opts;

	memset(&opts, 0, sizeof(opts));
	opts.sz = sizeof(opts);
	opts.old_prog_fd = prog_fd;
	return bpf_xdp_detach((int)ifindex, other->flags, &opts);
}

int xdp_other_remove(uint32_t ifindex, const struct xdp_other *other, int *prog_fd)
{
	int fd scoped_fd_ = bpf_prog_get_fd_by_id(other->prog_id);
	int err;

	if (fd < 0)
		return -errno;
	err = other->link_id ? detach_link(other->link_id)
			     : detach_program(ifindex, other, fd);
	if (err)
		return err;
	*prog_fd = fw_take_fd(&fd);
	return 0;
}

int xdp_other_restore(uint32_t ifindex, const struct xdp_other *other, int prog_fd)
{
	return bpf_xdp_attach((int)ifindex, prog_fd,
			      other->flags | XDP_FLAGS_UPDATE_IF_NOEXIST, NULL);
}
