#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# network.sh - addresses, namespaces, links and routes of the lab.
#
# Why it exists: lab.sh is about lives (of labs, processes, pins); what the
# network looks like is drawn here, in both IP families.
#
# Who may source it: lab.sh only.
#
#   far outside     outside host       firewall      inside host      far inside
#   +--------+     +-----------+     +-----------+     +-----------+     +--------+
#   |   eth0 |-----| far0 eth0 |-----| out0  in0 |-----| eth0 far0 |-----| eth0   |
#   +--------+     +-----------+     +-----------+     +-----------+     +--------+
#   X.50        X.1         M.50     M.1       R.1     R.x        Y.1     Y.20
#                           M.66                       R.20
#
#             IPv4                    IPv6
#   X         198.51.100.0/24         2001:db8:f::/64
#   M         /24 of the mapped one   2001:db8:1::/64
#   R         /24 of the real one     fd00:1::/64
#   Y         172.16.77.0/24          fd00:f::/64
#
# (RFC 5737, RFC 1918, RFC 3849, RFC 4193.) The two far hosts exist with
# `lab_create --far yes` only; the hosts between are routers then. R.x is
# known outside as its mapped address, Y.20 as M.20.

# What is set here is for the scripts that source this, and lab.sh sets the rest.
# shellcheck disable=SC2034,SC2153

lab_choose_addresses() {
	local outside=${LAB_MAPPED%.*} inside=${LAB_REAL%.*}

	LAB_FW_OUTSIDE=$outside.1
	[ "$LAB_MAPPED" != "$LAB_FW_OUTSIDE" ] || LAB_FW_OUTSIDE=$outside.254
	LAB_FW_INSIDE=$inside.1
	LAB_OUTSIDE_HOST=$outside.50
	LAB_OUTSIDE_THIRD=$outside.66
	LAB_INSIDE_OTHER=$inside.20
	LAB_INSIDE_NET=$inside.0/24
	LAB_FAR_OUTSIDE_HOST=198.51.100.50
	LAB_FAR_INSIDE_HOST=172.16.77.20
	LAB_FAR_MAPPED=$outside.20
	if [ "$LAB_NAT" = server ]; then
		LAB_SERVER_ADDRESS=$LAB_REAL # where the server listens
		LAB_TARGET=$LAB_MAPPED	      # what the client dials
		LAB_CLIENT_ADDRESS=$LAB_OUTSIDE_HOST
		LAB_CLIENT_SEEN_AS=$LAB_OUTSIDE_HOST
	elif [ "$LAB_NAT" = none ]; then
		LAB_SERVER_ADDRESS=$LAB_REAL
		LAB_TARGET=$LAB_REAL
		LAB_CLIENT_ADDRESS=$LAB_OUTSIDE_HOST
		LAB_CLIENT_SEEN_AS=$LAB_OUTSIDE_HOST
	elif [ "$LAB_NAT" = host ]; then
		LAB_SERVER_ADDRESS=$LAB_FW_OUTSIDE
		LAB_TARGET=$LAB_FW_OUTSIDE
		LAB_CLIENT_ADDRESS=$LAB_OUTSIDE_HOST
		LAB_CLIENT_SEEN_AS=$LAB_OUTSIDE_HOST
	elif [ "$LAB_NAT" = host-client ]; then
		LAB_SERVER_ADDRESS=$LAB_OUTSIDE_HOST
		LAB_TARGET=$LAB_OUTSIDE_HOST
		LAB_CLIENT_ADDRESS=$LAB_FW_OUTSIDE
		LAB_CLIENT_SEEN_AS=$LAB_FW_OUTSIDE
	else
		LAB_SERVER_ADDRESS=$LAB_OUTSIDE_HOST
		LAB_TARGET=$LAB_OUTSIDE_HOST
		LAB_CLIENT_ADDRESS=$LAB_REAL
		LAB_CLIENT_SEEN_AS=$LAB_MAPPED
	fi

	LAB_FW_OUTSIDE6=2001:db8:1::1
	LAB_FW_INSIDE6=fd00:1::1
	LAB_MAPPED6=2001:db8:1::10
	LAB_REAL6=fd00:1::10
	LAB_OUTSIDE_HOST6=2001:db8:1::50
	LAB_OUTSIDE_THIRD6=2001:db8:1::66
	LAB_INSIDE_OTHER6=fd00:1::20
	LAB_INSIDE_NET6=fd00:1::/64
	LAB_FAR_OUTSIDE_HOST6=2001:db8:f::50
	LAB_FAR_INSIDE_HOST6=fd00:f::20
	LAB_FAR_MAPPED6=2001:db8:1::20
}

lab_make_network() {
	lab_make_namespace "$LAB_FW"
	lab_make_namespace "$LAB_OUTSIDE"
	lab_make_namespace "$LAB_INSIDE"
	ip link add out0 netns "$LAB_FW" type veth peer name eth0 netns "$LAB_OUTSIDE"
	ip link add in0 netns "$LAB_FW" type veth peer name eth0 netns "$LAB_INSIDE"

	lab_add_address "$LAB_FW" out0 "$LAB_FW_OUTSIDE" "$LAB_FW_OUTSIDE6"
	lab_add_address "$LAB_FW" in0 "$LAB_FW_INSIDE" "$LAB_FW_INSIDE6"
	lab_add_address "$LAB_OUTSIDE" eth0 "$LAB_OUTSIDE_HOST" "$LAB_OUTSIDE_HOST6"
	lab_add_second "$LAB_OUTSIDE" eth0 "$LAB_OUTSIDE_THIRD" "$LAB_OUTSIDE_THIRD6"
	lab_add_address "$LAB_INSIDE" eth0 "$LAB_REAL" "$LAB_REAL6"
	lab_add_second "$LAB_INSIDE" eth0 "$LAB_INSIDE_OTHER" "$LAB_INSIDE_OTHER6"
	lab_add_route "$LAB_INSIDE" default "$LAB_FW_INSIDE" "$LAB_FW_INSIDE6"
	# So that an outsider can at least try the real addresses.
	lab_add_route "$LAB_OUTSIDE" "$LAB_INSIDE_NET" "$LAB_FW_OUTSIDE"
	lab_add_route "$LAB_OUTSIDE" "$LAB_INSIDE_NET6" "" "$LAB_FW_OUTSIDE6"
	# 0 in tests of the firewall: to switch forwarding on for the policy's
	# devices, and off again, is its business. 1 for those it is compared with.
	lab_run "$LAB_FW" sysctl -qw "net.ipv4.ip_forward=${LAB_FORWARDING:-1}"

	lab_set_offloads "$LAB_OFFLOADS"
}

# LAB_IPV6 is unset where lab_create did not run, in tests/bench.
lab_make_namespace() { # namespace
	local setting

	ip netns add "$1"
	if [ "${LAB_IPV6:-no}" = no ]; then
		lab_run "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	fi
	# No address but ours, and that at once.
	for setting in accept_dad accept_ra router_solicitations; do
		lab_run "$1" sysctl -qw "net.ipv6.conf.all.$setting=0" \
			"net.ipv6.conf.default.$setting=0"
	done
	lab_run "$1" ip link set lo up
}

lab_add_address() { # namespace device address [address6]
	lab_run "$1" ip address add "$3/24" dev "$2"
	if [ "${LAB_IPV6:-no}" = yes ]; then
		lab_run "$1" ip address add "$4/64" dev "$2" nodad
	fi
	lab_run "$1" ip link set "$2" up
}

# One that is used only where it is asked for.
lab_add_second() { # namespace device address address6
	lab_run "$1" ip address add "$3/24" dev "$2"
	if [ "${LAB_IPV6:-no}" = yes ]; then
		lab_run "$1" ip address add "$4/64" dev "$2" nodad preferred_lft 0
	fi
}

lab_add_route() { # namespace destination gateway [gateway6]
	[ -z "$3" ] || lab_run "$1" ip -4 route add "$2" via "$3"
	if [ "${LAB_IPV6:-no}" = yes ] && [ -n "${4:-}" ]; then
		lab_run "$1" ip -6 route add "$2" via "$4"
	fi
}

# A host two hops away on either side, by way of the near one.
lab_make_far_hosts() {
	lab_make_far_host "$LAB_FAR_OUTSIDE" "$LAB_OUTSIDE" \
		"$LAB_FAR_OUTSIDE_HOST" "$LAB_FAR_OUTSIDE_HOST6"
	lab_make_far_host "$LAB_FAR_INSIDE" "$LAB_INSIDE" \
		"$LAB_FAR_INSIDE_HOST" "$LAB_FAR_INSIDE_HOST6"
	lab_add_route "$LAB_FW" "${LAB_FAR_OUTSIDE_HOST%.*}.0/24" "$LAB_OUTSIDE_HOST"
	lab_add_route "$LAB_FW" "${LAB_FAR_OUTSIDE_HOST6%::*}::/64" "" "$LAB_OUTSIDE_HOST6"
	lab_add_route "$LAB_FW" "${LAB_FAR_INSIDE_HOST%.*}.0/24" "$LAB_REAL"
	lab_add_route "$LAB_FW" "${LAB_FAR_INSIDE_HOST6%::*}::/64" "" "$LAB_REAL6"
}

lab_make_far_host() { # namespace router address address6
	lab_make_namespace "$1"
	ip link add far0 netns "$2" type veth peer name eth0 netns "$1"
	lab_add_address "$2" far0 "${3%.*}.1" "${4%::*}::1"
	lab_add_address "$1" eth0 "$3" "$4"
	# They offer the segment size of a full Ethernet whatever their own link
	# carries, so that only path-MTU discovery can tell the other end.
	lab_run "$1" ip -4 route add default via "${3%.*}.1" advmss 1460
	[ "$LAB_IPV6" = no ] ||
		lab_run "$1" ip -6 route add default via "${4%::*}::1" advmss 1440
	lab_run "$2" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
}

# lab_set_mtu LINK BYTES: at both ends of one of the four links, named by the
# host on it that is not nearer to the firewall.
lab_set_mtu() { # outside|inside|far-outside|far-inside bytes
	local -a ends

	case $1 in
	outside) ends=("$LAB_FW" out0 "$LAB_OUTSIDE" eth0) ;;
	inside) ends=("$LAB_FW" in0 "$LAB_INSIDE" eth0) ;;
	far-outside) ends=("$LAB_OUTSIDE" far0 "$LAB_FAR_OUTSIDE" eth0) ;;
	far-inside) ends=("$LAB_INSIDE" far0 "$LAB_FAR_INSIDE" eth0) ;;
	*)
		lab_say "error: lab_set_mtu: no link $1"
		return 1
		;;
	esac
	lab_run "${ends[0]}" ip link set dev "${ends[1]}" mtu "$2"
	lab_run "${ends[2]}" ip link set dev "${ends[3]}" mtu "$2"
}

# A veth end takes redirected XDP frames only while NAPI is on (gro on), and
# leaves checksums to its peer unless told not to (tx off).
lab_set_offloads() { # on|off
	local namespace

	for namespace in "$LAB_OUTSIDE" "$LAB_INSIDE"; do
		lab_run "$namespace" ethtool -K eth0 tx "$1" gro on >/dev/null
	done
}
