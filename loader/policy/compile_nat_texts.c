// SPDX-License-Identifier: GPL-2.0
/*
 * compile_nat_texts.c - translations as people know them: statements with an identity
 * that survives a new policy, in words, and what they stand for.
 *
 * A statement is the same as before if its canonical text and the number of equal ones
 * before it are the same: what its counters go by, as those of access-list lines do.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compile_nat.h"
#include "policy/names.h"
#include "util/cleanup.h"
#include "util/hash.h"
#include "util/strbuf.h"

static void free_buf(struct strbuf *buf)
{
	strbuf_free(buf);
}

static void pieces_free(struct policy_nat_pieces *pieces)
{
	vec_free(&pieces->items);
}

/* ---- identities ---------------------------------------------------------- */

struct hashed {
	uint64_t hash;
	size_t index;
};

static int compare_hashed(const void *a, const void *b)
{
	const struct hashed *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

/* Two texts with one hash only make each other's ordinals grow. */
static uint64_t identity(uint64_t hash, uint32_t ordinal)
{
	unsigned char bytes[4];

	/* Byte by byte: equal on machines of either byte order. */
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(ordinal >> (8 * i));
	if (ordinal)
		hash = hash_bytes(hash, bytes, sizeof(bytes));
	return hash ? hash : 1;
}

static int identify(const struct policy *policy, struct policy_image *image)
{
	size_t n = policy->nats.count;
	struct hashed *all cleanup_free_ = calloc(n + 1, sizeof(*all));
	struct strbuf text cleanup_(free_buf) = {0};
	uint32_t ordinal = 0;

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		strbuf_reset(&text);
		policy_print_nat(&text, policy, &policy->nats.items[i]);
		if (text.failed)
			return -ENOMEM;
		all[i] = (struct hashed){hash_bytes(HASH_START, text.data, text.len), i};
	}
	qsort(all, n, sizeof(*all), compare_hashed);
	for (size_t i = 0; i < n; i++) {
		ordinal = i && all[i].hash == all[i - 1].hash ? ordinal + 1 : 0;
		image->translations[all[i].index].id = identity(all[i].hash, ordinal);
	}
	return 0;
}

/* ---- what they stand for ------------------------------------------------- */

static int own(struct strbuf *text, char **out)
{
	return strbuf_steal(text, out, NULL);
}

/* A network, a range, or an address, behind what is there already. */
static void put_span(struct strbuf *out, policy_ip first, policy_ip last)
{
	policy_ip host = first ^ last;
	unsigned int len = policy_mask_len(~host);

	if (out->len)
		strbuf_puts(out, ", ");
	strbuf_puts(out, policy_ip_text(first).text);
	if ((host & (host + 1)) || (first & host))
		strbuf_printf(out, "-%s", policy_ip_text(last).text);
	else
		strbuf_printf(out, "/%u",
			      policy_ip_is_v4(first) ? len - POLICY_V4_BITS : len);
}

/* One end of all pieces; those that follow on one another are one. */
static int describe_pieces(const struct policy_nat_pieces *pieces, bool mapped,
			   char **out)
{
	struct strbuf text = {0};
	policy_ip first = 0, last = 0;

	for (size_t i = 0; i < pieces->items.count; i++) {
		const struct policy_nat_piece *piece = &pieces->items.items[i];
		policy_ip addr = mapped ? piece->mapped : piece->real;

		if (i && addr == last + 1 &&
		    policy_ip_is_v4(addr) == policy_ip_is_v4(first)) {
			last = addr | ~piece->mask;
			continue;
		}
		if (i)
			put_span(&text, first, last);
		first = addr;
		last = addr | ~piece->mask;
	}
	if (pieces->items.count)
		put_span(&text, first, last);
	else
		strbuf_puts(&text, "not known yet"); /* an address by DHCP */
	return own(&text, out);
}

static int describe_pair(const struct policy *policy, const struct policy_addr *real,
			 const struct policy_addr *mapped, char **real_out,
			 char **mapped_out)
{
	struct policy_nat_pieces pieces cleanup_(pieces_free) = {.identity = true};
	int err = policy_nat_pair(policy, real, mapped, &pieces);

	if (err == -ENOMEM)
		return err;
	if (err) /* one whose address is not known yet, or that is dynamic */
		vec_free(&pieces.items);
	err = describe_pieces(&pieces, false, real_out);
	return err ? err : describe_pieces(&pieces, true, mapped_out);
}

/* By a list: whose lines say what is real, and who the peers are. */
static int describe_list(const struct policy *policy, const struct policy_nat *nat,
			 struct policy_image_translation *to)
{
	struct strbuf text = {0};
	int err;

	strbuf_printf(&text, "access-list %s", policy->lists.items[nat->list].name);
	err = own(&text, &to->source_real);
	if (err || nat->section == POLICY_NAT_EXEMPT || nat->dynamic)
		return err;
	if (nat->mapped.kind == POLICY_ADDR_IFACE)
		strbuf_puts(&text, "interface");
	else
		strbuf_printf(&text, "from %s", policy_ip_text(nat->mapped.addr).text);
	return own(&text, &to->source_mapped);
}

static int describe_port(uint8_t proto, uint16_t port, char **out)
{
	const char *name = policy_port_name(port, proto);
	struct strbuf text = {0};

	strbuf_puts(&text, proto == IPPROTO_TCP ? "tcp" : "udp");
	if (name)
		strbuf_printf(&text, " %s", name);
	else
		strbuf_printf(&text, " %u", port);
	return own(&text, out);
}

static int describe_services(const struct policy *policy, const struct policy_nat *nat,
			     struct policy_image_translation *to)
{
	const struct policy_object *objects = policy->objects.items;
	int err;

	if (nat->proto) {
		err = nat->list == POLICY_NO_LIST
			      ? describe_port(nat->proto, nat->real_port,
					      &to->service_real)
			      : 0;
		return err ? err
			   : describe_port(nat->proto, nat->mapped_port,
					   &to->service_mapped);
	}
	if (nat->service_real == POLICY_NO_OBJECT)
		return 0;
	to->service_real = strdup(objects[nat->service_real].name);
	to->service_mapped = strdup(objects[nat->service_mapped].name);
	return to->service_real && to->service_mapped ? 0 : -ENOMEM;
}

static int describe_ends(const struct policy *policy, const struct policy_nat *nat,
			 struct policy_image_translation *to)
{
	int err;

	if (nat->list != POLICY_NO_LIST)
		err = describe_list(policy, nat, to);
	else
		err = describe_pair(policy, &nat->real,
				    nat->section == POLICY_NAT_REGULAR ? &nat->real
								       : &nat->mapped,
				    &to->source_real, &to->source_mapped);
	if (!err && nat->has_destination)
		err = describe_pair(policy, &nat->dst_real, &nat->dst_mapped,
				    &to->destination_real, &to->destination_mapped);
	return err ? err : describe_services(policy, nat, to);
}

/* ---- all of them --------------------------------------------------------- */

static enum policy_translation_section section_of(enum policy_nat_section section)
{
	switch (section) {
	case POLICY_NAT_EXEMPT:
		return POLICY_TRANSLATION_EXEMPT;
	case POLICY_NAT_STATIC:
		return POLICY_TRANSLATION_STATIC;
	case POLICY_NAT_POLICY:
	case POLICY_NAT_REGULAR:
		break;
	case POLICY_NAT_MANUAL:
		return POLICY_TRANSLATION_MANUAL;
	case POLICY_NAT_OBJECT:
		return POLICY_TRANSLATION_AUTO;
	case POLICY_NAT_AFTER_AUTO:
		return POLICY_TRANSLATION_AFTER;
	}
	return POLICY_TRANSLATION_REGULAR;
}

static int describe(const struct policy *policy, const struct policy_nat *nat,
		    struct policy_image_translation *to)
{
	struct strbuf text = {0};
	int err;

	to->section = section_of(nat->section);
	to->source_line = nat->where.line;
	to->real_if = policy_iface_id(nat->real_if);
	to->mapped_if = policy_iface_id(nat->mapped_if);
	to->in_force = policy_nat_is_in_force(nat);
	policy_print_nat_shown(&text, policy, nat);
	err = own(&text, &to->text);
	return err ? err : describe_ends(policy, nat, to);
}

int policy_nat_describe(const struct policy *policy, struct policy_image *image)
{
	size_t n = policy->nats.count;
	int err = 0;

	image->translations = calloc(n + 1, sizeof(*image->translations));
	if (!image->translations)
		return -ENOMEM;
	image->n_translations = n;
	for (size_t i = 0; !err && i < n; i++) {
		struct policy_image_translation *to = &image->translations[i];

		err = describe(policy, &policy->nats.items[i], to);
		to->number = i && to[-1].section == to->section ? to[-1].number + 1 : 1;
	}
	return err ? err : identify(policy, image);
}

void policy_free_translations(struct policy_image *image)
{
	for (size_t i = 0; i < image->n_translations; i++) {
		struct policy_image_translation *translation = &image->translations[i];

		free(translation->text);
		free(translation->source_real);
		free(translation->source_mapped);
		free(translation->destination_mapped);
		free(translation->destination_real);
		free(translation->service_real);
		free(translation->service_mapped);
	}
	free(image->translations);
}
