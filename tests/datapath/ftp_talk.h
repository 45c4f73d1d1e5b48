/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_talk.h - what the scenarios of FTP over IPv4 and over IPv6 share.
 *
 * Who may include it: scenarios_ftp.c and scenarios_ftp_v6.c.
 */
#ifndef PINHOLE_TESTS_FTP_TALK_H
#define PINHOLE_TESTS_FTP_TALK_H

#include "tests/datapath/talk.h"

/* First numbers of the control connection, and of a data connection. */
#define CLIENT_ISN 0xfffffff0u /* they wrap on the way */
#define SERVER_ISN 5000u
#define DIALER_ISN 70000u
#define TAKER_ISN  90000u

#define DATA_PORT 51210 /* 200,10; no line permits it */

/* The handshake of a data connection. */
#define DATA_NUMBERS(flags_, seq_, ack_)                        \
	.flags = (flags_), .seq = (seq_) + !((flags_)&TCP_SYN), \
	.ack = (flags_)&TCP_ACK ? (ack_) + 1 : 0

void scenarios_ftp_v6(struct world *w);

#endif /* PINHOLE_TESTS_FTP_TALK_H */
