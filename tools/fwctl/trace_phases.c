// SPDX-License-Identifier: GPL-2.0
/*
 * trace_phases.c - the phases of a traced packet.
 *
 * They stand in the order in which the datapath passes them; the one that drops the
 * packet is the last.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <netinet/in.h>

#include "tools/fwctl/format.h"
#include "tools/fwctl/trace_report.h"

/* Where a reason to drop belongs. */
enum stage {
	STAGE_NONE,
	STAGE_PARSE,
	STAGE_UN_NAT,
	STAGE_FLOW,
	STAGE_FRAGMENT,
	STAGE_ROUTE,
	STAGE_RPF,
	STAGE_NAT_RPF,
	STAGE_ACCESS,
	STAGE_CREATE,
	STAGE_INSPECT,
	STAGE_FORWARD,
};

static enum stage stage_of(unsigned int drop)
{
	switch (drop + PH_DROP_FIRST) {
	case PH_DROP_TRUNCATED:
	case PH_DROP_BAD_IP_HEADER:
	case PH_DROP_BAD_IP_CHECKSUM:
	case PH_DROP_BAD_TCP_HEADER:
	case PH_DROP_BAD_ADDRESS:
	case PH_DROP_LAND:
	case PH_DROP_IP_OPTIONS:
	case PH_DROP_IPV6_EXTENSION:
	case PH_DROP_VLAN_UNKNOWN:
	case PH_DROP_L2_UNSUPPORTED:
		return STAGE_PARSE;
	case PH_DROP_FRAGMENT_NO_FIRST:
	case PH_DROP_FRAGMENT_TINY:
	case PH_DROP_FRAGMENT_BAD:
	case PH_DROP_FRAGMENT_OVERLAP:
		return STAGE_FRAGMENT;
	case PH_DROP_NAT_EGRESS:
		return STAGE_UN_NAT;
	case PH_DROP_TCP_NOT_SYN:
	case PH_DROP_TCP_HANDSHAKE:
	case PH_DROP_TCP_WINDOW:
	case PH_DROP_ICMP_UNMATCHED:
	case PH_DROP_CONN_WRONG_INTERFACE:
	case PH_DROP_POLICY_CHANGED:
		return STAGE_FLOW;
	case PH_DROP_EGRESS_NO_INTERFACE:
	case PH_DROP_NO_ROUTE:
		return STAGE_ROUTE;
	case PH_DROP_RPF:
		return STAGE_RPF;
	case PH_DROP_NAT_REVERSE:
		return STAGE_NAT_RPF;
	case PH_DROP_ACL_DENY:
	case PH_DROP_ACL_IMPLICIT:
	case PH_DROP_SAME_SECURITY:
	case PH_DROP_SECURITY_LEVEL:
	case PH_DROP_ACL_BOUND:
		return STAGE_ACCESS;
	case PH_DROP_CONN_TABLE_FULL:
	case PH_DROP_HALF_OPEN_FULL:
	case PH_DROP_EMBRYONIC_LIMIT:
		return STAGE_CREATE;
	case PH_DROP_FTP_TABLE_FULL:
	case PH_DROP_FTP_REWRITE:
	case PH_DROP_FTP_SEGMENT:
	case PH_DROP_FTP_STRICT:
	case PH_DROP_FTP_TLS:
	case PH_DROP_FTP_MATCH:
	case PH_DROP_FTP_ENDED:
	case PH_DROP_FTP_DATA_LIMIT:
		return STAGE_INSPECT;
	default:
		return STAGE_FORWARD;
	}
}

static bool drops_at(const struct trace_scene *scene, enum stage stage)
{
	return scene->result->drop != FW_TRACE_NO_DROP &&
	       stage_of(scene->result->drop) == stage;
}

/* Always returns one: were there too many, the last would be overwritten. */
static struct trace_phase *add_phase(const struct trace_scene *scene, const char *type,
				     const char *subtype, bool allow)
{
	struct trace_report *report = scene->report;
	struct trace_phase *phase;

	if (report->n_phases < TRACE_MAX_PHASES)
		report->n_phases++;
	phase = &report->phases[report->n_phases - 1];
	*phase = (struct trace_phase){.type = type, .subtype = subtype, .allow = allow};
	return phase;
}

/* Append a line. */
static void __attribute__((format(printf, 2, 3)))
say(char out[TRACE_TEXT_BYTES], const char *format, ...)
{
	size_t len = strlen(out);
	va_list args;

	if (len && len + 1 < TRACE_TEXT_BYTES)
		out[len++] = '\n';
	va_start(args, format);
	vsnprintf(out + len, TRACE_TEXT_BYTES - len, format, args);
	va_end(args);
}

static void say_drop(const struct trace_scene *scene, struct trace_phase *phase)
{
	phase->allow = false;
	say(phase->info, "%s", fw_drop_help(scene->result->drop));
}

bool trace_has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP;
}

/* What stands for the ports of other protocols is nothing that is translated. */
static bool same_end(uint8_t proto, const struct fw_trace_end *a,
		     const struct fw_trace_end *b)
{
	return !memcmp(&a->addr, &b->addr, sizeof(a->addr)) &&
	       (!trace_has_ports(proto) || a->port == b->port);
}

/* "10.0.0.10/80", as an ASA writes it here */
static const char *end_text(char out[FORMAT_ENDPOINT_BYTES], uint8_t proto,
			    const struct fw_trace_end *end)
{
	char address[FORMAT_ADDRESS_BYTES];

	format_address(address, &end->addr);
	if (trace_has_ports(proto))
		snprintf(out, FORMAT_ENDPOINT_BYTES, "%s/%u", address, end->port);
	else
		snprintf(out, FORMAT_ENDPOINT_BYTES, "%s", address);
	return out;
}

static uint32_t id_of(const struct fw_interface *interface)
{
	return interface ? interface->config.id : 0;
}

/* The datapath has said which, or it is found by what it does. */
static const struct policy_image_translation *
find_statement(const struct trace_scene *scene, uint64_t id,
	       const struct fw_interface *lives_at, const struct fw_interface *seen_from,
	       const struct fw_trace_end *real, const struct fw_trace_end *mapped)
{
	const struct policy_image_translation *said = trace_nat_by_id(scene->policy, id);

	return said ? said
		    : trace_nat_by_effect(scene->policy, id_of(lives_at),
					  id_of(seen_from), real, mapped);
}

static void say_statement(struct trace_phase *phase,
			  const struct policy_image_translation *statement)
{
	if (statement)
		say(phase->config, "%s", statement->text);
}

/* ---- phases --------------------------------------------------------------- */

static void un_nat(const struct trace_scene *scene)
{
	const struct fw_trace_result *r = scene->result;
	char from[FORMAT_ENDPOINT_BYTES], to[FORMAT_ENDPOINT_BYTES];
	struct trace_phase *phase;

	if (same_end(r->proto, &r->dst, &r->real_dst) && !drops_at(scene, STAGE_UN_NAT))
		return;
	phase = add_phase(scene, "UN-NAT", "static", true);
	if (!same_end(r->proto, &r->dst, &r->real_dst)) {
		say_statement(phase, find_statement(scene, r->nat_dst, scene->out,
						    scene->in, &r->real_dst, &r->dst));
		if (scene->out)
			say(phase->info, "NAT divert to egress interface %s",
			    scene->out->config.name);
		say(phase->info, "Untranslate %s to %s",
		    end_text(from, r->proto, &r->dst),
		    end_text(to, r->proto, &r->real_dst));
	}
	if (drops_at(scene, STAGE_UN_NAT))
		say_drop(scene, phase);
}

static const struct policy_image_line *find_line(const struct trace_scene *scene,
						 uint64_t id)
{
	const struct policy_image *image = scene->policy->image;

	for (size_t i = 0; id && i < image->n_lines; i++)
		if (image->lines[i].line_id == id)
			return &image->lines[i];
	return NULL;
}

static void flow_lookup(const struct trace_scene *scene)
{
	const struct fw_trace_result *r = scene->result;
	const struct policy_image_line *line = find_line(scene, r->line);
	struct trace_phase *phase = add_phase(scene, "FLOW-LOOKUP", "", true);

	if (r->flow == FW_TRACE_FLOW_FOUND) {
		say(phase->info, "Found flow with id %llu, using existing flow",
		    (unsigned long long)r->conn.id);
		if (!r->established)
			say(phase->info, "It is not answered or not acknowledged yet");
		if (line)
			say(phase->info, "It was admitted by line %u of access-list %s",
			    line->number, line->acl);
	} else if (r->flow == FW_TRACE_FLOW_NEW) {
		say(phase->info, "Found no matching flow, creating a new flow");
	} else {
		say(phase->info, "Found no matching flow");
	}
	if (drops_at(scene, STAGE_FLOW))
		say_drop(scene, phase);
}

static void route_lookup(const struct trace_scene *scene)
{
	const struct fw_trace_result *r = scene->result;
	char hop[FORMAT_ADDRESS_BYTES];
	struct trace_phase *phase;

	if (!r->routed && !drops_at(scene, STAGE_ROUTE))
		return;
	phase = add_phase(scene, "ROUTE-LOOKUP", "Resolve Egress Interface", true);
	if (r->action == FW_TRACE_TO_BOX || r->place == ACL_AT_BOX)
		say(phase->info, "%s is this machine, or has no route",
		    format_address(hop, &r->real_dst.addr));
	else if (scene->out)
		say(phase->info, "Found next-hop %s using egress ifc %s",
		    format_address(hop, &r->next_hop), scene->out->config.name);
	if (drops_at(scene, STAGE_ROUTE))
		say_drop(scene, phase);
}

/* A phase that shows only if it drops. */
static void only_if_it_drops(const struct trace_scene *scene, enum stage stage,
			     const char *type, const char *subtype)
{
	if (drops_at(scene, stage))
		say_drop(scene, add_phase(scene, type, subtype, false));
}

/* ---- access lists --------------------------------------------------------- */

static const struct policy_image_iface *image_iface(const struct trace_scene *scene,
						    const struct fw_interface *interface)
{
	const struct policy_image *image = scene->policy->image;

	for (size_t i = 0; interface && i < image->n_ifaces; i++)
		if (!strcmp(image->ifaces[i].name, interface->config.name))
			return &image->ifaces[i];
	return NULL;
}

static void say_list(const struct trace_scene *scene, struct trace_phase *phase,
		     enum acl_place place, const struct policy_image_line *line)
{
	const struct policy_image_iface *in = image_iface(scene, scene->in);
	const struct policy_image_iface *out = image_iface(scene, scene->out);
	const struct policy_image *image = scene->policy->image;

	if (place == ACL_AT_BOX && in)
		say(phase->config, "access-group %s in interface %s control-plane",
		    in->acl_box, in->name);
	else if (place == ACL_AT_OUT && out)
		say(phase->config, "access-group %s out interface %s", out->acl_out,
		    out->name);
	else if (in && in->acl_in[0] && (!line || !strcmp(line->acl, in->acl_in)))
		say(phase->config, "access-group %s in interface %s", in->acl_in,
		    in->name);
	if (place == ACL_AT_IN && image->acl_global[0] &&
	    (!line || !strcmp(line->acl, image->acl_global)))
		say(phase->config, "access-group %s global", image->acl_global);
	if (!line)
		return;
	say(phase->config, "%s", line->text);
	say(phase->info, "Line %u of access-list %s matched", line->number, line->acl);
}

/* Without a list the security levels decide; of an FTP session's data, the session. */
static void say_levels(const struct trace_scene *scene, struct trace_phase *phase)
{
	const struct fw_trace_result *r = scene->result;

	if (r->flow == FW_TRACE_FLOW_NEW && (r->conn.flags & CONN_F_CHILD)) {
		phase->subtype = r->conn.flags & CONN_F_RANGE ? "data-ports" : "pinhole";
		say(phase->info, "Admitted by the FTP session with id %llu",
		    (unsigned long long)r->conn.parent_id);
		return;
	}
	say(phase->config, "Implicit Rule");
	if (scene->out)
		say(phase->info, "Security level %u of %s, %u of %s",
		    scene->in->config.security_level, scene->in->config.name,
		    scene->out->config.security_level, scene->out->config.name);
}

static void access_list_at(const struct trace_scene *scene, enum acl_place place,
			   uint64_t id, bool drops)
{
	const struct policy_image_line *line = find_line(scene, id);
	unsigned int reason = scene->result->drop + PH_DROP_FIRST;
	struct trace_phase *phase = add_phase(scene, "ACCESS-LIST", "", true);

	if (line) {
		phase->subtype = "log";
		if (!(line->flags & ACL_LINE_F_LOG))
			phase->subtype = "";
	}
	if (line || (drops && reason == PH_DROP_ACL_IMPLICIT))
		say_list(scene, phase, place, line);
	else
		say_levels(scene, phase);
	if (drops)
		say_drop(scene, phase);
}

static void access_lists(const struct trace_scene *scene)
{
	const struct fw_trace_result *r = scene->result;
	const struct policy_image_iface *out = image_iface(scene, scene->out);
	bool drops = drops_at(scene, STAGE_ACCESS);

	if (!r->judged || r->flow == FW_TRACE_FLOW_FOUND)
		return;
	if (r->place == ACL_AT_BOX) {
		access_list_at(scene, ACL_AT_BOX, r->line, drops);
		return;
	}
	if (!scene->out && !drops)
		return; /* for this machine, unfiltered */
	access_list_at(scene, ACL_AT_IN, r->line, drops && r->place != ACL_AT_OUT);
	if (out && out->acl_out[0] && (!drops || r->place == ACL_AT_OUT))
		access_list_at(scene, ACL_AT_OUT, r->line_out, drops);
}

/* ---- what is done with what is admitted ----------------------------------- */

static void inspect(const struct trace_scene *scene)
{
	const struct fw_trace_result *r = scene->result;
	const struct policy_image *image = scene->policy->image;
	bool ftp = r->flow != FW_TRACE_FLOW_NONE && (r->conn.flags & CONN_F_FTP);
	bool drops = drops_at(scene, STAGE_INSPECT);
	int responder = r->conn.flags & CONN_F_INITIATOR_1 ? 0 : 1;
	struct trace_phase *phase;

	if (!ftp && !drops)
		return;
	phase = add_phase(scene, "INSPECT", "inspect-ftp", true);
	for (size_t i = 0; ftp && i < image->n_fixups; i++) {
		const struct policy_image_fixup *fixup = &image->fixups[i];

		if (fixup->key.port == r->key.port[responder] &&
		    fixup->key.proto == r->key.proto)
			say(phase->config, "fixup protocol %s %u",
			    fixup->value.kind == FIXUP_FTPS ? "ftps" : "ftp",
			    ntohs(fixup->key.port));
	}
	for (unsigned int i = 0; i < FTP_N_FINDINGS; i++)
		if (r->findings[i])
			say(phase->info, "Found: %s", fw_finding_name(i));
	if (drops)
		say_drop(scene, phase);
}

static void translate(const struct trace_scene *scene)
{
	const struct fw_trace_result *r = scene->result;
	char from[FORMAT_ENDPOINT_BYTES], to[FORMAT_ENDPOINT_BYTES];
	struct trace_phase *phase;

	if (r->action != FW_TRACE_FORWARD || same_end(r->proto, &r->src, &r->new_src))
		return;
	phase = add_phase(scene, "NAT", "static", true);
	say_statement(phase, find_statement(scene, r->nat_src, scene->in, scene->out,
					    &r->src, &r->new_src));
	say(phase->info, "Translate %s to %s", end_text(from, r->proto, &r->src),
	    end_text(to, r->proto, &r->new_src));
}

/* A statement by which an end stays as it is, or both do. */
static void exempt(const struct trace_scene *scene, uint64_t id, const char *who)
{
	const struct policy_image_translation *statement =
		trace_nat_by_id(scene->policy, id);
	struct trace_phase *phase;

	if (!statement)
		return;
	phase = add_phase(scene, "NAT-EXEMPT", "", true);
	say_statement(phase, statement);
	say(phase->info, "%s", who);
}

static void exemptions(const struct trace_scene *scene)
{
	const struct fw_trace_result *r = scene->result;
	bool source = same_end(r->proto, &r->src, &r->new_src);
	bool destination = same_end(r->proto, &r->dst, &r->real_dst);

	if (r->action != FW_TRACE_FORWARD)
		return;
	if (source && destination && r->nat_src == r->nat_dst) {
		exempt(scene, r->nat_src, "Source and destination stay as they are");
		return;
	}
	if (destination)
		exempt(scene, r->nat_dst, "The destination stays as it is");
	if (source)
		exempt(scene, r->nat_src, "The source stays as it is");
}

static void flow_creation(const struct trace_scene *scene)
{
	const struct fw_trace_result *r = scene->result;
	bool drops = drops_at(scene, STAGE_CREATE);
	struct trace_phase *phase;

	if (!drops && r->flow != FW_TRACE_FLOW_NEW)
		return;
	phase = add_phase(scene, "FLOW-CREATION", "", true);
	if (drops)
		say_drop(scene, phase);
	else
		say(phase->info, "New flow would be created, packet dispatched");
}

void trace_phases_add(const struct trace_scene *scene)
{
	only_if_it_drops(scene, STAGE_PARSE, "PACKET-CHECK", "");
	if (drops_at(scene, STAGE_PARSE) || !scene->result->addressed)
		return;
	un_nat(scene);
	if (drops_at(scene, STAGE_UN_NAT))
		return;
	flow_lookup(scene);
	if (drops_at(scene, STAGE_FLOW))
		return;
	only_if_it_drops(scene, STAGE_FRAGMENT, "FRAGMENT", "");
	route_lookup(scene);
	if (drops_at(scene, STAGE_ROUTE) || drops_at(scene, STAGE_FRAGMENT))
		return;
	only_if_it_drops(scene, STAGE_RPF, "RPF-CHECK", "");
	only_if_it_drops(scene, STAGE_NAT_RPF, "NAT", "rpf-check");
	if (drops_at(scene, STAGE_RPF) || drops_at(scene, STAGE_NAT_RPF))
		return;
	access_lists(scene);
	if (drops_at(scene, STAGE_ACCESS))
		return;
	inspect(scene);
	if (drops_at(scene, STAGE_INSPECT))
		return;
	translate(scene);
	exemptions(scene);
	flow_creation(scene);
	only_if_it_drops(scene, STAGE_FORWARD, "FORWARD", "");
}
