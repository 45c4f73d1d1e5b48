// SPDX-License-Identifier: GPL-2.0
/*
 * route_table.c - routes by rtnetlink. See route_table.h and rtnetlink(7).
 *
 * Races: the table is read in several messages. A route that changes meanwhile is seen
 * as it was or as it is; it is only compared with, never restored.
 */
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "route_table.h"

#define ANSWER_BYTES 32768
#define IPV4_BYTES   4
#define IPV6_BYTES   16

static int open_netlink(void)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	int fd scoped_fd_ = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&kernel, sizeof(kernel)))
		return -errno;
	return fw_take_fd(&fd);
}

/* ---- reading -------------------------------------------------------------------- */

static size_t address_bytes(uint8_t family)
{
	return family == AF_INET ? IPV4_BYTES : IPV6_BYTES;
}

/* @bytes: as many as the family has; fewer are the first ones */
static struct ph_addr addr_from(uint8_t family, const void *bytes, size_t len)
{
	struct ph_addr addr = {{0}};

	if (family == AF_INET) {
		addr.word[2] = htonl(0xffff);
		memcpy(&addr.word[3], bytes, len < IPV4_BYTES ? len : IPV4_BYTES);
	} else {
		memcpy(&addr, bytes, len < IPV6_BYTES ? len : IPV6_BYTES);
	}
	return addr;
}

static uint32_t number_of(const struct rtattr *attribute)
{
	uint32_t number = 0;

	if (RTA_PAYLOAD(attribute) >= sizeof(number))
		memcpy(&number, RTA_DATA(attribute), sizeof(number));
	return number;
}

static void read_gateway(struct route_entry *entry, const struct rtattr *attribute)
{
	entry->has_gateway = true;
	entry->gateway =
		addr_from(entry->family, RTA_DATA(attribute), RTA_PAYLOAD(attribute));
}

static int push(struct route_table *table, const struct route_entry *entry)
{
	struct route_entry *kept = vec_push(&table->entries);

	if (!kept)
		return -ENOMEM;
	*kept = *entry;
	return 0;
}

/* One entry for each next hop. */
static int push_hops(struct route_table *table, const struct route_entry *route,
		     const struct rtattr *nest)
{
	const struct rtnexthop *hop = RTA_DATA(nest);
	int left = (int)RTA_PAYLOAD(nest);

	while (left >= (int)sizeof(*hop) && RTNH_OK(hop, left)) {
		struct route_entry entry = *route;
		const struct rtattr *at = RTNH_DATA(hop);
		int len = hop->rtnh_len - (int)RTNH_SPACE(0);

		entry.ifindex = (uint32_t)hop->rtnh_ifindex;
		for (; RTA_OK(at, len); at = RTA_NEXT(at, len))
			if (at->rta_type == RTA_GATEWAY)
				read_gateway(&entry, at);
		if (push(table, &entry))
			return -ENOMEM;
		left -= (int)RTNH_ALIGN(hop->rtnh_len);
		hop = RTNH_NEXT(hop);
	}
	return 0;
}

static bool is_discarding(uint8_t type)
{
	return type == RTN_BLACKHOLE || type == RTN_UNREACHABLE || type == RTN_PROHIBIT;
}

/* Of the main table, those that lead somewhere or nowhere. */
static int read_route(struct route_table *table, const struct nlmsghdr *header)
{
	const struct rtmsg *message = NLMSG_DATA(header);
	struct route_entry entry = {
		.family = message->rtm_family,
		.prefix_len = message->rtm_dst_len,
		.protocol = message->rtm_protocol,
		.discards = is_discarding(message->rtm_type),
		.addr = addr_from(message->rtm_family, "", 0),
	};
	const struct rtattr *hops = NULL;
	uint32_t number = message->rtm_table;
	int len = (int)RTM_PAYLOAD(header);

	if (message->rtm_type != RTN_UNICAST && !entry.discards)
		return 0;
	for (const struct rtattr *at = RTM_RTA(message); RTA_OK(at, len);
	     at = RTA_NEXT(at, len)) {
		if (at->rta_type == RTA_DST)
			entry.addr =
				addr_from(entry.family, RTA_DATA(at), RTA_PAYLOAD(at));
		else if (at->rta_type == RTA_GATEWAY)
			read_gateway(&entry, at);
		else if (at->rta_type == RTA_OIF)
			entry.ifindex = number_of(at);
		else if (at->rta_type == RTA_PRIORITY)
			entry.metric = number_of(at);
		else if (at->rta_type == RTA_TABLE)
			number = number_of(at);
		else if (at->rta_type == RTA_MULTIPATH)
			hops = at;
	}
	if (number != RT_TABLE_MAIN)
		return 0;
	return hops ? push_hops(table, &entry, hops) : push(table, &entry);
}

/* Return: 1 at the end of the dump, 0 to go on, -errno. */
static int read_messages(struct route_table *table, const void *answer, size_t len)
{
	const struct nlmsghdr *header = answer;
	int left = (int)len;

	for (; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
		const struct nlmsgerr *error = NLMSG_DATA(header);
		int err = 0;

		if (header->nlmsg_type == NLMSG_DONE)
			return 1;
		if (header->nlmsg_type == NLMSG_ERROR)
			return error->error ? error->error : -EBADMSG;
		if (header->nlmsg_type == RTM_NEWROUTE)
			err = read_route(table, header);
		if (err)
			return err;
	}
	return 0;
}

static int dump(struct route_table *table, uint8_t family)
{
	struct {
		struct nlmsghdr header;
		struct rtmsg message;
	} request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = RTM_GETROUTE,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.message = {.rtm_family = family},
	};
	_Alignas(struct nlmsghdr) unsigned char answer[ANSWER_BYTES];
	int fd scoped_fd_ = open_netlink();
	int err = 0;

	if (fd < 0)
		return fd;
	if (send(fd, &request, sizeof(request), 0) < 0)
		return -errno;
	while (!err) {
		ssize_t got = recv(fd, answer, sizeof(answer), 0);

		if (got < 0)
			return -errno;
		err = read_messages(table, answer, (size_t)got);
	}
	return err < 0 ? err : 0;
}

int route_table_read(struct route_table *out)
{
	int err = dump(out, AF_INET);
	int err6 = err ? 0 : dump(out, AF_INET6);

	/* A kernel without IPv6 has no routes of it. */
	return err6 == -EAFNOSUPPORT || err6 == -EOPNOTSUPP ? 0 : err ? err : err6;
}

void route_table_free(struct route_table *table)
{
	vec_free(&table->entries);
}

/* ---- changing ------------------------------------------------------------------- */

struct request {
	struct nlmsghdr header;
	struct rtmsg message;
	unsigned char attributes[128];
};

static void add_attribute(struct request *request, unsigned short type, const void *data,
			  size_t len)
{
	struct rtattr attribute = {.rta_len = (unsigned short)RTA_LENGTH(len),
				   .rta_type = type};
	unsigned char *at = (unsigned char *)request + request->header.nlmsg_len;

	memcpy(at, &attribute, sizeof(attribute));
	memcpy(at + RTA_LENGTH(0), data, len);
	request->header.nlmsg_len += (uint32_t)RTA_SPACE(len);
}

static void add_address(struct request *request, unsigned short type, uint8_t family,
			const struct ph_addr *addr)
{
	add_attribute(request, type,
		      family == AF_INET ? (const void *)&addr->word[3] : addr,
		      address_bytes(family));
}

static void fill(struct request *request, const struct route_entry *entry)
{
	*request = (struct request){
		.header.nlmsg_len = NLMSG_LENGTH(sizeof(request->message)),
		.message =
			{
				.rtm_family = entry->family,
				.rtm_dst_len = entry->prefix_len,
				.rtm_table = RT_TABLE_MAIN,
				.rtm_protocol = ROUTE_TABLE_PROTOCOL,
				.rtm_scope = entry->has_gateway || entry->discards
						     ? RT_SCOPE_UNIVERSE
						     : RT_SCOPE_LINK,
				.rtm_type = entry->discards ? RTN_BLACKHOLE : RTN_UNICAST,
			},
	};
	if (entry->prefix_len)
		add_address(request, RTA_DST, entry->family, &entry->addr);
	if (entry->has_gateway)
		add_address(request, RTA_GATEWAY, entry->family, &entry->gateway);
	if (!entry->discards)
		add_attribute(request, RTA_OIF, &entry->ifindex, sizeof(entry->ifindex));
	add_attribute(request, RTA_PRIORITY, &entry->metric, sizeof(entry->metric));
}

/* Send it and wait for the kernel's word. */
static int ask(struct request *request)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		unsigned char quoted[512];
	} answer;
	int fd scoped_fd_ = open_netlink();

	if (fd < 0)
		return fd;
	if (send(fd, request, request->header.nlmsg_len, 0) < 0)
		return -errno;
	if (recv(fd, &answer, sizeof(answer), 0) < (ssize_t)NLMSG_LENGTH(sizeof(int)))
		return -EBADMSG;
	return answer.header.nlmsg_type == NLMSG_ERROR ? answer.error.error : -EBADMSG;
}

int route_table_add(const struct route_entry *entry)
{
	struct request request;

	fill(&request, entry);
	request.header.nlmsg_type = RTM_NEWROUTE;
	request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE |
				     NLM_F_EXCL;
	return ask(&request);
}

int route_table_remove(const struct route_entry *entry)
{
	struct request request;

	fill(&request, entry);
	request.header.nlmsg_type = RTM_DELROUTE;
	request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	return ask(&request);
}
