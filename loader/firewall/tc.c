// SPDX-License-Identifier: GPL-2.0
/*
 * tc.c - the TC filters of one device: direct-action BPF filters on the clsact
 * qdisc, at one fixed priority and handle, so that they are found again, and
 * never confused with another program's. tcx (Linux 6.6) is not needed.
 */
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "tc.h"

/* "PH"; the kernel numbers priorities that nobody asks for from 49152 down. */
#define TC_HANDLE   0x5048
#define TC_PRIORITY 0x50

#define MAX_MAPS_OF_PROGRAM 64

uint32_t map_id_of(int map_fd)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(map_fd, &info, &len) ? 0 : info.id;
}

uint32_t prog_id_of(int prog_fd)
{
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(prog_fd, &info, &len) ? 0 : info.id;
}

struct prog_facts {
	char name[BPF_OBJ_NAME_LEN];
	__u32 map_ids[MAX_MAPS_OF_PROGRAM];
	__u32 n_maps;
};

/* @out: zeroed by the caller, and left so on failure. Return: 0, -errno. */
static int read_prog(uint32_t prog_id, struct prog_facts *out)
{
	int fd scoped_fd_ = prog_id ? bpf_prog_get_fd_by_id(prog_id) : -ENOENT;
	struct bpf_prog_info info = {
		.nr_map_ids = MAX_MAPS_OF_PROGRAM,
		.map_ids = (__u64)(unsigned long)out->map_ids,
	};
	__u32 len = sizeof(info);
	int err = fd < 0 ? fd : bpf_obj_get_info_by_fd(fd, &info, &len);

	if (err)
		return err;
	memcpy(out->name, info.name, sizeof(out->name));
	out->n_maps = info.nr_map_ids < MAX_MAPS_OF_PROGRAM ? info.nr_map_ids
							    : MAX_MAPS_OF_PROGRAM;
	return 0;
}

static bool facts_have_map(const struct prog_facts *prog, uint32_t map_id)
{
	for (__u32 i = 0; map_id && i < prog->n_maps; i++) {
		if (prog->map_ids[i] == map_id)
			return true;
	}
	return false;
}

bool prog_uses_map(uint32_t prog_id, uint32_t map_id, char *name)
{
	struct prog_facts prog = {0};

	read_prog(prog_id, &prog);
	if (name)
		memcpy(name, prog.name, BPF_OBJ_NAME_LEN);
	return facts_have_map(&prog, map_id);
}

static bool map_is_named(uint32_t map_id, const char *name)
{
	int fd scoped_fd_ = bpf_map_get_fd_by_id(map_id);
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);

	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) &&
	       !strncmp(info.name, name, sizeof(info.name));
}

uint32_t prog_active_map(uint32_t prog_id, const char *name)
{
	struct prog_facts prog = {0};

	if (read_prog(prog_id, &prog) || strncmp(prog.name, name, sizeof(prog.name)) != 0)
		return 0;
	for (__u32 i = 0; i < prog.n_maps; i++) {
		if (map_is_named(prog.map_ids[i], PH_MAP_ACTIVE))
			return prog.map_ids[i];
	}
	return 0;
}

/* Filled in place: libbpf looks at padding too, which a copied struct loses. */
static void set_hook(struct bpf_tc_hook *hook, uint32_t ifindex,
		     enum bpf_tc_attach_point point)
{
	memset(hook, 0, sizeof(*hook));
	hook->sz = sizeof(*hook);
	hook->ifindex = (int)ifindex;
	hook->attach_point = point;
}

static void set_place(struct bpf_tc_opts *opts)
{
	memset(opts, 0, sizeof(*opts));
	opts->sz = sizeof(*opts);
	opts->handle = TC_HANDLE;
	opts->priority = TC_PRIORITY;
}

static enum bpf_tc_attach_point point_of(enum tc_direction direction)
{
	return direction == TC_INGRESS ? BPF_TC_INGRESS : BPF_TC_EGRESS;
}

uint32_t tc_installed(uint32_t ifindex, enum tc_direction direction)
{
	struct bpf_tc_hook hook;
	struct bpf_tc_opts opts;

	set_hook(&hook, ifindex, point_of(direction));
	set_place(&opts);
	return bpf_tc_query(&hook, &opts) ? 0 : opts.prog_id;
}

int tc_make_clsact(uint32_t ifindex)
{
	struct bpf_tc_hook hook;

	set_hook(&hook, ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);
	return bpf_tc_hook_create(&hook);
}

int tc_attach(uint32_t ifindex, enum tc_direction direction, int prog_fd,
	      uint32_t active_id, struct fw_error *error)
{
	struct bpf_tc_hook hook;
	struct bpf_tc_opts opts;
	uint32_t there = tc_installed(ifindex, direction);
	char name[BPF_OBJ_NAME_LEN];
	char device[IF_NAMESIZE] = "DEVICE";
	int err;

	if (there && there == prog_id_of(prog_fd))
		return 0;
	if (there && !prog_uses_map(there, active_id, name)) {
		fw_fail(error, -EBUSY,
			"a TC %s filter that is not this firewall's is in its place: "
			"program %u (%s)",
			direction == TC_INGRESS ? "ingress" : "egress", there, name);
		if_indextoname(ifindex, device);
		fw_fail_hint(error, "remove it: tc filter del dev %s %s pref %u", device,
			     direction == TC_INGRESS ? "ingress" : "egress", TC_PRIORITY);
		return -EBUSY;
	}
	set_hook(&hook, ifindex, point_of(direction));
	set_place(&opts);
	opts.prog_fd = prog_fd;
	opts.flags = BPF_TC_F_REPLACE;
	err = bpf_tc_attach(&hook, &opts);
	if (err)
		fw_fail(error, err, "the kernel refused the TC %s filter:",
			direction == TC_INGRESS ? "ingress" : "egress");
	if (err == -ENOENT)
		fw_fail_hint(error, "the kernel lacks BPF filters: modprobe cls_bpf "
				    "(CONFIG_NET_CLS_BPF)");
	return err;
}

/* ---- what libbpf does not offer: listing qdiscs and filters -------------- */

struct tc_request {
	struct nlmsghdr header;
	struct tcmsg tc;
};

/* Ask for a dump and count the answers that concern the device. */
static int count_objects(uint32_t ifindex, uint16_t type, uint32_t parent,
			 uint32_t answer_parent)
{
	int fd scoped_fd_ = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct tc_request request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = type,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.tc = {.tcm_family = AF_UNSPEC,
		       .tcm_ifindex = (int)ifindex,
		       .tcm_parent = parent},
	};
	_Alignas(struct nlmsghdr) char answer[32768];
	int count = 0;

	if (fd < 0 || send(fd, &request, sizeof(request), 0) < 0)
		return -errno;
	for (;;) {
		ssize_t got = recv(fd, answer, sizeof(answer), 0);
		struct nlmsghdr *header = (struct nlmsghdr *)answer;
		unsigned int left = got > 0 ? (unsigned int)got : 0;

		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		for (; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
			const struct tcmsg *tc = NLMSG_DATA(header);

			if (header->nlmsg_type == NLMSG_DONE)
				return count;
			if (header->nlmsg_type == NLMSG_ERROR)
				return ((const struct nlmsgerr *)NLMSG_DATA(header))
					->error;
			if (tc->tcm_ifindex == (int)ifindex &&
			    tc->tcm_parent == answer_parent)
				count++;
		}
	}
}

bool tc_has_clsact(uint32_t ifindex)
{
	return count_objects(ifindex, RTM_GETQDISC, 0, TC_H_CLSACT) > 0;
}

int tc_remove_clsact_if_empty(uint32_t ifindex)
{
	static const uint32_t parents[] = {TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
					   TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)};
	struct bpf_tc_hook hook;
	int qdiscs = count_objects(ifindex, RTM_GETQDISC, 0, TC_H_CLSACT);

	if (qdiscs <= 0)
		return qdiscs;
	for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
		int filters =
			count_objects(ifindex, RTM_GETTFILTER, parents[i], parents[i]);

		if (filters)
			return filters < 0 ? filters : 0;
	}
	set_hook(&hook, ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);
	return bpf_tc_hook_destroy(&hook);
}

/* ---- taking off -------------------------------------------------------------- */

/*
 * What is in our place: nothing may not be mistaken for what could not be asked, for
 * the pins go when nothing is left.
 * @prog_id: 0: none
 */
static int look(uint32_t ifindex, enum tc_direction direction, uint32_t *prog_id)
{
	struct bpf_tc_hook hook;
	struct bpf_tc_opts opts;
	int err;

	set_hook(&hook, ifindex, point_of(direction));
	set_place(&opts);
	err = bpf_tc_query(&hook, &opts);
	*prog_id = err ? 0 : opts.prog_id;
	/* EINVAL is said where there is no qdisc, or no filter at all on its hook. */
	return err == -ENOENT || err == -EINVAL ? 0 : err;
}

int tc_detach(uint32_t ifindex, enum tc_direction direction, uint32_t active_id)
{
	struct prog_facts prog = {0};
	struct bpf_tc_hook hook;
	struct bpf_tc_opts opts;
	uint32_t there;
	int err = look(ifindex, direction, &there);

	if (err || !there)
		return err;
	err = read_prog(there, &prog);
	if (err || !facts_have_map(&prog, active_id))
		return err == -ENOENT ? 0 : err; /* it went meanwhile */
	set_hook(&hook, ifindex, point_of(direction));
	set_place(&opts);
	return bpf_tc_detach(&hook, &opts);
}
