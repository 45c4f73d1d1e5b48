// SPDX-License-Identifier: GPL-2.0
/*
 * fake.c - a made-up firewall: what is in force, and what was counted. See fake.h.
 *
 * The linker gives it every call of these functions of libfirewall (--wrap).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <pinhole/firewall_undo.h>
#include "fake.h"

#define NS_PER_SEC   1000000000ull
#define POLICY_BYTES 65536

struct fw {
	int nothing;
};

static struct fw the_firewall;

/* ---- moods and times ----------------------------------------------------------------
 */

static bool is_mood(const char *word)
{
	const char *mood = getenv("FAKE_MOOD");

	return mood && !strcmp(mood, word);
}

bool fake_is_absent(void)
{
	return is_mood("absent");
}

bool fake_is_quiet(void)
{
	return is_mood("quiet");
}

/* The machine was started eleven days ago. */
#define NOW_SEC 1000000ull

int __wrap_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
	(void)clock;
	*out = (struct timespec){.tv_sec = NOW_SEC};
	return 0;
}

uint64_t fake_ago(uint64_t sec)
{
	return (NOW_SEC - sec) * NS_PER_SEC;
}

uint64_t fake_in(uint64_t sec)
{
	return (NOW_SEC + sec) * NS_PER_SEC;
}

/* ---- what is in force ---------------------------------------------------------------
 */

static size_t read_file(char text[POLICY_BYTES])
{
	const char *path = getenv("FAKE_POLICY");
	FILE *file = path ? fopen(path, "re") : NULL;
	size_t len = file ? fread(text, 1, POLICY_BYTES, file) : 0;

	if (file)
		fclose(file);
	return len;
}

static struct policy *read_policy(void)
{
	static char text[POLICY_BYTES];
	struct policy_diags diags = {0};
	struct policy *policy = NULL;

	policy_parse(text, read_file(text), &policy, &diags);
	policy_diags_free(&diags);
	return policy;
}

const struct policy_image *fake_image(void)
{
	static struct policy_image *image;
	struct policy_diags diags = {0};

	if (!image)
		policy_compile_names(read_policy(), &image, &diags);
	policy_diags_free(&diags);
	return image;
}

int __wrap_fw_open(const char *pin_dir, struct fw **out, struct fw_error *error);
int __wrap_fw_open(const char *pin_dir, struct fw **out, struct fw_error *error)
{
	(void)pin_dir;
	if (fake_is_absent()) {
		snprintf(error->what, sizeof(error->what), "no policy is in force");
		return -ENOENT;
	}
	*out = &the_firewall;
	return 0;
}

void __wrap_fw_close(struct fw *fw);
void __wrap_fw_close(struct fw *fw)
{
	(void)fw;
}

int __wrap_fw_read_policy(struct fw *fw, uint32_t *generation, char **text, size_t *len,
			  struct fw_error *error);
int __wrap_fw_read_policy(struct fw *fw, uint32_t *generation, char **text, size_t *len,
			  struct fw_error *error)
{
	(void)fw;
	(void)error;
	*generation = 7;
	return policy_print(read_policy(), text, len);
}

int __wrap_fw_read_config(struct fw *fw, struct policy_config *out,
			  struct fw_error *error);
int __wrap_fw_read_config(struct fw *fw, struct policy_config *out,
			  struct fw_error *error)
{
	(void)fw;
	(void)error;
	*out = fake_image()->config;
	return 0;
}

int __wrap_fw_each_interface(struct fw *fw,
			     int (*fn)(const struct fw_interface *, void *), void *arg,
			     struct fw_error *error);
int __wrap_fw_each_interface(struct fw *fw,
			     int (*fn)(const struct fw_interface *, void *), void *arg,
			     struct fw_error *error)
{
	static const char *const devices[] = {"eth0", "eth1", "eth2.100"};
	const struct policy_image *image = fake_image();
	int err = 0;

	(void)fw;
	(void)error;
	for (size_t i = 0; !err && i < image->n_ifaces && i < 3; i++) {
		uint64_t n = fake_is_quiet() ? 0 : 1000 * (i + 1);
		struct fw_interface item = {
			.config = image->ifaces[i].config,
			.ifindex = FAKE_OUTSIDE + (uint32_t)i,
			.present = i != 1,
			.mode = i ? FW_MODE_TC : FW_MODE_XDP,
			.counters = {.rx_packets = n,
				     .rx_bytes = n * 100,
				     .tx_packets = n / 2,
				     .tx_bytes = n * 50,
				     .drop_packets = n / 10,
				     .drop_bytes = n * 4,
				     .to_box_packets = n / 20,
				     .to_box_bytes = n * 5,
				     .forward_packets = n / 2 + n / 4,
				     .forward_bytes = n * 80,
				     .reply_packets = n / 10,
				     .reply_bytes = n * 3,
				     .own_packets = n / 5,
				     .own_bytes = n * 20,
				     .egress_drop_packets = n / 50,
				     .egress_drop_bytes = n,
				     .xdp_packets = i ? 0 : n / 3},
		};

		snprintf(item.config.name, sizeof(item.config.name), "%s",
			 image->ifaces[i].name);
		snprintf(item.config.device, sizeof(item.config.device), "%s",
			 devices[i]);
		snprintf(item.carrier, sizeof(item.carrier), "%.4s", devices[i]);
		item.config.stat_slot = (uint32_t)i;
		if (i == 2)
			item.config.vlan = 100;
		if (i)
			snprintf(item.mode_reason, sizeof(item.mode_reason),
				 "veth: XDP sees unfinished checksums");
		err = fn(&item, arg);
	}
	return err;
}

int __wrap_fw_read_host_mode(struct fw *fw, struct fw_host_mode *out,
			     struct fw_error *error);
int __wrap_fw_read_host_mode(struct fw *fw, struct fw_host_mode *out,
			     struct fw_error *error)
{
	(void)fw;
	(void)error;
	*out = (struct fw_host_mode){.wanted = !fake_is_quiet(), .on = !fake_is_quiet()};
	if (out->on)
		snprintf(out->cgroup, sizeof(out->cgroup),
			 "/sys/fs/cgroup/system.slice/vsftpd.service");
	return 0;
}

/* ---- what was counted ---------------------------------------------------------------
 */

static int each_acl_hits(int (*fn)(uint64_t, const struct acl_counters *, void *),
			 void *arg)
{
	const struct policy_image *image = fake_image();
	int err = 0;

	for (size_t i = 0; !err && i < image->n_lines; i++) {
		uint64_t n = fake_is_quiet() ? 0 : i + 1;
		struct acl_counters counters = {n, n * 10, n * 1000};

		if (image->lines[i].acl_line != ACL_NO_LINE)
			err = fn(image->lines[i].line_id, &counters, arg);
	}
	return err;
}

int __wrap_fw_each_acl_hits_shown(struct fw *fw,
				  int (*fn)(uint64_t, const struct acl_counters *,
					    void *),
				  void *arg, struct fw_error *error);
int __wrap_fw_each_acl_hits_shown(struct fw *fw,
				  int (*fn)(uint64_t, const struct acl_counters *,
					    void *),
				  void *arg, struct fw_error *error)
{
	(void)fw;
	(void)error;
	return each_acl_hits(fn, arg);
}

int __wrap_fw_read_drops(struct fw *fw, struct packet_counters out[PH_N_DROP_REASONS],
			 struct fw_error *error);
int __wrap_fw_read_drops(struct fw *fw, struct packet_counters out[PH_N_DROP_REASONS],
			 struct fw_error *error)
{
	(void)fw;
	(void)error;
	memset(out, 0, PH_N_DROP_REASONS * sizeof(*out));
	if (fake_is_quiet())
		return 0;
	out[PH_DROP_ACL_IMPLICIT - PH_DROP_FIRST] = (struct packet_counters){1234, 98765};
	out[PH_DROP_TCP_NOT_SYN - PH_DROP_FIRST] = (struct packet_counters){56, 2240};
	return 0;
}

int __wrap_fw_read_events(struct fw *fw, uint64_t out[PH_EV_END], struct fw_error *error);
int __wrap_fw_read_events(struct fw *fw, uint64_t out[PH_EV_END], struct fw_error *error)
{
	(void)fw;
	(void)error;
	memset(out, 0, PH_EV_END * sizeof(*out));
	if (!fake_is_quiet())
		out[PH_EV_CONN_CREATED] = 321;
	return 0;
}

int __wrap_fw_read_ftp_findings(struct fw *fw, uint64_t out[FTP_N_FINDINGS],
				struct fw_error *error);
int __wrap_fw_read_ftp_findings(struct fw *fw, uint64_t out[FTP_N_FINDINGS],
				struct fw_error *error)
{
	(void)fw;
	(void)error;
	memset(out, 0, FTP_N_FINDINGS * sizeof(*out));
	if (!fake_is_quiet())
		out[FTP_FOUND_LOW_PORT] = 2;
	return 0;
}

int __wrap_fw_read_cleared(struct fw *fw, struct fw_cleared *out, struct fw_error *error);
int __wrap_fw_read_cleared(struct fw *fw, struct fw_cleared *out, struct fw_error *error)
{
	(void)fw;
	(void)error;
	memset(out, 0, sizeof(*out));
	if (fake_is_quiet())
		return 0;
	out->cleared_ns = fake_ago(3725);
	out->drops[PH_DROP_ACL_IMPLICIT - PH_DROP_FIRST] =
		(struct packet_counters){1000, 90000};
	out->drops[PH_DROP_TCP_NOT_SYN - PH_DROP_FIRST] =
		(struct packet_counters){56, 2240};
	out->events[PH_EV_CONN_CREATED] = 300;
	out->interfaces[0].rx_packets = 400;
	out->interfaces[0].egress_drop_packets = 7;
	return 0;
}

int __wrap_fw_read_tables(struct fw *fw, struct fw_table_fill out[FW_N_TABLES],
			  struct fw_error *error);
int __wrap_fw_read_tables(struct fw *fw, struct fw_table_fill out[FW_N_TABLES],
			  struct fw_error *error)
{
	static const char *const names[] = {"conns", "half_open",    "frags",
					    "holes", "ftp_sessions", "acl_lines"};

	(void)fw;
	(void)error;
	for (uint32_t i = 0; i < FW_N_TABLES; i++)
		out[i] = (struct fw_table_fill){.name = i < 6 ? names[i] : "more",
						.entries = fake_is_quiet() ? 0 : i * 11,
						.capacity = 1024 << i};
	return 0;
}

int __wrap_fw_each_map(struct fw *fw, int (*fn)(const struct fw_map_memory *, void *),
		       void *arg, struct fw_error *error);
int __wrap_fw_each_map(struct fw *fw, int (*fn)(const struct fw_map_memory *, void *),
		       void *arg, struct fw_error *error)
{
	static const struct fw_map_memory maps[] = {
		{"records", "ringbuf", false, 0, 1048576, 1056768},
		{"conns", "hash", true, 512, 1024, 311296},
		{"acl_lines", "array", false, 0, 131072, 2097152},
		{"ifaces", "hash", true, 6, 192, 81920},
		{"active", "array", false, 0, 1, 4096},
	};
	int err = 0;

	(void)fw;
	(void)error;
	for (size_t i = 0; !err && i < sizeof(maps) / sizeof(maps[0]); i++)
		err = fn(&maps[i], arg);
	return err;
}

uint64_t __wrap_fw_build_id(void);
uint64_t __wrap_fw_build_id(void)
{
	return 0x0123456789abcdefull;
}

int __wrap_fw_read_loaded(struct fw *fw, struct fw_loaded *out, struct fw_error *error);
int __wrap_fw_read_loaded(struct fw *fw, struct fw_loaded *out, struct fw_error *error)
{
	static const uint8_t tag[8] = {0xde, 0xad, 0xbe, 0xef, 0, 1, 2, 3};

	(void)fw;
	(void)error;
	*out = (struct fw_loaded){
		.abi_version = PH_ABI_VERSION,
		.generation = 7,
		.build_id = 0x0123456789abcde0ull,
		.loaded_ns = fake_ago(93784),
		.n_programs = 2,
	};
	for (uint32_t i = 0; i < 2; i++) {
		snprintf(out->programs[i].name, sizeof(out->programs[i].name), "%s",
			 i ? "tc_ingress" : "xdp_ingress");
		out->programs[i].type = i ? "tc" : "xdp";
		out->programs[i].id = 41 + i;
		memcpy(out->programs[i].tag, tag, sizeof(tag));
		out->programs[i].loaded_ns = fake_ago(3700);
		out->programs[i].instructions = 440402 + i;
	}
	return 0;
}

int __wrap_fw_read_undo(struct fw *fw, struct fw_undo *out, struct fw_error *error);
int __wrap_fw_read_undo(struct fw *fw, struct fw_undo *out, struct fw_error *error)
{
	(void)fw;
	(void)error;
	*out = (struct fw_undo){.state = fake_is_quiet() ? FW_UNDO_NONE
							 : FW_UNDO_ON_TRIAL,
				.generation = 7,
				.to = 8,
				.left_ns = 57 * NS_PER_SEC};
	return 0;
}

/* ---- the machine --------------------------------------------------------------------
 */

int __wrap_uname(struct utsname *out);
int __wrap_uname(struct utsname *out)
{
	memset(out, 0, sizeof(*out));
	snprintf(out->release, sizeof(out->release), "6.1.0-made-up");
	snprintf(out->machine, sizeof(out->machine), "x86_64");
	return 0;
}

int __wrap_access(const char *path, int mode);
int __wrap_access(const char *path, int mode)
{
	(void)path;
	(void)mode;
	return 0;
}

bool __wrap_fw_has_cgroup2(void);
bool __wrap_fw_has_cgroup2(void)
{
	return fake_is_quiet();
}

/* ---- clearing -----------------------------------------------------------------------
 */

int __wrap_fw_clear_counters(struct fw *fw, struct fw_error *error);
int __wrap_fw_clear_counters(struct fw *fw, struct fw_error *error)
{
	(void)fw;
	(void)error;
	return 0;
}

struct line_count {
	bool (*wanted)(uint64_t line_id, void *);
	void *arg;
	uint64_t n;
};

static int count_line(uint64_t line_id, const struct acl_counters *counters, void *arg)
{
	struct line_count *count = arg;

	(void)counters;
	count->n += !count->wanted || count->wanted(line_id, count->arg);
	return 0;
}

int __wrap_fw_clear_acl_hits(struct fw *fw, bool (*wanted)(uint64_t line_id, void *),
			     void *arg, uint64_t *n, struct fw_error *error);
int __wrap_fw_clear_acl_hits(struct fw *fw, bool (*wanted)(uint64_t line_id, void *),
			     void *arg, uint64_t *n, struct fw_error *error)
{
	struct line_count count = {.wanted = wanted, .arg = arg};
	int err = each_acl_hits(count_line, &count);

	(void)fw;
	(void)error;
	*n = count.n;
	return err;
}
