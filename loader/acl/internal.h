/* SPDX-License-Identifier: GPL-2.0 */
/*
 * internal.h - what the stages of the access-list compiler hand one another:
 *
 *   lines -> terms -> tuples -> tables -> tries, slots, trees -> image
 *   terms.c	       tuples.c	 part.c	   trie.c, tree.c	 image.c
 *	\-> classes -> terms (of class numbers) -> the same again
 *	    classes.c
 *
 * Who may include it: loader/acl only, and its unit tests.
 */
#ifndef PINHOLE_ACL_INTERNAL_H
#define PINHOLE_ACL_INTERNAL_H

#include <pinhole/acl.h>

static inline uint64_t acl_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t acl_max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* The highest number of `bits` bits, 0..64. */
static inline uint64_t acl_low_ones(unsigned int bits)
{
	return bits ? ~0ull >> (64 - bits) : 0;
}

/* A line or a part of one: one prefix, one range of each. */
struct acl_term {
	uint64_t src_high; /* IPv4 and classes: 0 */
	uint64_t src_low;
	uint64_t dst_high;
	uint64_t dst_low;
	uint16_t src_port_low; /* inclusive */
	uint16_t src_port_high;
	uint16_t dst_port_low;
	uint16_t dst_port_high;
	uint32_t head; /* as in a rule: line, permit, protocol */
	uint16_t cond; /* as in a rule */
	uint8_t src_len;
	uint8_t dst_len;
};

/* The image as it grows. Whoever appends checks the limit. */
struct acl_writer {
	uint64_t *words;
	struct acl_rule4 *rules4;
	struct acl_rule6 *rules6;
	size_t n_words, words_capacity;
	size_t n_rules4, rules4_capacity;
	size_t n_rules6, rules6_capacity;
	struct acl_limits limits;
	struct acl_refusal *why; /* of the list under way */
};

/*
 * Append n zeroed words, the first at a multiple of align (a power of two).
 * Pointers into the array are void after that.
 * Return: their index, or -ENOMEM, -E2BIG (why is filled).
 */
int64_t acl_writer_words(struct acl_writer *writer, size_t n, size_t align);

/*
 * Append the terms as one leaf. @order: their indexes, by ascending line
 * Return: index of the first rule, or -ENOMEM, -E2BIG.
 */
int64_t acl_writer_rules(struct acl_writer *writer, enum acl_family family,
			 const struct acl_term *terms, const uint32_t *order, size_t n);

/*
 * Build a header for terms of one family (or of classes: ACL_IPV4 with addresses
 * that are class numbers, of any length: numbers are given so that sets are few
 * prefixes).
 * @terms: by ascending line; n is at least 1
 * @header: index of ACL_H_WORDS words that were appended for it; what belongs to
 *	    classes is left alone
 * Return: 0, -ENOMEM, -E2BIG
 */
int acl_part_build(struct acl_writer *writer, enum acl_family family,
		   const struct acl_term *terms, size_t n, uint32_t header,
		   struct acl_figures *figures);

/* ---- sets and products ---- */

/* A service's conditions as rules have them: with ACL_COND_PORTS. */
uint16_t acl_service_cond(const struct acl_service *service);

/* A term of the line and one of its services: all but the addresses. */
struct acl_term acl_term_of(const struct acl_line *line,
			    const struct acl_service *service);

/* Sort prefixes, drop those within others, merge halves: the least list of prefixes
 * of the same addresses. Return: how many are left. */
size_t acl_prefixes_reduce(struct acl_prefix *prefixes, size_t n);

/* Likewise services: within others dropped, adjacent ranges joined. */
size_t acl_services_reduce(struct acl_service *services, size_t n);

/*
 * Build the classes of lines whose products are too large to be expanded: class
 * tries of both addresses, and a header that is asked by classes.
 * @lines: reduced sets of one family, by ascending number; n is at least 1
 * @header: the list's header; ACL_H_SRC_CLASS on are filled in
 * Return: 0, -ENOMEM, -E2BIG
 */
int acl_classes_build(struct acl_writer *writer, enum acl_family family,
		      const struct acl_line *lines, size_t n, uint32_t header,
		      struct acl_figures *figures);

#endif /* PINHOLE_ACL_INTERNAL_H */
