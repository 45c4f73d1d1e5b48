// SPDX-License-Identifier: GPL-2.0
/* fake_log.c - the records that the made-up firewall has to tell, of every kind. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fake.h"

#define CLIENT	0xc6336407u /* 198.51.100.7, outside */
#define SERVER	0x0a00000au /* 10.0.0.10, inside */
#define MAPPED	0xcb00710au /* 203.0.113.10, as what it is seen */
#define OTHER	0xcb007163u /* 203.0.113.99 */
#define DAY_SEC 86400

static struct ph_addr v4(uint32_t address)
{
	return (struct ph_addr){.word = {0, 0, htonl(0xffff), htonl(address)}};
}

/* The client to the server; the server is end 0 of the key. */
static struct flow_key key_of(uint8_t proto, uint16_t sport, uint16_t dport)
{
	return (struct flow_key){.addr = {v4(SERVER), v4(CLIENT)},
				 .port = {htons(dport), htons(sport)},
				 .proto = proto};
}

/* ---- of each kind one or more ---- */

static union ph_any_record built(uint8_t proto, uint16_t sport, uint16_t dport,
				 uint32_t flags)
{
	return (union ph_any_record){
		.built = {.time_ns = fake_ago(60),
			  .kind = PH_RECORD_BUILT,
			  .flags = CONN_F_INITIATOR_1 | flags,
			  .id = 4711,
			  .key = key_of(proto, sport, dport),
			  .mapped = {v4(CLIENT), v4(MAPPED)},
			  .ifindex = {FAKE_OUTSIDE, FAKE_INSIDE},
			  .mapped_port = {htons(sport), htons(dport)},
			  .generation = 7}};
}

static union ph_any_record ended(void)
{
	return (union ph_any_record){
		.conn = {.time_ns = fake_ago(50),
			 .kind = PH_RECORD_CONN_END,
			 .reason = PH_END_RESET,
			 .key = key_of(IPPROTO_TCP, 40000, 21),
			 .conn = {.id = 4711,
				  .created_ns = fake_ago(DAY_SEC),
				  .seen_ns = fake_ago(55),
				  .packets = {10, 9},
				  .bytes = {1000, 12345},
				  .mapped = {v4(CLIENT), v4(MAPPED)},
				  .mapped_port = {htons(40000), htons(21)},
				  .ifindex = {FAKE_OUTSIDE, FAKE_INSIDE},
				  .flags = CONN_F_INITIATOR_1,
				  .state = CONN_CLOSING}}};
}

static union ph_any_record full(uint32_t reason)
{
	return (union ph_any_record){.conn = {.time_ns = fake_ago(49),
					      .kind = PH_RECORD_TABLE_FULL,
					      .reason = reason}};
}

/* @line: of the policy's lines; -1: the end of the list */
static union ph_any_record decided(int line, uint32_t flags, uint32_t lost)
{
	const struct policy_image *image = fake_image();

	return (union ph_any_record){
		.acl = {.time_ns = fake_ago(40),
			.kind = PH_RECORD_ACL,
			.lost = lost,
			.line_id = line < 0 ? 0 : image->lines[line].line_id,
			.key = {.src = v4(CLIENT),
				.dst = v4(OTHER),
				.src_port = 5353,
				.dst_port = 161,
				.proto = IPPROTO_UDP},
			.ifindex = {FAKE_OUTSIDE, FAKE_INSIDE},
			.place = ACL_AT_IN,
			.flags = (__u8)flags}};
}

static union ph_any_record dropped(uint32_t reason, uint8_t proto, uint32_t lost)
{
	bool icmp = proto == IPPROTO_ICMP;

	return (union ph_any_record){
		.drop = {.time_ns = fake_ago(30),
			 .kind = PH_RECORD_DROP,
			 .reason = reason,
			 .lost = lost,
			 .ifindex = {FAKE_OUTSIDE, FAKE_INSIDE},
			 .flags = icmp ? DROP_RECORD_F_QUOTED : 0,
			 .src = v4(CLIENT),
			 .dst = v4(MAPPED),
			 .sport = htons(icmp ? 0 : 4000),
			 .dport = htons(icmp ? 0 : 21),
			 .proto = proto,
			 .tcp_flags = proto == IPPROTO_TCP ? 0x11 : 0,
			 .icmp_type = icmp ? 3 : 0,
			 .icmp_code = icmp ? 1 : 0,
			 .quoted_src = v4(MAPPED),
			 .quoted_dst = v4(CLIENT),
			 .quoted_sport = htons(53),
			 .quoted_dport = htons(5353),
			 .quoted_proto = IPPROTO_UDP}};
}

static union ph_any_record unreadable(void)
{
	return (union ph_any_record){.drop = {.time_ns = fake_ago(29),
					      .kind = PH_RECORD_DROP,
					      .reason = PH_DROP_TRUNCATED,
					      .ifindex = {FAKE_DMZ}}};
}

static union ph_any_record ftp(uint32_t kind, uint32_t finding, const char *text)
{
	union ph_any_record out = {
		.ftp = {.time_ns = fake_ago(20),
			.kind = kind,
			.finding = finding,
			.key = key_of(IPPROTO_TCP, 40000, 21),
			.conn_id = 4711,
			.mapped = {v4(CLIENT), v4(MAPPED)},
			.ifindex = {FAKE_OUTSIDE, FAKE_INSIDE},
			.conn_flags = CONN_F_INITIATOR_1,
			.port = kind == PH_RECORD_FTP ? 22 : 0,
			.text_len = (__u16)strlen(text),
			.verb = kind == PH_RECORD_FTP ? FTP_VERB_PORT : FTP_VERB_RETR,
			.user = "anna"}};

	if (kind == PH_RECORD_FTP)
		out.ftp.address = v4(CLIENT);
	memcpy(out.ftp.text, text, strlen(text));
	return out;
}

/* ---- libfirewall's ---- */

int __wrap_fw_claim_records(struct fw *fw, bool alone, int *claim,
			    struct fw_error *error);
int __wrap_fw_claim_records(struct fw *fw, bool alone, int *claim, struct fw_error *error)
{
	(void)fw;
	(void)alone;
	(void)claim;
	(void)error;
	return 0;
}

int __wrap_fw_take_records(struct fw *fw, int timeout_ms,
			   int (*fn)(const union ph_any_record *, void *), void *arg,
			   struct fw_error *error);
int __wrap_fw_take_records(struct fw *fw, int timeout_ms,
			   int (*fn)(const union ph_any_record *, void *), void *arg,
			   struct fw_error *error)
{
	const union ph_any_record records[] = {
		built(IPPROTO_TCP, 40000, 21, 0),
		built(IPPROTO_TCP, 40001, 50001, CONN_F_CHILD),
		built(IPPROTO_ICMP, 77, 0, 0),
		ended(),
		full(PH_DROP_CONN_TABLE_FULL),
		full(PH_DROP_ACL_BOUND),
		decided(3, ACL_LINE_F_LOG, 0),
		decided(3, ACL_LINE_F_LOG, 0),
		decided(1, 0, 250),
		decided(-1, 0, 1),
		dropped(PH_DROP_TCP_NOT_SYN, IPPROTO_TCP, 0),
		dropped(PH_DROP_TCP_WINDOW, IPPROTO_TCP, 12),
		dropped(PH_DROP_ICMP_UNMATCHED, IPPROTO_ICMP, 0),
		unreadable(),
		ftp(PH_RECORD_FTP, FTP_FOUND_LOW_PORT, "PORT 198,51,100,7,0,22\r\n"),
		ftp(PH_RECORD_FTP_FILE, FTP_RETRIEVED, "/pub/\x1b[2Jnews"),
		ftp(PH_RECORD_FTP_TLS, 0, "ftp.example"),
	};
	const int n = sizeof(records) / sizeof(records[0]);

	(void)fw;
	(void)timeout_ms;
	(void)error;
	setenv("TZ", "UTC", 1);
	tzset();
	if (fake_is_quiet())
		return 0;
	for (int i = 0; i < n; i++)
		if (fn(&records[i], arg))
			return -EIO;
	return n;
}
