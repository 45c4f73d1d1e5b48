// SPDX-License-Identifier: GPL-2.0
/*
 * image_check.c - descriptors, tries, trees, leaves, tables, class tries: each
 * within the image, within its bounds, and with the lowest line it claims.
 */
#include "tests/acl/image_check.h"

struct check {
	const struct acl_image *image;
	const struct acl_figures *figures;
	struct image_fault *fault;
	enum acl_family family;
	uint32_t tables;				    /* of the header under way */
	uint32_t lowest;				    /* its first line */
	uint32_t trie_steps, tree_steps, leaf, class_steps; /* deepest seen */
};

static bool fail(const struct check *check, const char *what, uint64_t where)
{
	*check->fault = (struct image_fault){what, where};
	return false;
}

static bool has_words(const struct check *check, uint64_t first, uint64_t n)
{
	return first && first + n <= check->image->n_words;
}

static size_t n_rules(const struct check *check)
{
	return check->family == ACL_IPV4 ? check->image->n_rules4
					 : check->image->n_rules6;
}

static uint32_t rule_head(const struct check *check, uint32_t index)
{
	return check->family == ACL_IPV4 ? check->image->rules4[index].head
					 : check->image->rules6[index].head;
}

static bool check_shifts(const struct check *check, uint32_t index)
{
	unsigned int bits = check->family == ACL_IPV4 ? 32 : 128;

	if (check->family == ACL_IPV4)
		return check->image->rules4[index].src_shift <= bits &&
		       check->image->rules4[index].dst_shift <= bits;
	return check->image->rules6[index].src_shift <= bits &&
	       check->image->rules6[index].dst_shift <= bits;
}

/* Its rules are by ascending line; the first may be no earlier than the descriptors
 * above say. A line may have several: it may be a product. */
static bool check_leaf(struct check *check, uint64_t leaf, uint32_t *lowest)
{
	uint32_t base = ACL_D_BASE(leaf), n = ACL_D_COUNT(leaf);

	if (n > ACL_MAX_LEAF)
		return fail(check, "a leaf's rules are too many", leaf);
	if ((uint64_t)base + n > n_rules(check))
		return fail(check, "a leaf's rules are beyond the image", leaf);
	check->leaf = n > check->leaf ? n : check->leaf;
	*lowest = n ? ACL_HEAD_LINE(rule_head(check, base)) : ACL_NO_LINE;
	for (uint32_t i = 0; i < n; i++) {
		if (i && ACL_HEAD_LINE(rule_head(check, base + i)) <
				 ACL_HEAD_LINE(rule_head(check, base + i - 1)))
			return fail(check, "a leaf's rules are out of order", base + i);
		if (!check_shifts(check, base + i))
			return fail(check, "a rule's shift is too large", base + i);
	}
	return true;
}

/* @lowest: the lowest line below */
static bool check_tree(struct check *check, uint64_t tree, uint32_t steps,
		       uint32_t *lowest)
{
	uint32_t below, n = 1u << ACL_D_BITS(tree), base = ACL_D_BASE(tree);
	uint32_t sels = check->family == ACL_IPV4 ? ACL_SEL4_PORTS : ACL_SEL6_PORTS;

	if (!(tree & ACL_NODE)) {
		check->tree_steps = steps > check->tree_steps ? steps : check->tree_steps;
		return check_leaf(check, tree, lowest);
	}
	if (steps == ACL_MAX_TREE_STEPS)
		return fail(check, "a tree is too deep", tree);
	if (!ACL_D_BITS(tree) || ACL_D_BITS(tree) > 14 || ACL_D_SEL(tree) > sels ||
	    !has_words(check, base, n))
		return fail(check, "a tree's node is no node", tree);
	*lowest = ACL_NO_LINE;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t child = check->image->words[base + i];

		if (ACL_D_TAG(child))
			return fail(check, "a tag where no slot is", child);
		if (!child)
			continue;
		if (!check_tree(check, child, steps + 1, &below))
			return false;
		*lowest = below < *lowest ? below : *lowest;
	}
	return true;
}

/* A slot or ACL_H_ALWAYS. What it says of its lowest line decides whether it is
 * looked into: it may not be too late. */
static bool check_root(struct check *check, uint64_t root, uint32_t *lowest)
{
	if (!check_tree(check, root, 0, lowest))
		return false;
	if (ACL_D_LINE(root) > *lowest)
		return fail(check, "a descriptor's line is later than what is below",
			    root);
	return true;
}

static bool check_slots(struct check *check, uint64_t table, uint32_t *lowest)
{
	uint32_t n = 1u << ACL_T_SLOT_BITS(table), base = ACL_T_BASE(table), below;

	if (ACL_T_SLOT_BITS(table) > 23 || !has_words(check, base, n))
		return fail(check, "a table's slots are beyond the image", table);
	*lowest = ACL_NO_LINE;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t slot = check->image->words[base + i];

		if (!slot)
			continue;
		if (!check_root(check, slot, &below))
			return false;
		*lowest = below < *lowest ? below : *lowest;
	}
	return true;
}

static bool check_tables(struct check *check, uint64_t first)
{
	uint32_t bits = check->family == ACL_IPV4 ? 32 : 128, before = 0, lowest;

	for (uint32_t i = 0; i < check->tables; i++) {
		uint64_t table;

		if (!has_words(check, first + i, 1))
			return fail(check, "a table is beyond the image", first + i);
		table = check->image->words[first + i];
		if (ACL_T_SRC_SHIFT(table) > bits || ACL_T_DST_SHIFT(table) > bits)
			return fail(check, "a table's shift is too large", first + i);
		if (!check_slots(check, table, &lowest))
			return false;
		if (ACL_T_LINE(table) > lowest)
			return fail(check, "a table's line is later than its lowest",
				    table);
		check->lowest = lowest < check->lowest ? lowest : check->lowest;
		if (ACL_T_LINE(table) < before)
			return fail(check, "tables are out of order", first + i);
		before = ACL_T_LINE(table);
	}
	return true;
}

/* Collects how many tables the bitmaps speak of. */
static bool check_trie(struct check *check, uint64_t node, uint32_t steps)
{
	uint32_t n = 1u << ACL_D_BITS(node), base = ACL_D_BASE(node);

	if (!(node & ACL_NODE)) {
		while (check->tables < 64 && node >> check->tables)
			check->tables++;
		check->trie_steps = steps > check->trie_steps ? steps : check->trie_steps;
		return check->tables <= ACL_MAX_TABLES
			       ? true
			       : fail(check, "a bitmap of too many tables", node);
	}
	if (steps == ACL_MAX_TRIE_STEPS)
		return fail(check, "a trie is too deep", node);
	if (!ACL_D_BITS(node) || ACL_D_BITS(node) > 14 || ACL_D_SEL(node) > ACL_SEL_LOW ||
	    ACL_D_TAG(node) || ACL_D_LINE(node) || !has_words(check, base, n))
		return fail(check, "a trie's node is no node", node);
	for (uint32_t i = 0; i < n; i++)
		if (!check_trie(check, check->image->words[base + i], steps + 1))
			return false;
	return true;
}

static bool check_header(struct check *check, uint32_t header)
{
	const uint64_t *words = check->image->words + header;

	if (!has_words(check, header, ACL_H_WORDS))
		return fail(check, "a header is beyond the image", header);
	check->tables = 0;
	check->lowest = ACL_NO_LINE;
	return check_trie(check, words[ACL_H_SRC], 0) &&
	       check_trie(check, words[ACL_H_DST], 0) &&
	       (!words[ACL_H_ALWAYS] ||
		check_root(check, words[ACL_H_ALWAYS], &check->lowest)) &&
	       check_tables(check, words[ACL_H_TABLES]);
}

/* @ipv6: whether it is a trie of IPv6 addresses */
static bool check_class_trie(struct check *check, bool ipv6, uint64_t node,
			     uint32_t steps)
{
	const uint64_t *words = check->image->words + ACL_D_BASE(node);
	uint32_t base = ACL_D_BASE(node), first = 0, n;

	if (!(node & ACL_NODE) && !(node & ACL_GUARD)) {
		check->class_steps = steps > check->class_steps ? steps
								: check->class_steps;
		return node >> 32 ? fail(check, "a class is no number", node) : true;
	}
	if (steps == ACL_MAX_CLASS_STEPS)
		return fail(check, "a class trie is too deep", node);
	n = 1u << ACL_D_BITS(node);
	if (!(node & ACL_NODE)) {
		first = ipv6 ? 3 : 1;
		n = first + 2;
	}
	if (!has_words(check, base, n))
		return fail(check, "a class trie leaves the image", node);
	for (uint32_t i = first; i < n; i++)
		if (!check_class_trie(check, ipv6, words[i], steps + 1))
			return false;
	return true;
}

static bool check_classes(struct check *check, uint32_t header)
{
	const uint64_t *words = check->image->words + header;
	bool ipv6 = check->family == ACL_IPV6;

	if (!words[ACL_H_CLASSES])
		return true;
	if (words[ACL_H_CLASSES] >> 32)
		return fail(check, "a header's classes are no index", header);
	if (!check_class_trie(check, ipv6, words[ACL_H_SRC_CLASS], 0) ||
	    !check_class_trie(check, ipv6, words[ACL_H_DST_CLASS], 0))
		return false;
	check->family = ACL_IPV4; /* classes are asked as IPv4 is */
	if (!check_header(check, (uint32_t)words[ACL_H_CLASSES]))
		return false;
	if (words[ACL_H_LINE] > check->lowest)
		return fail(check, "classes have an earlier line than is said", header);
	return true;
}

/* The figures tell the depths; they may not tell less than there is. */
static bool check_figures(const struct check *check)
{
	const struct acl_figures *figures = check->figures;

	if (check->trie_steps > figures->trie_steps)
		return fail(check, "figures: trie_steps", check->trie_steps);
	if (check->tree_steps > figures->tree_steps)
		return fail(check, "figures: tree_steps", check->tree_steps);
	if (check->leaf > figures->leaf)
		return fail(check, "figures: leaf", check->leaf);
	if (check->class_steps > figures->class_steps)
		return fail(check, "figures: class_steps", check->class_steps);
	return true;
}

bool image_check(const struct acl_image *image, size_t list, struct image_fault *fault)
{
	for (int family = 0; family < ACL_N_FAMILIES; family++) {
		struct check check = {
			.image = image,
			.figures = &image->figures[list][family],
			.fault = fault,
			.family = family,
		};
		uint32_t header = family == ACL_IPV4 ? image->roots[list].v4
						     : image->roots[list].v6;

		if (header && (!check_header(&check, header) ||
			       !check_classes(&check, header) || !check_figures(&check)))
			return false;
	}
	return true;
}
