// SPDX-License-Identifier: GPL-2.0
/*
 * answer_test.c - see answer_test.h.
 */
#include <errno.h>
#include <linux/pkt_cls.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "pinhole.skel.h"
#include "tests/datapath/answer_test.h"

static struct ph_addr addr6(const char *text)
{
	struct ph_addr addr;

	frame_put_addr6((__u8 *)&addr, text);
	return addr;
}

static struct ph_addr addr4(const char *text)
{
	struct ph_addr addr = {.word = {[2] = htonl(0xffff)}};

	frame_put_addr((__u8 *)&addr.word[3], text);
	return addr;
}

static void put_static6(struct policy_image_nat *nat)
{
	nat->in_key.prefixlen = 32 + 128;
	nat->in_key.addr = addr6(MAPPED6);
	nat->in_value.net = addr6(SERVER6);
	nat->out_key.prefixlen = 64 + 128;
	nat->out_key.addr = addr6(SERVER6);
	nat->out_value.net = addr6(MAPPED6);
}

void answer_policy_senders(struct policy_image *image)
{
	for (size_t i = 0; i < image->n_ifaces; i++) {
		struct iface_config *config = &image->ifaces[i].config;
		bool outside = !strcmp(image->ifaces[i].name, "outside");

		config->own4 = addr4(outside ? OUR_OUTSIDE : OUR_INSIDE);
		config->own6 = addr6(outside ? OUR_OUTSIDE6 : OUR_INSIDE6);
	}
	for (size_t i = 0; i < image->n_nats; i++) {
		struct ph_addr dummy = addr4("203.0.113.77");

		if (!memcmp(&image->nats[i].in_key.addr, &dummy, sizeof(dummy)))
			put_static6(&image->nats[i]);
	}
}

void answer_accept_tags(const struct world *w, enum dev dev, __u16 outer, __u16 inner)
{
	struct iface_key key = {.ifindex = (__u32)w->ifindex[dev]};
	__u32 slot = w->generation & 1, id;
	struct iface_config config;
	int fd;

	if (bpf_map_lookup_elem(bpf_map__fd(w->skel->maps.ifaces), &slot, &id))
		TAP_BAIL("ifaces: %s", strerror(errno));
	fd = bpf_map_get_fd_by_id(id);
	if (fd < 0 || bpf_map_lookup_elem(fd, &key, &config))
		TAP_BAIL("ifaces: %s", strerror(errno));
	key.vlan = outer ? outer : inner;
	key.inner_vlan = outer ? inner : 0;
	config.vlan = key.vlan;
	config.inner_vlan = key.inner_vlan;
	if (bpf_map_update_elem(fd, &key, &config, BPF_ANY))
		TAP_BAIL("ifaces: %s", strerror(errno));
	close(fd);
}

void answer_turn(__u8 *bytes)
{
	__u8 dst[ETH_ALEN];

	memcpy(dst, bytes, ETH_ALEN);
	memcpy(bytes, bytes + ETH_ALEN, ETH_ALEN);
	memcpy(bytes + ETH_ALEN, dst, ETH_ALEN);
}

size_t answer_expected(const struct frame_error *error, enum dev dev, __u8 *bytes)
{
	struct frame_error e = *error;
	size_t len;

	if (!strchr(e.src, ':')) {
		e.tos = 0xc0;
		e.fragment = 0x4000;
	}
	len = frame_error_build(&e, NETWORK_MAC(dev), bytes);
	answer_turn(bytes);
	return len;
}

void answer_run(struct scenario *s, enum dev in, const __u8 *bytes, size_t len,
		struct answer_run *run)
{
	int err;

	run->sent = bytes;
	run->len = len;
	world_counters(s->w, &run->before);
	err = world_ingress(s->w, s->hook, in, bytes, len, &run->out);
	world_counters(s->w, &run->after);
	if (err)
		TAP_BAIL("the kernel refused to run it: %s", strerror(-err));
}

__u64 answer_events(const struct answer_run *run, enum ph_event event)
{
	return run->after.events[event] - run->before.events[event];
}

__u64 answer_drops(const struct answer_run *run, enum ph_reason reason)
{
	return run->after.drops[reason - PH_DROP_FIRST].packets -
	       run->before.drops[reason - PH_DROP_FIRST].packets;
}

bool answer_is(const struct answer_run *run, const __u8 *want, size_t len)
{
	if (run->out.action != TC_ACT_REDIRECT) {
		tap_note("verdict %d", run->out.action);
		return false;
	}
	if (run->out.len != len) {
		tap_note("%u bytes came back, not %zu", run->out.len, len);
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		if (run->out.bytes[i] != want[i]) {
			tap_note("byte %zu is %02x, not %02x", i, run->out.bytes[i],
				 want[i]);
			return false;
		}
	}
	for (unsigned int i = 0; i < PH_N_DROP_REASONS; i++) {
		if (answer_drops(run, i + PH_DROP_FIRST)) {
			tap_note("and was counted as drop %u", i);
			return false;
		}
	}
	return true;
}

bool answer_is_none(const struct answer_run *run)
{
	if (run->out.action == TC_ACT_REDIRECT) {
		tap_note("something came back");
		return false;
	}
	return run->out.len == run->len && !memcmp(run->out.bytes, run->sent, run->len) &&
	       !answer_events(run, PH_EV_ICMP_ERROR_SENT) &&
	       !answer_events(run, PH_EV_ICMP_ERROR_LIMITED) &&
	       !answer_events(run, PH_EV_NDP_ANSWERED) &&
	       !answer_events(run, PH_EV_ARP_ANSWERED);
}
