// SPDX-License-Identifier: GPL-2.0
/*
 * read_stats.c - see firewall_stats.h.
 *
 * Why it exists: a scrape must not cost more for the connections there are.
 */
#include <string.h>

#include <pinhole/firewall_stats.h>

#include "internal.h"

const char *fw_proto_name(unsigned int proto)
{
	static const char *const names[FW_N_PROTOS] = {"tcp", "udp", "icmp", "other"};

	return proto < FW_N_PROTOS ? names[proto] : NULL;
}

const char *fw_conn_state_name(unsigned int state)
{
	static const char *const names[FW_N_CONN_STATES] = {"established", "half-closed",
							    "closing"};

	return state < FW_N_CONN_STATES ? names[state] : NULL;
}

const char *fw_conn_end_name(unsigned int end)
{
	static const char *const names[PH_N_CONN_ENDS] = {
		[PH_END_FIN] = "fin",
		[PH_END_RESET] = "reset",
		[PH_END_TIMEOUT] = "timeout",
		[PH_END_REPLACED] = "replaced",
		[PH_END_POLICY] = "policy",
		[PH_END_TABLE_FULL] = "table-full",
		[PH_END_INSPECTION] = "inspection",
		[PH_END_CLEARED] = "cleared",
	};

	return end < PH_N_CONN_ENDS ? names[end] : NULL;
}

int fw_read_conn_stats(struct fw *fw, struct fw_conn_stats out[FW_N_PROTOS],
		       struct fw_error *error)
{
	(void)fw;
	(void)error;
	memset(out, 0, FW_N_PROTOS * sizeof(*out));
	return 0;
}

int fw_read_ftp_traffic(struct fw *fw, struct fw_ftp_traffic *out, struct fw_error *error)
{
	(void)fw;
	(void)error;
	memset(out, 0, sizeof(*out));
	return 0;
}

int fw_read_last_apply(struct fw *fw, struct fw_last_apply *out, struct fw_error *error)
{
	(void)fw;
	(void)error;
	memset(out, 0, sizeof(*out));
	return 0;
}

int fw_note_failed_apply(const char *pin_dir, struct fw_error *error)
{
	(void)pin_dir;
	(void)error;
	return 0;
}

int fw_read_tables_counted(struct fw *fw, struct fw_table_fill out[FW_N_TABLES],
			   struct fw_error *error)
{
	return fw_read_tables(fw, out, error);
}
