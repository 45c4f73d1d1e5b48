// SPDX-License-Identifier: GPL-2.0
/*
 * compile.c - from what a policy says to what the datapath needs.
 *
 * Interfaces become numbers, addresses become v4-mapped IPv6 with masks (RFC
 * 4291, 2.5.5.2). Access lists are compile_lists.c's, inspections are
 * compile_inspect.c's.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "policy/diag_codes.h"
#include "policy/model.h"
#include "util/cleanup.h"
#include "util/strbuf.h"

#define SEC_NS	 1000000000ull
#define NEVER_NS (UINT64_MAX / 4) /* 146 years; a clock may be added */

static void image_free(struct policy_image **image)
{
	policy_image_free(*image);
}

void policy_image_free(struct policy_image *image)
{
	if (!image)
		return;
	policy_free_lists(image);
	free(image->ifaces);
	free(image->routes);
	free(image->nats);
	policy_free_translations(image);
	free(image->nat_rules);
	free(image->nat_lists);
	free(image->fixups);
	for (size_t i = 0; i < image->n_ftp_rules; i++)
		free(image->ftp_matches[i].text);
	free(image->ftp_rules);
	free(image->ftp_matches);
	free(image->ftp_states);
	free(image);
}

static struct ph_addr wire_addr(policy_ip addr)
{
	return (struct ph_addr){{htonl((uint32_t)(addr >> 96)),
				 htonl((uint32_t)(addr >> 64)),
				 htonl((uint32_t)(addr >> 32)), htonl((uint32_t)addr)}};
}

/* PIX hardware names such as Ethernet0/0.100 cannot be devices here: those
 * interfaces are bound by the operator. The kernel's rules: dev_valid_name(). */
static bool is_kernel_device(const char *name)
{
	return strlen(name) < sizeof(((struct policy_image_iface *)0)->device) &&
	       !strpbrk(name, "/:") && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* ---- remarks ----------------------------------------------------------- */

static int remark(struct policy_diags *diags, enum policy_severity severity,
		  const char *code, const char *hint, const char *format, va_list args)
{
	struct strbuf message = {0};
	char *owned_message = NULL;
	char *owned_hint = strdup(hint);
	int err;

	strbuf_vprintf(&message, format, args);
	err = strbuf_steal(&message, &owned_message, NULL);
	if (err || !owned_hint) {
		free(owned_message);
		free(owned_hint);
		return -ENOMEM;
	}
	return policy_diags_add_whole(diags, severity, code, owned_message, owned_hint);
}

int policy_warn_whole(struct policy_diags *diags, const char *code, const char *hint,
		      const char *format, ...)
{
	va_list args;
	int err;

	va_start(args, format);
	err = remark(diags, POLICY_WARNING, code, hint, format, args);
	va_end(args);
	return err;
}

int policy_fail_limit(struct policy_diags *diags, const char *code, const char *hint,
		      const char *format, ...)
{
	va_list args;
	int err;

	va_start(args, format);
	err = remark(diags, POLICY_ERROR, code, hint, format, args);
	va_end(args);
	return err ? err : -E2BIG;
}

static int check_ifaces(const struct policy *policy, struct policy_diags *diags)
{
	const size_t max_ifaces = PH_MAX_INTERFACES - 1; /* id 0 is not used */

	if (policy->ifaces.count <= max_ifaces)
		return 0;
	return policy_fail_limit(
		diags, E_TOO_MANY_IFACES, "name fewer interfaces",
		"the policy needs %zu interfaces; this version holds %zu",
		policy->ifaces.count, max_ifaces);
}

/* ---- tables ------------------------------------------------------------ */

static void compile_ifaces(const struct policy *policy, struct policy_image *image)
{
	for (size_t i = 0; i < policy->ifaces.count; i++) {
		const struct policy_iface *from = &policy->ifaces.items[i];
		struct policy_image_iface *to = &image->ifaces[image->n_ifaces++];

		memcpy(to->name, from->name, sizeof(to->name));
		if (is_kernel_device(from->hardware))
			memcpy(to->device, from->hardware, strlen(from->hardware) + 1);
		to->shut = from->shut;
		to->dhcp = from->dhcp;
		to->mtu = from->mtu;
		to->has_address = from->has_address;
		to->address = htonl(from->address);
		to->netmask = htonl(from->netmask);
		if (from->n_addresses6) {
			const struct policy_address6 *first =
				&policy->addresses6.items[from->first_address6];

			to->has_address6 = true;
			to->address6 = wire_addr(first->addr);
			to->prefix_len6 = (uint8_t)first->prefix_len;
		}
		to->config.id = (__u32)i + 1;
		to->config.security_level = from->security_level;
		to->config.vlan = from->vlan;
		to->config.inner_vlan = from->inner_vlan;
		to->config.flags = from->reverse_path ? IFACE_F_REVERSE_PATH : 0;
	}
}

static void compile_fixups(const struct policy *policy, struct policy_image *image)
{
	for (size_t i = 0; i < policy->fixups.count; i++) {
		const struct policy_fixup *fixup = &policy->fixups.items[i];

		image->fixups[image->n_fixups++] = (struct policy_image_fixup){
			.key = {.port = htons(fixup->port), .proto = IPPROTO_TCP},
			.value = {.ifaces = fixup->ifaces,
				  .kind = fixup->kind,
				  .flags = fixup->options.flags,
				  .data_low = fixup->options.data_low,
				  .data_high = fixup->options.data_high,
				  .data_limit = fixup->options.data_limit},
		};
	}
}

static __u64 timeout_ns(const struct policy *policy, enum policy_timeout kind)
{
	return policy->timeout_sec[kind] ? policy->timeout_sec[kind] * SEC_NS : NEVER_NS;
}

/* What no statement sets is PIX's and ASA's: TCP after its close, other
 * protocols, an unused hole; 30 seconds for a datagram to become whole. */
static struct policy_config compile_config(const struct policy *policy)
{
	return (struct policy_config){
		.abi_version = PH_ABI_VERSION,
		.flags = policy->flags,
		.pick_up_ns = policy->pick_up_sec * SEC_NS,
		.timeout_half_open_ns = timeout_ns(policy, POLICY_TIMEOUT_EMBRYONIC),
		.timeout_tcp_ns = timeout_ns(policy, POLICY_TIMEOUT_CONN),
		.timeout_half_closed_ns = timeout_ns(policy, POLICY_TIMEOUT_HALF_CLOSED),
		.timeout_closing_ns = 60 * SEC_NS,
		.timeout_udp_ns = timeout_ns(policy, POLICY_TIMEOUT_UDP),
		.timeout_icmp_ns = timeout_ns(policy, POLICY_TIMEOUT_ICMP),
		.timeout_other_ns = 120 * SEC_NS,
		.timeout_hole_ns = 300 * SEC_NS,
		.timeout_fragment_ns = 30 * SEC_NS,
	};
}

static struct policy_image *image_new(const struct policy *policy)
{
	struct policy_image *image cleanup_(image_free) = calloc(1, sizeof(*image));

	if (!image)
		return NULL;
	/* One more of each: an empty table is not a failed allocation. */
	image->ifaces = calloc(policy->ifaces.count + 1, sizeof(*image->ifaces));
	image->fixups = calloc(policy->fixups.count + 1, sizeof(*image->fixups));
	image->ftp_states = calloc(1, sizeof(*image->ftp_states));
	if (!image->ifaces || !image->fixups || !image->ftp_states)
		return NULL;
	image->n_ftp_states = 1;
	return take(image);
}

static int compile(const struct policy *policy, bool build, struct policy_image **out,
		   struct policy_diags *diags)
{
	struct policy_image *image cleanup_(image_free) = NULL;
	int err = check_ifaces(policy, diags);

	if (err)
		return err;
	image = image_new(policy);
	if (!image)
		return -ENOMEM;
	image->config = compile_config(policy);
	compile_ifaces(policy, image);
	err = policy_compile_lists(policy, image, diags);
	if (err)
		return err;
	err = policy_compile_nats(policy, image, diags);
	if (err)
		return err;
	compile_fixups(policy, image);
	err = policy_compile_routes(policy, image);
	if (err)
		return err;
	err = policy_compile_inspections(policy, image, diags);
	if (!err)
		err = policy_build_lists(policy, image, build, diags);
	if (err)
		return err;
	policy_bind_nats(image);
	policy_compile_host_ftp(image);
	err = policy_compile_host_nats(policy, image, diags);
	if (err)
		return err;
	*out = take(image);
	return 0;
}

int policy_compile(const struct policy *policy, struct policy_image **out,
		   struct policy_diags *diags)
{
	return compile(policy, true, out, diags);
}

int policy_compile_names(const struct policy *policy, struct policy_image **out,
			 struct policy_diags *diags)
{
	return compile(policy, false, out, diags);
}
