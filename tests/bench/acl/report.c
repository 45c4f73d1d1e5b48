// SPDX-License-Identifier: GPL-2.0
/*
 * report.c - the tables. See report.h.
 */
#include <errno.h>
#include <string.h>

#include "report.h"
#include "sets.h"

#define BASE_LINES  100 /* what ratios are to */
#define QUICK_SLACK 1.35

double report_cost(const struct report *report, const struct bench_samples *samples,
		   bool median)
{
	const struct bench_samples *harness = &report->lookup.harness;

	return median ? samples_median(samples) - samples_median(harness)
		      : samples_min(samples) - samples_min(harness);
}

const struct bench_set *report_find(const struct report *report,
				    const struct bench_set *like, uint32_t n_lines)
{
	for (uint32_t i = 0; i < report->n_sets; i++) {
		const struct bench_set *set = &report->sets[i];

		if (set->kind == like->kind && set->family == like->family &&
		    set->n_lines == n_lines && !set->refused[0])
			return set;
	}
	return NULL;
}

/* ---- lookups ---- */

static void print_ratio(const struct report *report, const struct bench_set *set,
			enum bench_trace_kind trace, FILE *out)
{
	const struct bench_set *base = report_find(report, set, BASE_LINES);

	if (base)
		fprintf(out, " %5.2f",
			report_cost(report, &set->walk[trace], false) /
				report_cost(report, &base->walk[trace], false));
	else
		fputs("     -", out);
}

static void print_lookups(const struct report *report, FILE *out)
{
	fprintf(out,
		"Cost of one lookup in ns: minimum, median and maximum of %u runs, less "
		"the harness's.\n"
		"The harness alone: %.1f, median %.1f, maximum %.1f. `x100`: ratio of "
		"minima to 100 lines.\n\n"
		"                    packets inside random lines     few flows make "
		"most          compiled image                           linear scan\n"
		"kind     IP  lines    min median    max  x100       min median  x100   "
		"tables tree leaf B/line build ms      min median\n",
		report->options.rounds, samples_min(&report->lookup.harness),
		samples_median(&report->lookup.harness),
		samples_max(&report->lookup.harness));
	for (uint32_t i = 0; i < report->n_sets; i++) {
		const struct bench_set *set = &report->sets[i];
		const struct acl_figures *f;

		fprintf(out, "%-8s v%d %6u ", set_kind_name(set->kind),
			set->family == ACL_IPV4 ? 4 : 6, set->n_lines);
		if (set->refused[0]) {
			fprintf(out, "%s (%.0f ms)\n", set->refused, set->build_ms);
			continue;
		}
		f = &set->image.figures[0][set->family];
		fprintf(out, "%6.1f %6.1f %6.1f",
			report_cost(report, &set->walk[TRACE_LINES], false),
			report_cost(report, &set->walk[TRACE_LINES], true),
			samples_max(&set->walk[TRACE_LINES]) -
				samples_min(&report->lookup.harness));
		print_ratio(report, set, TRACE_LINES, out);
		fprintf(out, "    %6.1f %6.1f",
			report_cost(report, &set->walk[TRACE_LOCAL], false),
			report_cost(report, &set->walk[TRACE_LOCAL], true));
		print_ratio(report, set, TRACE_LOCAL, out);
		fprintf(out, "   %6u %4u %4u %6.1f %8.1f", f->tables, f->tree_steps,
			f->leaf, (double)acl_image_bytes(&set->image) / set->n_lines,
			set->build_ms);
		if (set->n_linear)
			fprintf(out, " %8.0f %6.0f",
				report_cost(report, &set->linear, false),
				report_cost(report, &set->linear, true));
		fputc('\n', out);
	}
}

/* ---- steps ---- */

static void print_steps(const struct report *report, FILE *out)
{
	fputs("\nWhat a lookup does, mean of the packets inside random lines "
	      "(user space, counted), and the worst that the image permits\n\n"
	      "kind     IP  lines   trie tables probes  scans   tree  rules classes "
	      "matched     worst: probes nodes rules\n",
	      out);
	for (uint32_t i = 0; i < report->n_sets; i++) {
		const struct bench_set *set = &report->sets[i];
		const struct bench_steps *s = &set->steps[TRACE_LINES];
		const struct acl_figures *f;

		if (set->refused[0])
			continue;
		f = &set->image.figures[0][set->family];
		fprintf(out,
			"%-8s v%d %6u %6.2f %6.2f %6.2f %6.2f %6.2f %6.2f  %6.2f  "
			"%6.2f           %6u %5u %5u\n",
			set_kind_name(set->kind), set->family == ACL_IPV4 ? 4 : 6,
			set->n_lines, s->trie, s->tables, s->probes, s->scans, s->tree,
			s->rules, s->classes, s->matched, f->worst_probes, f->worst_nodes,
			f->worst_rules);
	}
}

static void print_worst(const struct report *report, FILE *out)
{
	fputs("\nThe dearest packets that a search finds, 64 of each list, in turn: ns "
	      "as above, and their steps\n\n"
	      "kind     IP  lines    min median    max     trie tables probes  scans   "
	      "tree  rules classes\n",
	      out);
	for (uint32_t i = 0; i < report->n_sets; i++) {
		const struct bench_set *set = &report->sets[i];
		const struct bench_steps *s = &set->steps[TRACE_WORST];

		if (set->refused[0] || !set->traces[TRACE_WORST].n)
			continue;
		fprintf(out,
			"%-8s v%d %6u %6.0f %6.0f %6.0f   %6.2f %6.2f %6.2f %6.2f %6.2f "
			"%6.2f  %6.2f\n",
			set_kind_name(set->kind), set->family == ACL_IPV4 ? 4 : 6,
			set->n_lines, report_cost(report, &set->walk[TRACE_WORST], false),
			report_cost(report, &set->walk[TRACE_WORST], true),
			samples_max(&set->walk[TRACE_WORST]) -
				samples_min(&report->lookup.harness),
			s->trie, s->tables, s->probes, s->scans, s->tree, s->rules,
			s->classes);
	}
}

/* ---- peers ---- */

static void print_peer(const struct peers *peers, enum peer_kind kind,
		       const struct bench_set *set, bool load, FILE *out)
{
	const struct peer *peer = peers_find(peers, kind, set);
	char text[32] = "-";

	if (!peer || peer->reason[0]) {
		fprintf(out, "%*s", load ? 25 : 19, peer ? peer->reason : "-");
		return;
	}
	snprintf(text, sizeof(text), "%.0f (%.0f)", peers_cost(peers, peer, false),
		 peers_cost(peers, peer, true));
	if (load)
		fprintf(out, "%16s %6.0f ms", text, peer->load_ms);
	else
		fprintf(out, "%19s", text);
}

static void print_peers(const struct report *report, FILE *out)
{
	const struct peers *peers = &report->peers;
	const struct peer *tc = peers_find(peers, PEER_TC_EMPTY, NULL);
	const struct peer *nft = peers_find(peers, PEER_NFT_EMPTY, NULL);
	const struct peer *ipt = peers_find(peers, PEER_IPT_EMPTY, NULL);

	fprintf(out,
		"\nBeside others: ns per frame at a veth device, the same frames for "
		"all, every one dropped; less the cost\n"
		"of a frame dropped by the same hook without a list: minimum (median) of "
		"%u runs. The hooks alone:\n"
		"TC %.0f (%.0f), nftables %.0f (%.0f), iptables %.0f (%.0f). IPv4; "
		"packets inside random lines. Behind: time to load.\n\n"
		"kind    lines       Pinhole (TC)   linear BPF (TC)         nftables, "
		"rules"
		"           nftables, set             ipset\n",
		report->options.rounds, samples_min(&tc->samples),
		samples_median(&tc->samples), samples_min(&nft->samples),
		samples_median(&nft->samples), samples_min(&ipt->samples),
		samples_median(&ipt->samples));
	for (uint32_t i = 0; i < report->n_sets; i++) {
		const struct bench_set *set = &report->sets[i];

		if (!peers_find(peers, PEER_TC_WALK, set))
			continue;
		fprintf(out, "%-6s %6u", set_kind_name(set->kind), set->n_lines);
		print_peer(peers, PEER_TC_WALK, set, false, out);
		print_peer(peers, PEER_TC_LINEAR, set, false, out);
		print_peer(peers, PEER_NFT_LINEAR, set, true, out);
		print_peer(peers, PEER_NFT_SET, set, true, out);
		print_peer(peers, PEER_IPSET, set, true, out);
		fputc('\n', out);
	}
	fputs("order matters: a set has none, so it cannot hold a first-match list with "
	      "overlaps. no such set type: ipset\nknows none of prefix, range of ports, "
	      "prefix. linear: not tried, its cost grows with the lines.\n",
	      out);
}

/* ---- */

int report_write(const struct report *report)
{
	uint32_t exceeded;
	FILE *json;
	int err;

	print_lookups(report, stdout);
	if (!report->options.quick)
		print_steps(report, stdout);
	print_worst(report, stdout);
	if (report->options.peers)
		print_peers(report, stdout);
	exceeded =
		limits_print(report, stdout, report->options.quick ? QUICK_SLACK : 1.0);
	printf("\n%.0f s\n", (bench_now_ns() - report->started_ns) / 1e9);
	if (report->options.json) {
		json = fopen(report->options.json, "we");
		if (!json)
			return bench_fail("%s: %s", report->options.json,
					  strerror(errno));
		err = json_write(report, json);
		if (fclose(json) || err)
			return bench_fail("%s: writing failed", report->options.json);
		printf("bench-acl: written to %s\n", report->options.json);
	}
	return report->options.quick && exceeded ? -1 : 0;
}
