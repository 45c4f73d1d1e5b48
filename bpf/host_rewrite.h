/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host_rewrite.h - the public address takes the real one's place in a message.
 *
 * Why it exists: a machine behind a one-to-one translation announces an address that
 * its peers cannot reach. Here the text is changed before TCP numbers its bytes, so
 * nothing need be corrected afterwards.
 *
 * Who may include it: host_announce.h.
 *
 * Only what is whole in one message can be changed: what was sent before is gone. Should
 * the kernel run out of memory half way through a change, the message is not sent at all
 * (its sender gets EACCES): a line with stray bytes in it must not go out.
 */
#ifndef PINHOLE_BPF_HOST_REWRITE_H
#define PINHOLE_BPF_HOST_REWRITE_H

#include "ftp_text.h"
#include "host_tell.h"

/* The longest text of an address (RFC 4291, 2.2): eight groups of four. */
#define HOST_ADDRESS_TEXT_MAX 39

/* Make the message's bytes from `at` on, and `len` of them, readable and writable. */
static __always_inline bool host_pull(struct sk_msg_md *msg, __u32 at, __u32 len)
{
	return !bpf_msg_pull_data(msg, at, at + len, 0);
}

/* Write the text over the message's first bytes that are readable. Global, for its loop.
 * Return: whether there was room. */
FTP_GLOBAL int host_write(struct sk_msg_md *msg, const struct ftp_text *text)
{
	__u8 *data = msg->data, *end = msg->data_end;
	__u32 len = text ? text->len : 0;

#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < HOST_ADDRESS_TEXT_MAX; i++) {
		if (i >= len)
			break;
		if (data + i + 1 > end)
			return false;
		data[i] = text->byte[i & (FTP_TEXT_BYTES - 1)];
	}
	return true;
}

/*
 * Replace the address in the line in hand. The stream is numbered as it was said, so the
 * message seems to begin elsewhere afterwards.
 * Return: false if that cannot be done; the message is then as it was, or, if
 * scan->spoilt, fit for nothing.
 */
static __noinline int host_rewrite(struct host_scan *scan, const struct ph_addr *address)
{
	const struct ftp_line *l = &scan->dir->line;
	__u32 at = l->span_seq - scan->start, old_len = l->span_len, new_len;
	bool dots = l->verb == FTP_VERB_EPRT;
	struct sk_msg_md *msg = scan->msg;
	struct ftp_text text = {};

	if (at >= msg->size || !old_len || old_len > HOST_ADDRESS_TEXT_MAX)
		return 0;
	new_len =
		ftp_address_text(&text, address, dots ? FTP_SPAN_DOTS : FTP_SPAN_COMMAS);
	if (new_len > old_len ? bpf_msg_push_data(msg, at, new_len - old_len, 0)
			      : new_len < old_len &&
					bpf_msg_pop_data(msg, at, old_len - new_len, 0))
		return 0;
	scan->start -= new_len - old_len;
	scan->spoilt = !host_pull(msg, at, new_len) || !host_write(msg, &text);
	return !scan->spoilt;
}

#endif /* PINHOLE_BPF_HOST_REWRITE_H */
