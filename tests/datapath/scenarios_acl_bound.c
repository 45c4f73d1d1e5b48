// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_acl_bound.c - images of access lists that no compiler makes: whatever a
 * lookup meets in one, a packet passes only by an answer.
 */
#include <errno.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "pinhole.skel.h"
#include "tests/datapath/acl_talk.h"
#include "tests/datapath/network.h"

#define MS_NS 1000000ull

static const char policy_sound[] = INTERFACES "access-list enter permit ip any4 any4\n"
					      "access-list enter permit ip any6 any6\n"
					      "access-group enter in interface outside\n";

/* ---- what is wrong with the image ---- */

/* A node that any port below 65536 leads to its first child. */
#define NODE_AT(base, ports) ACL_NODE_OF(0ull, base, ports, 63, 1)
#define END		     (ACL_MAX_WORDS - 8)

/* What to write into the header of each family, and that alone. */
struct damage {
	const char *name;
	__u64 value; /* this, but for: */
	enum acl_header word;
	bool itself; /* a node that leads to itself */
	bool other;  /* another thing, see damaged() */
};

static const struct damage damages[] = {
	{.name = "a tree that leads to itself", .word = ACL_H_ALWAYS, .itself = true},
	{.name = "a trie that leads to itself", .word = ACL_H_SRC, .itself = true},
	{.name = "a class trie that leads to itself",
	 .word = ACL_H_SRC_CLASS,
	 .itself = true},
	{.name = "a leaf too long",
	 .word = ACL_H_ALWAYS,
	 .value = ACL_LEAF(0ull, 0, ACL_MAX_LEAF + 1)},
	{.name = "a tree beyond the words",
	 .word = ACL_H_ALWAYS,
	 .value = NODE_AT((__u64)END, 0)},
	{.name = "a trie beyond the words",
	 .word = ACL_H_SRC,
	 .value = NODE_AT((__u64)END, 0)},
	{.name = "a class trie beyond the words",
	 .word = ACL_H_SRC_CLASS,
	 .value = NODE_AT((__u64)END, 0)},
	{.name = "a guard beyond the words",
	 .word = ACL_H_SRC_CLASS,
	 .value = ACL_GUARD_OF(END)},
	{.name = "classes beyond the words", .word = ACL_H_CLASSES, .value = END},
	{.name = "a leaf beyond the rules",
	 .word = ACL_H_ALWAYS,
	 .value = ACL_LEAF(0ull, ACL_MAX_RULES - 2, 1)},
	{.name = "a leaf that ends beyond the rules", .other = true},
	{.name = "tables beyond the words", .word = ACL_H_TABLES, .value = END},
	{.name = "a list beyond the words", .other = true},
	{.name = "a line beyond the lines", .other = true},
};

#define N_DAMAGES (sizeof(damages) / sizeof(damages[0]))

static const struct damage *damage;

/* Whose list is on the way in. */
static struct acl_root *list_of(struct policy_image *image)
{
	for (size_t i = 0; i < image->n_ifaces; i++)
		if (image->ifaces[i].config.flags & IFACE_F_ACL_IN)
			return &image->ifaces[i].config.acl_in;
	TAP_BAIL("no list is bound");
}

static void damage_header(struct acl_image *image, __u32 header)
{
	uint64_t *words = image->words + header;

	/* Let everything lead there. */
	words[ACL_H_ALWAYS] = 0;
	words[ACL_H_LINE] = 0;
	if (damage->word == ACL_H_TABLES)
		words[ACL_H_SRC] = words[ACL_H_DST] = 1;
	else
		words[ACL_H_SRC] = words[ACL_H_DST] = 0;
	if (damage->word == ACL_H_SRC_CLASS)
		words[ACL_H_CLASSES] = header;
	words[damage->word] = damage->itself ? NODE_AT((__u64)header + damage->word, 0)
					     : damage->value;
}

static void damaged(struct policy_image *image)
{
	struct acl_root *list = list_of(image);

	if (!damage->other) {
		damage_header(&image->acl, list->v4);
		damage_header(&image->acl, list->v6);
	} else if (strstr(damage->name, "list")) {
		list->v4 = list->v6 = (__u32)image->acl.n_words;
	} else if (strstr(damage->name, "line")) {
		image->n_acl_lines = 0;
	} else {
		image->acl.n_rules4 = 0;
		image->acl.n_rules6 = 0;
	}
}

/* ---- what becomes of packets ---- */

static void nothing_passes_by_a_part(struct scenario *s)
{
	for (unsigned int i = 0; i < N_DAMAGES; i++) {
		bool ok = s->ok;

		damage = &damages[i];
		s->ok = true;
		world_apply(s->w, policy_sound, damaged);
		acl_tally_begin(s);
		ACL_SAY(s, .result = PH_DROP_ACL_BOUND);
		ACL_SAY(s, .proto = IPPROTO_TCP, .flags = SYN,
			.result = PH_DROP_ACL_BOUND);
		CHECK(s, acl_tally_none(s));
		CHECK_TABLES(s, 0, 0);
		if (!s->ok)
			tap_note("  with %s", damage->name);
		s->ok = s->ok && ok;
	}
}

static void its_connections_end(struct scenario *s)
{
	ACL_SAY(s, .opens = true, .line = 1);
	ACL_SAY(s, .from = ACL_WORKSTATION, .sport = 53, .dport = 7000,
		.events = EVENT(CONN_CREATED));
	damage = &damages[0];
	world_apply(s->w, policy_sound, damaged);
	ACL_SAY(s, .result = PH_DROP_ACL_BOUND);
	CHECK_TABLES(s, 0, 0);
}

static const char policy_sound_box[] = INTERFACES
	"access-list enter permit udp any4 any4\n"
	"access-list enter permit udp any6 any6\n"
	"access-group enter in interface outside control-plane\n";

static void broken_box(struct policy_image *image)
{
	image->acl.n_words = 1;
}

static void this_machine_is_closed_too(struct scenario *s)
{
	ACL_SAY(s, .to = ACL_BOX, .result = PH_DROP_ACL_BOUND);
}

static const char policy_fragments[] = INTERFACES
	"access-list enter deny udp any4 any4 fragments\n"
	"access-list enter deny udp any6 any6 fragments\n"
	"access-list enter permit udp any4 any4\n"
	"access-list enter permit udp any6 any6\n"
	"access-group enter in interface outside\n";

/* The image breaks between a datagram's fragments. */
static void fragments_are_held_too(struct scenario *s)
{
	int fd = bpf_map__fd(s->w->skel->maps.policy_config);
	__u32 index = s->w->generation & 1;
	struct policy_config config;

	ACL_SAY(s, .fill = 1000, .piece = 400, .opens = true, .line = 3);
	if (bpf_map_lookup_elem(fd, &index, &config))
		TAP_BAIL("the configuration");
	config.acl.words.count = 1;
	s->w->text = NULL;
	if (bpf_map_update_elem(fd, &index, &config, BPF_EXIST))
		TAP_BAIL("the configuration");
	ACL_SAY(s, .fill = 1000, .off = 400, .piece = 400, .result = PH_DROP_ACL_BOUND);
}

/* ---- what is told of it ---- */

static int note(void *ctx, void *data, size_t len)
{
	const struct ph_record *record = data;
	unsigned int *n = ctx;

	(void)len;
	*n += record->kind == PH_RECORD_TABLE_FULL && record->reason == PH_DROP_ACL_BOUND;
	return 0;
}

static unsigned int take_records(const struct scenario *s)
{
	unsigned int n = 0;
	struct ring_buffer *ring =
		ring_buffer__new(bpf_map__fd(s->w->skel->maps.records), note, &n, NULL);

	if (!ring)
		TAP_BAIL("the ring of records: %s", strerror(errno));
	ring_buffer__consume(ring);
	ring_buffer__free(ring);
	return n;
}

static void it_is_told_once_a_second(struct scenario *s)
{
	const struct timespec a_second = {.tv_sec = 1, .tv_nsec = 10 * MS_NS};

	damage = &damages[0];
	world_apply(s->w, policy_sound, damaged);
	for (int i = 0; i < 2; i++) {
		nanosleep(&a_second, NULL);
		take_records(s);
		for (int n = 0; n < 3; n++)
			ACL_SAY(s, .result = PH_DROP_ACL_BOUND);
		CHECK(s, take_records(s) == 1);
	}
}

#define BOUND(run, promise, ...) \
	SCENARIO(run, promise, .policy = policy_sound, .both = true, ##__VA_ARGS__)

static const struct scenario_entry entries[] = {
	BOUND(nothing_passes_by_a_part, "no answer from a part of an image"),
	BOUND(its_connections_end, "connections do not outlive their list's image"),
	SCENARIO(this_machine_is_closed_too, "nor is this machine reached by a part",
		 .policy = policy_sound_box, .tweak = broken_box, .both = true),
	SCENARIO(fragments_are_held_too, "nor do later fragments pass by a part",
		 .policy = policy_fragments, .both = true),
	SCENARIO(it_is_told_once_a_second, "a broken image is told, once a second",
		 .policy = policy_sound),
};

void scenarios_acl_bound(struct world *w)
{
	CHECK_SCENARIOS(w, entries);
}
