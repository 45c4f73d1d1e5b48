// SPDX-License-Identifier: GPL-2.0
/*
 * json.c - the figures for machines. See report.h.
 *
 * Nothing printed here needs escaping: names are the bench's own, and reasons have
 * neither quotes nor backslashes.
 */
#include <sys/utsname.h>

#include "report.h"
#include "sets.h"

static void put_samples(FILE *out, const char *name, const struct bench_samples *samples,
			double less_min, double less_median)
{
	fprintf(out, ",\"%s\":{\"min\":%.2f,\"median\":%.2f,\"max\":%.2f,\"runs\":%u}",
		name, samples_min(samples) - less_min,
		samples_median(samples) - less_median, samples_max(samples) - less_min,
		samples->n);
}

static void put_lookup(const struct report *report, FILE *out, const char *name,
		       const struct bench_samples *samples)
{
	if (samples->n)
		put_samples(out, name, samples, samples_min(&report->lookup.harness),
			    samples_median(&report->lookup.harness));
}

static void put_steps(FILE *out, const char *name, const struct bench_steps *s)
{
	fprintf(out,
		",\"%s\":{\"trie\":%.3f,\"tables\":%.3f,\"probes\":%.3f,\"scans\":%.3f,"
		"\"tree\":%.3f,\"rules\":%.3f,\"classes\":%.3f,\"matched\":%.4f}",
		name, s->trie, s->tables, s->probes, s->scans, s->tree, s->rules,
		s->classes, s->matched);
}

static void put_figures(FILE *out, const struct acl_figures *f)
{
	fprintf(out,
		",\"figures\":{\"rules\":%u,\"tables\":%u,\"trie_steps\":%u,"
		"\"tree_steps\":%u,\"leaf\":%u,\"class_steps\":%u,\"classes\":%u,"
		"\"worst_probes\":%u,\"worst_nodes\":%u,\"worst_rules\":%u}",
		f->rules, f->tables, f->trie_steps, f->tree_steps, f->leaf,
		f->class_steps, f->classes, f->worst_probes, f->worst_nodes,
		f->worst_rules);
}

static void put_set(const struct report *report, const struct bench_set *set, FILE *out)
{
	fprintf(out, "{\"kind\":\"%s\",\"family\":%d,\"lines\":%u,\"build_ms\":%.2f",
		set_kind_name(set->kind), set->family == ACL_IPV4 ? 4 : 6, set->n_lines,
		set->build_ms);
	if (set->refused[0]) {
		fprintf(out, ",\"refused\":\"%s\"}", set->refused);
		return;
	}
	fprintf(out, ",\"bytes\":%zu", acl_image_bytes(&set->image));
	put_figures(out, &set->image.figures[0][set->family]);
	put_lookup(report, out, "lines_ns", &set->walk[TRACE_LINES]);
	put_lookup(report, out, "local_ns", &set->walk[TRACE_LOCAL]);
	put_lookup(report, out, "worst_ns", &set->walk[TRACE_WORST]);
	put_lookup(report, out, "linear_ns", &set->linear);
	put_steps(out, "lines_steps", &set->steps[TRACE_LINES]);
	put_steps(out, "local_steps", &set->steps[TRACE_LOCAL]);
	if (set->traces[TRACE_WORST].n)
		put_steps(out, "worst_steps", &set->steps[TRACE_WORST]);
	fputc('}', out);
}

static const char *const peer_names[N_PEER_KINDS] = {
	"tc-empty",	  "tc-pinhole",	  "tc-linear",	    "nftables-empty",
	"nftables-rules", "nftables-set", "iptables-empty", "ipset"};

/* With what its hook costs: that of the EMPTY ones is beside it. */
static void put_peer(const struct peer *peer, FILE *out)
{
	fprintf(out, "{\"peer\":\"%s\"", peer_names[peer->kind]);
	if (peer->set)
		fprintf(out, ",\"kind\":\"%s\",\"lines\":%u",
			set_kind_name(peer->set->kind), peer->set->n_lines);
	if (peer->reason[0])
		fprintf(out, ",\"reason\":\"%s\"", peer->reason);
	else
		put_samples(out, "frame_ns", &peer->samples, 0, 0);
	fprintf(out, ",\"load_ms\":%.1f}", peer->load_ms);
}

int json_write(const struct report *report, FILE *out)
{
	const struct lookup *lookup = &report->lookup;
	struct utsname name = {0};

	uname(&name);
	fprintf(out,
		"{\"commit\":\"%s\",\"kernel\":\"%s\",\"machine\":\"%s\",\"cpu\":%d,"
		"\"rounds\":%u,\"load_ms\":%.2f,\"verified_insns\":%u,\"jited_bytes\":%u",
		report->options.commit, name.release, name.machine, report->options.cpu,
		report->options.rounds, lookup->load_ms, lookup->verified_insns,
		lookup->jited_bytes);
	put_samples(out, "harness_ns", &lookup->harness, 0, 0);
	fputs(",\n\"sets\":[", out);
	for (uint32_t i = 0; i < report->n_sets; i++) {
		fputs(i ? ",\n" : "\n", out);
		put_set(report, &report->sets[i], out);
	}
	fputs("],\n\"peers\":[", out);
	for (uint32_t i = 0; i < report->peers.n_peers; i++) {
		fputs(i ? ",\n" : "\n", out);
		put_peer(&report->peers.peers[i], out);
	}
	fputs("]}\n", out);
	return ferror(out) ? -1 : 0;
}
