/* SPDX-License-Identifier: GPL-2.0 */
/* Interim stub so that the rest builds; the FTP inspection replaces this file. */
#ifndef PINHOLE_BPF_FTP_H
#define PINHOLE_BPF_FTP_H
#include "maps.h"
static __always_inline enum ph_reason ftp_inspect(struct __sk_buff *skb, struct flow *f)
{
	(void)skb;
	(void)f;
	return PH_NEXT;
}
/* Called by conn.h when the control connection is removed (any cause). */
static __always_inline void ftp_session_close(const struct flow_key *key, __u64 conn_id)
{
	(void)key;
	(void)conn_id;
}
/* Called by conn.h on FIN/RST of the control connection: unused holes vanish at once. */
static __always_inline void ftp_session_end_holes(const struct flow_key *key, __u64 conn_id)
{
	(void)key;
	(void)conn_id;
}
#endif
