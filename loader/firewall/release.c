// SPDX-License-Identifier: GPL-2.0
/*
 * release.c - devices let go, wholly or in one of their roles. See attach.h.
 *
 * Why it exists: filters come off after forwarding is switched off. With VLANs
 * the one is on the carrier and the other on a device above it, so the order is
 * kept over all devices: first none forwards any more that need not, then
 * programs come off.
 */
#include <net/if.h>

#include "attach.h"
#include "forwarding.h"
#include "offload.h"
#include "state.h"
#include "tc.h"

static unsigned int roles_in(const struct attach_set *set, uint32_t ifindex)
{
	for (size_t i = 0; set && i < set->n_devices; i++) {
		if (set->devices[i].facts.ifindex == ifindex)
			return set->devices[i].roles;
	}
	return 0;
}

int attach_release_programs(const struct attach_context *context, uint32_t ifindex,
			    struct fw_host *host)
{
	uint32_t active_id = context->active_id;
	char device[IF_NAMESIZE];
	int err = xdp_detach(context->fw->pin_dir, ifindex);

	if (!err)
		err = tc_detach(ifindex, TC_INGRESS, active_id);
	if (!err)
		err = tc_detach(ifindex, TC_EGRESS, active_id);
	if (!err && (host->flags & FW_HOST_CLSACT))
		err = tc_remove_clsact_if_empty(ifindex);
	if (err)
		return err;
	if (if_indextoname(ifindex, device))
		offload_restore(device, &host->flags, 0);
	host->flags &= FW_HOST_OF_L3;
	host->mode = FW_MODE_TC;
	return 0;
}

/*
 * Return: 1, 0 if the device vanished, and our filters with it, or negative: what
 * cannot be asked after has not vanished.
 */
static int name_of(uint32_t ifindex, char device[IF_NAMESIZE])
{
	if (if_indextoname(ifindex, device))
		return 1;
	return errno == ENXIO || errno == ENODEV ? 0 : -errno;
}

static int release_l3(uint32_t ifindex, struct fw_host *host)
{
	char device[IF_NAMESIZE];
	int err = name_of(ifindex, device);

	if (err < 0)
		return err;
	if (err)
		forwarding_restore(device, host->flags);
	host->flags &= ~FW_HOST_OF_L3;
	return 0;
}

/* After its forwarding is restored. */
static int release_rest(const struct attach_context *context, unsigned int keeps,
			uint32_t ifindex, struct fw_host *host)
{
	char device[IF_NAMESIZE];
	int err = name_of(ifindex, device);

	if (err < 0)
		return err;
	if (!err)
		return state_drop_host(context->fw, ifindex);
	err = 0;
	if (!(keeps & ATTACH_CARRIER))
		err = attach_release_programs(context, ifindex, host);
	if (err)
		return err;
	return keeps ? state_put_host(context->fw, ifindex, host)
		     : state_drop_host(context->fw, ifindex);
}

int attach_release_device(const struct attach_context *context, uint32_t ifindex,
			  const struct fw_host *host)
{
	struct fw_host copy = *host;
	int err = release_l3(ifindex, &copy);

	return err ? err : release_rest(context, 0, ifindex, &copy);
}

int attach_release(const struct attach_context *context, const struct attach_set *set,
		   struct fw_error *error)
{
	struct fw_host_entry *hosts cleanup_free_ = NULL;
	size_t n_hosts = 0;
	int first_err = state_list_hosts(context->fw, &hosts, &n_hosts);

	if (first_err)
		return fw_fail(error, first_err,
			       "cannot list the devices it is attached to:");
	for (size_t i = 0; i < n_hosts; i++) {
		int err = 0;

		if (!(roles_in(set, hosts[i].ifindex) & ATTACH_L3))
			err = release_l3(hosts[i].ifindex, &hosts[i].host);
		if (err && !first_err)
			first_err = err;
	}
	if (first_err)
		return fw_fail(error, first_err, "cannot tell which devices are there:");
	for (size_t i = 0; i < n_hosts; i++) {
		unsigned int keeps = roles_in(set, hosts[i].ifindex);
		int err = 0;

		if (keeps != (ATTACH_CARRIER | ATTACH_L3))
			err = release_rest(context, keeps, hosts[i].ifindex,
					   &hosts[i].host);
		if (err && !first_err) {
			first_err = err;
			fw_fail(error, err, "cannot detach from a device:");
			fw_fail_where(error, "device %s", hosts[i].host.device);
		}
	}
	return first_err;
}
