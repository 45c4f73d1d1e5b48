/* SPDX-License-Identifier: GPL-2.0 */
/*
 * acl_walk.h - one question to an access list's image: which line matches first?
 *
 * Why it exists: the walk is the half of the classifier that runs for packets; the
 * other half, the builder, is loader/acl/. abi_acl.h says what an image is, and
 * README.md draws it. Pure: compiles for BPF and natively, so that what the tests
 * prove is what the datapath runs.
 *
 * Who may include it: acl.h; acl_native.h for tests; benchmarks. The includer has
 * defined before how an image is reached:
 *
 *   struct acl_view	which image; a copy of it is in every struct acl_point
 *   acl_word_at(view, index), acl_rule4_at(), acl_rule6_at()
 *			a pointer, or NULL where the image has no such element
 *
 * Functions return whether the image was sound so far. One that meets a bound or a
 * missing element returns false at once, and so does everything above it: nothing is
 * ever answered from a part of an image.
 *
 * The verifier is why some of this reads as it does. What is marked ACL_SEPARATE it
 * walks once, whoever calls it. Where every branch would double the ways through a
 * loop of 96 there is arithmetic instead, and ACL_OPAQUE() keeps the compiler from
 * making branches of it again. And what must outlive a call is in the point rather
 * than on the stack, of which kernel 6.1 grants 512 bytes to a chain of eight calls:
 * ACL_SETTLE() has it read where it is needed, and not before.
 */
#ifndef PINHOLE_BPF_ACL_WALK_H
#define PINHOLE_BPF_ACL_WALK_H

#include "acl_point.h"
#include "acl_rule.h"

/* ---- trees ---- */

/*
 * Walk a tree to its leaf.
 * @tree: a descriptor; becomes the leaf's
 * @words: how many of the point's words a node selects from, less one
 * Return: whether there is one.
 */
static __always_inline bool acl_find_leaf(const struct acl_point *p, __u64 *tree,
					  __u32 words)
{
	for (int i = 0; i <= ACL_MAX_TREE_STEPS; i++) {
		if (!(*tree & ACL_NODE))
			return ACL_D_COUNT(*tree) <= ACL_MAX_LEAF;
		if (!acl_read(&p->view,
			      acl_child(*tree, p->word[ACL_D_SEL(*tree) & words]), tree))
			return false;
	}
	return false;
}

/* The first rule of a tree's leaf that matches is the best so far, unless one before
 * it is. @tree: descriptor */
ACL_SEPARATE int acl_scan4(struct acl_point *p, __u64 tree)
{
	__u32 index, left;

	if (!p || !acl_find_leaf(p, &tree, 1))
		return false;
	index = ACL_D_BASE(tree);
	left = ACL_D_COUNT(tree);
	for (int i = 0; i < ACL_MAX_LEAF && left; i++, left--, index++) {
		const struct acl_rule4 *rule;

		ACL_OPAQUE(left);
		ACL_OPAQUE(index);
		rule = acl_rule4_at(&p->view, index);
		if (!rule)
			return false;
		ACL_OPAQUE(rule);
		if (ACL_HEAD_LINE(rule->head) >= ACL_HEAD_LINE(p->best))
			break;
		if (!acl_rule4_differs(rule, p)) {
			p->best = acl_answer(rule->head, rule->cond);
			break;
		}
	}
	return true;
}

ACL_SEPARATE int acl_scan6(struct acl_point *p, __u64 tree)
{
	__u32 index, left;

	if (!p || !acl_find_leaf(p, &tree, ACL_POINT_WORDS - 1))
		return false;
	index = ACL_D_BASE(tree);
	left = ACL_D_COUNT(tree);
	for (int i = 0; i < ACL_MAX_LEAF && left; i++, left--, index++) {
		const struct acl_rule6 *rule;

		ACL_OPAQUE(left);
		ACL_OPAQUE(index);
		rule = acl_rule6_at(&p->view, index);
		if (!rule)
			return false;
		ACL_OPAQUE(rule);
		if (ACL_HEAD_LINE(rule->head) >= ACL_HEAD_LINE(p->best))
			break;
		if (!acl_rule6_differs(rule, p)) {
			p->best = acl_answer(rule->head, rule->cond);
			break;
		}
	}
	return true;
}

/* ---- tries ---- */

/* The part of an address that a node of a trie selects from. @high, @low: IPv6: its
 * halves; else low is the address */
static __always_inline __u64 acl_trie_field(__u64 node, bool ipv6, __u64 high, __u64 low)
{
	__u64 use_low = -(node >> 10 & 1); /* enum acl_sel_trie */

	if (!ipv6)
		return low;
	ACL_OPAQUE(use_low);
	return (high & ~use_low) | (low & use_low);
}

/* A step down one of both tries, from a node to its child. What is no node stays; word
 * 0 is read in place of a child. @high, @low: as above */
static __always_inline bool acl_trie_step(const struct acl_view *view, bool ipv6,
					  __u64 *trie, __u64 high, __u64 low)
{
	__u32 index = acl_child(*trie, acl_trie_field(*trie, ipv6, high, low));
	__u64 is_node = -(*trie >> 63), child; /* all ones */

	ACL_OPAQUE(is_node);
	if (!acl_read(view, index & (__u32)is_node, &child))
		return false;
	ACL_SETTLE(child);
	is_node = -(*trie >> 63);
	ACL_OPAQUE(is_node);
	*trie = (child & is_node) | (*trie & ~is_node);
	return true;
}

/*
 * From the roots of both tries to their bitmaps, in step: neither's reads wait for the
 * other's.
 * Return: whether there are any.
 */
static __always_inline bool acl_find_tables(struct acl_point *p, bool ipv6)
{
	for (int i = 0; i <= ACL_MAX_TRIE_STEPS; i++) {
		ACL_SETTLE(p);
		if (!((p->src_trie | p->dst_trie) & ACL_NODE))
			return true;
		if (!acl_trie_step(&p->view, ipv6, &p->src_trie,
				   ipv6 ? p->word[ACL_SEL6_SRC_HIGH] : 0,
				   ipv6 ? p->word[ACL_SEL6_SRC_LOW]
					: (__u32)p->word[ACL_SEL4_ADDRS]) ||
		    !acl_trie_step(&p->view, ipv6, &p->dst_trie,
				   ipv6 ? p->word[ACL_SEL6_DST_HIGH] : 0,
				   ipv6 ? p->word[ACL_SEL6_DST_LOW]
					: p->word[ACL_SEL4_ADDRS] >> 32))
			return false;
	}
	return false;
}

/* ---- tables ---- */

/* acl_shift_high() and acl_shift_low() at once, and without a branch. */
static __always_inline void acl_shift_right(__u64 *high, __u64 *low, __u32 shift)
{
	__u64 keep = (__u64)((shift >> 6 | shift >> 7) & 1) - 1; /* 0: from 64 on */
	__u64 all = (__u64)(shift >> 7 & 1) - 1;		 /* 0: 128 */
	__u32 rest = shift & 63;

	ACL_OPAQUE(keep);
	ACL_OPAQUE(all);
	*low = ((*low & keep) | (*high & ~keep)) & all;
	*high &= keep;
	*low = *low >> rest | *high << 1 << (63 - rest);
	*high >>= rest;
}

static __always_inline __u32 acl_hash_of(const struct acl_point *p, bool ipv6,
					 __u64 table, __u32 number)
{
	__u32 src_shift = ACL_T_SRC_SHIFT(table), dst_shift = ACL_T_DST_SHIFT(table);
	__u64 addrs, high, low, hash;

	if (!ipv6) {
		addrs = p->word[ACL_SEL4_ADDRS];
		return acl_hash4((__u32)((addrs & 0xffffffff) >> (src_shift & 63)),
				 (__u32)(addrs >> 32 >> (dst_shift & 63)), number);
	}
	/* acl_hash6() */
	high = p->word[ACL_SEL6_SRC_HIGH];
	low = p->word[ACL_SEL6_SRC_LOW];
	acl_shift_right(&high, &low, src_shift);
	hash = acl_mix(acl_mix(high ^ (__u64)number << 26) + low);
	ACL_SETTLE(hash);
	high = p->word[ACL_SEL6_DST_HIGH];
	low = p->word[ACL_SEL6_DST_LOW];
	acl_shift_right(&high, &low, dst_shift);
	hash = acl_mix(acl_mix(hash + high) + low);
	return (__u32)(hash * 0xd6e8feb86659fd93ull >> 32);
}

/* Whether a slot may hold what the hash was made of, before the best so far. */
static __always_inline bool acl_slot_may_match(__u64 slot, __u32 hash, __u32 best)
{
	__u32 tag = ACL_D_TAG(slot), own = hash >> 26;
	__u32 late = ACL_HEAD_LINE(best) - 1 - ACL_D_LINE(slot);
	__u32 tagged = (tag - 1) >> 31;
	__u64 empty = ~slot & (slot - 1);

	own |= (own - 1) >> 31; /* acl_tag() */
	ACL_OPAQUE(tagged);
	ACL_OPAQUE(late);
	ACL_OPAQUE(empty);
	return !(((tag ^ own) & (tagged - 1)) | late >> 31 | empty >> 63);
}

static __always_inline int acl_scan(struct acl_point *p, bool ipv6, __u64 tree)
{
	return ipv6 ? acl_scan6(p, tree) : acl_scan4(p, tree);
}

/* Step 2 of abi_acl.h: which tables of the header may hold both addresses. */
static __always_inline bool acl_choose_tables(struct acl_point *p, bool ipv6,
					      __u32 header)
{
	__u64 tables;

	p->bitmap = 0;
	if (!acl_read(&p->view, header + ACL_H_SRC, &p->src_trie))
		return false;
	if (!p->src_trie)
		return true;
	if (!acl_read(&p->view, header + ACL_H_DST, &p->dst_trie) ||
	    !acl_read(&p->view, header + ACL_H_TABLES, &tables))
		return false;
	p->tables = (__u32)tables;
	if (!acl_find_tables(p, ipv6))
		return false;
	p->bitmap = p->src_trie & p->dst_trie;
	return true;
}

/* Step 3: look into those tables. */
static __always_inline bool acl_ask_tables(struct acl_point *p, bool ipv6)
{
	for (int i = 0; i <= ACL_MAX_TABLES; i++) {
		__u32 number, hash, index;
		__u64 word;

		if (!p->bitmap)
			return true;
		number = acl_lowest_bit(p->bitmap);
		p->bitmap &= p->bitmap - 1;
		if (!acl_read(&p->view, p->tables + number, &word))
			return false;
		if (ACL_T_LINE(word) >= ACL_HEAD_LINE(p->best))
			return true;
		hash = acl_hash_of(p, ipv6, word, number);
		index = hash & ((1u << ACL_T_SLOT_BITS(word)) - 1);
		if (!acl_read(&p->view, ACL_T_BASE(word) + index, &word))
			return false;
		if (acl_slot_may_match(word, hash, p->best) && !acl_scan(p, ipv6, word))
			return false;
	}
	return false;
}

/* Steps 1 to 3. */
static __always_inline bool acl_by_header(struct acl_point *p, bool ipv6, __u32 header)
{
	__u64 always;

	if (!acl_read(&p->view, header + ACL_H_ALWAYS, &always))
		return false;
	if (always && !acl_scan(p, ipv6, always))
		return false;
	return acl_choose_tables(p, ipv6, header) && acl_ask_tables(p, ipv6);
}

/* By a list's header of IPv4, or by its header of classes. */
ACL_SEPARATE int acl_by_header4(struct acl_point *p, __u32 header)
{
	return p && acl_by_header(p, false, header);
}

ACL_SEPARATE int acl_by_header6(struct acl_point *p, __u32 header)
{
	return p && acl_by_header(p, true, header);
}

/* ---- classes ---- */

/* The word after a guard: the address is inside or outside of its prefix. */
static __always_inline bool acl_guard4(const struct acl_view *view, __u64 guard,
				       __u64 address, __u64 *word)
{
	__u32 base = ACL_D_BASE(guard);
	__u64 prefix, shift, outside;

	if (!acl_read(view, base, &prefix))
		return false;
	shift = prefix & 63;
	outside = (address ^ prefix >> 32) >> shift;
	ACL_OPAQUE(outside);
	return acl_read(view, base + 1 + !!outside, word);
}

static __always_inline bool acl_guard6(const struct acl_view *view, __u64 guard,
				       __u64 high, __u64 low, __u64 *word)
{
	__u32 base = ACL_D_BASE(guard);
	__u64 prefix_high, prefix_low, shift;

	if (!acl_read(view, base, &prefix_high) ||
	    !acl_read(view, base + 1, &prefix_low) || !acl_read(view, base + 2, &shift))
		return false;
	return acl_read(view,
			base + 3 +
				!!acl_above(high ^ prefix_high, low ^ prefix_low,
					    (__u32)shift & 255),
			word);
}

/*
 * The class of an address. Return: below 1 << 32; more: there is none.
 */
static __always_inline __u64 acl_class_of(const struct acl_view *view, bool ipv6,
					  __u64 root, __u64 high, __u64 low)
{
	for (int i = 0; i < ACL_MAX_CLASS_STEPS; i++) {
		bool read;

		if (root & ACL_NODE) {
			read = acl_read(
				view,
				acl_child(root, acl_trie_field(root, ipv6, high, low)),
				&root);
		} else if (!(root & ACL_GUARD)) {
			break;
		} else if (ipv6) {
			read = acl_guard6(view, root, high, low, &root);
		} else {
			read = acl_guard4(view, root, low, &root);
		}
		if (!read)
			return ACL_NODE;
	}
	return root;
}

ACL_SEPARATE __u64 acl_class4(const struct acl_point *p, __u64 root, __u64 address)
{
	return p ? acl_class_of(&p->view, false, root, 0, address) : ACL_NODE;
}

ACL_SEPARATE __u64 acl_class6(const struct acl_point *p, __u64 root, __u64 high,
			      __u64 low)
{
	return p ? acl_class_of(&p->view, true, root, high, low) : ACL_NODE;
}

/*
 * Step 4, by a list's header: make the point one of classes and ask the classes'
 * header, if the list has one and its lines may be before the best so far.
 */
static __always_inline bool acl_by_classes(struct acl_point *p, bool ipv6, __u32 header)
{
	__u64 classes, root, src, dst;

	if (!acl_read(&p->view, header + ACL_H_CLASSES, &classes))
		return false;
	if (!classes)
		return true;
	if (!acl_read(&p->view, header + ACL_H_LINE, &root))
		return false;
	if (root >= ACL_HEAD_LINE(p->best))
		return true;
	if (!acl_read(&p->view, header + ACL_H_SRC_CLASS, &root))
		return false;
	src = ipv6 ? acl_class6(p, root, p->word[ACL_SEL6_SRC_HIGH],
				p->word[ACL_SEL6_SRC_LOW])
		   : acl_class4(p, root, (__u32)p->word[ACL_SEL4_ADDRS]);
	if (!acl_read(&p->view, header + ACL_H_DST_CLASS, &root))
		return false;
	dst = ipv6 ? acl_class6(p, root, p->word[ACL_SEL6_DST_HIGH],
				p->word[ACL_SEL6_DST_LOW])
		   : acl_class4(p, root, p->word[ACL_SEL4_ADDRS] >> 32);
	if ((src | dst) >> 32)
		return false;
	if (ipv6)
		p->word[ACL_SEL4_PORTS] = p->word[ACL_SEL6_PORTS];
	p->word[ACL_SEL4_ADDRS] = ACL_ADDRS_WORD(src, dst);
	return acl_by_header4(p, (__u32)classes);
}

/* ---- the whole ---- */

/*
 * Ask the list of one family whose header is at index `header` (acl_root); 0: it has
 * no line.
 * @p: as acl_point_ipv4() or acl_point_ipv6() filled it in, and conditions and view;
 *     void afterwards
 * Return: an answer.
 */
static __always_inline __u32 acl_walk(struct acl_point *p, bool ipv6, __u32 header)
{
	p->best = ACL_ANSWER_NONE;
	if (!header)
		return ACL_ANSWER_NONE;
	if (!(ipv6 ? acl_by_header6(p, header) : acl_by_header4(p, header)) ||
	    !acl_by_classes(p, ipv6, header))
		return ACL_ANSWER_BROKEN;
	return p->best;
}

#endif /* PINHOLE_BPF_ACL_WALK_H */
