// SPDX-License-Identifier: GPL-2.0
/* capture_out.c - captured packets as pcapng, as lines, or as JSON. See capture.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/pkt_cls.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <util/cleanup.h>

#include "capture.h"
#include "format_pcapng.h"

#define NS_PER_SEC     1000000000ull
/* Of a file, interfaces are numbered as they are met; "self" is this machine. */
#define MAX_INTERFACES (PH_MAX_INTERFACES + 1)

struct capture_out {
	const struct capture_request *request;
	struct capture_policy *policy;
	FILE *stream;
	struct strbuf text;
	char names[MAX_INTERFACES][48];
	uint64_t received[MAX_INTERFACES];
	uint32_t n_interfaces;
	uint64_t began_ns;
	uint64_t realtime_offset_ns;
	uint64_t packets;
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec;
}

/* The kernel stamps packets by the clock that never jumps; people use another. Looked up
 * once a round: two readings in a row would differ. */
static void set_clock(struct capture_out *out)
{
	out->realtime_offset_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
}

/* ---- pcapng ------------------------------------------------------------------------ */

static void free_stream(FILE **stream)
{
	if (*stream && *stream != stdout)
		fclose(*stream);
}

/* What passes a firewall is nobody else's business. */
static FILE *open_file(const char *path)
{
	int fd;

	if (!strcmp(path, "-"))
		return stdout;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return fd < 0 ? NULL : fdopen(fd, "w");
}

static void begin_file(struct capture_out *out)
{
	struct utsname host;
	char os[2 * sizeof(host.release)] = "Linux";

	if (!uname(&host))
		snprintf(os, sizeof(os), "%s %s", host.sysname, host.release);
	pcapng_section(out->stream, "fwctl " PINHOLE_VERSION, os);
}

/* Its number in the file; described when it is met first. */
static uint32_t number_of(struct capture_out *out, const char *name)
{
	char description[80];
	struct pcapng_interface interface = {
		.name = name,
		.filter = out->request->filter,
		.snap_bytes = out->request->snap_bytes,
	};
	uint32_t i = 0;

	while (i < out->n_interfaces && strcmp(out->names[i], name) != 0)
		i++;
	if (i < out->n_interfaces || i == MAX_INTERFACES)
		return i < MAX_INTERFACES ? i : 0;
	snprintf(description, sizeof(description), "device %s",
		 capture_policy_device(out->policy, name));
	interface.description = description;
	snprintf(out->names[i], sizeof(out->names[i]), "%s", name);
	out->n_interfaces++;
	pcapng_interface(out->stream, &interface);
	return i;
}

/* What the program answered the kernel with. */
static uint64_t action_of(const struct capture_record *record)
{
	bool xdp = record->flags & CAPTURE_R_XDP;

	if (record->reason >= PH_DROP_FIRST && !(record->flags & CAPTURE_R_RESET))
		return xdp ? XDP_DROP : TC_ACT_SHOT;
	if (record->reason == PH_TO_BOX || record->reason == PH_BY_STACK ||
	    record->reason == PH_NEXT)
		return TC_ACT_OK;
	return xdp ? XDP_REDIRECT : TC_ACT_REDIRECT;
}

static void put_form(struct capture_out *out, const struct join_packet *packet,
		     const struct capture_names *names, int form)
{
	const struct join_frame *frame = &packet->frame[form];
	const struct capture_record *record = &packet->record;
	struct pcapng_packet block = {
		.time_ns = frame->time_ns + out->realtime_offset_ns,
		.bytes = frame->bytes,
		.kept_bytes = frame->kept_bytes,
		.wire_bytes = frame->wire_bytes,
		.way = form == JOIN_AFTER ? PCAPNG_OUT : PCAPNG_IN,
		.id = out->packets,
	};
	const char *name = form == JOIN_BEFORE ? names->in : names->out;

	/* An answer leaves where the packet came in. */
	if (form == JOIN_AFTER && record->reason != PH_FORWARD &&
	    record->reason != PH_BY_STACK && names->in)
		name = names->in;
	if (!frame->bytes)
		return;
	if (!packet->undecided) {
		block.verdict_by = record->flags & CAPTURE_R_XDP ? PCAPNG_VERDICT_XDP
								 : PCAPNG_VERDICT_TC;
		block.verdict = action_of(record);
	}
	strbuf_reset(&out->text);
	format_capture_comment(&out->text, packet, names, form);
	block.comment = out->text.failed ? NULL : out->text.data;
	block.interface = number_of(out, name ? name : "self");
	out->received[block.interface]++;
	pcapng_packet(out->stream, &block);
}

/* ---- lines ------------------------------------------------------------------------- */

static void put_line(struct capture_out *out, const struct join_packet *packet,
		     const struct capture_names *names)
{
	uint64_t time_ns = join_time_ns(packet) + out->realtime_offset_ns;
	time_t sec = (time_t)(time_ns / NS_PER_SEC);
	char time[32] = "", text[48];
	struct tm local;

	strbuf_reset(&out->text);
	if (out->request->json) {
		format_capture_json(&out->text, packet, names, (double)time_ns / 1e9);
	} else {
		if (localtime_r(&sec, &local))
			strftime(time, sizeof(time), "%H:%M:%S", &local);
		snprintf(text, sizeof(text), "%s.%06u", time,
			 (unsigned int)(time_ns % NS_PER_SEC / 1000));
		format_capture_line(&out->text, packet, names, text);
	}
	strbuf_putc(&out->text, '\n');
	if (!out->text.failed)
		fwrite(out->text.data, 1, out->text.len, out->stream);
}

/* ---- all of them ------------------------------------------------------------------- */

static void free_out(struct capture_out **out)
{
	if (!*out)
		return;
	free_stream(&(*out)->stream);
	strbuf_free(&(*out)->text);
	free(*out);
}

int capture_out_open(const struct capture_request *request, struct capture_policy *policy,
		     struct capture_out **result)
{
	struct capture_out *out cleanup_(free_out) = calloc(1, sizeof(*out));
	int err;

	if (!out)
		return -ENOMEM;
	out->request = request;
	out->policy = policy;
	out->began_ns = clock_ns(CLOCK_REALTIME);
	out->stream = request->file ? open_file(request->file) : stdout;
	if (!out->stream) {
		err = -errno;
		fprintf(stderr, "fwctl capture: cannot write %s: %s\n", request->file,
			strerror(-err));
		return err;
	}
	if (request->file)
		begin_file(out);
	*result = take(out);
	return capture_out_flush(*result);
}

/* The stream remembers that it failed, and errno why, unless that was long ago. */
static int status_of(FILE *stream, bool failed)
{
	if (!failed && !ferror(stream))
		return 0;
	return errno ? -errno : -EIO;
}

int capture_out_put(struct capture_out *out, const struct join_packet *packet)
{
	struct capture_names names;

	out->packets++;
	capture_policy_names(out->policy, packet, &names);
	errno = 0;
	if (out->request->file) {
		put_form(out, packet, &names, JOIN_BEFORE);
		put_form(out, packet, &names, JOIN_AFTER);
	} else {
		put_line(out, packet, &names);
	}
	return status_of(out->stream, false);
}

int capture_out_flush(struct capture_out *out)
{
	set_clock(out);
	errno = 0;
	return status_of(out->stream, fflush(out->stream));
}

int capture_out_close(struct capture_out *out, uint64_t lost)
{
	int err;

	if (!out)
		return 0;
	/* Nobody knows on which interface they were: they count for the first. */
	for (uint32_t i = 0; out->request->file && i < out->n_interfaces; i++) {
		const struct pcapng_statistics statistics = {
			.interface = i,
			.time_ns = clock_ns(CLOCK_REALTIME),
			.began_ns = out->began_ns,
			.received = out->received[i],
			.dropped = i ? 0 : lost,
		};

		pcapng_statistics(out->stream, &statistics);
	}
	err = capture_out_flush(out);
	free_out(&out);
	return err;
}
