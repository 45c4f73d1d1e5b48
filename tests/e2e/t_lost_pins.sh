#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is attached without pins: somebody removed the pin directory while the
# firewall was in force, or it is held under another one. The machine must be
# told which, and be freed without touching anybody else's filters.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# fwctl without the lab's own --pin-dir. Expects a status, keeps what was said.
says() { # status subcommand...
	local wanted=$1 status=0

	shift
	lab_fw timeout 30 "$LAB_FWCTL" "$@" >"$LAB_DIR/scratch/said" 2>&1 || status=$?
	cat "$LAB_DIR/scratch/said"
	must_be_equal "status of fwctl $*" "$wanted" "$status"
}

said() { # text
	grep -qF -e "$1" "$LAB_DIR/scratch/said" || fail "not said: $1"
}

did_not_say() { # text
	! grep -qF -e "$1" "$LAB_DIR/scratch/said" || fail "said: $1"
}

apply_under() { # status pin-dir
	says "$1" apply "$LAB_DIR/policy.pix" --mode "$LAB_MODE" --map outside=out0 \
		--map inside=in0 --pin-dir "$2"
}

# Filters of Pinhole on the two devices, on ingress and egress.
filters() {
	local device direction

	for device in out0 in0; do
		for direction in ingress egress; do
			lab_fw tc filter show dev "$device" "$direction"
		done
	done | grep -c "handle 0x5048 tc_$1" || true
}

the_other_pin_dir_is_named() {
	apply_under 3 "$LAB_PIN_DIR-other"
	said "out0, in0"
	said "$LAB_PIN_DIR"
	said "fwctl unload --pin-dir $LAB_PIN_DIR"
	did_not_say --force
	did_not_say "tc filter del"
	[ ! -e "$LAB_PIN_DIR-other" ] || fail "it left a pin directory"
	says 3 show conn --pin-dir "$LAB_PIN_DIR-other"
	said "$LAB_PIN_DIR"
	e2e_download pasv small.bin
}

a_living_firewall_is_not_forced() {
	says 3 unload --force out0 in0
	said "fwctl unload --pin-dir $LAB_PIN_DIR"
	must_be_equal "filters" 2 "$(filters ingress)"
	e2e_download pasv small.bin
}

# An XDP link ends with its pin, TC filters do not. Where the links are kept
# apart, XDP lives on and no Pinhole can be found by it.
lose_the_pins() {
	if [ "$LAB_MODE" = xdp ]; then
		mkdir "$kept"
		mv "$LAB_PIN_DIR/links" "$kept/links"
	fi
	rm -rf "$LAB_PIN_DIR"
}

find_again() {
	rm -rf "$kept"
}

lost_pins_are_called_lost() {
	lose_the_pins
	must_be_equal "filters" 2 "$(filters ingress)"
	if [ "$LAB_MODE" = xdp ]; then
		lab_fw ip link show dev out0 >"$LAB_DIR/scratch/link"
		grep -q xdp "$LAB_DIR/scratch/link" || fail "XDP ended with its pins"
	fi
	apply_under 3 "$LAB_PIN_DIR"
	said "out0, in0"
	said "left by a Pinhole whose pins are gone, or held under another --pin-dir"
	said "fwctl unload --pin-dir DIR"
	said "fwctl unload --force out0 in0"
	says 3 show conn --pin-dir "$LAB_PIN_DIR"
	said "fwctl unload --force out0 in0"
	says 3 unload --pin-dir "$LAB_PIN_DIR"
	said "fwctl unload --force out0 in0"
}

others_stay() {
	lab_fw tc filter add dev out0 ingress pref 7 bpf \
		bytecode '1,6 0 0 0,' flowid 1:1
	says 0 unload --force out0 in0
	said "out0"
	said "net.ipv4.conf.out0.forwarding"
	must_be_equal "filters on ingress" 0 "$(filters ingress)"
	must_be_equal "filters on egress" 0 "$(filters egress)"
	lab_fw tc filter show dev out0 ingress >"$LAB_DIR/scratch/filters"
	grep -q "pref 7 bpf" "$LAB_DIR/scratch/filters" || fail "another's filter is gone"
	[ -z "$(lab_fw tc qdisc show dev in0 clsact)" ] || fail "clsact is left on in0"
	[ -n "$(lab_fw tc qdisc show dev out0 clsact)" ] || fail "clsact is gone from out0"
	lab_fw ip link show dev out0 >"$LAB_DIR/scratch/link"
	! grep -q xdp "$LAB_DIR/scratch/link" || fail "XDP is left on out0"
	lab_fw tc filter del dev out0 ingress pref 7
}

# In our place, under our name, but with no map of Pinhole's.
namesakes_stay() {
	local object=$LAB_DIR/scratch/namesake.o

	echo '__attribute__((section("tc"))) int tc_ingress(void *skb) { return 0; }' |
		clang -O2 -target bpf -x c -c -o "$object" -
	lab_fw tc qdisc add dev in0 clsact
	# tc makes folders on the BPF file system: in one that ends with it.
	lab_fw unshare --mount sh -euc "mount -t bpf bpf /sys/fs/bpf
		tc filter add dev in0 ingress pref 80 handle 0x5048 bpf da obj $object sec tc"
	lab_fw tc filter show dev in0 ingress >"$LAB_DIR/scratch/before"
	grep -q " name tc_ingress" "$LAB_DIR/scratch/before" || {
		cat "$LAB_DIR/scratch/before"
		fail "the namesake has another name"
	}
	says 3 unload --force in0
	said "nothing of Pinhole"
	lab_fw tc filter show dev in0 ingress | cmp - "$LAB_DIR/scratch/before"
	apply_under 3 "$LAB_PIN_DIR"
	said "not this firewall's"
	lab_fw tc qdisc del dev in0 clsact
}

forcing_needs_something_to_force() {
	says 3 unload --force out0
	said "nothing of Pinhole"
	says 3 unload --force nosuch0
	said "nosuch0"
	says 2 unload --force
	says 2 unload out0
	says 2 unload --force out0 --pin-dir "$LAB_PIN_DIR"
}

all_is_well_again() {
	find_again
	apply_under 0 "$LAB_PIN_DIR"
	e2e_download pasv small.bin
}

parents_are_not_made() {
	apply_under 3 "$LAB_PIN_DIR-no/such"
	said "$LAB_PIN_DIR-no"
	[ ! -e "$LAB_PIN_DIR-no" ] || fail "a directory is left"
}

mode_and_reason_are_shown() {
	says 0 show interface --pin-dir "$LAB_PIN_DIR"
	said "mode $LAB_MODE (asked for)"
	lab_fwctl show interface --json |
		jq -e 'all(.interfaces[]; .mode_reason == "asked for")'
	says 0 apply "$LAB_DIR/policy.pix" --map outside=out0 --map inside=in0 \
		--pin-dir "$LAB_PIN_DIR"
	says 0 show interface --pin-dir "$LAB_PIN_DIR"
	said "mode tc (veth hands over unfinished checksums"
}

e2e_start --nat server
kept=/sys/fs/bpf/lost-pins-$LAB_ID # no lab's name, or the next lab sweeps it
trap 'find_again; lab_destroy' EXIT
lab_ftp_start plain plain 21 "$LAB_PLAIN_PORTS"

e2e_case "another pin directory that holds the devices is named" the_other_pin_dir_is_named
e2e_case "a firewall whose pins live is not forced off" a_living_firewall_is_not_forced
e2e_case "filters whose pins are gone are called that, all in one error" lost_pins_are_called_lost
e2e_case "unload --force takes ours and nobody else's" others_stay
e2e_case "nor a program that happens to have our name" namesakes_stay
e2e_case "unload --force says when there is nothing to take" forcing_needs_something_to_force
e2e_case "afterwards a policy applies as ever" all_is_well_again
e2e_case "apply makes no parent of the pin directory" parents_are_not_made
e2e_case "show interface says which mode, and why" mode_and_reason_are_shown
e2e_done
