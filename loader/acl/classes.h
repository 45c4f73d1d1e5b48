/* SPDX-License-Identifier: GPL-2.0 */
/*
 * classes.h - what the stages of acl_classes_build() hand one another. For the
 * sources of the lines, and once more for their destinations:
 *
 *   sets -> memberships and regions -> numbers -> class trie
 *	     class_sweep.c		class_number.c	class_trie.c
 *
 * Words: a set is one that occurs in the lines. An address's membership says which
 * sets it belongs to. A class is all addresses of one membership; it has a number.
 * A region is a prefix without the narrower regions within it: all its addresses
 * have one membership.
 *
 * Who may include it: those, classes.c, and their unit tests.
 */
#ifndef PINHOLE_ACL_CLASSES_H
#define PINHOLE_ACL_CLASSES_H

#include "acl/internal.h"

/* Classes times sets they belong to; what numbering them takes memory for. */
#define ACL_MAX_MEMBERSHIPS (1u << 23)

/* What lines may become, for the memory that building takes: 48 bytes each. */
#define ACL_MAX_CLASS_TERMS (1u << 22)

/* A reduced set of prefixes of one family, neither none nor all; the caller's. */
struct acl_set {
	const struct acl_prefix *prefixes;
	uint32_t n;
};

/* The address's bits start at the top of `high`, also of IPv4's 32. */
struct acl_region {
	uint64_t high;
	uint64_t low;
	uint32_t class; /* membership, and once they are numbered number */
	uint8_t len;
};

/* The sets of `parent` and some more. Index 0 is the empty one, its own parent. */
struct acl_membership {
	uint64_t hash; /* of all its sets, in whatever order they came */
	uint32_t parent;
	uint32_t first_set; /* index into set_ids of the first one more ... */
	uint32_t n_more;    /* ... and how many */
	uint32_t n_sets;    /* all */
	uint32_t number;
	bool is_class; /* there are addresses that have it */
};

/* One class or, with len < 32, all classes whose numbers share their first bits. */
struct acl_class_prefix {
	uint32_t number;
	uint8_t len;
};

/* The addresses of one family by class; acl_partition_free() it. */
struct acl_partition {
	enum acl_family family;
	struct acl_region *regions; /* ascending, the wider first */
	size_t n_regions;
	struct acl_membership *memberships;
	size_t n_memberships;
	uint32_t *set_ids;
	uint32_t n_classes; /* that belong to a set */
	/* What of class numbers is set s: prefixes [first_prefix[s], [s + 1]). */
	struct acl_class_prefix *prefixes;
	uint32_t *first_prefix;
};

void acl_partition_free(struct acl_partition *partition);

/*
 * Find memberships and regions.
 * @partition: zero but for the family; on failure, too, free it
 * Return: 0, -ENOMEM
 */
int acl_partition_sweep(struct acl_partition *partition, const struct acl_set *sets,
			uint32_t n_sets);

/*
 * Number the classes so that sets are few prefixes of numbers; the regions' classes
 * become numbers. 0 is the class of addresses in no set, and in no set's prefixes.
 * Return: 0, -ENOMEM, -E2BIG (why is filled)
 */
int acl_partition_number(struct acl_partition *partition, uint32_t n_sets,
			 struct acl_writer *writer);

/*
 * Write a class trie: from an address to the class of the narrowest region that
 * has it, 0 if there is none.
 * @regions: ascending, the wider first, none twice; put in another order
 * @root: becomes the trie's root
 * @steps: raised to the most nodes and guards from the root to a class
 * Return: 0, -ENOMEM, -E2BIG (why is filled)
 */
int acl_class_trie_build(struct acl_writer *writer, enum acl_family family,
			 struct acl_region *regions, size_t n, uint64_t *root,
			 uint32_t *steps);

#endif /* PINHOLE_ACL_CLASSES_H */
