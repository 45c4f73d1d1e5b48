// SPDX-License-Identifier: GPL-2.0
/*
 * writer.c - the image as it grows.
 *
 * Why it exists: every stage appends to the same three arrays, and this is the one
 * place where their limits are kept. What was appended for nothing is taken back by
 * acl_writer_rewind(), so that a stage may try, measure and try otherwise.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "acl/part.h"

int acl_refuse(struct acl_writer *writer, const char *what, uint64_t needed,
	       uint64_t limit)
{
	writer->why->what = what;
	writer->why->needed = needed;
	writer->why->limit = limit;
	return -E2BIG;
}

/* Room for `needed` elements of `size` bytes in *array; the new ones are zero. */
static int reserve(void **array, size_t *capacity, size_t needed, size_t size)
{
	size_t wanted = *capacity ? *capacity : 256;
	char *moved;

	if (needed <= *capacity)
		return 0;
	while (wanted < needed)
		wanted *= 2;
	moved = realloc(*array, wanted * size);
	if (!moved)
		return -ENOMEM;
	memset(moved + *capacity * size, 0, (wanted - *capacity) * size);
	*array = moved;
	*capacity = wanted;
	return 0;
}

int64_t acl_writer_words(struct acl_writer *writer, size_t n, size_t align)
{
	size_t first = (writer->n_words + align - 1) & ~(align - 1);
	int err;

	if (n > writer->limits.words || first > writer->limits.words - n)
		return acl_refuse(writer, "words", first + n, writer->limits.words);
	err = reserve((void **)&writer->words, &writer->words_capacity, first + n,
		      sizeof(*writer->words));
	if (err)
		return err;
	writer->n_words = first + n;
	return (int64_t)first;
}

static struct acl_rule4 rule4_of(const struct acl_term *term)
{
	return (struct acl_rule4){
		.src = (uint32_t)term->src_low,
		.dst = (uint32_t)term->dst_low,
		.src_port_low = term->src_port_low,
		.src_port_span = term->src_port_high - term->src_port_low,
		.dst_port_low = term->dst_port_low,
		.dst_port_span = term->dst_port_high - term->dst_port_low,
		.head = term->head,
		.cond = term->cond,
		.src_shift = 32 - term->src_len,
		.dst_shift = 32 - term->dst_len,
	};
}

static struct acl_rule6 rule6_of(const struct acl_term *term)
{
	return (struct acl_rule6){
		.src_high = term->src_high,
		.src_low = term->src_low,
		.dst_high = term->dst_high,
		.dst_low = term->dst_low,
		.src_port_low = term->src_port_low,
		.src_port_span = term->src_port_high - term->src_port_low,
		.dst_port_low = term->dst_port_low,
		.dst_port_span = term->dst_port_high - term->dst_port_low,
		.head = term->head,
		.cond = term->cond,
		.src_shift = 128 - term->src_len,
		.dst_shift = 128 - term->dst_len,
	};
}

static int64_t write_rules4(struct acl_writer *writer, const struct acl_term *terms,
			    const uint32_t *order, size_t n)
{
	size_t first = writer->n_rules4;
	int err;

	if (n > writer->limits.rules4 || first > writer->limits.rules4 - n)
		return acl_refuse(writer, "IPv4 rules", first + n, writer->limits.rules4);
	err = reserve((void **)&writer->rules4, &writer->rules4_capacity, first + n,
		      sizeof(*writer->rules4));
	if (err)
		return err;
	for (size_t i = 0; i < n; i++)
		writer->rules4[first + i] = rule4_of(&terms[order[i]]);
	writer->n_rules4 += n;
	return (int64_t)first;
}

static int64_t write_rules6(struct acl_writer *writer, const struct acl_term *terms,
			    const uint32_t *order, size_t n)
{
	size_t first = writer->n_rules6;
	int err;

	if (n > writer->limits.rules6 || first > writer->limits.rules6 - n)
		return acl_refuse(writer, "IPv6 rules", first + n, writer->limits.rules6);
	err = reserve((void **)&writer->rules6, &writer->rules6_capacity, first + n,
		      sizeof(*writer->rules6));
	if (err)
		return err;
	for (size_t i = 0; i < n; i++)
		writer->rules6[first + i] = rule6_of(&terms[order[i]]);
	writer->n_rules6 += n;
	return (int64_t)first;
}

int64_t acl_writer_rules(struct acl_writer *writer, enum acl_family family,
			 const struct acl_term *terms, const uint32_t *order, size_t n)
{
	return family == ACL_IPV4 ? write_rules4(writer, terms, order, n)
				  : write_rules6(writer, terms, order, n);
}

struct acl_mark acl_writer_mark(const struct acl_writer *writer)
{
	return (struct acl_mark){writer->n_words, writer->n_rules4, writer->n_rules6};
}

void acl_writer_rewind(struct acl_writer *writer, struct acl_mark mark)
{
	/* Appended words are promised to be zero; rules are written whole. */
	memset(writer->words + mark.n_words, 0,
	       (writer->n_words - mark.n_words) * sizeof(*writer->words));
	writer->n_words = mark.n_words;
	writer->n_rules4 = mark.n_rules4;
	writer->n_rules6 = mark.n_rules6;
}
