// SPDX-License-Identifier: GPL-2.0
/*
 * stream.c - see stream.h.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/datapath/tap.h"
#include "tests/replay/stream.h"

void stream_free(struct stream *s)
{
	free(s->bytes);
	free(s->have);
	memset(s, 0, sizeof(*s));
}

static void make_room(struct stream *s, size_t end)
{
	size_t size = s->size ? s->size : 1024;

	while (size < end)
		size *= 2;
	if (size == s->size)
		return;
	s->bytes = realloc(s->bytes, size);
	s->have = realloc(s->have, size * sizeof(*s->have));
	if (!s->bytes || !s->have)
		TAP_BAIL("out of memory");
	memset(s->have + s->size, 0, (size - s->size) * sizeof(*s->have));
	s->size = size;
}

bool stream_put(struct stream *s, size_t at, const __u8 *bytes, size_t len)
{
	bool same = true;

	if (at > STREAM_MAX_BYTES || len > STREAM_MAX_BYTES - at)
		return true;
	make_room(s, at + len + 1);
	for (size_t i = 0; i < len; i++) {
		if (s->have[at + i])
			same = same && s->bytes[at + i] == bytes[i];
		else
			s->bytes[at + i] = bytes[i];
		s->have[at + i] = true;
	}
	while (s->whole < s->size && s->have[s->whole])
		s->whole++;
	return same;
}
