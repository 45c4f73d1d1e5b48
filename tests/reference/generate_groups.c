// SPDX-License-Identifier: GPL-2.0
/*
 * generate_groups.c - objects and groups, nested where the dialect lets them be.
 */
#include <netinet/in.h>
#include <stdio.h>

#include "tests/reference/generate.h"

static bool draw_family(struct gen *g)
{
	return g->policy->dialect != GEN_ASA9 || gen_below(g, 3);
}

/* ---- networks ---- */

static struct gen_network *new_network(struct gen *g, const char *kind)
{
	struct gen_network *network = &g->networks[g->n_networks];

	snprintf(network->name, sizeof(network->name), "%s-%zu", kind, g->n_networks++);
	return network;
}

/* object network NAME */
static void gen_network_object(struct gen *g)
{
	struct gen_network *network = new_network(g, "Net.Obj");
	unsigned int first = (unsigned int)gen_below(g, 200);
	unsigned int last = first + (unsigned int)gen_below(g, 55);
	size_t start;

	network->is_object = true;
	strbuf_printf(g->out, "object network %s\n", network->name);
	if (gen_once_in(g, 3)) {
		strbuf_printf(g->out, " range 10.0.1.%u 10.0.1.%u\n", first, last);
		meant_add_span(&network->addrs, policy_ip_from_v4(0x0a000100 + first),
			       policy_ip_from_v4(0x0a000100 + last));
		return;
	}
	/* host A stays, A MASK and A/LEN become subnets. */
	strbuf_putc(g->out, ' ');
	start = g->out->len;
	gen_address(g, draw_family(g), &network->addrs);
	if (strncmp(g->out->data + start, "host ", 5) != 0) {
		char *written = strdup(g->out->data + start);

		if (!written)
			abort();
		g->out->len = start;
		strbuf_printf(g->out, "subnet %s", written);
		free(written);
	}
	strbuf_puts(g->out, "\n");
	if (gen_once_in(g, 4))
		strbuf_puts(g->out, " description what is eq here\n");
}

static void gen_network_member(struct gen *g, struct gen_network *group)
{
	const struct gen_network *other =
		group == g->networks
			? NULL
			: &g->networks[gen_below(g, (size_t)(group - g->networks))];

	if (other && other->is_object && gen_once_in(g, 2)) {
		strbuf_printf(g->out, " network-object object %s\n", other->name);
		meant_add_addrs(&group->addrs, &other->addrs);
		return;
	}
	if (other && !other->is_object && gen_once_in(g, 2)) {
		strbuf_printf(g->out, " group-object %s\n", other->name);
		meant_add_addrs(&group->addrs, &other->addrs);
		return;
	}
	strbuf_puts(g->out, " network-object ");
	gen_address(g, draw_family(g), &group->addrs);
	strbuf_puts(g->out, "\n");
}

static void gen_network_group(struct gen *g)
{
	struct gen_network *group = new_network(g, "Nets");

	strbuf_printf(g->out, "object-group network %s\n", group->name);
	if (gen_once_in(g, 3))
		strbuf_puts(g->out, " description some network\n");
	for (size_t n = 1 + gen_below(g, 4); n; n--)
		gen_network_member(g, group);
}

/* ---- ports ---- */

static void gen_port_group(struct gen *g)
{
	struct gen_ports *group = &g->ports[g->n_ports];
	size_t kind = gen_below(g, 3);
	int proto = kind == 1 ? IPPROTO_UDP : IPPROTO_TCP;

	snprintf(group->name, sizeof(group->name), "ports_%zu", g->n_ports);
	group->tcp = kind != 1;
	group->udp = kind != 0;
	strbuf_printf(g->out, "object-group service %s %s\n", group->name,
		      (const char *const[]){"tcp", "udp", "tcp-udp"}[kind]);
	for (size_t n = 1 + gen_below(g, 4); n; n--) {
		const struct gen_ports *other = &g->ports[gen_below(g, g->n_ports + 1)];

		if (other != group && other->tcp == group->tcp &&
		    other->udp == group->udp && gen_once_in(g, 2)) {
			strbuf_printf(g->out, " group-object %s\n", other->name);
			meant_add_services(&group->spans, &other->spans);
			continue;
		}
		strbuf_puts(g->out, " port-object ");
		gen_port_operator(g, proto, kind == 2, GEN_EQ_OR_RANGE, &group->spans);
		strbuf_puts(g->out, "\n");
	}
	g->n_ports++;
}

/* ---- services ---- */

/* [source OP] [destination OP], of a service object or of a member. */
static void gen_ends(struct gen *g, int proto, bool tcp_udp, meant_services *src,
		     meant_services *dst)
{
	if (gen_once_in(g, 3)) {
		strbuf_puts(g->out, " source ");
		gen_port_operator(g, proto, tcp_udp, GEN_ANY_OPERATOR, src);
	}
	if (!gen_once_in(g, 4)) {
		strbuf_puts(g->out, " destination ");
		gen_port_operator(g, proto, tcp_udp, GEN_ANY_OPERATOR, dst);
	}
}

/* What follows `service` and `service-object`. */
static void gen_service_term(struct gen *g, bool in_object, meant_services *out)
{
	bool both_ends = g->policy->dialect >= GEN_ASA83;
	bool tcp_udp = !in_object && gen_once_in(g, 4);
	int proto = tcp_udp ? IPPROTO_TCP : gen_protocol(g);
	meant_services src = {0}, dst = {0};

	if (!tcp_udp && g->policy->dialect == GEN_ASA9 && gen_once_in(g, 8))
		proto = IPPROTO_ICMPV6;
	if (tcp_udp)
		strbuf_puts(g->out, "tcp-udp");
	else
		gen_put_protocol(g, proto);
	if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6) {
		struct meant_service type = {proto, 0, UINT16_MAX, 0, UINT16_MAX};

		if (!gen_once_in(g, 3)) {
			strbuf_putc(g->out, ' ');
			type = gen_icmp_type(g, proto, g->policy->dialect == GEN_ASA9);
		}
		meant_add_service(out, type);
		return;
	}
	if (proto == IPPROTO_TCP || proto == IPPROTO_UDP) {
		if (both_ends) {
			gen_ends(g, proto, tcp_udp, &src, &dst);
		} else if (!gen_once_in(g, 4)) {
			strbuf_putc(g->out, ' ');
			gen_port_operator(g, proto, tcp_udp, GEN_ANY_OPERATOR, &dst);
		}
	}
	gen_cross(out, proto, &src, &dst);
	if (tcp_udp)
		gen_cross(out, IPPROTO_UDP, &src, &dst);
	vec_free(&src);
	vec_free(&dst);
}

static void gen_service_object(struct gen *g)
{
	struct gen_services *object = &g->services[g->n_services];

	snprintf(object->name, sizeof(object->name), "svc:%zu", g->n_services++);
	object->is_object = true;
	strbuf_printf(g->out, "object service %s\n service ", object->name);
	gen_service_term(g, true, &object->services);
	strbuf_puts(g->out, "\n");
}

static void gen_service_group(struct gen *g)
{
	struct gen_services *group = &g->services[g->n_services];

	snprintf(group->name, sizeof(group->name), "SERVICES-%zu", g->n_services);
	strbuf_printf(g->out, "object-group service %s\n", group->name);
	for (size_t n = 1 + gen_below(g, 4); n; n--) {
		const struct gen_services *other =
			&g->services[gen_below(g, g->n_services + 1)];

		if (other != group && !other->is_protocols && gen_once_in(g, 2)) {
			strbuf_printf(g->out, " %s %s\n",
				      other->is_object ? "service-object object"
						       : "group-object",
				      other->name);
			meant_add_services(&group->services, &other->services);
			continue;
		}
		strbuf_puts(g->out, " service-object ");
		gen_service_term(g, false, &group->services);
		strbuf_puts(g->out, "\n");
	}
	g->n_services++;
}

static void gen_protocol_group(struct gen *g)
{
	struct gen_services *group = &g->services[g->n_services];

	snprintf(group->name, sizeof(group->name), "protos%zu", g->n_services);
	group->is_protocols = true;
	strbuf_printf(g->out, "object-group protocol %s\n", group->name);
	for (size_t n = 1 + gen_below(g, 3); n; n--) {
		const struct gen_services *other =
			&g->services[gen_below(g, g->n_services + 1)];
		int proto;

		if (other != group && other->is_protocols && gen_once_in(g, 2)) {
			strbuf_printf(g->out, " group-object %s\n", other->name);
			meant_add_services(&group->services, &other->services);
			continue;
		}
		strbuf_puts(g->out, " protocol-object ");
		proto = gen_protocol(g);
		gen_put_protocol(g, proto);
		strbuf_puts(g->out, "\n");
		gen_cross(&group->services, proto, NULL, NULL);
	}
	g->n_services++;
}

static void gen_icmp_group(struct gen *g)
{
	struct gen_services *group = &g->icmps[g->n_icmps];

	snprintf(group->name, sizeof(group->name), "icmp.types.%zu", g->n_icmps);
	strbuf_printf(g->out, "object-group icmp-type %s\n", group->name);
	for (size_t n = 1 + gen_below(g, 3); n; n--) {
		if (g->n_icmps && gen_once_in(g, 3)) {
			const struct gen_services *other =
				&g->icmps[gen_below(g, g->n_icmps)];

			strbuf_printf(g->out, " group-object %s\n", other->name);
			meant_add_services(&group->services, &other->services);
			continue;
		}
		strbuf_puts(g->out, " icmp-object ");
		meant_add_service(&group->services,
				  gen_icmp_type(g, IPPROTO_ICMP, false));
		strbuf_puts(g->out, "\n");
	}
	g->n_icmps++;
}

void gen_groups(struct gen *g)
{
	bool objects = g->policy->dialect >= GEN_ASA83;

	for (size_t n = 2 + gen_below(g, 4); n; n--) {
		if (objects && gen_once_in(g, 2))
			gen_network_object(g);
		else
			gen_network_group(g);
	}
	for (size_t n = 1 + gen_below(g, 4); n; n--)
		gen_port_group(g);
	for (size_t n = 1 + gen_below(g, 5); n; n--) {
		size_t kind = gen_below(g, 3);

		if (!kind || g->policy->dialect == GEN_PIX6)
			gen_protocol_group(g);
		else if (kind == 1 && objects)
			gen_service_object(g);
		else
			gen_service_group(g);
	}
	for (size_t n = 1 + gen_below(g, 2); n; n--)
		gen_icmp_group(g);
}
