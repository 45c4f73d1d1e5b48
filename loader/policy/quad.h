/* SPDX-License-Identifier: GPL-2.0 */
/*
 * quad.h - IPv4 addresses as text.
 *
 * Why it exists: remarks and the printer show addresses inside longer texts;
 * a value that owns its bytes needs no buffer at the caller.
 *
 * Who may include it: libpolicy only.
 */
#ifndef PINHOLE_POLICY_QUAD_H
#define PINHOLE_POLICY_QUAD_H

#include <stdint.h>

struct policy_quad {
	char text[16];
};

/* Dotted quad of an address in host order. */
struct policy_quad policy_quad(uint32_t addr);

#endif /* PINHOLE_POLICY_QUAD_H */
