/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xdp_other.h - somebody else's XDP program on a device: named, and taken off when the
 * administrator says so.
 *
 * Who may include it: loader/firewall only.
 */
#ifndef FIREWALL_XDP_OTHER_H
#define FIREWALL_XDP_OTHER_H

#include "internal.h"

struct xdp_other {
	uint32_t prog_id; /* 0: there is none */
	uint32_t link_id; /* of the link that holds it; 0: it was attached without one */
	uint32_t flags;	  /* XDP_FLAGS_*_MODE: where it is */
	char name[16];	  /* BPF_OBJ_NAME_LEN; "": it has none */
	uint8_t tag[8];	  /* of its instructions, as bpftool shows it */
};

/* @active_id: id of our `active` map: ours are not others' */
void xdp_other_find(uint32_t ifindex, uint32_t active_id, struct xdp_other *out);

/* "xdp_pass (id 12, tag 3b185187f1855c4c)" and, if a link holds it, ", link 5". */
#define XDP_OTHER_TEXT_BYTES 96
char *xdp_other_text(char out[XDP_OTHER_TEXT_BYTES], const struct xdp_other *other);

/*
 * Take it off, if it is still this one that is there.
 * @prog_fd: keeps the program alive, to put it back; the caller closes it
 * Return: 0 or -errno
 */
int xdp_other_remove(uint32_t ifindex, const struct xdp_other *other, int *prog_fd);

/* As it was, but without a link, which cannot be attached again. 0 or -errno. */
int xdp_other_restore(uint32_t ifindex, const struct xdp_other *other, int prog_fd);

#endif /* FIREWALL_XDP_OTHER_H */
