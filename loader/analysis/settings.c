// SPDX-License-Identifier: GPL-2.0
/*
 * settings.c - interfaces, switches, times and routes; and how all settings of two
 * policies are compared. See settings.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/settings.h"
#include "policy/ip.h"
#include "util/cleanup.h"
#include "util/strbuf.h"

#define SEC_NS 1000000000ull

/* ---- what settings are made with ---- */

void settings_free(setting_vec *settings)
{
	for (size_t i = 0; i < settings->count; i++) {
		free(settings->items[i].key);
		free(settings->items[i].text);
	}
	vec_free(settings);
}

int settings_add(setting_vec *out, const char *kind, uint64_t hash, const char *key,
		 const char *format, ...)
{
	struct strbuf text = {0};
	struct setting *it = vec_push(out);
	va_list args;

	if (!it)
		return -ENOMEM;
	strbuf_puts(&text, key);
	strbuf_putc(&text, ' ');
	va_start(args, format);
	strbuf_vprintf(&text, format, args);
	va_end(args);
	if (text.data && text.len == strlen(key) + 1)
		text.data[text.len - 1] = '\0'; /* nothing follows the key */
	*it = (struct setting){.kind = kind, .hash = hash, .order = out->count};
	it->key = strdup(key);
	return strbuf_steal(&text, &it->text, NULL) || !it->key ? -ENOMEM : 0;
}

const char *settings_iface(const struct policy_image *image, uint32_t id)
{
	return id && id <= image->n_ifaces ? image->ifaces[id - 1].name : "any";
}

static policy_ip ip_of(const struct ph_addr *addr)
{
	policy_ip ip = 0;

	for (int i = 0; i < 4; i++)
		ip = ip << 32 | ntohl(addr->word[i]);
	return ip;
}

struct settings_net settings_net(const struct ph_addr *addr, const struct ph_addr *mask)
{
	policy_ip ip = ip_of(addr);
	unsigned int len = policy_mask_len(ip_of(mask));
	struct settings_net out;

	if (len == POLICY_IP_BITS)
		snprintf(out.text, sizeof(out.text), "%s", policy_ip_text(ip).text);
	else
		snprintf(out.text, sizeof(out.text), "%s/%u", policy_ip_text(ip).text,
			 policy_ip_is_v4(ip) && len >= POLICY_V4_BITS
				 ? len - POLICY_V4_BITS
				 : len);
	return out;
}

/* ---- interfaces ---- */

static int collect_addresses(const struct policy_image_iface *iface, setting_vec *out)
{
	char key[96];
	int err = 0;

	snprintf(key, sizeof(key), "%s ip address", iface->name);
	if (iface->dhcp)
		err = settings_add(out, "interface", 0, key, "dhcp");
	else if (iface->has_address)
		err = settings_add(out, "interface", 0, key, "%s %s",
				   policy_quad(ntohl(iface->address)).text,
				   policy_quad(ntohl(iface->netmask)).text);
	snprintf(key, sizeof(key), "%s ipv6 address", iface->name);
	if (!err && iface->has_address6)
		err = settings_add(out, "interface", 0, key, "%s/%u",
				   policy_ip_text(ip_of(&iface->address6)).text,
				   iface->prefix_len6);
	return err;
}

/* This machine's own address, as clients know it. */
static int collect_upstream(const struct policy_image_iface *iface, setting_vec *out)
{
	char key[160];

	if (!iface->config.host_public.word[3])
		return 0;
	snprintf(key, sizeof(key), "%s %s upstream", iface->name,
		 policy_ip_text(ip_of(&iface->config.host_real)).text);
	return settings_add(out, "translation", 0, key, "is %s",
			    policy_ip_text(ip_of(&iface->config.host_public)).text);
}

static int collect_iface(const struct policy_image_iface *iface, setting_vec *out)
{
	const struct iface_config *config = &iface->config;
	char key[96];
	int err = settings_add(out, "interface", 0, iface->name, "%s", "");

	snprintf(key, sizeof(key), "%s security-level", iface->name);
	if (!err)
		err = settings_add(out, "interface", 0, key, "%u",
				   config->security_level);
	snprintf(key, sizeof(key), "%s device", iface->name);
	if (!err && iface->device[0])
		err = settings_add(out, "interface", 0, key, "%s", iface->device);
	snprintf(key, sizeof(key), "%s vlan", iface->name);
	if (!err && config->vlan)
		err = config->inner_vlan ? settings_add(out, "interface", 0, key,
							"%u second-dot1q %u",
							config->vlan, config->inner_vlan)
					 : settings_add(out, "interface", 0, key, "%u",
							config->vlan);
	snprintf(key, sizeof(key), "%s shutdown", iface->name);
	if (!err && iface->shut)
		err = settings_add(out, "interface", 0, key, "%s", "");
	snprintf(key, sizeof(key), "%s mtu", iface->name);
	if (!err && iface->mtu)
		err = settings_add(out, "interface", 0, key, "%u", iface->mtu);
	snprintf(key, sizeof(key), "%s ip verify reverse-path", iface->name);
	if (!err && (config->flags & IFACE_F_REVERSE_PATH))
		err = settings_add(out, "interface", 0, key, "%s", "");
	if (!err)
		err = collect_upstream(iface, out);
	return err ? err : collect_addresses(iface, out);
}

/* ---- switches, times, routes ---- */

static int collect_switches(const struct policy_image *image, setting_vec *out)
{
	static const struct {
		uint32_t flag;
		const char *text;
	} switches[] = {
		{CONFIG_F_SAME_INTER, "same-security-traffic permit inter-interface"},
		{CONFIG_F_SAME_INTRA, "same-security-traffic permit intra-interface"},
		{CONFIG_F_PASS_NON_IP, "sysopt connection permit-non-ip"},
	};
	int err = settings_add(out, "addresses", 0, "access lists match",
			       image->config.flags & CONFIG_F_REAL_LISTS
				       ? "real addresses"
				       : "mapped addresses");

	for (size_t i = 0; !err && i < sizeof(switches) / sizeof(switches[0]); i++)
		if (image->config.flags & switches[i].flag)
			err = settings_add(out, "switch", 0, switches[i].text, "%s", "");
	return err;
}

static int collect_times(const struct policy_image *image, setting_vec *out)
{
	const struct policy_config *config = &image->config;
	const struct {
		const char *key;
		uint64_t ns;
	} times[] = {
		{"timeout conn", config->timeout_tcp_ns},
		{"timeout half-closed", config->timeout_half_closed_ns},
		{"timeout embryonic", config->timeout_half_open_ns},
		{"timeout udp", config->timeout_udp_ns},
		{"timeout icmp", config->timeout_icmp_ns},
		{"timeout of other protocols", config->timeout_other_ns},
		{"sysopt connection tcp-pick-up", config->pick_up_ns},
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(times) / sizeof(times[0]); i++) {
		uint64_t sec = times[i].ns / SEC_NS;

		if (sec > UINT32_MAX)
			err = settings_add(out, "timeout", 0, times[i].key, "0:00:00");
		else if (sec)
			err = settings_add(out, "timeout", 0, times[i].key,
					   "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64,
					   sec / 3600, sec / 60 % 60, sec % 60);
	}
	return err;
}

static int collect_route(const struct policy_image *image,
			 const struct policy_image_route *route, setting_vec *out)
{
	char key[160];

	snprintf(key, sizeof(key), "%s %s/%u",
		 route->iface == POLICY_ROUTE_DISCARDS ? "Null0"
						       : image->ifaces[route->iface].name,
		 policy_ip_text(ip_of(&route->addr)).text, route->prefix_len);
	return settings_add(out, "route", 0, key, "via %s metric %u",
			    route->any_gateway ? "dhcp"
			    : route->on_link
				    ? "the link"
				    : policy_ip_text(ip_of(&route->gateway)).text,
			    route->metric);
}

int settings_collect(const struct policy_image *image, setting_vec *out)
{
	int err = 0;

	for (size_t i = 0; !err && i < image->n_ifaces; i++)
		err = collect_iface(&image->ifaces[i], out);
	if (!err)
		err = collect_switches(image, out);
	if (!err)
		err = settings_collect_nat(image, out);
	if (!err)
		err = settings_collect_inspections(image, out);
	if (!err)
		err = collect_times(image, out);
	for (size_t i = 0; !err && i < image->n_routes; i++)
		err = collect_route(image, &image->routes[i], out);
	return err;
}

/* ---- comparing ---- */

static int compare_names(const struct setting *a, const struct setting *b)
{
	int order = strcmp(a->kind, b->kind);

	return order ? order : strcmp(a->key, b->key);
}

/* Of one kind and key, those that say the same stand beside one another. */
static int compare_settings(const void *a, const void *b)
{
	const struct setting *x = a, *y = b;
	int order = compare_names(x, y);

	if (!order)
		order = strcmp(x->text, y->text);
	if (!order && x->hash != y->hash)
		order = x->hash < y->hash ? -1 : 1;
	return order;
}

typedef VEC(struct analysis_setting) difference_vec;

/* What a setting says; if that is the same on both sides, what it does not say. */
static char *shown(const struct setting *setting, const struct setting *other)
{
	struct strbuf text = {0};
	char *out = NULL;

	strbuf_puts(&text, setting->text);
	if (other && !strcmp(setting->text, other->text))
		strbuf_printf(&text, " (fingerprint %016" PRIx64 ")", setting->hash);
	return strbuf_steal(&text, &out, NULL) ? NULL : out;
}

static int tell(difference_vec *out, const struct setting *old, const struct setting *new)
{
	struct analysis_setting *it = vec_push(out);

	if (!it)
		return -ENOMEM;
	it->kind = old ? old->kind : new->kind;
	it->old = old ? shown(old, new) : NULL;
	it->new = new ? shown(new, old) : NULL;
	return (old && !it->old) || (new && !it->new) ? -ENOMEM : 0;
}

/* Take out of both what they share. The counts become what is left. */
static void drop_equal(struct setting *old, size_t *n_old, struct setting *new,
		       size_t *n_new)
{
	size_t i = 0, j = 0, kept_old = 0, kept_new = 0;

	while (i < *n_old && j < *n_new) {
		int order = compare_settings(&old[i], &new[j]);

		if (!order) {
			i++;
			j++;
		} else if (order < 0) {
			old[kept_old++] = old[i++];
		} else {
			new[kept_new++] = new[j++];
		}
	}
	while (i < *n_old)
		old[kept_old++] = old[i++];
	while (j < *n_new)
		new[kept_new++] = new[j++];
	*n_old = kept_old;
	*n_new = kept_new;
}

static bool is_order(const struct setting *setting)
{
	return !strcmp(setting->key, SETTINGS_ORDER);
}

static bool has_translation(const struct setting *settings, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(settings[i].kind, "translation") && !is_order(&settings[i]))
			return true;
	return false;
}

/* Return: how many are left. */
static size_t drop_order(struct setting *settings, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!is_order(&settings[i]))
			settings[kept++] = settings[i];
	return kept;
}

/* What is left of both, in the order of their names: changed, removed or added. */
static int tell_rest(const struct setting *old, size_t n_old, const struct setting *new,
		     size_t n_new, difference_vec *out)
{
	size_t i = 0, j = 0;
	int err = 0;

	while (!err && (i < n_old || j < n_new)) {
		int order = i == n_old	 ? 1
			    : j == n_new ? -1
					 : compare_names(&old[i], &new[j]);

		if (!order)
			err = tell(out, &old[i++], &new[j++]);
		else if (order < 0)
			err = tell(out, &old[i++], NULL);
		else
			err = tell(out, NULL, &new[j++]);
	}
	return err;
}

/* Copies of the structs, whose texts stay where they are; the originals keep them. */
static int compare_vecs(const setting_vec *old, const setting_vec *new,
			difference_vec *out)
{
	size_t n_old = old->count, n_new = new->count;
	struct setting *a cleanup_free_ = calloc(n_old + 1, sizeof(*a));
	struct setting *b cleanup_free_ = calloc(n_new + 1, sizeof(*b));

	if (!a || !b)
		return -ENOMEM;
	if (n_old)
		memcpy(a, old->items, n_old * sizeof(*a));
	if (n_new)
		memcpy(b, new->items, n_new * sizeof(*b));
	qsort(a, n_old, sizeof(*a), compare_settings);
	qsort(b, n_new, sizeof(*b), compare_settings);
	drop_equal(a, &n_old, b, &n_new);
	if (has_translation(a, n_old) || has_translation(b, n_new)) {
		n_old = drop_order(a, n_old);
		n_new = drop_order(b, n_new);
	}
	return tell_rest(a, n_old, b, n_new, out);
}

int settings_compare(const struct policy_image *old, const struct policy_image *new,
		     struct analysis_setting **out, size_t *n_out)
{
	setting_vec a cleanup_(settings_free) = {0}, b cleanup_(settings_free) = {0};
	difference_vec found = {0};
	int err = settings_collect(old, &a);

	if (!err)
		err = settings_collect(new, &b);
	if (!err)
		err = compare_vecs(&a, &b, &found);
	*out = found.items;
	*n_out = found.count;
	return err;
}
