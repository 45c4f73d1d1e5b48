// SPDX-License-Identifier: GPL-2.0
/*
 * offload.c - VLAN tags taken off by hardware. See offload.h.
 *
 * Why it exists: a tag that the device takes off is kept beside the frame,
 * where XDP cannot see it; the frame would be judged as untagged, by another
 * interface's access list. The kernel knows the features by name only, through
 * the ioctl that `ethtool -K` used before netlink.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "internal.h"
#include "offload.h"

#define BITS_PER_BLOCK 32u

static const struct {
	uint32_t flag;
	const char *feature;
} tags[] = {
	{FW_HOST_RX_VLAN, "rx-vlan-hw-parse"},
	{FW_HOST_RX_STAG, "rx-vlan-stag-hw-parse"},
};

#define N_TAGS (sizeof(tags) / sizeof(tags[0]))

static int ask(int fd, const char *device, void *request)
{
	struct ifreq req = {.ifr_data = request};

	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", device);
	return ioctl(fd, SIOCETHTOOL, &req) < 0 ? -errno : 0;
}

static int count_features(int fd, const char *device, uint32_t *out)
{
	struct {
		struct ethtool_sset_info info;
		uint32_t count;
	} set = {.info = {.cmd = ETHTOOL_GSSET_INFO,
			  .sset_mask = 1ull << ETH_SS_FEATURES}};
	int err = ask(fd, device, &set);

	if (!err && !set.info.sset_mask)
		err = -EOPNOTSUPP;
	*out = err ? 0 : set.count;
	return err;
}

/* The bit of each of tags[]; UINT32_MAX: the kernel does not know it. */
static int find_bits(int fd, const char *device, uint32_t bits[N_TAGS], uint32_t *n)
{
	struct ethtool_gstrings *names cleanup_free_ = NULL;
	int err = count_features(fd, device, n);

	if (err)
		return err;
	names = calloc(1, sizeof(*names) + (size_t)*n * ETH_GSTRING_LEN);
	if (!names)
		return -ENOMEM;
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_FEATURES;
	names->len = *n;
	err = ask(fd, device, names);
	for (size_t tag = 0; tag < N_TAGS; tag++) {
		bits[tag] = UINT32_MAX;
		for (uint32_t i = 0; !err && i < *n; i++) {
			const char *name =
				(const char *)names->data + (size_t)i * ETH_GSTRING_LEN;

			if (!strncmp(name, tags[tag].feature, ETH_GSTRING_LEN))
				bits[tag] = i;
		}
	}
	return err;
}

static int read_taken(int fd, const char *device, const uint32_t bits[N_TAGS], uint32_t n,
		      uint32_t *out)
{
	uint32_t blocks = (n + BITS_PER_BLOCK - 1) / BITS_PER_BLOCK;
	struct ethtool_gfeatures *features cleanup_free_ =
		calloc(1, sizeof(*features) + blocks * sizeof(features->features[0]));
	int err;

	if (!features)
		return -ENOMEM;
	features->cmd = ETHTOOL_GFEATURES;
	features->size = blocks;
	err = ask(fd, device, features);
	if (err)
		return err;
	*out = 0;
	for (size_t tag = 0; tag < N_TAGS; tag++) {
		uint32_t bit = bits[tag];

		if (bit < n && features->features[bit / BITS_PER_BLOCK].active &
				       1u << bit % BITS_PER_BLOCK)
			*out |= tags[tag].flag;
	}
	return 0;
}

static int write_taken(int fd, const char *device, const uint32_t bits[N_TAGS],
		       uint32_t n, uint32_t flags, bool on)
{
	uint32_t blocks = (n + BITS_PER_BLOCK - 1) / BITS_PER_BLOCK;
	struct ethtool_sfeatures *features cleanup_free_ =
		calloc(1, sizeof(*features) + blocks * sizeof(features->features[0]));

	if (!features)
		return -ENOMEM;
	features->cmd = ETHTOOL_SFEATURES;
	features->size = blocks;
	for (size_t tag = 0; tag < N_TAGS; tag++) {
		uint32_t bit = bits[tag];
		uint32_t mask = 1u << bit % BITS_PER_BLOCK;

		if (bit >= n || !(flags & tags[tag].flag))
			continue;
		features->features[bit / BITS_PER_BLOCK].valid |= mask;
		if (on)
			features->features[bit / BITS_PER_BLOCK].requested |= mask;
	}
	return ask(fd, device, features);
}

uint32_t offload_tags_taken(const char *device)
{
	int fd scoped_fd_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint32_t bits[N_TAGS] = {0};
	uint32_t taken = 0;
	uint32_t n = 0;

	if (fd < 0 || find_bits(fd, device, bits, &n) ||
	    read_taken(fd, device, bits, n, &taken))
		return 0;
	return taken;
}

/* Drivers may obey one and not the other, and say nothing: look afterwards. */
static int set_taken(const char *device, uint32_t flags, bool on)
{
	int fd scoped_fd_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint32_t bits[N_TAGS] = {0};
	uint32_t taken = 0;
	uint32_t n = 0;
	int err = fd < 0 ? -errno : find_bits(fd, device, bits, &n);

	if (!err)
		err = write_taken(fd, device, bits, n, flags, on);
	if (!err)
		err = read_taken(fd, device, bits, n, &taken);
	if (!err && (taken & flags) != (on ? flags : 0))
		err = -EOPNOTSUPP;
	return err;
}

int offload_leave_tags(const char *device, uint32_t taken)
{
	return set_taken(device, taken, false);
}

void offload_restore(const char *device, uint32_t *flags, uint32_t keep)
{
	uint32_t switched_off = *flags & FW_HOST_RX_TAGS & ~keep;

	if (switched_off)
		set_taken(device, switched_off, true);
	*flags &= ~switched_off;
}
