// SPDX-License-Identifier: GPL-2.0
/*
 * capture.c - packets as they pass. See firewall_capture.h.
 *
 * Why it exists: a capture must cost nothing once it is over, even if whoever captured
 * was killed. So it holds a lease in the switch, which the datapath reads, and renews
 * it; and the rings vanish from their map with the process that made them.
 */
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <pinhole/firewall_capture.h>

#include "acl_maps.h"
#include "map_view.h"
#include "pins.h"

#define NS_PER_SEC	 1000000000ull
#define LEASE_NS	 (2 * NS_PER_SEC)
#define LEASE_POLL_NS	 100000000L
#define RING_ALL_BYTES	 (64u << 20) /* of all CPUs together */
#define RING_MOST_BYTES	 (8u << 20)
#define RING_LEAST_BYTES (256u << 10)
#define CHECK_EVERY	 16 /* takes: whether the firewall is still the one loaded */

struct fw_capture {
	struct fw *fw;
	int switch_fd;
	int rings_fd;
	uint32_t switch_id;
	struct map_view view;
	struct capture_switch *at; /* in view */
	struct perf_buffer *rings;
	uint64_t owner;
	uint32_t generation; /* for which the interface was looked up */
	uint32_t takes;
	char interface[48]; /* "": all */
	bool renewed;	    /* at least once */
	struct fw_capture_losses losses;

	/* While records are taken. */
	int (*fn)(int cpu, const struct capture_record *record,
		  const unsigned char *bytes, void *arg);
	void *arg;
	int result;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec;
}

/* ---- the switch -------------------------------------------------------------------- */

static uint64_t read_until(const struct fw_capture *capture)
{
	return __atomic_load_n(&capture->at->until_ns, __ATOMIC_ACQUIRE);
}

static void describe_process(uint32_t pid, char out[96])
{
	char path[64], line[64] = "";
	FILE *comm;

	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	comm = fopen(path, "re");
	if (comm && !fgets(line, sizeof(line), comm))
		line[0] = '\0';
	if (comm)
		fclose(comm);
	line[strcspn(line, "\n")] = '\0';
	snprintf(out, 96, "process %u%s%s%s", pid, line[0] ? " (" : "", line,
		 line[0] ? ")" : "");
}

static int is_held(uint64_t owner, struct fw_error *error)
{
	char who[96];

	describe_process((uint32_t)(owner >> 32), who);
	fw_fail(error, -EBUSY, "another capture runs, of %s", who);
	fw_fail_hint(error, "there is one at a time: wait for its end, or end it");
	return -EBUSY;
}

/*
 * Become the owner. What a killed one left behind is not renewed any more, which takes
 * a moment to see; a process number alone would not tell, for it may be of another
 * namespace.
 */
static int claim(struct fw_capture *capture, struct fw_error *error)
{
	const struct timespec a_while = {.tv_nsec = LEASE_POLL_NS};
	uint64_t owner = __atomic_load_n(&capture->at->owner, __ATOMIC_ACQUIRE);
	uint64_t seen_ns = read_until(capture);

	/* Another that has become the owner this moment begins his lease soon. */
	for (bool late = false; owner && !late; nanosleep(&a_while, NULL)) {
		late = seen_ns <= now_ns();
		if (read_until(capture) != seen_ns)
			return is_held(owner, error);
	}
	if (!__atomic_compare_exchange_n(&capture->at->owner, &owner, capture->owner,
					 false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return is_held(owner, error);
	return 0;
}

static bool is_mine(const struct fw_capture *capture)
{
	return __atomic_load_n(&capture->at->owner, __ATOMIC_ACQUIRE) == capture->owner;
}

/* Between the look and the store another may take over only if the lease had run out
 * before; he finds it prolonged, which harms nobody. */
static int renew(struct fw_capture *capture, struct fw_error *error)
{
	uint64_t now = now_ns();

	if (!is_mine(capture)) {
		fw_fail(error, -ESTALE,
			"nothing was taken for too long, and another capture has begun");
		return -ESTALE;
	}
	if (capture->renewed && read_until(capture) <= now)
		capture->losses.pauses++;
	capture->renewed = true;
	__atomic_store_n(&capture->at->until_ns, now + LEASE_NS, __ATOMIC_RELEASE);
	return 0;
}

static void release(struct fw_capture *capture)
{
	uint64_t owner = capture->owner;

	if (!capture->at || !is_mine(capture))
		return;
	__atomic_store_n(&capture->at->until_ns, 0, __ATOMIC_RELEASE);
	__atomic_compare_exchange_n(&capture->at->owner, &owner, 0, false,
				    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* ---- the interface ----------------------------------------------------------------- */

struct search {
	const char *name;
	uint32_t ifindex;
};

static int match_interface(const struct fw_interface *interface, void *arg)
{
	struct search *search = arg;

	if (strcmp(interface->config.name, search->name) != 0)
		return 0;
	search->ifindex = interface->config.l3_ifindex;
	return 1;
}

static int no_interface(struct fw_error *error, const char *name)
{
	fw_fail(error, -ENODEV, "the policy in force has no interface %s", name);
	fw_fail_hint(error, "`fwctl show interface` lists them; `all` means all");
	return -ENODEV;
}

/* A policy may give it another device. */
static int follow_policy(struct fw_capture *capture, struct fw_error *error)
{
	struct search search = {.name = capture->interface};
	uint32_t generation = 0;
	int err = fw_read_active(capture->fw, &generation, error);

	if (err || generation == capture->generation)
		return err;
	if (capture->interface[0]) {
		err = fw_each_interface(capture->fw, match_interface, &search, error);
		if (err < 0)
			return err;
		if (!search.ifindex)
			return no_interface(error, capture->interface);
	}
	__atomic_store_n(&capture->at->ifindex, search.ifindex, __ATOMIC_RELAXED);
	capture->generation = generation;
	return 0;
}

/* ---- rings ------------------------------------------------------------------------- */

static enum bpf_perf_event_ret take_event(void *ctx, int cpu,
					  struct perf_event_header *event)
{
	struct fw_capture *capture = ctx;
	struct {
		struct perf_event_header header;
		uint32_t bytes;
		struct capture_record record;
		unsigned char frame[];
	} __attribute__((packed)) const *sample = (const void *)event;
	struct {
		struct perf_event_header header;
		uint64_t id;
		uint64_t lost;
	} const *lost = (const void *)event;
	struct capture_record record;

	if (event->type == PERF_RECORD_LOST && event->size >= sizeof(*lost))
		capture->losses.records += lost->lost;
	if (event->type != PERF_RECORD_SAMPLE || event->size < sizeof(*sample))
		return LIBBPF_PERF_EVENT_CONT;
	memcpy(&record, &sample->record, sizeof(record));
	if (record.session != (uint32_t)capture->owner ||
	    record.kept_bytes > event->size - sizeof(*sample))
		return LIBBPF_PERF_EVENT_CONT;
	capture->result = capture->fn(cpu, &record, sample->frame, capture->arg);
	return capture->result ? LIBBPF_PERF_EVENT_ERROR : LIBBPF_PERF_EVENT_CONT;
}

/* A power of two, so that a flood finds room and a large machine does not starve. */
static size_t ring_pages(uint32_t n_cpus)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t bytes = RING_MOST_BYTES;

	while (bytes > RING_LEAST_BYTES && bytes * n_cpus > RING_ALL_BYTES)
		bytes /= 2;
	return bytes / page;
}

static int open_rings(struct fw_capture *capture)
{
	size_t pages = ring_pages(capture->fw->n_cpus);
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW,
		.sample_period = 1,
		/* A reader is woken when there is much; little he fetches himself. */
		.watermark = 1,
		.wakeup_watermark = (uint32_t)(pages * (size_t)sysconf(_SC_PAGESIZE) / 8),
	};

	capture->rings = perf_buffer__new_raw(capture->rings_fd, pages, &attr, take_event,
					      capture, NULL);
	return capture->rings ? 0 : -errno;
}

/* ---- begin and end ----------------------------------------------------------------- */

static uint32_t map_id(int fd)
{
	struct bpf_map_info info = {0};
	__u32 len = sizeof(info);

	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) ? info.id : 0;
}

static int open_maps(struct fw_capture *capture, struct fw_error *error)
{
	const char *pin_dir = capture->fw->pin_dir;
	int err;

	capture->switch_fd = pins_get(pin_dir, PINS_MAPS, PH_MAP_CAPTURE);
	capture->rings_fd = pins_get(pin_dir, PINS_MAPS, PH_MAP_CAPTURED);
	if (capture->switch_fd == -ENOENT || capture->rings_fd == -ENOENT) {
		fw_fail(error, -EOPNOTSUPP,
			"the programs in force are of a version without captures");
		fw_fail_where(error, "%s", pin_dir);
		fw_fail_hint(error, "`fwctl apply` puts this version's in force");
		return -EOPNOTSUPP;
	}
	err = capture->switch_fd < 0 ? capture->switch_fd
	      : capture->rings_fd < 0
		      ? capture->rings_fd
		      : map_view_open(capture->switch_fd, sizeof(*capture->at), 0, 1,
				      MAP_VIEW_WRITE, &capture->view);
	if (err) {
		fw_fail(error, err, "cannot open the switch of captures:");
		fw_fail_where(error, "%s/%s/%s", pin_dir, PINS_MAPS, PH_MAP_CAPTURE);
		return err;
	}
	capture->at = capture->view.data;
	capture->switch_id = map_id(capture->switch_fd);
	return 0;
}

static void set_switch(struct fw_capture *capture,
		       const struct fw_capture_options *options)
{
	struct capture_switch *at = capture->at;

	__atomic_store_n(&at->until_ns, 0, __ATOMIC_RELEASE);
	at->session = (uint32_t)capture->owner;
	at->snap_bytes = options->snap_bytes;
	at->flags = options->drops ? CAPTURE_F_DROPS : 0;
	at->reason = options->drops ? options->reason : 0;
}

static void free_capture(struct fw_capture **capture)
{
	fw_capture_stop(*capture);
}

int fw_capture_start(struct fw *fw, const struct fw_capture_options *options,
		     struct fw_capture **out, struct fw_error *error)
{
	struct fw_capture *capture cleanup_(free_capture) = calloc(1, sizeof(*capture));
	int err;

	if (!capture)
		return fw_fail(error, -ENOMEM, "cannot capture:");
	if (!options->snap_bytes || options->snap_bytes > PH_CAPTURE_MAX_BYTES)
		return fw_fail(error, -EINVAL, "cannot keep %u bytes of a frame: 1 to %u",
			       options->snap_bytes, PH_CAPTURE_MAX_BYTES);
	*capture = (struct fw_capture){.fw = fw, .switch_fd = -1, .rings_fd = -1};
	capture->owner = (uint64_t)getpid() << 32 | ((uint32_t)(now_ns() >> 10) | 1);
	if (options->interface)
		snprintf(capture->interface, sizeof(capture->interface), "%s",
			 options->interface);
	err = open_maps(capture, error);
	if (!err)
		err = claim(capture, error);
	if (err)
		return err;
	set_switch(capture, options);
	err = follow_policy(capture, error);
	if (!err)
		err = renew(capture, error);
	if (err)
		return err;
	fw_log_begin();
	err = open_rings(capture);
	fw_log_end();
	if (err) {
		fw_fail(error, err, "cannot make the rings that packets are told in:");
		fw_log_into(error);
		return err;
	}
	err = renew(capture, error);
	if (!err)
		*out = take(capture);
	return err;
}

void fw_capture_stop(struct fw_capture *capture)
{
	if (!capture)
		return;
	release(capture);
	perf_buffer__free(capture->rings);
	map_view_close(&capture->view);
	fw_close_fd(&capture->switch_fd);
	fw_close_fd(&capture->rings_fd);
	free(capture);
}

/* ---- taking ------------------------------------------------------------------------ */

/* Unloaded, and perhaps loaded again: then nothing would come any more. */
static int check_loaded(struct fw_capture *capture, struct fw_error *error)
{
	int fd scoped_fd_ = -1;

	if (capture->takes++ % CHECK_EVERY)
		return 0;
	fd = pins_get(capture->fw->pin_dir, PINS_MAPS, PH_MAP_CAPTURE);
	if (fd >= 0 && map_id(fd) == capture->switch_id)
		return 0;
	fw_fail(error, -ESTALE, "the firewall was unloaded");
	fw_fail_where(error, "%s", capture->fw->pin_dir);
	return -ESTALE;
}

int fw_capture_take(struct fw_capture *capture, int timeout_ms,
		    int (*fn)(int, const struct capture_record *, const unsigned char *,
			      void *),
		    void *arg, struct fw_error *error)
{
	struct epoll_event event;
	int err = check_loaded(capture, error);

	if (!err)
		err = follow_policy(capture, error);
	if (!err)
		err = renew(capture, error);
	if (err)
		return err;
	capture->fn = fn;
	capture->arg = arg;
	capture->result = 0;
	if (epoll_wait(perf_buffer__epoll_fd(capture->rings), &event, 1, timeout_ms) < 0)
		return -errno;
	fw_log_begin();
	err = perf_buffer__consume(capture->rings);
	fw_log_end();
	if (capture->result)
		return capture->result;
	return err < 0 ? fw_fail(error, err, "cannot take packets out of their rings:")
		       : 0;
}

void fw_capture_losses(const struct fw_capture *capture, struct fw_capture_losses *out)
{
	*out = capture->losses;
}

int fw_read_acl_slots(struct fw *fw, uint32_t *generation, struct acl_line_slot **out,
		      size_t *n, struct fw_error *error)
{
	struct acl_line_slot *slots cleanup_free_ = NULL;
	uint32_t before = 0, after = 0;
	int err, read_err;

	do { /* as fw_each_acl_hits() */
		free(take(slots));
		err = fw_read_active(fw, &before, error);
		if (err)
			return err;
		read_err = acl_maps_lines(fw, before, &slots, n);
		err = fw_read_active(fw, &after, error);
		if (err)
			return err;
	} while (before != after);
	if (read_err)
		return fw_fail(error, read_err, "cannot read which line counts where:");
	*generation = before;
	*out = take(slots);
	return 0;
}
