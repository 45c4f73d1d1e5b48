// SPDX-License-Identifier: GPL-2.0
/*
 * check_object.c - objects where they are used, once all is known.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "policy/lists.h"
#include "policy/names.h"

static const char *const kind_names[] = {
	[POLICY_OBJECT_NETWORK] = "network",
	[POLICY_OBJECT_SERVICE] = "service",
};

static int fail_unknown(struct policy_parser *p, const struct policy_object *object,
			enum policy_object_kind kind, const struct policy_where *where)
{
	int err = policy_fail_at(p, where, E_OBJECT_UNKNOWN, "no %s object is named '%s'",
				 kind_names[kind], object->name);

	return policy_hint(p, err, "write it with 'object %s %s'", kind_names[kind],
			   object->name);
}

static int fail_kind(struct policy_parser *p, const struct policy_object *object,
		     enum policy_object_kind kind, const struct policy_where *where)
{
	int err = policy_fail_at(p, where, E_OBJECT_KIND,
				 "object '%s' is of kind %s; one of kind %s belongs here",
				 object->name, kind_names[object->kind],
				 kind_names[kind]);

	return policy_hint(p, err, "name another object");
}

static int fail_empty(struct policy_parser *p, const struct policy_object *object,
		      const struct policy_where *where)
{
	bool network = object->kind == POLICY_OBJECT_NETWORK;
	int err = policy_fail_at(p, where, E_OBJECT_EMPTY, "object '%s' has no %s",
				 object->name, network ? "address" : "service");

	if (network)
		return policy_hint(p, err,
				   "write 'host ADDRESS' or 'subnet ADDRESS NETMASK' "
				   "below 'object network %s'",
				   object->name);
	return policy_hint(p, err,
			   "write 'service PROTOCOL ...' below 'object service %s'",
			   object->name);
}

/*
 * Service objects that ASA has without a line: a protocol, or as in tcp-www,
 * tcp-udp-sip, icmp-echo. Return: whether the name is one.
 */
static bool is_predefined(const char *name, struct policy_service_term *out)
{
	static const struct {
		const char *prefix;
		uint8_t proto;
		bool tcp_udp;
	} prefixes[] = {
		{"tcp-udp-", IPPROTO_TCP, true},   {"tcp-", IPPROTO_TCP, false},
		{"udp-", IPPROTO_UDP, false},	   {"icmp-", IPPROTO_ICMP, false},
		{"icmp6-", IPPROTO_ICMPV6, false},
	};
	int code = -1, number = policy_protocol_by_name(name, strlen(name));

	*out = (struct policy_service_term){0};
	if (number >= 0) {
		out->any_proto = !number;
		out->proto = (uint8_t)number;
		return true;
	}
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t len = strlen(prefixes[i].prefix);
		bool icmp = prefixes[i].proto != IPPROTO_TCP &&
			    prefixes[i].proto != IPPROTO_UDP;

		if (strncasecmp(name, prefixes[i].prefix, len) != 0)
			continue;
		number = icmp ? policy_icmp_by_name(name + len, strlen(name + len),
						    prefixes[i].proto, &code)
			      : policy_port_by_name(name + len, strlen(name + len),
						    prefixes[i].proto);
		if (number < 0 || code >= 0 ||
		    (prefixes[i].tcp_udp &&
		     policy_port_by_name(name + len, strlen(name + len), IPPROTO_UDP) !=
			     number))
			return false;
		out->proto = prefixes[i].proto;
		out->tcp_udp = prefixes[i].tcp_udp;
		if (icmp) {
			out->icmp = POLICY_ICMP_TYPE;
			out->icmp_type = (uint8_t)number;
		} else {
			out->dst_ports.op = POLICY_PORT_EQ;
			out->dst_ports.low = (uint16_t)number;
		}
		return true;
	}
	return false;
}

int policy_check_object_use(struct policy_parser *p, size_t index,
			    enum policy_object_kind kind,
			    const struct policy_where *where)
{
	struct policy_object *object = &p->policy->objects.items[index];
	struct policy_object_state *state = &p->objects.items[index];

	if (!state->declared && kind == POLICY_OBJECT_SERVICE && !object->value &&
	    is_predefined(object->name, &object->service)) {
		object->kind = kind;
		object->value = POLICY_VALUE_SERVICE;
		object->predefined = true;
	}
	if ((state->declared || object->value) && object->kind != kind)
		return fail_kind(p, object, kind, where);
	if (object->value != POLICY_VALUE_NONE && object->value != POLICY_VALUE_FQDN)
		return 0;
	/* Its own lines are the cause, or it has been said of another line. */
	if (state->refused || state->reported)
		return -EINVAL;
	state->reported = true;
	return state->declared ? fail_empty(p, object, where)
			       : fail_unknown(p, object, kind, where);
}

int policy_resolve_object(struct policy_parser *p, size_t index,
			  const struct policy_where *where, policy_ip *addr,
			  policy_ip *mask)
{
	const struct policy_object *object = &p->policy->objects.items[index];
	int err = policy_check_object_use(p, index, POLICY_OBJECT_NETWORK, where);

	if (err)
		return err;
	if (object->value != POLICY_VALUE_NET) {
		err = policy_fail_at(p, where, E_OBJECT_KIND,
				     "object '%s' is a range; a network belongs here",
				     object->name);
		return policy_hint(p, err, "name an object with 'host' or 'subnet'");
	}
	*addr = object->addr;
	*mask = object->mask;
	return 0;
}
