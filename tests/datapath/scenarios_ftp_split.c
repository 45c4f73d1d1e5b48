// SPDX-License-Identifier: GPL-2.0
/*
 * scenarios_ftp_split.c - announcements under translation that segmentation cuts:
 * split after every byte, typed, repeated, many at once, guessed wrongly.
 */
#include <stdio.h>

#include "tests/datapath/announcer.h"

/* One at a time is in use; too large for a stack. */
static struct announcer announcer;

/* To a text in an array. */
static void append(char *to, size_t size, const char *text)
{
	size_t len = strlen(to);

	snprintf(to + len, size - len, "%s", text);
}

#define APPEND(array, text) append(array, sizeof(array), text)

struct line {
	const char *text;
	const char *arrives;
	__u16 port; /* of the hole */
	bool server;
};

static const struct line lines_v4[] = {
	{"PORT 10,0,0,10,200,10\r\n", "PORT 203,0,113,10,200,10\r\n", 51210, false},
	{"EPRT |1|10.0.0.10|51210|\r\n", "EPRT |1|203.0.113.10|51210|\r\n", 51210, false},
	{"port 010,00,0,010,4,1 \r\n", "port 203,0,113,10,4,1 \r\n", 1025, false},
	{"227 Entering Passive Mode (10,0,0,10,200,10).\r\n",
	 "227 Entering Passive Mode (203,0,113,10,200,10).\r\n", 51210, true},
};

#define EPRT_LONG "EPRT |2|" ANNOUNCER_LONG "|51210|\r\n"

static const struct line lines_long[] = {
	{"EPRT |2|" SERVER6 "|51210|\r\n", EPRT_LONG, 51210, false},
	{"EPRT |2|2001:0DB8:0001:0:0:0:0:0010|51210|\r\n", EPRT_LONG, 51210, false},
};

static const struct line lines_short[] = {
	{"EPRT |2|" SERVER6 "|51210|\r\n", "EPRT |2|" ANNOUNCER_SHORT "|51210|\r\n",
	 51210, false},
	{"EPRT |2|2001:db8:1:0:0:0:0.0.0.16|51210|\r\n",
	 "EPRT |2|" ANNOUNCER_SHORT "|51210|\r\n", 51210, false},
};

#define N_LINES(lines) (sizeof(lines) / sizeof((lines)[0]))

/* Anew, ready to say the line. */
static struct announcer *begin(struct scenario *s, const struct line *line,
			       const char *seen)
{
	announcer_open(&announcer, s, seen, line->server, line->text);
	if (line->server)
		announcer_is_told(&announcer, "PASV\r\n");
	return &announcer;
}

/* A piece, its acknowledgement, the next. */
static void say_pieces(struct scenario *s, struct announcer *a, const __u32 *ends,
		       size_t n)
{
	__u32 at = 0;

	for (size_t i = 0; i < n; at = ends[i++]) {
		CHECK(s, announcer_sends(a, at, ends[i] - at, 0));
		CHECK(s, a->out_len > 0);
		CHECK(s, announcer_hears(a) == ends[i]);
	}
}

/* Every piece again, cut anew: the announcer sees to it that bytes are the same. */
static void repeat(struct scenario *s, struct announcer *a, __u32 cut)
{
	CHECK(s, announcer_sends(a, cut, a->len - cut, 0));
	CHECK(s, announcer_sends(a, 0, cut, 0));
	CHECK(s, announcer_sends(a, 0, a->len, 0));
	for (__u32 at = 0; at + 2 <= a->len; at += 2)
		CHECK(s, announcer_sends(a, at, 2, 0) && a->out_len > 0);
	CHECK(s, announcer_hears(a) == a->len);
}

static void split_each(struct scenario *s, const struct line *line, const char *seen)
{
	__u32 len = strlen(line->text);

	for (__u32 cut = 1; cut < len && s->ok; cut++) {
		struct announcer *a = begin(s, line, seen);

		say_pieces(s, a, (const __u32[]){cut, len}, 2);
		CHECK(s, announcer_arrived(a, line->arrives));
		CHECK(s, announcer_waits(a, line->port));
		repeat(s, a, cut);
		CHECK(s, announcer_arrived(a, line->arrives));
		CHECK(s, announcer_waits(a, line->port));
		if (!s->ok)
			tap_note("  split after byte %u of %s", cut, line->text);
	}
}

static void split_v4(struct scenario *s)
{
	for (size_t i = 0; i < N_LINES(lines_v4); i++)
		split_each(s, &lines_v4[i], NULL);
}

static void split_long(struct scenario *s)
{
	for (size_t i = 0; i < N_LINES(lines_long); i++)
		split_each(s, &lines_long[i], ANNOUNCER_LONG);
}

static void split_short(struct scenario *s)
{
	for (size_t i = 0; i < N_LINES(lines_short); i++)
		split_each(s, &lines_short[i], ANNOUNCER_SHORT);
}

/* One byte, and no other before it is acknowledged. */
static void type(struct scenario *s, const struct line *line, const char *seen)
{
	struct announcer *a = begin(s, line, seen);

	for (__u32 at = 0; at < a->len && s->ok; at++)
		CHECK(s, announcer_sends(a, at, 1, 0) && a->out_len > 0 &&
				 announcer_hears(a) == at + 1);
	CHECK(s, announcer_arrived(a, line->arrives));
	CHECK(s, announcer_waits(a, line->port));
}

static void typed_v4(struct scenario *s)
{
	for (size_t i = 0; i < N_LINES(lines_v4); i++)
		type(s, &lines_v4[i], NULL);
}

static void typed_v6(struct scenario *s)
{
	for (size_t i = 0; i < N_LINES(lines_long); i++)
		type(s, &lines_long[i], ANNOUNCER_LONG);
}

/* The second piece is there first, or the first is lost behind the firewall. */
static void pieces_lost(struct scenario *s)
{
	const struct line *line = &lines_v4[0];

	for (__u32 cut = 6; cut < 14; cut++) {
		struct announcer *a = begin(s, line, NULL);

		CHECK(s, !announcer_sends(a, cut, a->len - cut, 0));
		CHECK(s, announcer_sends(a, 0, cut, 0));
		memset(a->known, 0, sizeof(a->known)); /* that one did not arrive */
		a->next = 0;
		CHECK(s, announcer_sends(a, cut, 1, 0) && a->out_len == 1);
		CHECK(s, announcer_hears(a) == 0);
		CHECK(s, announcer_sends(a, 0, cut + 1, 0));
		CHECK(s, announcer_hears(a) == cut + 1);
		CHECK(s, announcer_sends(a, cut + 1, a->len - cut - 1, 0));
		CHECK(s, announcer_hears(a) == a->len);
		CHECK(s, announcer_arrived(a, line->arrives));
		CHECK(s, announcer_waits(a, line->port));
	}
}

static void guessed_wrongly(struct scenario *s)
{
	static const struct line foreign = {"PORT 10,0,0,11,200,10\r\n",
					    "PORT 203,0,113,101,200,10\r\n", 0, false};
	struct announcer *a = begin(s, &foreign, NULL);
	struct counters before, after;

	world_counters(s->w, &before);
	say_pieces(s, a, (const __u32[]){13, 14, a->len}, 3);
	world_counters(s->w, &after);
	CHECK(s, announcer_arrived(a, foreign.arrives));
	CHECK(s, world_count(s->w, TABLE_HOLES) == 0);
	CHECK(s, after.events[PH_EV_HOLE_DENY_ADDRESS] ==
			 before.events[PH_EV_HOLE_DENY_ADDRESS] + 1);
	repeat(s, a, 9);
}

/* A number in front of the address is taken for its beginning. */
static void free_text_guessed_wrongly(struct scenario *s)
{
	static const struct line line = {
		"227 1 of 3 (10,0,0,10,200,10)\r\n",
		"227 203,0,113,10 of 3 (203,0,113,10,200,10)\r\n", 51210, true};
	struct announcer *a = begin(s, &line, NULL);

	say_pieces(s, a, (const __u32[]){5, 15, a->len}, 3);
	CHECK(s, announcer_arrived(a, line.arrives));
	CHECK(s, announcer_waits(a, line.port));
	repeat(s, a, 5);
}

/* Of more lines than can be remembered, in packets longer than may leave. */
static void five_hundred_at_once(struct scenario *s)
{
	static char text[500 * 26], want[500 * 29];
	static const struct line line = {text, want, 0, false};
	struct announcer *a;
	int rounds = 0;

	for (int i = 0; i < 500; i++) {
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "PORT 10,0,0,10,200,%d\r\n", i % 256);
		snprintf(want + strlen(want), sizeof(want) - strlen(want),
			 "PORT 203,0,113,10,200,%d\r\n", i % 256);
	}
	a = begin(s, &line, NULL);
	while (a->acked < a->len && rounds++ < 100) {
		__u32 len = a->len - a->acked;

		if (rounds % 4 == 3) /* and it is lost on its way back */
			CHECK(s, announcer_sends(a, a->acked, 40, 0));
		announcer_sends(a, a->acked, len < 1900 ? len : 1900, 0);
		announcer_hears(a);
	}
	CHECK(s, a->acked == a->len);
	CHECK(s, announcer_arrived(a, want));
	CHECK(s, world_count(s->w, TABLE_HOLES) == FTP_MAX_HOLES);
}

/* Nothing is acknowledged: what has no room waits, and nothing of it leaves. */
static void no_room_without_acknowledgements(struct scenario *s)
{
	static char text[17 * 32];
	static const struct line line = {text, "", 0, false};
	const __u32 each = strlen(lines_v4[0].text), last = FTP_MAX_SPANS * each;
	struct announcer *a;

	text[0] = '\0';
	for (int i = 0; i <= FTP_MAX_SPANS; i++)
		APPEND(text, lines_v4[0].text);
	a = begin(s, &line, NULL);
	for (__u32 at = 0; at < last; at += each)
		CHECK(s, announcer_sends(a, at, each, 0));
	CHECK(s, announcer_sends(a, last, each, 0) && a->out_len == strlen("PORT "));
	CHECK(s, !announcer_sends(a, last + 5, each - 5, 0));
	CHECK(s, !announcer_sends(a, last + 5, 1, 0));
	CHECK(s, announcer_hears(a) == last + 5);
	CHECK(s, announcer_sends(a, last + 5, 1, 0) && a->out_len == strlen(MAPPED));
	CHECK(s, announcer_sends(a, last + 6, each - 6, 0));
	CHECK(s, announcer_hears(a) == a->len);
}

/* A packet as long as may be that ends in an address. */
static void growth_of_a_piece(struct scenario *s)
{
	static char text[2 * ANNOUNCER_MTU], want[2 * ANNOUNCER_MTU];
	static const struct line line = {text, want, 51210, false};
	const __u32 full = ANNOUNCER_MTU - 60, tail = strlen(lines_long[0].text);
	struct announcer *a;

	for (__u32 cut = 9; cut < tail; cut += 5) {
		memset(text, 'x', full - cut);
		text[full - cut - 2] = '\0';
		APPEND(text, "\r\n");
		want[0] = '\0';
		APPEND(want, text);
		APPEND(text, lines_long[0].text);
		APPEND(want, lines_long[0].arrives);
		a = begin(s, &line, ANNOUNCER_LONG);
		CHECK(s, announcer_sends(a, 0, full, 0));
		CHECK(s, announcer_hears(a) == full - cut + strlen("EPRT |2|"));
		CHECK(s, announcer_sends(a, a->acked, a->len - a->acked, 0));
		CHECK(s, announcer_hears(a) == a->len);
		CHECK(s, announcer_arrived(a, want));
		CHECK(s, announcer_waits(a, 51210));
	}
}

/* Longer than a packet that leaves may be: it is cut before anything is read. */
static void super_segment(struct scenario *s)
{
	static char text[4000], want[4000];
	static const struct line line = {text, want, 51210, false};
	struct announcer *a;

	text[0] = '\0';
	for (int i = 0; i < 280; i++)
		APPEND(text, "NOOP\r\n");
	want[0] = '\0';
	APPEND(want, text);
	APPEND(text, lines_v4[0].text);
	APPEND(want, lines_v4[0].arrives);
	a = begin(s, &line, NULL);
	CHECK(s, announcer_sends(a, 0, a->len, 0));
	CHECK(s, announcer_hears(a) == ANNOUNCER_MTU - 40);
	CHECK(s, announcer_sends(a, a->acked, a->len - a->acked, 0));
	CHECK(s, announcer_hears(a) == a->len);
	CHECK(s, announcer_arrived(a, want));
	CHECK(s, announcer_waits(a, 51210));
}

/* A FIN comes behind what was cut off; beside what was absorbed it is enough. */
static void fin(struct scenario *s)
{
	static const struct line line = {"PORT 10,0,0,1", "PORT 203,0,113,10", 0, false};
	struct announcer *a = begin(s, &line, NULL);

	CHECK(s, announcer_sends(a, 0, 8, 0));
	CHECK(s, announcer_sends(a, 8, a->len - 8, FIN_ACK));
	CHECK(s, a->out_len == 0 && a->out_flags == FIN_ACK &&
			 a->out_at == strlen(line.arrives));
	CHECK(s, announcer_arrived(a, line.arrives));
}

/* What fills the gap may grow: nobody knows yet where the stream ends. */
static void fin_behind_a_gap(struct scenario *s)
{
	const struct line *line = &lines_v4[0];
	struct announcer *a = begin(s, line, NULL);

	CHECK(s, announcer_sends(a, 0, 5, 0));
	CHECK(s, !announcer_sends(a, a->len, 0, FIN_ACK));
	CHECK(s, announcer_sends(a, 5, a->len - 5, 0));
	CHECK(s, announcer_sends(a, a->len, 0, FIN_ACK));
	CHECK(s, a->out_at == strlen(line->arrives) && a->out_flags == FIN_ACK);
	CHECK(s, announcer_arrived(a, line->arrives));
}

static void fin_of_a_cut_packet(struct scenario *s)
{
	static char text[ANNOUNCER_MTU];
	static const struct line line = {text, "", 0, false};
	const __u32 full = ANNOUNCER_MTU - 40;
	struct announcer *a;

	memset(text, 'x', full);
	memcpy(text + full - 10, "\r\nPORT 10,", 10);
	text[full] = '\0';
	a = begin(s, &line, NULL);
	CHECK(s, announcer_sends(a, 0, full, FIN_ACK));
	CHECK(s, a->out_len == full - 3 && a->out_flags == ACK);
}

/* By which TCP asks whether the other end is there. */
static void probe_from_inside(struct scenario *s)
{
	struct announcer *a = begin(s, &lines_v4[0], NULL);

	CHECK(s, announcer_sends(a, 0, 8, 0));
	CHECK(s, announcer_sends(a, 8, 2, 0));
	CHECK(s, announcer_hears(a) == 10);
	CHECK(s, announcer_sends(a, 9, 0, 0));
	CHECK(s, a->out_len == 0 && a->out_at == a->next - 1);
	CHECK(s, announcer_sends(a, 10, 0, 0));
	CHECK(s, a->out_len == 0 && a->out_at == a->next);
}

/* Blocks behind the address and in it; time stamps are nobody's business. */
static void sack_and_timestamps(struct scenario *s)
{
	struct announcer *a = begin(s, &lines_v4[0], NULL);
	__u8 options[24] = {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1, 5, 10};
	const __u8 *out = a->run.bytes + FRAME_IP_OFF + 40;
	const __u32 first = 0xffffffe1u;

	CHECK(s, announcer_sends(a, 0, 9, 0));
	CHECK(s, announcer_sends(a, 9, a->len - 9, 0));
	frame_put32(options + 16, first + 17);
	frame_put32(options + 20, first + 20);
	CHECK(s, announcer_hears_options(a, 5, options, sizeof(options)));
	CHECK(s, !memcmp(out, options, 16));
	CHECK(s, frame_get16(out + 18) == ((first + 14) & 0xffff));
	CHECK(s, frame_get16(out + 22) == ((first + 17) & 0xffff));
	frame_put32(options + 16, first + 16); /* the text's last byte, doubly */
	frame_put32(options + 20, first + 17);
	CHECK(s, announcer_hears_options(a, 17, options, sizeof(options)));
	CHECK(s, frame_get16(out + 18) == frame_get16(out + 22));
}

static void masking(struct policy_image *image)
{
	for (size_t i = 0; i < image->n_fixups; i++)
		image->fixups[i].value.flags |= FIXUP_F_MASK_BANNER;
}

/* No text of the greeting leaves, however it is cut and repeated; the lines and
 * their numbers stay. */
static void greeting_is_masked(struct scenario *s)
{
	static const struct line line = {
		"220-Welcome to\r\n host Pluto\r\n220 FTP 3.0.3 \r\n331 Name?\r\n",
		"220-**********\r\n***********\r\n220 **********\r\n331 Name?\r\n", 0,
		true};
	const __u32 len = strlen(line.text);

	for (__u32 cut = 1; cut < len && s->ok; cut++) {
		struct announcer *a;

		announcer_open(&announcer, s, NULL, true, line.text);
		a = &announcer;
		say_pieces(s, a, (const __u32[]){cut, len}, 2);
		CHECK(s, announcer_arrived(a, line.arrives));
		repeat(s, a, cut);
	}
}

/* Of more lines than are remembered at a time. */
static void long_greeting_is_masked(struct scenario *s)
{
	static char text[4000], want[4000];
	static const struct line line = {text, want, 0, true};
	struct announcer *a = &announcer;
	int rounds = 0;

	text[0] = want[0] = '\0';
	for (int i = 0; i < 100; i++) {
		APPEND(text, "220-This is line of text.\r\n");
		APPEND(want, "220-*********************\r\n");
	}
	APPEND(text, "220 .\r\n");
	APPEND(want, "220 *\r\n");
	announcer_open(a, s, NULL, true, line.text);
	while (a->acked < a->len && rounds++ < 20) {
		__u32 left = a->len - a->acked;

		CHECK(s, announcer_sends(a, a->acked, left < 1900 ? left : 1900, 0));
		announcer_hears(a);
	}
	CHECK(s, announcer_arrived(a, want));
}

#define NAT_V6(seen)                                           \
	"interface out0\n nameif outside\n security-level 0\n" \
	"interface in0\n nameif inside\n security-level 100\n" \
	"object network host\n host " SERVER6 "\n"             \
	" nat (inside,outside) static " seen "\n"              \
	"access-list out permit tcp any6 object host eq ftp\n" \
	"access-group out in interface outside\nfixup protocol ftp 21\n"

static const char nat_long[] = NAT_V6(ANNOUNCER_LONG);
static const char nat_short[] = NAT_V6(ANNOUNCER_SHORT);

static const struct scenario_entry entries[] = {
	SCENARIO(split_v4, "an announcement split after any byte arrives translated",
		 .tc_only = true, .policy = policy_table),
	SCENARIO(typed_v4, "an announcement typed byte by byte arrives translated",
		 .tc_only = true, .policy = policy_table),
	SCENARIO(pieces_lost, "pieces of an announcement that are lost may be repeated",
		 .tc_only = true, .policy = policy_table),
	SCENARIO(guessed_wrongly,
		 "a foreign address split in its beginning opens nothing, and passes",
		 .tc_only = true, .policy = policy_table),
	SCENARIO(free_text_guessed_wrongly,
		 "a number split in front of the address of a 227 harms nothing",
		 .tc_only = true, .policy = policy_table),
	SCENARIO(five_hundred_at_once, "500 PORTs at once get through, all translated",
		 .tc_only = true, .policy = policy_table),
	SCENARIO(no_room_without_acknowledgements,
		 "an address without room waits for acknowledgements", .tc_only = true,
		 .policy = policy_table),
	SCENARIO(super_segment,
		 "a super-segment is cut to one packet before an address in it is read",
		 .tc_only = true, .policy = policy_table),
	SCENARIO(fin, "a FIN beside what is absorbed leaves alone", .tc_only = true,
		 .policy = policy_table),
	SCENARIO(fin_behind_a_gap, "a FIN behind a gap waits until the gap is filled",
		 .tc_only = true, .policy = policy_table),
	SCENARIO(fin_of_a_cut_packet, "a packet that is cut leaves without its FIN",
		 .tc_only = true, .policy = policy_table),
	SCENARIO(probe_from_inside,
		 "a probe from inside a translated address is old to the other end",
		 .tc_only = true, .policy = policy_table),
	SCENARIO(sack_and_timestamps,
		 "SACK of a split announcement is translated, time stamps are not",
		 .tc_only = true, .policy = policy_table),
	SCENARIO(greeting_is_masked, "a greeting is masked, however it is split",
		 .tc_only = true, .policy = policy_table, .tweak = masking),
	SCENARIO(long_greeting_is_masked, "a greeting of a hundred lines is masked",
		 .tc_only = true, .policy = policy_table, .tweak = masking),
	SCENARIO(split_long, "IPv6: EPRT split after any byte arrives, longer",
		 .tc_only = true, .policy = nat_long),
	SCENARIO(typed_v6, "IPv6: EPRT typed byte by byte arrives translated",
		 .tc_only = true, .policy = nat_long),
	SCENARIO(growth_of_a_piece,
		 "IPv6: a piece that would outgrow the MTU is cut before the address",
		 .tc_only = true, .policy = nat_long),
	SCENARIO(split_short, "IPv6: EPRT split after any byte arrives, shorter",
		 .tc_only = true, .policy = nat_short),
};

void scenarios_ftp_split(struct world *w)
{
	CHECK_SCENARIOS(w, entries);
}
