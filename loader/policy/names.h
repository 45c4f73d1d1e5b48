/* SPDX-License-Identifier: GPL-2.0 */
/*
 * names.h - names for ports, protocols and ICMP types, and nearest keywords.
 *
 * Why it exists: the language has its own tables, both ways: read by name,
 * printed by the one preferred name.
 *
 * Who may include it: libpolicy and its tests.
 */
#ifndef PINHOLE_POLICY_NAMES_H
#define PINHOLE_POLICY_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The port that a name means. @proto: IPPROTO_TCP or IPPROTO_UDP.
 * Return: 0..65535; -1 if the name is unknown; -2 if the other protocol has it. */
int policy_port_by_name(const char *text, size_t len, uint8_t proto);
/* The preferred name; NULL if the port has none. */
const char *policy_port_name(uint16_t port, uint8_t proto);

/* Return: 0..255, or -1. `ip` is 0. */
int policy_protocol_by_name(const char *text, size_t len);
const char *policy_protocol_name(uint8_t proto);

/* @proto: IPPROTO_ICMP or IPPROTO_ICMPV6
 * @code: set to 0..255, or to -1 if the name means every code.
 * Return: 0..255, or -1. */
int policy_icmp_by_name(const char *text, size_t len, uint8_t proto, int *code);
const char *policy_icmp_name(uint8_t type, uint8_t proto);

/*
 * The candidate that an abbreviation stands for, or that is nearest to a
 * misspelt word: at most one slip in words up to five letters, else two. Never
 * the word itself.
 * @candidates: ends in NULL
 * Return: NULL if none is near.
 */
const char *policy_nearest(const char *text, size_t len, const char *const *candidates);
/* The same among the names of a table. */
const char *policy_nearest_port(const char *text, size_t len, uint8_t proto);
const char *policy_nearest_protocol(const char *text, size_t len);
const char *policy_nearest_icmp(const char *text, size_t len, uint8_t proto);

#endif /* PINHOLE_POLICY_NAMES_H */
