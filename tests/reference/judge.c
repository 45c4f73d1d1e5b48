// SPDX-License-Identifier: GPL-2.0
/*
 * judge.c - whether a compiled policy means what its text says.
 */
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/reference/judge_internal.h"

void ref_tell_wrong(struct ref_tally *tally, const struct ref_packet *packet,
		    const char *format, ...)
{
	char *to = tally->first_wrong;
	size_t size = sizeof(tally->first_wrong);
	va_list args;
	int n;

	if (tally->n_wrong++)
		return;
	va_start(args, format);
	n = vsnprintf(to, size, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= size)
		return;
	snprintf(to + n, size - (size_t)n,
		 ": protocol %u %s:%u -> %s:%u icmp %u/%u flags %#x%s", packet->proto,
		 policy_ip_text(packet->src).text, packet->src_port,
		 policy_ip_text(packet->dst).text, packet->dst_port, packet->icmp_type,
		 packet->icmp_code, packet->tcp_flags,
		 packet->later_fragment ? " later fragment" : "");
}

static const struct policy_list *list_by_name(const struct policy *policy,
					      const char *name)
{
	for (size_t i = 0; i < policy->lists.count; i++)
		if (!strcmp(policy->lists.items[i].name, name))
			return &policy->lists.items[i];
	return NULL;
}

/* ---- the image ---- */

struct acl_native_key ref_native_key(const struct ref_packet *packet)
{
	bool v4 = ref_is_v4(packet);
	struct acl_native_key key = {
		.src_high = v4 ? 0 : (uint64_t)(packet->src >> 64),
		.src_low = v4 ? (uint32_t)packet->src : (uint64_t)packet->src,
		.dst_high = v4 ? 0 : (uint64_t)(packet->dst >> 64),
		.dst_low = v4 ? (uint32_t)packet->dst : (uint64_t)packet->dst,
		.src_port = packet->src_port,
		.dst_port = packet->dst_port,
		.proto = packet->proto,
		.tcp_flags = packet->tcp_flags,
		.later_fragment = packet->later_fragment,
		.family = v4 ? ACL_IPV4 : ACL_IPV6,
	};

	if (packet->proto == (v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		key.dst_port = (uint16_t)(packet->icmp_type << 8 | packet->icmp_code);
	return key;
}

struct walker {
	const struct policy_image *image;
	const struct policy_image_line **line_of; /* by number in the image */
};

/* What the image says; .line is an index into the list's rules. */
static struct ref_decision ask_image(const struct walker *w, struct acl_root root,
				     const char *list, const struct ref_packet *packet)
{
	struct acl_native_key key = ref_native_key(packet);
	const struct policy_image_line *line;
	struct acl_native_result result;

	acl_walk_native(&w->image->acl, root, &key, &result);
	if (result.verdict == ACL_NO_MATCH)
		return (struct ref_decision){REF_NO_LINE, false};
	if (result.verdict == ACL_BROKEN || result.line >= w->image->n_acl_lines)
		return (struct ref_decision){REF_NO_LINE - 1, false};
	line = w->line_of[result.line];
	if (!line || strcmp(line->acl, list) != 0)
		return (struct ref_decision){REF_NO_LINE - 1, false};
	return (struct ref_decision){line->number - 1, result.verdict == ACL_PERMIT};
}

static void judge_packet(const struct walker *w, const struct policy *policy,
			 const struct policy_list *list, struct acl_root root,
			 const struct ref_packet *packet, struct ref_tally *tally)
{
	struct ref_decision said = ref_decide(policy, list, packet);
	struct ref_decision is = ask_image(w, root, list->name, packet);

	tally->n_asked++;
	tally->n_matched += said.line != REF_NO_LINE;
	if (said.line != is.line || said.permit != is.permit)
		ref_tell_wrong(tally, packet,
			       "list '%s': the text says line %zd %s, the image %zd %s",
			       list->name, (ssize_t)said.line + 1,
			       said.permit ? "permit" : "deny", (ssize_t)is.line + 1,
			       is.permit ? "permit" : "deny");
}

static void judge_list(const struct walker *w, const struct policy *policy,
		       const char *name, struct acl_root root, size_t n_packets,
		       struct ref_packets *packets, struct ref_tally *tally)
{
	const struct policy_list *list = list_by_name(policy, name);
	size_t n_corners = ref_packets_n_corners(packets);
	struct ref_packet packet;

	if (!list) /* made by the compiler: not of the text */
		return;
	for (size_t i = 0; i < n_corners && i < n_packets; i++) {
		packet = ref_packets_corner(packets, list, i);
		judge_packet(w, policy, list, root, &packet, tally);
	}
	for (size_t i = 0; i < n_packets; i++) {
		packet = ref_packets_draw(packets, list);
		judge_packet(w, policy, list, root, &packet, tally);
	}
}

static void judge_ifaces(const struct walker *w, const struct policy *policy,
			 size_t n_packets, struct ref_packets *packets,
			 struct ref_tally *tally)
{
	for (size_t i = 0; i < w->image->n_ifaces; i++) {
		const struct policy_image_iface *iface = &w->image->ifaces[i];

		if (iface->config.flags & IFACE_F_ACL_IN)
			judge_list(w, policy, iface->acl_in, iface->config.acl_in,
				   n_packets, packets, tally);
		if (iface->config.flags & IFACE_F_ACL_OUT)
			judge_list(w, policy, iface->acl_out, iface->config.acl_out,
				   n_packets, packets, tally);
		if (iface->config.flags & IFACE_F_ACL_BOX)
			judge_list(w, policy, iface->acl_box, iface->config.acl_box,
				   n_packets, packets, tally);
	}
	if (w->image->config.flags & CONFIG_F_ACL_GLOBAL)
		judge_list(w, policy, w->image->acl_global, w->image->config.acl_global,
			   n_packets, packets, tally);
}

void ref_judge(const struct policy *policy, const struct policy_image *image,
	       size_t n_packets, uint64_t seed, struct ref_tally *tally)
{
	struct ref_packets *packets = ref_packets_new(policy, seed);
	struct walker w = {
		.image = image,
		.line_of = calloc(image->n_acl_lines + 1,
				  sizeof(const struct policy_image_line *)),
	};

	if (!packets || !w.line_of)
		abort();
	for (size_t i = 0; i < image->n_lines; i++)
		if (image->lines[i].acl_line != ACL_NO_LINE)
			w.line_of[image->lines[i].acl_line] = &image->lines[i];
	judge_ifaces(&w, policy, n_packets, packets, tally);
	ref_judge_nats(policy, image, 2 * n_packets, packets, tally);
	free((void *)w.line_of);
	ref_packets_free(packets);
}

/* ---- two policies ---- */

void ref_judge_equal(const struct policy *policy, const struct policy *other,
		     size_t n_packets, uint64_t seed, struct ref_tally *tally)
{
	struct ref_packets *packets = ref_packets_new(policy, seed);

	if (!packets)
		abort();
	for (size_t i = 0; i < policy->lists.count; i++) {
		const struct policy_list *list = &policy->lists.items[i];
		const struct policy_list *again = list_by_name(other, list->name);

		for (size_t j = 0; j < n_packets; j++) {
			struct ref_packet packet = ref_packets_draw(packets, list);
			struct ref_decision said = ref_decide(policy, list, &packet);
			struct ref_decision is = {REF_NO_LINE - 1, false};

			if (again)
				is = ref_decide(other, again, &packet);
			tally->n_asked++;
			tally->n_matched += said.line != REF_NO_LINE;
			if (said.line != is.line || said.permit != is.permit)
				ref_tell_wrong(tally, &packet,
					       "list '%s': line %zd, printed and parsed "
					       "again %zd",
					       list->name, (ssize_t)said.line + 1,
					       (ssize_t)is.line + 1);
		}
	}
	ref_packets_free(packets);
}

/* ---- what was meant ---- */

void ref_judge_meant(const struct policy *policy, const struct meant_list *meant,
		     size_t n_packets, uint64_t seed, struct ref_tally *tally)
{
	const struct policy_list *list = list_by_name(policy, meant->name);
	struct ref_packets *packets = ref_packets_new(policy, seed);

	if (!packets)
		abort();
	for (size_t i = 0; list && i < n_packets; i++) {
		struct ref_packet packet = ref_packets_draw(packets, list);
		struct ref_decision said = meant_decide(meant, &packet);
		struct ref_decision is = ref_decide(policy, list, &packet);

		tally->n_asked++;
		tally->n_matched += said.line != REF_NO_LINE;
		if (said.line != is.line || said.permit != is.permit)
			ref_tell_wrong(tally, &packet,
				       "list '%s': line %zd was meant, line %zd was read",
				       list->name, (ssize_t)said.line + 1,
				       (ssize_t)is.line + 1);
	}
	if (!list || list->rules.count != meant->lines.count)
		tally->n_wrong++;
	ref_packets_free(packets);
}
