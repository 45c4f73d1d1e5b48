// SPDX-License-Identifier: GPL-2.0
/*
 * network.c - see network.h.
 */
#include <errno.h>
#include <sched.h>

#include "tests/datapath/network.h"
#include "tests/datapath/tap.h"

static const char *const device_names[DEV_COUNT] = {
	[DEV_OUTSIDE] = "out0",	 [DEV_INSIDE] = "in0",	      [DEV_DMZ] = "dmz0",
	[DEV_STRAY] = "stray0",	 [DEV_TRUNK] = "trunk0",      [DEV_V10] = "trunk0.10",
	[DEV_V20] = "trunk0.20", [DEV_QINQ] = "trunk0.30.40",
};

const char *network_device_name(enum dev dev)
{
	return device_names[dev];
}

struct network_link network_link(enum dev dev)
{
	static const struct network_link vlans[] = {
		[DEV_V10] = {DEV_TRUNK, 10, 0},
		[DEV_V20] = {DEV_TRUNK, 20, 0},
		[DEV_QINQ] = {DEV_TRUNK, 30, 40},
	};

	if (dev < DEV_CARRIERS)
		return (struct network_link){.carrier = dev};
	return vlans[dev];
}

/* The VLAN devices are veth devices of their own: what tags frames is not the
 * kernel here, which may lack the means. */
static const char vlan_furniture[] =
	"addr add 10.10.0.1/24 dev trunk0.10\n"
	"addr add 10.20.0.1/24 dev trunk0.20\n"
	"addr add 10.30.0.1/24 dev trunk0.30.40\n"
	"addr add 2001:db8:a::1/64 dev trunk0.10 nodad\n"
	"addr add 2001:db8:b::1/64 dev trunk0.20 nodad\n"
	"addr add 2001:db8:c::1/64 dev trunk0.30.40 nodad\n"
	"neigh add 10.10.0.10 lladdr 02:00:5e:00:02:0a nud permanent dev trunk0.10\n"
	"neigh add 10.20.0.10 lladdr 02:00:5e:00:02:14 nud permanent dev trunk0.20\n"
	"neigh add 10.30.0.10 lladdr 02:00:5e:00:02:1e nud permanent dev trunk0.30.40\n"
	"neigh add 2001:db8:a::10 lladdr 02:00:5e:00:02:0a nud permanent dev trunk0.10\n"
	"neigh add 2001:db8:b::10 lladdr 02:00:5e:00:02:14 nud permanent dev trunk0.20\n"
	"neigh add 2001:db8:c::10 lladdr 02:00:5e:00:02:1e nud permanent dev "
	"trunk0.30.40\n";

static const char furniture[] =
	"link set lo up\n"
	"addr add 203.0.113.1/24 dev out0\n"
	"addr add 10.0.0.1/24 dev in0\n"
	"addr add 192.0.2.1/24 dev dmz0\n"
	"addr add 198.18.0.1/24 dev stray0\n"
	"addr add 2001:db8::1/64 dev out0 nodad\n"
	"addr add 2001:db8:1::1/64 dev in0 nodad\n"
	"neigh add 203.0.113.50 lladdr 02:00:5e:00:02:32 nud permanent dev out0\n"
	"neigh add 203.0.113.254 lladdr 02:00:5e:00:02:fe nud permanent dev out0\n"
	"neigh add 10.0.0.10 lladdr 02:00:5e:00:02:0a nud permanent dev in0\n"
	"neigh add 10.0.0.20 lladdr 02:00:5e:00:02:14 nud permanent dev in0\n"
	"neigh add 10.0.0.66 lladdr 02:00:5e:00:02:42 nud permanent dev in0\n"
	"neigh add 10.0.0.129 lladdr 02:00:5e:00:02:81 nud permanent dev in0\n"
	"neigh add 10.0.0.191 lladdr 02:00:5e:00:02:bf nud permanent dev in0\n"
	"neigh add 192.0.2.10 lladdr 02:00:5e:00:02:0a nud permanent dev dmz0\n"
	"neigh add 198.18.0.10 lladdr 02:00:5e:00:02:0a nud permanent dev stray0\n"
	"neigh add 2001:db8:1::10 lladdr 02:00:5e:00:02:0a nud permanent dev in0\n"
	"neigh add 2001:db8:1::20 lladdr 02:00:5e:00:02:14 nud permanent dev in0\n"
	"neigh add 2001:db8::50 lladdr 02:00:5e:00:02:32 nud permanent dev out0\n"
	"neigh add 2001:db8::fe lladdr 02:00:5e:00:02:fe nud permanent dev out0\n"
	"route add 2001:db8:f::/64 via 2001:db8::fe\n"
	"route add blackhole 2001:db8:dead::/64\n"
	"route add 2001:db8:ffff::/64 via 2001:db8::fe mtu lock 1400\n"
	"route add 198.51.100.0/25 via 203.0.113.254\n"
	"route add 198.51.100.128/25 via 203.0.113.254 mtu lock 600\n"
	"route add blackhole 100.64.0.0/24\n"
	"route add unreachable 100.65.0.0/24\n"
	"route add prohibit 100.66.0.0/24\n";

static void write_sysctl(const char *path, const char *value)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(value, file) < 0 || fclose(file))
		TAP_BAIL("%s: %s", path, strerror(errno));
}

static void add_device(FILE *ip, enum dev dev)
{
	const char *name = device_names[dev];

	fprintf(ip,
		"link add %s address 02:00:5e:00:01:%02x type veth peer name %sp\n"
		"link set %s up\n"
		"link set %sp up\n",
		name, NETWORK_MAC(dev), name, name, name);
}

void network_ip(const char *command)
{
	FILE *ip = popen("ip -batch -", "w");

	if (!ip || fputs(command, ip) < 0 || pclose(ip))
		TAP_BAIL("ip %s failed", command);
}

void network_enter(void)
{
	FILE *ip;

	if (unshare(CLONE_NEWNET))
		TAP_BAIL("new network namespace: %s (are you root?)", strerror(errno));
	write_sysctl("/proc/sys/net/ipv4/ip_forward", "1");
	write_sysctl("/proc/sys/net/ipv6/conf/all/forwarding", "1");
	ip = popen("ip -batch -", "w");
	if (!ip)
		TAP_BAIL("ip: %s", strerror(errno));
	for (enum dev dev = 0; dev < DEV_COUNT; dev++)
		add_device(ip, dev);
	fputs(vlan_furniture, ip);
	fputs(furniture, ip);
	if (pclose(ip))
		TAP_BAIL("ip -batch failed");
}
