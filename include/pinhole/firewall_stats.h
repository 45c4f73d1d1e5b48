/* SPDX-License-Identifier: GPL-2.0 */
/*
 * firewall_stats.h - what is counted of connections, FTP data and applies, for those who
 * ask often: nothing here takes longer for the connections there are.
 *
 * Who may include it: as firewall.h, whose rules for errors hold.
 */
#ifndef PINHOLE_FIREWALL_STATS_H
#define PINHOLE_FIREWALL_STATS_H

#include <pinhole/firewall.h>

/* Connections are counted by class of protocol. */
enum fw_proto { FW_PROTO_TCP, FW_PROTO_UDP, FW_PROTO_ICMP, FW_PROTO_OTHER, FW_N_PROTOS };

/* What may be told of an entry in the connection table. Other protocols than TCP know
 * the first only. */
enum fw_conn_state {
	FW_CONN_ESTABLISHED,
	FW_CONN_HALF_CLOSED, /* one end has sent FIN */
	FW_CONN_CLOSING,     /* both FINs or a RST were seen, or it was ended */
	FW_N_CONN_STATES,
};

/* Words for labels, e.g. "tcp", "half-closed", "timeout". NULL if out of range. */
const char *fw_proto_name(unsigned int proto);
const char *fw_conn_state_name(unsigned int state);
const char *fw_conn_end_name(unsigned int end); /* enum ph_conn_end, but for NONE */

struct fw_conn_stats {
	uint64_t created;		 /* entered in the connection table */
	uint64_t closed[PH_N_CONN_ENDS]; /* and taken out of it, by enum ph_conn_end */
	/* In the table now. Also those whose time is up, until the clock comes by. */
	uint64_t states[FW_N_CONN_STATES];
	/* Not answered yet, and not expired. Never fewer than there are; more by those
	 * that were cleared by hand, or displaced while their table was full, in the last
	 * timeout, but never more than it has room for. */
	uint64_t half_open;
};

/* By enum fw_proto. created and closed never fall. */
int fw_read_conn_stats(struct fw *fw, struct fw_conn_stats out[FW_N_PROTOS],
		       struct fw_error *error);

/* Data connections of inspected FTP sessions, whether a pinhole let them in or a range
 * of data-ports did. Never falls. */
struct fw_ftp_traffic {
	uint64_t connections; /* that were established */
	/* TCP payload as it was let through, what was sent again included; counted as it
	 * passes, not when the connection ends. */
	uint64_t bytes_to_server;
	uint64_t bytes_to_client;
};
int fw_read_ftp_traffic(struct fw *fw, struct fw_ftp_traffic *out,
			struct fw_error *error);

/*
 * What became of applies since the firewall was loaded: fw_apply(), and what was noted
 * as below. Of those that failed before anything was in force nothing is kept; one that
 * was killed is an attempt and no failure. Times: CLOCK_REALTIME; 0: never.
 */
struct fw_last_apply {
	uint64_t attempts;
	uint64_t failures;
	uint64_t successes;   /* an apply that was killed, or is under way, is neither */
	uint64_t attempt_sec; /* when the last one began */
	uint64_t success_sec; /* when the last that succeeded was done */
	uint64_t success_duration_ns; /* what fw_apply() had taken for that */
	bool succeeded;		      /* the last one to end did */
};
int fw_read_last_apply(struct fw *fw, struct fw_last_apply *out, struct fw_error *error);

/*
 * Remember that an apply has failed before fw_apply() was asked: the policy is wrong.
 * Where nothing is in force there is nowhere to remember it, which is no error.
 * @pin_dir: NULL for the default
 */
int fw_note_failed_apply(const char *pin_dir, struct fw_error *error);

#endif /* PINHOLE_FIREWALL_STATS_H */
