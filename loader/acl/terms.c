// SPDX-License-Identifier: GPL-2.0
/*
 * terms.c - lines become terms.
 *
 * Why it exists: a line is a product of three sets, a rule of the image has one
 * prefix, one range of each. Small products are expanded into terms; lines of large
 * ones are handed to classes.c as they are.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "acl/terms.h"

/* ---- checking what the caller says ---- */

static uint64_t low_ones(unsigned int bits)
{
	return bits ? ~0ull >> (64 - bits) : 0;
}

static bool prefix_valid(const struct acl_prefix *prefix)
{
	unsigned int host;

	if (prefix->family == ACL_IPV4)
		return prefix->len <= 32 && !prefix->high &&
		       !(prefix->low & low_ones(32 - prefix->len)) &&
		       !(prefix->low >> 32);
	if (prefix->family != ACL_IPV6 || prefix->len > 128)
		return false;
	host = 128 - prefix->len;
	return !(prefix->low & low_ones(host < 64 ? host : 64)) &&
	       !(prefix->high & low_ones(host > 64 ? host - 64 : 0));
}

static bool service_valid(const struct acl_service *service)
{
	const uint32_t conditions = 63 | 63 << 6 | ACL_COND_ANY | ACL_COND_FRAGMENTS;

	return service->src_port_low <= service->src_port_high &&
	       service->dst_port_low <= service->dst_port_high &&
	       !(service->cond & ~conditions);
}

static bool line_valid(const struct acl_line *line)
{
	if (line->number >= ACL_MAX_LINES)
		return false;
	for (uint32_t i = 0; i < line->n_src; i++)
		if (!prefix_valid(&line->src[i]))
			return false;
	for (uint32_t i = 0; i < line->n_dst; i++)
		if (!prefix_valid(&line->dst[i]))
			return false;
	for (uint32_t i = 0; i < line->n_services; i++)
		if (!service_valid(&line->services[i]))
			return false;
	return true;
}

bool acl_list_valid(const struct acl_list *list)
{
	for (size_t i = 0; i < list->n_lines; i++)
		if (!line_valid(&list->lines[i]) ||
		    (i && list->lines[i].number <= list->lines[i - 1].number))
			return false;
	return true;
}

/* ---- lines of one family ---- */

/* Where copies of sets are put: room for all of them was made. */
struct shelf {
	struct acl_prefix *prefixes;
	struct acl_service *services;
};

/* Set *set to its reduced prefixes of one family. Return: how many */
static uint32_t pick_prefixes(const struct acl_prefix **set, uint32_t n,
			      enum acl_family family, struct shelf *shelf)
{
	struct acl_prefix *copy = shelf->prefixes;
	uint32_t kept = 0;

	if (n == 1)
		return (*set)[0].family == family;
	for (uint32_t i = 0; i < n; i++)
		if ((*set)[i].family == family)
			copy[kept++] = (*set)[i];
	kept = (uint32_t)acl_prefixes_reduce(copy, kept);
	shelf->prefixes += kept;
	*set = copy;
	return kept;
}

static uint32_t pick_services(const struct acl_service **set, uint32_t n,
			      struct shelf *shelf)
{
	struct acl_service *copy = shelf->services;

	if (!n || (n == 1 && !(*set)[0].any_proto))
		return n;
	memcpy(copy, *set, n * sizeof(*copy));
	n = (uint32_t)acl_services_reduce(copy, n);
	shelf->services += n;
	*set = copy;
	return n;
}

int acl_family_lines_make(const struct acl_list *list, enum acl_family family,
			  struct acl_family_lines *out)
{
	size_t n_prefixes = 1, n_services = 1;
	struct shelf shelf;

	for (size_t i = 0; i < list->n_lines; i++) {
		n_prefixes += (size_t)list->lines[i].n_src + list->lines[i].n_dst;
		n_services += list->lines[i].n_services;
	}
	out->lines = malloc((list->n_lines + 1) * sizeof(*out->lines));
	out->prefixes = malloc(n_prefixes * sizeof(*out->prefixes));
	out->services = malloc(n_services * sizeof(*out->services));
	if (!out->lines || !out->prefixes || !out->services)
		return -ENOMEM;
	shelf = (struct shelf){out->prefixes, out->services};
	for (size_t i = 0; i < list->n_lines; i++) {
		struct acl_line line = list->lines[i];

		line.n_src = pick_prefixes(&line.src, line.n_src, family, &shelf);
		if (line.n_src)
			line.n_dst = pick_prefixes(&line.dst, line.n_dst, family, &shelf);
		if (line.n_src && line.n_dst)
			line.n_services =
				pick_services(&line.services, line.n_services, &shelf);
		if (line.n_src && line.n_dst && line.n_services)
			out->lines[out->n++] = line;
	}
	return 0;
}

void acl_family_lines_free(struct acl_family_lines *lines)
{
	free(lines->lines);
	free(lines->prefixes);
	free(lines->services);
}

/* ---- products ---- */

/* Saturates: three counts of 32 bits may be more than 64. */
static uint64_t product_of(const struct acl_line *line)
{
	uint64_t addresses = (uint64_t)line->n_src * line->n_dst;
	uint64_t product;

	if (__builtin_mul_overflow(addresses, (uint64_t)line->n_services, &product))
		return UINT64_MAX;
	return product;
}

uint64_t acl_count_terms(const struct acl_family_lines *lines, uint64_t threshold,
			 size_t *n_large)
{
	uint64_t terms = 0;

	*n_large = 0;
	for (size_t i = 0; i < lines->n; i++) {
		uint64_t product = product_of(&lines->lines[i]);

		if (product > threshold)
			++*n_large;
		else
			terms += product;
	}
	return terms;
}

static bool every_port(const struct acl_service *service)
{
	return !service->src_port_low && service->src_port_high == 65535 &&
	       !service->dst_port_low && service->dst_port_high == 65535;
}

/* A service's conditions, as rules have them. */
static uint16_t cond_of(const struct acl_service *service)
{
	bool flags = ACL_COND_SET(service->cond) || ACL_COND_CLEAR(service->cond);

	if ((service->any_proto || every_port(service)) && !flags)
		return service->cond;
	return service->cond | ACL_COND_PORTS;
}

struct acl_term acl_term_of(const struct acl_line *line,
			    const struct acl_service *service)
{
	return (struct acl_term){
		.src_port_low = service->src_port_low,
		.src_port_high = service->src_port_high,
		.dst_port_low = service->dst_port_low,
		.dst_port_high = service->dst_port_high,
		.head = ACL_HEAD(line->number, line->permit, service->any_proto,
				 service->proto),
		.cond = cond_of(service),
	};
}

static void set_addresses(struct acl_term *term, const struct acl_prefix *src,
			  const struct acl_prefix *dst)
{
	term->src_high = src->high;
	term->src_low = src->low;
	term->src_len = src->len;
	term->dst_high = dst->high;
	term->dst_low = dst->low;
	term->dst_len = dst->len;
}

static size_t expand_line(const struct acl_line *line, struct acl_term *terms)
{
	size_t n = 0;

	for (uint32_t v = 0; v < line->n_services; v++) {
		const struct acl_term term = acl_term_of(line, &line->services[v]);

		for (uint32_t s = 0; s < line->n_src; s++) {
			for (uint32_t d = 0; d < line->n_dst; d++) {
				terms[n] = term;
				set_addresses(&terms[n++], &line->src[s], &line->dst[d]);
			}
		}
	}
	return n;
}

int acl_expand(const struct acl_family_lines *lines, uint64_t threshold,
	       struct acl_expansion *expansion)
{
	uint64_t n_terms = acl_count_terms(lines, threshold, &expansion->n_large);

	expansion->terms = malloc((n_terms + 1) * sizeof(*expansion->terms));
	expansion->large = malloc((expansion->n_large + 1) * sizeof(*expansion->large));
	if (!expansion->terms || !expansion->large)
		return -ENOMEM;
	expansion->n_large = 0;
	for (size_t i = 0; i < lines->n; i++) {
		const struct acl_line *line = &lines->lines[i];

		if (product_of(line) > threshold)
			expansion->large[expansion->n_large++] = *line;
		else
			expansion->n_terms +=
				expand_line(line, expansion->terms + expansion->n_terms);
	}
	return 0;
}

void acl_expansion_free(struct acl_expansion *expansion)
{
	free(expansion->terms);
	free(expansion->large);
}
