#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What a policy says of the machine itself: routes that are compared or installed,
# addresses by DHCP, mtu, interfaces that are shut or manage only, and who may speak
# to it.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

OURS=80 # of ip route: who made a route

interfaces() {
	cat <<-END
		nameif ethernet0 outside security0
		nameif ethernet1 inside security100
		ip address outside $LAB_FW_OUTSIDE 255.255.255.0
		ip address inside $LAB_FW_INSIDE 255.255.255.0
	END
}

# apply LINE... -- OPTION...: what is said is left in $LAB_DIR/scratch/said
apply() {
	local -a lines=()
	local status=0

	while [ "$1" != -- ]; do
		lines+=("$1")
		shift
	done
	shift
	{
		[ -n "${NO_INTERFACES:-}" ] || interfaces
		printf '%s\n' "${lines[@]}"
	} >"$LAB_DIR/policy.pix"
	lab_apply "$LAB_DIR/policy.pix" "$@" >"$LAB_DIR/scratch/said" 2>&1 || status=$?
	cat "$LAB_DIR/scratch/said"
	must_be_equal "exit status" 0 "$status"
}

says() {
	grep -qF -e "$1" "$LAB_DIR/scratch/said" || fail "not said: $1"
}

says_not() {
	! grep -qF -e "$1" "$LAB_DIR/scratch/said" || fail "said: $1"
}

routes() { # network: as the kernel has them, without what differs from release to release
	lab_fw ip route show "$1" | sed 's/ *$//'
}

# ---- routes -------------------------------------------------------------------

routes_are_compared() {
	lab_fw ip route add 10.1.0.0/16 via "$LAB_OUTSIDE_HOST" dev out0
	lab_fw ip route add 10.2.0.0/16 via "$LAB_REAL" dev in0
	lab_fw ip route add blackhole 10.0.0.0/8
	apply "route inside 10.1.0.0 255.255.0.0 $LAB_REAL 1" \
		"route inside 10.2.0.0 255.255.0.0 $LAB_REAL 1" \
		"route outside 10.3.0.0 255.255.0.0 $LAB_OUTSIDE_HOST 1" \
		"route inside 0 0 $LAB_REAL tunneled" \
		"route Null0 10.0.0.0 255.0.0.0" --
	says "route 10.1.0.0/16 via $LAB_REAL dev in0: warning: the kernel has 10.1.0.0/16 via $LAB_OUTSIDE_HOST dev out0"
	says "route 10.3.0.0/16 via $LAB_OUTSIDE_HOST dev out0: warning: the kernel has no route to this network"
	says "hint: --install-routes adds what is missing"
	says_not "10.2.0.0"
	says_not "10.0.0.0/8"
	says_not "0.0.0.0/0"
	must_be_equal "routes" "" "$(routes 10.3.0.0/16)"
}

routes_are_installed_and_removed() {
	lab_fw ip route del 10.1.0.0/16
	apply "route inside 10.1.0.0 255.255.0.0 $LAB_REAL 1" \
		"route outside 0.0.0.0 0.0.0.0 $LAB_OUTSIDE_HOST 7" \
		"route Null0 172.16.0.0 255.240.0.0 250" -- --install-routes
	says "route 10.1.0.0/16 via $LAB_REAL dev in0: installed"
	says_not "not installed"
	says_not "the kernel has"
	must_be_equal "10.1" "10.1.0.0/16 via $LAB_REAL dev in0 proto $OURS metric 1" \
		"$(routes 10.1.0.0/16)"
	must_be_equal "default" "default via $LAB_OUTSIDE_HOST dev out0 proto $OURS metric 7" \
		"$(routes default)"
	must_be_equal "discarded" "blackhole 172.16.0.0/12 proto $OURS metric 250" \
		"$(routes 172.16.0.0/12)"
	# Again: nothing to say. Others: the old ones go.
	apply "route inside 10.1.0.0 255.255.0.0 $LAB_REAL 1" -- --install-routes
	says "route 0.0.0.0/0 via $LAB_OUTSIDE_HOST dev out0: removed"
	says_not "10.1.0.0/16"
	must_be_equal "default" "" "$(routes default)"
	must_be_equal "others' stay" "10.2.0.0/16 via $LAB_REAL dev in0" \
		"$(routes 10.2.0.0/16)"
	lab_fwctl unload
	must_be_equal "after unload" "" "$(routes 10.1.0.0/16)"
	must_be_equal "others' still stay" "10.2.0.0/16 via $LAB_REAL dev in0" \
		"$(routes 10.2.0.0/16)"
}

routes_of_ipv6() {
	apply "ipv6 route outside 2001:db8:5::/48 $LAB_OUTSIDE_HOST6" -- --install-routes
	says "route 2001:db8:5::/48 via $LAB_OUTSIDE_HOST6 dev out0: installed"
	lab_fw ip -6 route show 2001:db8:5::/48 | grep -q "via $LAB_OUTSIDE_HOST6 dev out0" ||
		fail "no such route"
}

# What another has made is not replaced, and what fails changes no verdict.
routes_of_others_stay() {
	lab_fw ip route add 10.4.0.0/16 via "$LAB_OUTSIDE_HOST" dev out0 metric 1
	apply "route inside 10.4.0.0 255.255.0.0 $LAB_REAL 1" \
		"route inside 10.5.0.0 255.255.0.0 203.0.113.9 1" -- --install-routes
	says "route 10.4.0.0/16 via $LAB_REAL dev in0: warning: not installed: another route has its metric, 1"
	says "route 10.5.0.0/16 via 203.0.113.9 dev in0: warning: not installed: "
	says "generation"
	must_be_equal "10.4" "10.4.0.0/16 via $LAB_OUTSIDE_HOST dev out0 metric 1" \
		"$(routes 10.4.0.0/16)"
}

nothing_is_installed_by_an_apply_that_fails() {
	local status=0

	{
		interfaces
		echo "route inside 10.6.0.0 255.255.0.0 $LAB_REAL 1"
	} >"$LAB_DIR/policy.pix"
	lab_fwctl apply "$LAB_DIR/policy.pix" --mode "$LAB_MODE" --install-routes \
		--map outside=out0 --map inside=nosuch0 || status=$?
	must_be_equal "exit status" 3 "$status"
	must_be_equal "10.6" "" "$(routes 10.6.0.0/16)"
}

# ---- interfaces ------------------------------------------------------------------

mtu_is_compared() {
	apply "mtu outside 1500" "mtu inside 1400" --
	says "inside: warning: the policy gives it mtu 1400, but device in0 has 1500"
	says_not "outside: warning: the policy"
}

address_by_dhcp_is_the_kernels() {
	NO_INTERFACES=1 apply "nameif ethernet0 outside security0" \
		"nameif ethernet1 inside security100" "ip address outside dhcp setroute" \
		"static (inside,outside) tcp interface 8080 $LAB_REAL 8080" \
		"access-list outside_in permit tcp any host $LAB_FW_OUTSIDE eq 8080" \
		"access-group outside_in in interface outside" --
	says "interface outside has $LAB_FW_OUTSIDE/24 from the kernel"
	says "route 0.0.0.0/0 dev out0: warning: the kernel has no route to this network"
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_FW_OUTSIDE" 8080 open
	# Of an address that is the machine's the other ports stay the machine's.
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_FW_OUTSIDE" 8081 reset
	says_not "--install-routes"
}

# Neither in nor out, whatever the lists permit; to the machine all the same.
management_only_forwards_nothing() {
	NO_INTERFACES=1 apply "interface ethernet0" " nameif outside" \
		"interface ethernet1" " nameif inside" " management-only" \
		"access-list all permit ip any any" \
		"access-group all in interface outside" \
		"access-group all in interface inside" --
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_REAL" 8080 silence
	must_be_equal "from inside" silence "$(lab_inside timeout 20 python3 \
		"$E2E_DIR/probe.py" connect --source "$LAB_REAL" "$LAB_OUTSIDE_HOST" 8080)"
	lab_inside ping -c 1 -W 2 "$LAB_FW_INSIDE"
}

shut_interface_is_not_attached() {
	NO_INTERFACES=1 apply "interface ethernet0" " nameif outside" \
		"interface ethernet1" " nameif inside" " shutdown" \
		"access-group none in interface inside" \
		"access-list none deny ip any any" --
	says "interface 'inside' is shut down"
	! lab_fw tc filter show dev in0 ingress | grep -q direct-action ||
		fail "in0 is filtered"
	lab_fw tc filter show dev out0 ingress | grep -q direct-action ||
		fail "out0 is not filtered"
}

# ---- to the machine -----------------------------------------------------------------

box_is_for_those_named() {
	apply "control-plane enforce" "ssh $LAB_OUTSIDE_HOST 255.255.255.255 outside" \
		"icmp permit host $LAB_OUTSIDE_HOST echo outside" --
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_FW_OUTSIDE" 22 open
	e2e_connects "$LAB_OUTSIDE_THIRD" "$LAB_FW_OUTSIDE" 22 silence
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_FW_OUTSIDE" 9999 silence
	lab_outside ping -c 1 -W 2 -I "$LAB_OUTSIDE_HOST" "$LAB_FW_OUTSIDE"
	must_fail lab_outside ping -c 1 -W 1 -I "$LAB_OUTSIDE_THIRD" "$LAB_FW_OUTSIDE"
	# No line speaks of ICMP on the inside: it is as ever.
	lab_inside ping -c 1 -W 2 "$LAB_FW_INSIDE"
	# What the machine itself begins is answered.
	lab_fw ping -c 1 -W 2 "$LAB_OUTSIDE_HOST"
	# The connection to 22, and what the lines stand for is shown.
	[ "$(e2e_hits "ssh $LAB_OUTSIDE_HOST 255.255.255.255 outside")" -gt 0 ] ||
		fail "the line counts nothing"
}

# Lines of a control-plane list come behind: they open nothing that ssh lines close.
bound_list_adds_to_it() {
	apply "control-plane enforce" "ssh $LAB_OUTSIDE_HOST 255.255.255.255 outside" \
		"access-list cp permit tcp any any" \
		"access-group cp in interface outside control-plane" --
	e2e_connects "$LAB_OUTSIDE_THIRD" "$LAB_FW_OUTSIDE" 22 silence
	e2e_connects "$LAB_OUTSIDE_THIRD" "$LAB_FW_OUTSIDE" 9999 open
}

without_enforce_nothing_is_decided() {
	apply "ssh $LAB_OUTSIDE_HOST 255.255.255.255 outside" --
	says "'ssh' lines are not enforced"
	e2e_connects "$LAB_OUTSIDE_THIRD" "$LAB_FW_OUTSIDE" 22 open
}

lab_create --mode "$E2E_MODE" --nat none
lab_spawn fw22 "$LAB_FW" python3 -m http.server 22
lab_spawn fw9999 "$LAB_FW" python3 -m http.server 9999
lab_spawn web "$LAB_INSIDE" python3 -m http.server 8080
lab_spawn webout "$LAB_OUTSIDE" python3 -m http.server 8080
for port in 22 9999; do
	lab_wait 10 lab_is_listening "$LAB_FW" "$port"
done
lab_wait 10 lab_is_listening "$LAB_INSIDE" 8080
lab_wait 10 lab_is_listening "$LAB_OUTSIDE" 8080
e2e_case "routes are compared with the kernel's" routes_are_compared
e2e_case "routes are installed, and removed again" routes_are_installed_and_removed
e2e_case "routes of IPv6" routes_of_ipv6
e2e_case "routes of others stay" routes_of_others_stay
e2e_case "an apply that fails installs nothing" nothing_is_installed_by_an_apply_that_fails
e2e_case "mtu is compared with the device's" mtu_is_compared
e2e_case "an address by DHCP is the kernel's" address_by_dhcp_is_the_kernels
e2e_case "management-only forwards nothing" management_only_forwards_nothing
e2e_case "a shut interface is not attached" shut_interface_is_not_attached
e2e_case "the machine is for those named" box_is_for_those_named
e2e_case "a control-plane list comes behind" bound_list_adds_to_it
e2e_case "without enforce nothing is decided" without_enforce_nothing_is_decided
e2e_done
