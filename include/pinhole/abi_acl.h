/* SPDX-License-Identifier: GPL-2.0 */
/*
 * abi_acl.h - the part of the ABI that access lists are made of: what a list is
 * asked, and the image that libpolicy compiles lists into and the datapath walks.
 *
 * Why it exists: the builder (loader/acl/), the walk (bpf/acl_walk.h) and the
 * loader agree on every bit of the image here and nowhere else. bpf/README.md
 * explains the structure with a drawing.
 *
 * Who may include it: abi.h, whose rules hold, and through it everybody.
 *
 * An image is three arrays, each indexed from 0 and each loaded into a map:
 *
 *   words    __u64	  list headers, tries, hash regions, trees, class tries
 *   rules4   acl_rule4	  leaves of IPv4, and of classes
 *   rules6   acl_rule6	  leaves of IPv6
 *
 * Word 0 is 0 and belongs to nobody, so that index 0 means "none". Everything
 * inside an image refers by index: it means the same wherever it is loaded.
 * Numbers are in host byte order; an image is for the machine that made it.
 *
 * A list has one header per family (struct acl_root). A lookup by header H:
 *
 *   1. scan the tree `always`
 *   2. walk the tries of both addresses; AND the two bitmaps of tables
 *   3. for each table left, in order, while its first line is before the best:
 *      hash the address prefixes, read the slot, reject on tag or line, scan
 *   4. if the list has classes: turn both addresses into class numbers, exactly,
 *      and do 1 to 3 by the classes' own header, with the numbers as addresses
 *
 * The line with the lowest number that matches wins. Steps 1 to 3 may find false
 * candidates and skip bits, for each candidate is compared in full; class tries
 * (4) are exact, for there nothing is compared again.
 */
#ifndef PINHOLE_ABI_ACL_H
#define PINHOLE_ABI_ACL_H

#include <linux/types.h>

/* Bounds of one lookup. The builder asserts them; a walk that meets one all the
 * same drops the packet (PH_DROP_ACL_BOUND) rather than answer from a part. */
#define ACL_MAX_TABLES	    62 /* per header; bits of a bitmap */
#define ACL_MAX_TRIE_STEPS  8  /* nodes from a trie's root to its bitmap */
#define ACL_MAX_TREE_STEPS  20 /* nodes from a tree's root to its leaf */
#define ACL_MAX_LEAF	    96 /* rules of one leaf */
#define ACL_MAX_CLASS_STEPS 24 /* nodes and guards of a class trie */

/* Widths of what a word has room for. */
#define ACL_LINE_BITS 20
#define ACL_MAX_LINES ((1u << ACL_LINE_BITS) - 1) /* line numbers are below */
#define ACL_NO_LINE   ((1u << ACL_LINE_BITS) - 1) /* later than every line */
#define ACL_BASE_BITS 24
#define ACL_MAX_WORDS (1u << ACL_BASE_BITS)
#define ACL_MAX_RULES (1u << ACL_BASE_BITS)

/*
 * ---- descriptors: what a slot, a tree or a trie's root holds; 0: nothing ----
 *
 *  63	 62..57	 56..37	  36..13    12..0
 *  node tag	 line	  base	    node: 12..10 sel, 9..4 shift, 3..0 bits
 *				    leaf: 6..0 count
 *
 * node: the child is words[base + (field >> shift & (1 << bits) - 1)], where field
 *	 is the key's word `sel` (see below); bits is 1..14
 * leaf: rules [base, base + count) of the family's array, by ascending line
 * tag:	 of a slot whose lines all have one key: the upper 6 bits of its hash, or 1
 *	 if they are 0; else 0. Of everything but slots it is 0.
 * line: the lowest of the lines below
 *
 * A trie's leaf is not a descriptor but a bitmap of tables, with bit 63 clear. Of
 * its nodes line and tag are 0.
 */
#define ACL_NODE       (1ull << 63)
#define ACL_D_TAG(d)   ((__u32)((d) >> 57) & 63)
#define ACL_D_LINE(d)  ((__u32)((d) >> 37) & ((1u << ACL_LINE_BITS) - 1))
#define ACL_D_BASE(d)  ((__u32)((d) >> 13) & ((1u << ACL_BASE_BITS) - 1))
#define ACL_D_SEL(d)   ((__u32)((d) >> 10) & 7)
#define ACL_D_SHIFT(d) ((__u32)((d) >> 4) & 63)
#define ACL_D_BITS(d)  ((__u32)(d)&15)
#define ACL_D_COUNT(d) ((__u32)(d)&127)

#define ACL_LEAF(line, base, count) \
	((__u64)(line) << 37 | (__u64)(base) << 13 | (__u64)(count))
#define ACL_NODE_OF(line, base, sel, shift, bits)                             \
	(ACL_NODE | (__u64)(line) << 37 | (__u64)(base) << 13 | (sel) << 10 | \
	 (shift) << 4 | (bits))
#define ACL_TAGGED(desc, tag) ((desc) | (__u64)(tag) << 57)

/* What `sel` selects of the key: in a tree ... */
enum acl_sel4 { ACL_SEL4_ADDRS, ACL_SEL4_PORTS };
enum acl_sel6 {
	ACL_SEL6_SRC_HIGH,
	ACL_SEL6_SRC_LOW,
	ACL_SEL6_DST_HIGH,
	ACL_SEL6_DST_LOW,
	ACL_SEL6_PORTS,
};
/* ... and in a trie: IPv4 has the address alone (0), IPv6 one of its halves. */
enum acl_sel_trie { ACL_SEL_HIGH, ACL_SEL_LOW };

/* The words of a key. Addresses as host-order numbers, IPv4's below bit 32. */
#define ACL_ADDRS_WORD(src, dst) ((__u64)(dst) << 32 | (src))
#define ACL_PORTS_WORD(proto, src_port, dst_port) \
	((__u64)(proto) << 32 | (__u64)(src_port) << 16 | (dst_port))

/*
 * ---- a table: lines whose prefixes are at least src_len and dst_len long ----
 *
 *  63..44  43..36	35..28	   27..23     22..0
 *  line    src_shift	dst_shift  slot_bits  base / 2
 *
 * Its slots are words [base, base + (1 << slot_bits)). shift = width of an address
 * - prefix length, so 0..32 or 0..128. The slot of a packet is the low bits of the
 * hash of the addresses shifted right. `line` is its lowest; tables stand in
 * ascending order of it.
 */
#define ACL_T_LINE(t)	   ((__u32)((t) >> 44))
#define ACL_T_SRC_SHIFT(t) ((__u32)((t) >> 36) & 255)
#define ACL_T_DST_SHIFT(t) ((__u32)((t) >> 28) & 255)
#define ACL_T_SLOT_BITS(t) ((__u32)((t) >> 23) & 31)
#define ACL_T_BASE(t)	   (((__u32)(t)&0x7fffff) * 2)
#define ACL_TABLE(line, src_shift, dst_shift, slot_bits, base)                       \
	((__u64)(line) << 44 | (__u64)(src_shift) << 36 | (__u64)(dst_shift) << 28 | \
	 (__u64)(slot_bits) << 23 | (base) / 2)

/* Multiplicative hashing; constants: golden ratio, and Steele, Vigna's list. */
static inline __u64 acl_mix(__u64 x)
{
	x *= 0x9e3779b97f4a7c15ull;
	return x ^ x >> 32;
}

/* The hash of shifted IPv4 addresses (or classes) in table number t. */
static inline __u32 acl_hash4(__u32 src, __u32 dst, __u32 t)
{
	__u64 h = acl_mix(((__u64)src << 32 | dst) ^ (__u64)t << 26);

	return (__u32)(h * 0xd6e8feb86659fd93ull >> 32);
}

/* Likewise of IPv6, each address as its upper and lower half. */
static inline __u32 acl_hash6(__u64 src_high, __u64 src_low, __u64 dst_high,
			      __u64 dst_low, __u32 t)
{
	__u64 h = acl_mix(src_high ^ (__u64)t << 26);

	h = acl_mix(h + src_low);
	h = acl_mix(h + dst_high);
	h = acl_mix(h + dst_low);
	return (__u32)(h * 0xd6e8feb86659fd93ull >> 32);
}

/* An IPv6 address, a number of 128 bits, shifted right by 0..128: its halves. */
static inline __u64 acl_shift_high(__u64 high, __u32 shift)
{
	return shift < 64 ? high >> shift : 0;
}

static inline __u64 acl_shift_low(__u64 high, __u64 low, __u32 shift)
{
	if (shift >= 64)
		return shift < 128 ? high >> (shift - 64) : 0;
	return shift ? high << (64 - shift) | low >> shift : low;
}

/* The tag of a hash; slot_bits is at most 23, so they overlap nowhere. */
static inline __u32 acl_tag(__u32 hash)
{
	return hash >> 26 ? hash >> 26 : 1;
}

/* ---- a header: eight words; the first is words[acl_root.v4 or v6] ---- */
enum acl_header {
	ACL_H_SRC = 0,	 /* root of the source addresses' trie, or a bitmap */
	ACL_H_DST,	 /* likewise of the destination's */
	ACL_H_ALWAYS,	 /* a tree that is scanned first; 0: none */
	ACL_H_TABLES,	 /* index of the first table's word; they are consecutive */
	ACL_H_SRC_CLASS, /* root of the source's class trie */
	ACL_H_DST_CLASS, /* of the destination's */
	ACL_H_CLASSES,	 /* header (as of IPv4) that is asked by classes; 0: none */
	ACL_H_LINE,	 /* the lowest line that ACL_H_CLASSES leads to */
	ACL_H_WORDS,
};

/*
 * ---- class tries ----
 *
 *  63	 62..61			 rest
 *  1	 0			 node, as above; sel as in a trie
 *  0	 1 (bit 61)		 guard: words[base] on (base as above)
 *  0	 0			 class number, 32 bits
 *
 * A guard compares and chooses: of IPv4 three words {prefix << 32 | shift,
 * inside, outside}, where the address is inside if address >> shift == prefix >>
 * shift; of IPv6 five {high, low, shift, inside, outside}.
 */
#define ACL_GUARD	     (1ull << 61)
#define ACL_GUARD_OF(base)   (ACL_GUARD | (__u64)(base) << 13)
#define ACL_CLASS_OF(number) ((__u64)(__u32)(number))

/* ---- rules ---- */

/*
 * head: 31..12 line, 11 permit, 10 any protocol, 7..0 protocol
 * cond: what else must hold; 0: nothing
 *	 5..0	TCP flags that must be set	 }  all of them, or with
 *	 11..6	TCP flags that must be clear	 }  ACL_COND_ANY one at least
 *	 ACL_COND_PORTS		it names ports (or ICMP types, or TCP flags), which
 *				later fragments do not have: it never matches one
 *	 ACL_COND_FRAGMENTS	`fragments`: it matches nothing but later fragments
 */
#define ACL_HEAD(line, permit, any_proto, proto)                 \
	((__u32)(line) << 12 | (__u32)((permit) ? 1 : 0) << 11 | \
	 (__u32)((any_proto) ? 1 : 0) << 10 | (__u32)(proto))
#define ACL_HEAD_LINE(head) ((head) >> 12)
#define ACL_HEAD_PERMIT	    (1u << 11)
#define ACL_HEAD_ANY_PROTO  (1u << 10)

#define ACL_COND_SET(cond)   ((cond)&63u)
#define ACL_COND_CLEAR(cond) ((cond) >> 6 & 63u)
#define ACL_COND_ANY	     (1u << 12)
#define ACL_COND_PORTS	     (1u << 13)
#define ACL_COND_FRAGMENTS   (1u << 14)

/* A port matches if (__u16)(port - low) <= span. An address matches if it equals
 * the rule's above `shift`; of classes the addresses are their numbers. */
struct acl_rule4 {
	__u32 src;
	__u32 dst;
	__u16 src_port_low;
	__u16 src_port_span;
	__u16 dst_port_low; /* ICMP: type << 8 | code */
	__u16 dst_port_span;
	__u32 head;
	__u16 cond;
	__u8 src_shift; /* 0..32 */
	__u8 dst_shift;
};

struct acl_rule6 {
	__u64 src_high;
	__u64 src_low;
	__u64 dst_high;
	__u64 dst_low;
	__u16 src_port_low;
	__u16 src_port_span;
	__u16 dst_port_low;
	__u16 dst_port_span;
	__u32 head;
	__u16 cond;
	__u8 src_shift; /* 0..128 */
	__u8 dst_shift;
};

/* Where a list is asked: header words of its families. 0: it has no line there. */
struct acl_root {
	__u32 v4;
	__u32 v6;
};

/* Room of one generation for images of so many lines, and counters for two. */
#define PH_ACL_WORDS(lines)    (8 * (lines))
#define PH_ACL_RULES4(lines)   (2 * (lines))
#define PH_ACL_RULES6(lines)   (2 * (lines))
#define PH_ACL_COUNTERS(lines) (2 * (lines))

/*
 * Where an image lies in the maps: elements [first, first + count) of each. Each
 * map holds the images of two generations; what an image says of index i is read
 * at first + i, and nothing is read from count on.
 */
struct acl_extent {
	__u32 first;
	__u32 count;
};

struct acl_halves {
	struct acl_extent words;
	struct acl_extent rules4;
	struct acl_extent rules6;
	struct acl_extent lines;
};

/* Who counts for a line, by line number: map acl_lines. */
struct acl_line_slot {
	__u64 line_id; /* hash of list name and canonical text: stable */
	__u32 counter; /* see acl_stats */
	__u32 flags;   /* ACL_LINE_F_* */
};

#define ACL_LINE_F_LOG	 (1u << 0) /* `log`: what the line decides is told */
#define ACL_LINE_F_QUIET (1u << 1) /* `log disable`: not even what it denies is */

/* What a line has decided. Hits are flows, and of denied ones packets; packets and
 * bytes (IP lengths) are those of the flows that it let in, both ways, and what it
 * denied. */
struct acl_counters {
	__u64 hits;
	__u64 packets;
	__u64 bytes;
};

/* An element of acl_stats: counter c is line[c % n] of element c / n. In blocks
 * because a per-CPU element of its own for each line takes seconds to make. */
#define ACL_BLOCK_COUNTERS 64
struct acl_block {
	struct acl_counters counter[ACL_BLOCK_COUNTERS];
};

#endif /* PINHOLE_ABI_ACL_H */
