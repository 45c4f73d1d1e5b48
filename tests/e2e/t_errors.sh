#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What fwctl says when the machine is not as it should be: what happened, and what to do;
# and that it leaves alone what is somebody else's.
#
# One hook: tc

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Expects an exit status, keeps what was said.
says() { # status command...
	local wanted=$1 status=0

	shift
	lab_fw timeout 60 "$@" >"$LAB_DIR/scratch/said" 2>&1 || status=$?
	cat "$LAB_DIR/scratch/said"
	must_be_equal "status of $*" "$wanted" "$status"
}

said() { # text...
	local text

	for text in "$@"; do
		grep -qF -e "$text" "$LAB_DIR/scratch/said" || fail "not said: $text"
	done
}

fwctl_apply() { # status option...
	local wanted=$1

	shift
	says "$wanted" "$LAB_FWCTL" apply "$LAB_DIR/policy.pix" --map outside=out0 \
		--map inside=in0 --pin-dir "$LAB_PIN_DIR" "$@"
}

nothing_is_left() {
	[ ! -e "$LAB_PIN_DIR" ] || fail "the pin directory is left"
	[ -z "$(lab_fw tc filter show dev out0 ingress 2>/dev/null)" ] || fail "a filter is left"
}

root_is_asked_for() {
	local command

	e2e_apply e2e_policy_with_fixup
	for command in "apply $LAB_DIR/policy.pix --map outside=out0 --map inside=in0" \
		unload "show conn" "show interface" log "top --once" \
		"diff $LAB_DIR/policy.pix" confirm rollback "clear counters" \
		"capture all --count 1" \
		"packet-tracer input outside tcp 203.0.113.50 1 $LAB_MAPPED 21"; do
		# shellcheck disable=SC2086
		says "$([[ $command = diff* ]] && echo 2 || echo 3)" setpriv --reuid 65534 \
			--regid 65534 --clear-groups "$work/fwctl" $command \
			--pin-dir "$LAB_PIN_DIR"
		said "fwctl ${command%% *}: " "hint: run as root (CAP_BPF, CAP_NET_ADMIN"
	done
	# Root in a container, say.
	says 3 setpriv --bounding-set -all --inh-caps -all "$LAB_FWCTL" apply \
		"$LAB_DIR/policy.pix" --map outside=out0 --map inside=in0 \
		--pin-dir "$LAB_PIN_DIR"
	said "hint: root alone is not enough here: it takes CAP_BPF, CAP_NET_ADMIN and CAP_SYS_ADMIN"
}

# As `ip netns exec` does, and as on a machine where nothing is mounted there.
bpffs_is_asked_for() {
	local hidden="umount -l /sys/fs/bpf; exec \"\$@\""

	says 3 unshare --mount sh -c "$hidden" - "$LAB_FWCTL" show conn --pin-dir "$LAB_PIN_DIR"
	said "no BPF file system is mounted here" "use \`nsenter --net"
	lab_fwctl unload
	says 3 unshare --mount sh -c "$hidden" - "$LAB_FWCTL" apply "$LAB_DIR/policy.pix" \
		--map outside=out0 --map inside=in0 --pin-dir "$LAB_PIN_DIR"
	said "no BPF file system is mounted" "instead of \`ip netns exec NAME\` use \`nsenter"
	says 3 "$LAB_FWCTL" apply "$LAB_DIR/policy.pix" --map outside=out0 --map inside=in0 \
		--pin-dir "$LAB_DIR/scratch/pins"
	said "not on a BPF file system" "hint: choose a directory below /sys/fs/bpf"
	[ ! -e "$LAB_DIR/scratch/pins" ] || fail "a directory is left"
	nothing_is_left
}

# One that was mounted over it would hide all pins. It is not, here, even if it is tried.
bpffs_is_not_mounted_on_suspicion() {
	says 3 unshare --mount strace -qq -o "$LAB_DIR/scratch/strace" -e trace=statfs \
		-e inject=statfs:error=ENOMEM:when=1+ "$LAB_FWCTL" apply "$LAB_DIR/policy.pix" \
		--map outside=out0 --map inside=in0 --pin-dir "$LAB_PIN_DIR"
	said "cannot tell whether a BPF file system is there: Cannot allocate memory"
	nothing_is_left
}

the_kernel_is_judged() {
	says 3 setarch "$(uname -m)" --uname-2.6 "$LAB_FWCTL" apply "$LAB_DIR/policy.pix" \
		--map outside=out0 --map inside=in0 --pin-dir "$LAB_PIN_DIR"
	said "this kernel is too old: Linux 2.6." "hint: Pinhole needs Linux 6.1 or newer"
	says 3 env LD_PRELOAD="$work/kernel.so" NO_BPF=1 "$LAB_FWCTL" apply \
		"$LAB_DIR/policy.pix" --map outside=out0 --map inside=in0 \
		--pin-dir "$LAB_PIN_DIR"
	said "hint: the kernel lacks BPF; Pinhole needs Linux 6.1 or newer"
	says 3 env LD_PRELOAD="$work/kernel.so" NO_RINGBUF=1 "$LAB_FWCTL" apply \
		"$LAB_DIR/policy.pix" --map outside=out0 --map inside=in0 \
		--pin-dir "$LAB_PIN_DIR"
	said "the kernel refused the firewall's programs" \
		"hint: this kernel lacks: maps of type ringbuf; Pinhole needs Linux 6.1"
	nothing_is_left
}

missing_devices_are_named() {
	says 3 "$LAB_FWCTL" apply "$LAB_DIR/policy.pix" --map outside=nosuch0 \
		--map inside=in0 --pin-dir "$LAB_PIN_DIR"
	said "interface outside: there is no device nosuch0 here" \
		"hint: bind it to one: --map outside=DEVICE; devices here: "
	grep -q "devices here: .*in0" "$LAB_DIR/scratch/said" || fail "in0 is not listed"
	grep -q "devices here: .*out0" "$LAB_DIR/scratch/said" || fail "out0 is not listed"
	says 3 "$LAB_FWCTL" apply "$LAB_DIR/policy.pix" --map outside=out0 \
		--pin-dir "$LAB_PIN_DIR"
	said "interface inside: there is no device ethernet1 here" "--map inside=DEVICE"
	nothing_is_left
}

# The program on out0, as the kernel names it.
xdp_on_out0() {
	lab_fw ip -j -d link show dev out0 |
		jq -r '.[0].xdp.prog | "\(.name) (id \(.id), tag \(.tag)"'
}

others_program_is_never_replaced() {
	local other

	other=$(lab_fw "$work/xdp_other" out0)
	must_be_equal "on out0" "$other" "$(xdp_on_out0)"
	fwctl_apply 3 --mode generic
	said "interface outside, device out0: another XDP program is attached to the device: $other)" \
		"ip link set dev out0 xdp off" "--mode tc" "--force"
	must_be_equal "on out0" "$other" "$(xdp_on_out0)"
	nothing_is_left
	# Behind it, TC works; it is told of.
	fwctl_apply 0 --mode tc
	said "outside: warning: another XDP program meets packets first: $other)"
	fwctl_apply 3 --mode generic
	said "$other)"
	fwctl_apply 0 --mode tc --force
	must_be_equal "on out0" "$other" "$(xdp_on_out0)"
}

force_takes_it_off_and_says_so() {
	local other

	other=$(xdp_on_out0)
	# It fails at the other device: this one is as it was.
	lab_set_mtu inside 9000 # too much for native XDP on a veth
	fwctl_apply 3 --mode outside=generic --mode inside=xdp --force
	said "interface inside, device in0: the kernel refused native XDP"
	must_be_equal "on out0" "$other" "$(xdp_on_out0)"
	lab_set_mtu inside 1500
	fwctl_apply 0 --mode generic --force
	said "outside: warning: --force took off another XDP program: $other); unload does not put it back"
	[[ $(xdp_on_out0) = "xdp_ingress "* ]] || fail "ours is not there"
	lab_fwctl unload
	must_be_equal "on out0" "null (id null, tag null" "$(xdp_on_out0)"
}

links_are_named_and_taken_off() {
	local other link

	lab_spawn xdp_other "$LAB_FW" "$work/xdp_other" out0 link
	lab_wait 5 grep -q someone_elses "$LAB_DIR/log/xdp_other.out"
	other=$(cat "$LAB_DIR/log/xdp_other.out")
	fwctl_apply 0 --mode tc
	fwctl_apply 3 --mode generic
	said "another XDP program is attached to the device: $other, link "
	link=$(sed -n 's/.*, link \([0-9]*\)).*/\1/p' "$LAB_DIR/scratch/said")
	said "detach it (bpftool link detach id $link,"
	must_be_equal "on out0" "$other" "$(xdp_on_out0)"
	fwctl_apply 0 --mode generic --force
	said "--force took off another XDP program: $other, link $link)"
	[[ $(xdp_on_out0) = "xdp_ingress "* ]] || fail "ours is not there"
	lab_stop xdp_other KILL
	[[ $(xdp_on_out0) = "xdp_ingress "* ]] || fail "ours went with it"
	lab_fwctl unload
}

lab_create --mode tc --nat server
work=$LAB_DIR/errors
mkdir "$work"
# shellcheck disable=SC2119 # no extra lines
e2e_policy_with_fixup >"$LAB_DIR/policy.pix"
install -m 755 "$LAB_FWCTL" "$work/fwctl" # where nobody may run it
gcc -O1 -D_GNU_SOURCE "$E2E_DIR/xdp_other.c" -o "$work/xdp_other" -lbpf
gcc -shared -fPIC -D_GNU_SOURCE -O1 "$E2E_DIR/errors_kernel.c" -o "$work/kernel.so"

e2e_case "without root, root is asked for" root_is_asked_for
e2e_case "without a BPF file system, it says where one is wanted" bpffs_is_asked_for
e2e_case "where it cannot be told, none is mounted" bpffs_is_not_mounted_on_suspicion
e2e_case "a kernel that is too old, or lacks something, is told by what it lacks" the_kernel_is_judged
e2e_case "of a device that is missing, those that are there are told" missing_devices_are_named
e2e_case "another's XDP program is named and left alone" others_program_is_never_replaced
e2e_case "--force takes it off, says so, and puts it back if the apply fails" force_takes_it_off_and_says_so
e2e_case "one that a link holds is named with its link, and taken off by it" links_are_named_and_taken_off
e2e_done
