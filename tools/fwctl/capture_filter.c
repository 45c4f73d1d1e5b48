// SPDX-License-Identifier: GPL-2.0
/* capture_filter.c - expressions of libpcap. See capture_filter.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <pcap/pcap.h>

#include "capture_filter.h"

/* What a match answers with; no frame is longer. */
#define MOST_BYTES 262144

struct capture_filter {
	struct bpf_program program;
};

int capture_filter_compile(const char *expression, struct capture_filter **out,
			   char why[256])
{
	struct capture_filter *filter = calloc(1, sizeof(*filter));
	pcap_t *ethernet = pcap_open_dead(DLT_EN10MB, MOST_BYTES);
	int err = filter && ethernet ? 0 : -ENOMEM;

	snprintf(why, 256, "no memory");
	if (!err && pcap_compile(ethernet, &filter->program, expression, 1,
				 PCAP_NETMASK_UNKNOWN)) {
		snprintf(why, 256, "%s", pcap_geterr(ethernet));
		err = -EINVAL;
	}
	if (ethernet)
		pcap_close(ethernet);
	if (err)
		free(filter);
	else
		*out = filter;
	return err;
}

void capture_filter_free(struct capture_filter *filter)
{
	if (filter)
		pcap_freecode(&filter->program);
	free(filter);
}

bool capture_filter_matches(const struct capture_filter *filter,
			    const unsigned char *bytes, uint32_t kept_bytes,
			    uint32_t wire_bytes)
{
	const struct pcap_pkthdr header = {.caplen = kept_bytes, .len = wire_bytes};

	return pcap_offline_filter(&filter->program, &header, bytes) > 0;
}
