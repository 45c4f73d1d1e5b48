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

static bool prefix_valid(const struct acl_prefix *prefix)
{
	unsigned int host;

	if (prefix->family == ACL_IPV4)
		return prefix->len <= 32 && !prefix->high &&
		       !(prefix->low & acl_low_ones(32 - prefix->len)) &&
		       !(prefix->low >> 32);
	if (prefix->family != ACL_IPV6 || prefix->len > 128)
		return false;
	host = 128 - prefix->len;
	return !(prefix->low & acl_low_ones(host < 64 ? host : 64)) &&
	       !(prefix->high & acl_low_ones(host > 64 ? host - 64 : 0));
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

static bool every_port(const struct acl_service *service)
{
	return !service->src_port_low && service->src_port_high == 65535 &&
	       !service->dst_port_low && service->dst_port_high == 65535;
}

/* A set of one is reduced, unless it is of the other family or says too much. */
static bool is_reduced(const struct acl_line *line, enum acl_family family)
{
	return line->n_src == 1 && line->n_dst == 1 && line->n_services == 1 &&
	       line->src->family == family && line->dst->family == family &&
	       (!line->services->any_proto || every_port(line->services));
}

static int reduce(struct acl_line *line, enum acl_family family, struct acl_sets *sets)
{
	int err = 0;

	if (is_reduced(line, family))
		return 0;
	err = acl_sets_prefixes(sets, family, &line->src, &line->n_src);
	if (!err && line->n_src)
		err = acl_sets_prefixes(sets, family, &line->dst, &line->n_dst);
	if (!err && line->n_src && line->n_dst)
		err = acl_sets_services(sets, &line->services, &line->n_services);
	return err;
}

static bool is_empty(const struct acl_line *line)
{
	return !line->n_src || !line->n_dst || !line->n_services;
}

/* Lines of the other family are told apart before anything is made of them: most
 * lists have one family. */
static bool is_foreign(const struct acl_line *line, enum acl_family family)
{
	return is_empty(line) || (line->n_src == 1 && line->src->family != family);
}

int acl_family_lines_make(const struct acl_list *list, enum acl_family family,
			  struct acl_family_lines *out)
{
	size_t n = 0, n_unreduced = 0;
	int err;

	for (size_t i = 0; i < list->n_lines; i++) {
		if (is_foreign(&list->lines[i], family))
			continue;
		n++;
		n_unreduced += !is_reduced(&list->lines[i], family);
	}
	if (!n)
		return 0;
	out->lines = malloc(n * sizeof(*out->lines));
	err = out->lines ? acl_sets_init(&out->sets, n_unreduced) : -ENOMEM;
	for (size_t i = 0; !err && i < list->n_lines; i++) {
		struct acl_line line = list->lines[i];

		if (is_foreign(&line, family))
			continue;
		err = reduce(&line, family, &out->sets);
		if (!is_empty(&line))
			out->lines[out->n++] = line;
	}
	return err;
}

void acl_family_lines_free(struct acl_family_lines *lines)
{
	free(lines->lines);
	acl_sets_free(&lines->sets);
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

uint16_t acl_service_cond(const struct acl_service *service)
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
		.cond = acl_service_cond(service),
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

	expansion->terms = calloc(n_terms ? n_terms : 1, sizeof(*expansion->terms));
	expansion->large = calloc(expansion->n_large + 1, sizeof(*expansion->large));
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
