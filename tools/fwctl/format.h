/* SPDX-License-Identifier: GPL-2.0 */
/*
 * format.h - addresses, protocols and times as an ASA shows them. Pure.
 *
 * Who may include it: tools/fwctl, and tests.
 */
#ifndef FWCTL_FORMAT_H
#define FWCTL_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pinhole/abi.h>

#define FORMAT_ADDRESS_BYTES  64 /* an address with prefix length, and its NUL */
#define FORMAT_ENDPOINT_BYTES 80
#define FORMAT_TIME_BYTES     32

/* "10.0.0.10" or "2001:db8::1". Returns @out. */
char *format_address(char out[FORMAT_ADDRESS_BYTES], const struct ph_addr *addr);

/* "10.0.0.10:80" or "[2001:db8::1]:80" (RFC 5952, 6). @port: in words. Returns @out. */
char *format_endpoint(char out[FORMAT_ENDPOINT_BYTES], const struct ph_addr *addr,
		      const char *port);

/* With "/n" appended unless it is a single host. @prefix: 0..128 of the 128 bits. */
char *format_network(char out[FORMAT_ADDRESS_BYTES], const struct ph_addr *addr,
		     unsigned int prefix);

/* "H:MM:SS"; hours are not bounded. Returns @out. */
char *format_time(char out[FORMAT_TIME_BYTES], uint64_t sec);

/* "TCP", "UDP", "ICMP", or the number in @buffer (at least 4 bytes). */
const char *format_protocol(unsigned int proto, char buffer[4]);

/*
 * The word that @text may have been meant for: one that it begins, or one that
 * it is within two slips of.
 * Return: NULL if there is none
 */
const char *format_nearest(const char *text, const char *const *words, size_t n);

/* NAME=DEVICE[@CARRIER] as its parts; they are not NUL-terminated. */
struct format_binding {
	const char *name;
	const char *device;
	const char *carrier; /* carrier_len is 0 if none is given */
	size_t name_len;
	size_t device_len;
	size_t carrier_len;
};

/* The last '@' separates. False: there is no '=', or a part is empty. */
bool format_split_binding(const char *text, struct format_binding *out);

/*
 * Render a template for a record: text with {key} or {key:how} where values
 * go. @how: a width (negative: left-aligned), "time" (seconds as H:MM:SS).
 * "{{" is a brace.
 * @lookup: gives the value of a key: either *text, or NULL there and *number;
 * returns false for an unknown key, which ends the rendering
 * @put: takes the pieces of text
 * Return: 0 or -EINVAL (unknown key, or a malformed template: a bug)
 */
struct format_template {
	bool (*lookup)(void *arg, const char *key, const char **text, int64_t *number);
	void (*put)(void *arg, const char *text, size_t len);
	void *arg;
};
int format_render(const struct format_template *with, const char *template);

#endif /* FWCTL_FORMAT_H */
