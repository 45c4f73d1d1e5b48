#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# VLAN interfaces as the loader sees them: whose tagged frames come by which
# device, what is attached and switched on where, and that all of it is undone.
# A veth stands for the device of each VLAN, so that no 8021q module is needed.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# trunk0 carries the tagged frames; dmz0, lan0 and deep0 have the addresses.
make_devices() {
	local device

	for device in trunk dmz lan deep; do
		lab_fw ip link add "${device}0" type veth peer name "${device}1"
		lab_fw ip link set "${device}0" up
		lab_fw ip link set "${device}1" up
		lab_fw ethtool -K "${device}1" gro on >/dev/null
	done
	for device in out trunk dmz lan deep; do
		lab_fw sysctl -qw "net.ipv6.conf.${device}0.accept_ra=1"
	done
	lab_fw ip address add 10.10.0.1/24 dev dmz0
	lab_fw ip address add 10.20.0.1/24 dev lan0
}

vlan_interface() { # name level vlan address
	echo "interface Gi0/1.$1"
	echo " vlan $3"
	echo " nameif $1"
	echo " security-level $2"
	echo " ip address $4 255.255.255.0"
}

policy() { # line...: outside, and what else is named
	local part

	printf '%s\n' "interface Gi0/0" " nameif outside" " security-level 0" \
		" ip address $LAB_FW_OUTSIDE 255.255.255.0"
	for part in "$@"; do
		case $part in
		dmz) vlan_interface dmz 50 10 10.10.0.1 ;;
		lan) vlan_interface inside 100 20 10.20.0.1 ;;
		deep) vlan_interface deep 70 "20 second-dot1q 5" 10.30.0.1 ;;
		trunk) printf '%s\n' "interface Gi0/1" " nameif trunk" " security-level 80" ;;
		esac
	done
}

# apply PART... -- OPTION...
apply() {
	local -a parts=()

	while [ "$1" != -- ]; do
		parts+=("$1")
		shift
	done
	shift
	policy "${parts[@]}" >"$LAB_DIR/policy.pix"
	lab_fwctl apply "$LAB_DIR/policy.pix" --mode "$LAB_MODE" --map outside=out0 "$@"
}

refuses() { # text command...
	local wanted=$1 status=0

	shift
	"$@" >"$LAB_DIR/scratch/said" 2>&1 || status=$?
	cat "$LAB_DIR/scratch/said"
	must_be_equal "status" 3 "$status"
	grep -qF -e "$wanted" "$LAB_DIR/scratch/said" || fail "not said: $wanted"
}

filters_on() { # device
	lab_fw tc filter show dev "$1" ingress 2>/dev/null | grep -c ' direct-action ' || true
}

xdp_on() { # device
	lab_fw ip -json link show "$1" | jq '[.[] | select(.xdp)] | length'
}

forwarding() { # device
	cat_setting ipv4 "$1" forwarding
	cat_setting ipv6 "$1" forwarding
	cat_setting ipv6 "$1" accept_ra
}

cat_setting() { # family device name
	lab_fw cat "/proc/sys/net/$1/conf/$2/$3" | tr '\n' ' '
}

# device: filters, XDP, forwarding of both families, accept_ra
must_be() { # device filters xdp settings
	must_be_equal "filters on $1" "$2" "$(filters_on "$1")"
	if [ "$LAB_MODE" = tc ]; then
		must_be_equal "XDP on $1" 0 "$(xdp_on "$1")"
	else
		must_be_equal "XDP on $1" "$3" "$(xdp_on "$1")"
	fi
	must_be_equal "forwarding of $1" "$4 " "$(forwarding "$1")"
}

shown() { # name key
	lab_fwctl show interface --json |
		jq -r --arg name "$1" ".interfaces[] | select(.name == \$name) | .$2"
}

two_vlans_share_a_carrier() {
	apply dmz lan -- --map dmz=dmz0@trunk0 --map inside=lan0@trunk0
	must_be trunk0 1 1 "0 0 1"
	must_be dmz0 0 0 "1 1 2"
	must_be lan0 0 0 "1 1 2"
	must_be out0 1 1 "1 1 2"
	must_be_equal "carrier of dmz" trunk0 "$(shown dmz carrier)"
	must_be_equal "device of dmz" dmz0 "$(shown dmz device)"
	must_be_equal "vlan of inside" 20 "$(shown inside vlan)"
	must_be_equal "mode of both" "$(shown dmz mode)" "$(shown inside mode)"
	lab_fwctl show interface | grep -q "device dmz0 vlan 10 on trunk0" ||
		fail "the text lacks the VLAN"
}

a_vlan_may_go_and_come_back() {
	apply dmz -- --map dmz=dmz0@trunk0
	must_be trunk0 1 1 "0 0 1"
	must_be lan0 0 0 "0 0 1"
	apply lan -- --map inside=lan0@trunk0
	must_be trunk0 1 1 "0 0 1"
	must_be dmz0 0 0 "0 0 1"
	must_be lan0 0 0 "1 1 2"
	apply -- --mode "$LAB_MODE"
	must_be trunk0 0 0 "0 0 1"
	must_be lan0 0 0 "0 0 1"
	must_be_equal "qdiscs on trunk0" 0 \
		"$(lab_fw tc qdisc show dev trunk0 | grep -c clsact || true)"
}

the_carrier_may_be_an_interface_itself() {
	apply dmz trunk -- --map dmz=dmz0@trunk0 --map trunk=trunk0
	must_be trunk0 1 1 "1 1 2"
	must_be dmz0 0 0 "1 1 2"
	apply dmz -- --map dmz=dmz0@trunk0
	must_be trunk0 1 1 "0 0 1"
	apply trunk -- --map trunk=trunk0
	must_be trunk0 1 1 "1 1 2"
	must_be dmz0 0 0 "0 0 1"
}

two_tags() {
	apply lan deep -- --map inside=lan0@trunk0 --map deep=deep0@trunk0
	must_be_equal "inner tag" 5 "$(shown deep inner_vlan)"
	must_be_equal "outer tag" 20 "$(shown deep vlan)"
}

# The entries in force, by name: how many, and the slot they count in.
slots() {
	local inner generation

	generation=$(lab_fwctl show interface --json | jq .generation)
	inner=$(bpftool -j map lookup pinned "$LAB_PIN_DIR/maps/ifaces" key \
		"$((generation & 1))" 0 0 0 | python3 -c 'import json, sys
print(int.from_bytes((int(byte, 16) for byte in json.load(sys.stdin)["value"]), sys.byteorder))')
	bpftool -j map dump id "$inner" | python3 -c '
import json, struct, sys
found = {}
for entry in json.load(sys.stdin):
    value = bytes(int(byte, 16) for byte in entry["value"])
    name = value[-64:-16].split(b"\0")[0].decode()
    slot = struct.unpack_from("I", value, 4)[0]
    assert found.get(name, {"slot": slot})["slot"] == slot, "two slots for " + name
    found.setdefault(name, {"slot": slot, "entries": 0})["entries"] += 1
# By its tags and, for VLANs, by its device; one on each carrier for unknown tags.
assert sum(at["entries"] for at in found.values()) == 2 * len(found) - 1 + 2, found
print(json.dumps(found))'
}

# Each counts by itself, and goes on counting when the others change.
counters_stay_with_their_interface() {
	local before after

	apply dmz lan -- --map dmz=dmz0@trunk0 --map inside=lan0@trunk0
	before=$(slots)
	apply lan -- --map inside=lan0@trunk0
	apply lan deep dmz -- --map inside=lan0@trunk0 --map deep=deep0@trunk0 --map dmz=dmz0@trunk0
	after=$(slots)
	must_be_equal "counters of inside" "$(jq -c .inside.slot <<<"$before")" \
		"$(jq -c .inside.slot <<<"$after")"
	must_be_equal "interfaces" 4 "$(jq length <<<"$after")"
	must_be_equal "counters that differ" 4 "$(jq 'map(.slot) | unique | length' <<<"$after")"
}

what_cannot_be_is_refused() {
	local before

	before=$(lab_fwctl show interface --json | jq -S '[.interfaces[] | {name, device, carrier}]')
	refuses "device dmz0 is not a VLAN device" apply dmz -- --map dmz=dmz0
	refuses "--map dmz=dmz0@CARRIER" apply dmz -- --map dmz=dmz0
	refuses "the policy gives it no vlan" apply trunk -- --map trunk=trunk0@out0
	refuses "there is no device nosuch0" apply dmz -- --map dmz=dmz0@nosuch0
	refuses "both its own device and the carrier" apply dmz -- --map dmz=trunk0@trunk0
	refuses "is both its own device" apply dmz lan -- --map dmz=dmz0@trunk0 \
		--map inside=lan0@dmz0
	refuses "serves interface dmz already" apply dmz lan -- --map dmz=dmz0@trunk0 \
		--map inside=dmz0@out0
	refuses "on the same carrier has tc" apply dmz lan -- --map dmz=dmz0@trunk0 \
		--map inside=lan0@trunk0 --mode dmz=tc --mode inside=generic
	must_be_equal "interfaces in force" "$before" \
		"$(lab_fwctl show interface --json | jq -S '[.interfaces[] | {name, device, carrier}]')"
}

# fwctl where the settings of devices cannot be changed.
apply_read_only() {
	policy dmz lan >"$LAB_DIR/policy.pix"
	# shellcheck disable=SC2016 # $@ is the inner shell's
	lab_fw unshare -m sh -c 'mount --bind /proc/sys/net /proc/sys/net &&
		mount -o remount,bind,ro /proc/sys/net && exec "$@"' sh \
		"$LAB_FWCTL" apply "$LAB_DIR/policy.pix" --mode "$LAB_MODE" \
		--pin-dir "$LAB_PIN_DIR" --map outside=out0 --map dmz=dmz0@trunk0 \
		--map inside=lan0@trunk0
}

# It fails at lan0, the last device, when trunk0 has its programs already.
a_failed_apply_changes_nothing() {
	apply -- --mode "$LAB_MODE"
	must_be trunk0 0 0 "0 0 1"
	lab_fw sysctl -qw net.ipv4.conf.dmz0.forwarding=1 net.ipv6.conf.dmz0.forwarding=1
	refuses "cannot switch forwarding on" apply_read_only
	must_be trunk0 0 0 "0 0 1"
	must_be_equal "VLAN offloads of trunk0" "on on" "$(tags_taken trunk0)"
	must_be lan0 0 0 "0 0 1"
	must_be out0 1 1 "1 1 2"
	must_be dmz0 0 0 "1 1 1"
	must_be_equal "interfaces in force" 1 "$(lab_fwctl show interface --json | jq '.interfaces | length')"
	must_be_equal "redirect targets" 1 \
		"$(bpftool -j map dump pinned "$LAB_PIN_DIR/maps/tx_devs" | jq length)"
	# What was on before is not ours to switch off.
	apply dmz -- --map dmz=dmz0@trunk0
	apply -- --mode "$LAB_MODE"
	must_be dmz0 0 0 "1 1 1"
	lab_fw sysctl -qw net.ipv4.conf.dmz0.forwarding=0 net.ipv6.conf.dmz0.forwarding=0
}

# 1: the driver's, 2: generic.
xdp_mode() { # device
	lab_fw ip -json link show "$1" | jq '.[0].xdp.mode // 0'
}

each_carrier_has_its_mode() {
	apply dmz lan -- --map dmz=dmz0@trunk0 --map inside=lan0@trunk0 \
		--mode xdp-generic --mode inside=tc
	must_be_equal "XDP of outside" 2 "$(xdp_mode out0)"
	must_be_equal "mode of outside" generic "$(shown outside mode)"
	must_be_equal "XDP of trunk0" 0 "$(xdp_mode trunk0)"
	must_be_equal "mode of dmz" tc "$(shown dmz mode)"
	apply dmz lan -- --map dmz=dmz0@trunk0 --map inside=lan0@trunk0 --mode dmz=generic
	must_be_equal "XDP of trunk0" 2 "$(xdp_mode trunk0)"
	must_be_equal "mode of inside" generic "$(shown inside mode)"
	[ "$LAB_MODE" = tc ] || must_be_equal "XDP of outside" 1 "$(xdp_mode out0)"
	apply lan -- --map inside=lan0@trunk0 --mode auto
	must_be_equal "XDP of out0, chosen" 0 "$(xdp_mode out0)"
	shown outside mode_reason | grep -q veth || fail "no reason is given"
}

# "on on": takes 802.1Q and 802.1ad tags off what it receives.
tags_taken() { # device
	lab_fw ethtool -k "$1" | sed -n 's/^rx-vlan-\(offload\|stag-hw-parse\): \(on\|off\).*/\2/p' |
		paste -sd' '
}

# Where XDP cannot see a tag, a frame would count as untagged.
xdp_gets_to_see_the_tags() {
	local mode

	must_be_equal "before" "on on" "$(tags_taken trunk0)"
	for mode in xdp generic; do
		apply dmz -- --map dmz=dmz0@trunk0 --mode dmz="$mode"
		must_be_equal "with $mode" "off off" "$(tags_taken trunk0)"
		must_be_equal "device above" "on on" "$(tags_taken dmz0)"
		apply dmz -- --map dmz=dmz0@trunk0 --mode dmz=tc
		must_be_equal "after $mode" "on on" "$(tags_taken trunk0)"
	done
	lab_fw ethtool -K trunk0 rx-vlan-stag-hw-parse off
	apply dmz -- --map dmz=dmz0@trunk0 --mode dmz=xdp
	must_be_equal "with one off already" "off off" "$(tags_taken trunk0)"
	apply -- --mode "$LAB_MODE"
	must_be_equal "when let go" "on off" "$(tags_taken trunk0)"
	lab_fw ethtool -K trunk0 rx-vlan-stag-hw-parse on
}

# Sends an echo request with each tag by trunk1, prints which tags had a reply,
# and with which tag it came.
tags_with_replies() { # gateway-mac host target tag...
	lab_fw timeout 20 python3 - "$@" <<-'END'
		import socket, struct, sys, time

		gateway = bytes.fromhex(sys.argv[1].replace(":", ""))
		here, there = (socket.inet_aton(address) for address in sys.argv[2:4])
		mac = b"\x02\x00\x00\x00\x00\x99"
		ETH_P_ALL, SOL_PACKET, PACKET_AUXDATA, TP_STATUS_VLAN_VALID = 3, 263, 8, 16

		def checksum(data):
		    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
		    total = (total >> 16) + (total & 0xffff)
		    return ~(total + (total >> 16)) & 0xffff

		def request(tag):
		    icmp = struct.pack("!BBHHH", 8, 0, 0, 4242, tag)
		    icmp = icmp[:2] + struct.pack("!H", checksum(icmp)) + icmp[4:]
		    ip = struct.pack("!BBHHHBBH", 0x45, 0, 28, 1, 0, 64, 1, 0) + here + there
		    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
		    tags = struct.pack("!HH", 0x8100, tag) if tag else b""
		    return gateway + mac + tags + b"\x08\x00" + ip + icmp

		# The tag of an echo reply to us: in the frame, or beside it. None: no reply.
		def replied(frame, beside):
		    tag, at = 0, 14
		    if frame[12:14] == b"\x81\x00":
		        tag, at = struct.unpack("!H", frame[14:16])[0], 18
		    for _, kind, data in beside:
		        status, *_, tci, _ = struct.unpack_from("IIIHHHH", data)
		        if kind == PACKET_AUXDATA and status & TP_STATUS_VLAN_VALID:
		            tag = tci
		    is_reply = frame[:6] == mac and frame[at + 9:at + 10] == b"\x01"
		    return tag if is_reply and frame[at + 20] == 0 else None

		wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
		wire.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
		wire.bind(("trunk1", 0))
		wire.settimeout(0.2)
		for tag in map(int, sys.argv[4:]):
		    wire.send(request(tag))
		    end = time.monotonic() + 1
		    while time.monotonic() < end:
		        try:
		            frame, beside, _, _ = wire.recvmsg(2048, 256)
		        except TimeoutError:
		            continue
		        if (got := replied(frame, beside)) is not None:
		            print(f"{tag}:{got}")
		            break
	END
}

# Through the whole datapath: in by the tag, out with it.
tagged_frames_come_and_go() {
	local mac

	mac=$(lab_fw ip -json link show trunk0 | jq -r '.[0].address')
	lab_fw ethtool -K trunk1 tx off txvlan off >/dev/null
	lab_fw ip link set dmz0 address "$mac" # as a VLAN device has it
	lab_fw ip neigh replace 10.10.0.2 lladdr 02:00:00:00:00:99 dev dmz0
	lab_outside ip route replace 10.10.0.0/24 via "$LAB_FW_OUTSIDE"
	apply dmz -- --map dmz=dmz0@trunk0
	lab_outside ping -q -c 1 -W 1 "$LAB_FW_OUTSIDE" >/dev/null || true # for ARP
	must_be_equal "tags replied to" 10:10 \
		"$(tags_with_replies "$mac" 10.10.0.2 "$LAB_OUTSIDE_HOST" 10 20 0)"
	# The kernel's own frames on trunk1 have no tag either.
	[ "$(e2e_dropped vlan-unknown)" -ge 2 ] || fail "unknown tags are not counted"
	[ "$LAB_MODE" = tc ] || [ "$(shown dmz xdp_packets)" -ge 3 ] || fail "not by XDP"
}

unload_restores_everything() {
	local device

	apply dmz lan -- --map dmz=dmz0@trunk0 --map inside=lan0@trunk0
	lab_fwctl unload
	for device in out0 trunk0 dmz0 lan0; do
		must_be_equal "VLAN offloads of $device" "on on" "$(tags_taken "$device")"
		must_be "$device" 0 0 "0 0 1"
	done
}

# A router advertisement, sent by a host on its eth0.
advertise() { # namespace
	lab_run "$1" python3 -c '
import socket, struct
raw = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
scope = socket.if_nametoindex("eth0")
raw.bind(("fe80::99", 0, 0, scope))
raw.sendto(struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0), ("ff02::1", 0, 0, scope))'
}

advertised_routers() { # device
	lab_fw ip -6 route show default dev "$1" | grep -c "proto ra" || true
}

has_advertised_router() { # namespace device
	advertise "$1"
	[ "$(advertised_routers "$2")" -eq 1 ]
}

# Forwarding switched on for one device makes the kernel forget the advertised
# routers of all, unless told otherwise. in0 is not in the policy.
advertised_routers_are_kept() {
	local namespace

	for namespace in "$LAB_OUTSIDE" "$LAB_INSIDE"; do
		lab_run "$namespace" ip address add fe80::99/64 dev eth0 nodad
	done
	lab_fw sysctl -qw net.ipv6.conf.in0.accept_ra=1
	lab_wait 5 has_advertised_router "$LAB_OUTSIDE" out0 || fail "no router of out0"
	lab_wait 5 has_advertised_router "$LAB_INSIDE" in0 || fail "no router of in0"
	apply dmz -- --map dmz=dmz0@trunk0
	must_be_equal "routers of out0" 1 "$(advertised_routers out0)"
	must_be_equal "routers of in0" 1 "$(advertised_routers in0)"
	must_be_equal "accept_ra of in0" "1 " "$(cat_setting ipv6 in0 accept_ra)"
	lab_fwctl unload
	must_be_equal "routers of out0 at last" 1 "$(advertised_routers out0)"
	must_be_equal "routers of in0 at last" 1 "$(advertised_routers in0)"
}

lab_create --mode "$E2E_MODE"
lab_fw sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.disable_ipv6=0
make_devices
e2e_case "two VLANs share a carrier, and forward by their own devices" two_vlans_share_a_carrier
e2e_case "VLANs may go and come back" a_vlan_may_go_and_come_back
e2e_case "a carrier may be an interface itself" the_carrier_may_be_an_interface_itself
e2e_case "two tags" two_tags
e2e_case "counters stay with their interface" counters_stay_with_their_interface
e2e_case "what cannot be is refused, and said" what_cannot_be_is_refused
e2e_case "each carrier has its mode" each_carrier_has_its_mode
e2e_case "XDP gets to see the tags" xdp_gets_to_see_the_tags
e2e_case "tagged frames come and go" tagged_frames_come_and_go
e2e_case "a failed apply changes nothing" a_failed_apply_changes_nothing
e2e_case "unload restores everything" unload_restores_everything
e2e_case "routers that were advertised are kept" advertised_routers_are_kept
e2e_done
