// SPDX-License-Identifier: GPL-2.0
/*
 * format.c - addresses, protocols, times and record templates. See format.h.
 *
 * Why it exists: what people and scripts read on the screen is worth a unit
 * test of its own; so nothing here prints or asks the system.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <util/text.h>

#include "format.h"

#define V4_PREFIX 96 /* of ::ffff:0:0/96 */
#define MAX_SLIPS 2u

static bool is_v4(const struct ph_addr *addr)
{
	return !addr->word[0] && !addr->word[1] && addr->word[2] == htonl(0xffff);
}

char *format_address(char out[FORMAT_ADDRESS_BYTES], const struct ph_addr *addr)
{
	const void *bytes = is_v4(addr) ? (const void *)&addr->word[3] : addr->word;

	if (!inet_ntop(is_v4(addr) ? AF_INET : AF_INET6, bytes, out,
		       FORMAT_ADDRESS_BYTES))
		out[0] = '\0';
	return out;
}

char *format_endpoint(char out[FORMAT_ENDPOINT_BYTES], const struct ph_addr *addr,
		      const char *port)
{
	char text[FORMAT_ADDRESS_BYTES];

	snprintf(out, FORMAT_ENDPOINT_BYTES, is_v4(addr) ? "%s:%s" : "[%s]:%s",
		 format_address(text, addr), port);
	return out;
}

char *format_network(char out[FORMAT_ADDRESS_BYTES], const struct ph_addr *addr,
		     unsigned int prefix)
{
	size_t len;

	format_address(out, addr);
	len = strlen(out);
	if (prefix < 128 && (!is_v4(addr) || prefix >= V4_PREFIX))
		snprintf(out + len, FORMAT_ADDRESS_BYTES - len, "/%u",
			 is_v4(addr) ? prefix - V4_PREFIX : prefix);
	return out;
}

char *format_time(char out[FORMAT_TIME_BYTES], uint64_t sec)
{
	snprintf(out, FORMAT_TIME_BYTES, "%" PRIu64 ":%02u:%02u", sec / 3600,
		 (unsigned int)(sec / 60 % 60), (unsigned int)(sec % 60));
	return out;
}

const char *format_protocol(unsigned int proto, char buffer[4])
{
	switch (proto) {
	case IPPROTO_TCP:
		return "TCP";
	case IPPROTO_UDP:
		return "UDP";
	case IPPROTO_ICMP:
		return "ICMP";
	case IPPROTO_ICMPV6:
		return "ICMP6";
	case IPPROTO_GRE:
		return "GRE";
	case IPPROTO_ESP:
		return "ESP";
	case IPPROTO_SCTP:
		return "SCTP";
	default:
		snprintf(buffer, 4, "%u", proto & 0xff);
		return buffer;
	}
}

const char *format_nearest(const char *text, const char *const *words, size_t n)
{
	unsigned int best = MAX_SLIPS + 1;
	const char *nearest = NULL;
	size_t len = strlen(text);

	for (size_t i = 0; i < n; i++) {
		unsigned int slips = len > 1 && !strncmp(words[i], text, len)
					     ? 0
					     : text_distance(text, len, words[i],
							     strlen(words[i]), MAX_SLIPS);

		/* Two slips make any short word of any other. */
		if (slips < best && slips < (len + 1) / 2) {
			best = slips;
			nearest = words[i];
		}
	}
	return nearest;
}

bool format_split_binding(const char *text, struct format_binding *out)
{
	const char *equals = strchr(text, '=');
	const char *at = equals ? strrchr(equals, '@') : NULL;
	const char *end = text + strlen(text);

	if (!equals)
		return false;
	*out = (struct format_binding){
		.name = text,
		.device = equals + 1,
		.carrier = at ? at + 1 : end,
		.name_len = (size_t)(equals - text),
		.device_len = (size_t)((at ? at : end) - (equals + 1)),
		.carrier_len = at ? (size_t)(end - (at + 1)) : 0,
	};
	return out->name_len && out->device_len && (!at || out->carrier_len);
}

static int put_value(const struct format_template *with, const char *key, const char *how)
{
	const char *text = NULL;
	int64_t number = 0;
	char digits[FORMAT_TIME_BYTES];
	char padded[256];
	int width = (int)strtol(how, NULL, 10);
	int len;

	if (!with->lookup(with->arg, key, &text, &number))
		return -EINVAL;
	if (!strcmp(how, "time")) {
		text = format_time(digits, number > 0 ? (uint64_t)number : 0);
	} else if (!text) {
		snprintf(digits, sizeof(digits), "%" PRId64, number);
		text = digits;
	}
	if (!width) {
		with->put(with->arg, text, strlen(text));
		return 0;
	}
	len = snprintf(padded, sizeof(padded), "%*s", width, text);
	with->put(with->arg, padded,
		  (size_t)len < sizeof(padded) ? (size_t)len : strlen(padded));
	return 0;
}

/* @field: what stands between the braces. */
static int put_field(const struct format_template *with, const char *field, size_t len)
{
	char copy[64];
	char *how;

	if (len >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, field, len);
	copy[len] = '\0';
	how = strchr(copy, ':');
	if (how)
		*how++ = '\0';
	return put_value(with, copy, how ? how : "");
}

int format_render(const struct format_template *with, const char *template)
{
	while (*template) {
		size_t plain = strcspn(template, "{");
		const char *close;
		int err;

		if (plain) {
			with->put(with->arg, template, plain);
			template += plain;
			continue;
		}
		if (template[1] == '{') {
			with->put(with->arg, "{", 1);
			template += 2;
			continue;
		}
		close = strchr(template, '}');
		if (!close)
			return -EINVAL;
		err = put_field(with, template + 1, (size_t)(close - template - 1));
		if (err)
			return err;
		template = close + 1;
	}
	return 0;
}
