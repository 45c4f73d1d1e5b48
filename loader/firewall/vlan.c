// SPDX-License-Identifier: GPL-2.0
/*
 * vlan.c - what a kernel VLAN device is stacked on. See vlan.h.
 *
 * Why it exists: the device that carries an interface's addresses is rarely
 * the one that its frames come by. The kernel knows both; rtnetlink says it
 * in every network namespace, with or without /proc and /sys mounted there.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <util/cleanup.h>

#include "vlan.h"

#define ANSWER_BYTES 16384

/* ---- reading ------------------------------------------------------------------ */

/* The next attribute at *at, or NULL; *left and *at move past it. */
static const struct rtattr *next_attribute(const unsigned char **at, size_t *left)
{
	const struct rtattr *attribute = (const void *)*at;
	size_t step;

	if (*left < sizeof(*attribute) || attribute->rta_len < sizeof(*attribute) ||
	    attribute->rta_len > *left)
		return NULL;
	step = RTA_ALIGN(attribute->rta_len);
	if (step > *left)
		step = *left;
	*at += step;
	*left -= step;
	return attribute;
}

static uint32_t number_in(const struct rtattr *attribute)
{
	uint32_t word = 0;
	uint16_t half;

	if (RTA_PAYLOAD(attribute) >= sizeof(word)) {
		memcpy(&word, RTA_DATA(attribute), sizeof(word));
	} else if (RTA_PAYLOAD(attribute) >= sizeof(half)) {
		memcpy(&half, RTA_DATA(attribute), sizeof(half));
		word = half;
	}
	return word;
}

static void read_vlan_data(const struct rtattr *nest, struct vlan_link *out)
{
	const unsigned char *at = RTA_DATA(nest);
	size_t left = RTA_PAYLOAD(nest);
	const struct rtattr *attribute;

	while ((attribute = next_attribute(&at, &left))) {
		if ((attribute->rta_type & NLA_TYPE_MASK) == IFLA_VLAN_ID)
			out->id = (uint16_t)number_in(attribute);
	}
}

static void read_link_info(const struct rtattr *nest, struct vlan_link *out)
{
	static const char kind[] = "vlan";
	const unsigned char *at = RTA_DATA(nest);
	size_t left = RTA_PAYLOAD(nest);
	const struct rtattr *attribute;
	const struct rtattr *data = NULL;

	while ((attribute = next_attribute(&at, &left))) {
		switch (attribute->rta_type & NLA_TYPE_MASK) {
		case IFLA_INFO_KIND:
			out->is_vlan = RTA_PAYLOAD(attribute) >= sizeof(kind) - 1 &&
				       !strncmp(RTA_DATA(attribute), kind,
						RTA_PAYLOAD(attribute));
			break;
		case IFLA_INFO_DATA:
			data = attribute;
			break;
		default:
			break;
		}
	}
	if (out->is_vlan && data)
		read_vlan_data(data, out);
}

int vlan_parse(const void *message, size_t len, struct vlan_link *out)
{
	const struct nlmsghdr *header = message;
	struct vlan_link link = {0};
	const struct rtattr *attribute;
	const unsigned char *at;
	size_t left;

	if (len < sizeof(*header) || header->nlmsg_len > len ||
	    header->nlmsg_len < NLMSG_HDRLEN)
		return -EBADMSG;
	if (header->nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *error = NLMSG_DATA(header);

		return header->nlmsg_len >= NLMSG_LENGTH(sizeof(*error)) && error->error
			       ? error->error
			       : -EBADMSG;
	}
	if (header->nlmsg_type != RTM_NEWLINK ||
	    header->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifinfomsg)))
		return -EBADMSG;
	at = (const unsigned char *)message + NLMSG_SPACE(sizeof(struct ifinfomsg));
	left = header->nlmsg_len - NLMSG_LENGTH(sizeof(struct ifinfomsg));
	while ((attribute = next_attribute(&at, &left))) {
		switch (attribute->rta_type & NLA_TYPE_MASK) {
		case IFLA_LINK:
			link.below = number_in(attribute);
			break;
		case IFLA_LINK_NETNSID:
			link.elsewhere = true;
			break;
		case IFLA_LINKINFO:
			read_link_info(attribute, &link);
			break;
		default:
			break;
		}
	}
	*out = link;
	return 0;
}

/* ---- asking -------------------------------------------------------------------- */

static void close_socket(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

int vlan_ask(uint32_t ifindex, struct vlan_link *out, void *unused)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = RTM_GETLINK,
			   .nlmsg_flags = NLM_F_REQUEST},
		.link = {.ifi_family = AF_UNSPEC, .ifi_index = (int)ifindex},
	};
	int fd cleanup_(close_socket) =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	_Alignas(struct nlmsghdr) unsigned char answer[ANSWER_BYTES];
	ssize_t got;

	(void)unused;
	if (fd < 0 || send(fd, &request, sizeof(request), 0) < 0)
		return -errno;
	got = recv(fd, answer, sizeof(answer), 0);
	return got < 0 ? -errno : vlan_parse(answer, (size_t)got, out);
}

/* ---- the stack ------------------------------------------------------------------- */

int vlan_resolve(uint32_t ifindex, uint16_t vlan, uint16_t inner,
		 int (*ask)(uint32_t, struct vlan_link *, void *), void *arg,
		 struct vlan_stack *out)
{
	/* From the top of the stack: the inner tag is the upper device's. */
	const uint16_t ids[] = {inner ? inner : vlan, vlan};
	size_t n_tags = inner ? 2 : 1;

	*out = (struct vlan_stack){.ifindex = ifindex};
	for (size_t i = 0; i < n_tags; i++) {
		struct vlan_link link = {0};
		int err = ask(out->ifindex, &link, arg);

		if (err)
			return err;
		out->wanted = ids[i];
		out->id = link.id;
		if (!link.is_vlan || !link.below)
			out->verdict = VLAN_NOT_VLAN;
		else if (link.id != ids[i])
			out->verdict = VLAN_OTHER_ID;
		else if (link.elsewhere)
			out->verdict = VLAN_ELSEWHERE;
		if (out->verdict)
			return 0;
		out->ifindex = link.below;
	}
	return 0;
}
