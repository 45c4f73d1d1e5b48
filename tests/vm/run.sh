#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh - the programs and their tests on Debian's kernel, in a virtual machine.
#
# Why it exists: verifiers differ. A program that the kernel of the developer takes may
# be refused by the oldest one that is promised. See README.md.
#
# Environment: BUILD, VM_KERNEL, VM_ACCEL, VM_SECONDS, VM_GROUPS.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BUILD=$(realpath "${BUILD:-$here/../../build}")
work=$BUILD/vm
kernel_package=${VM_KERNEL:-}
modules=(drivers/net/veth drivers/net/dummy net/sched/sch_ingress net/sched/cls_bpf)

die() {
	echo "vmcheck: error: $*" >&2
	exit 1
}

# The package with the kernel itself: linux-image-amd64 only depends on it.
newest_kernel() {
	apt-cache depends "linux-image-$(dpkg --print-architecture)" |
		sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1
}

get_kernel() {
	local deb

	if [ -f "$kernel_package" ]; then
		deb=$(realpath "$kernel_package")
		kernel_package=$(basename "$deb")
	else
		[ -n "$kernel_package" ] || kernel_package=$(newest_kernel)
		[ -n "$kernel_package" ] || die "no package of a kernel is known; apt-get update?"
		deb=""
	fi
	kernel=$work/$kernel_package
	[ ! -f "$kernel/.complete" ] || return 0
	rm -rf "$kernel"
	mkdir -p "$kernel"
	if [ -z "$deb" ]; then
		echo "vmcheck: downloading $kernel_package"
		(cd "$work" && timeout 600 apt-get -qq download "$kernel_package") ||
			die "cannot download $kernel_package"
		deb=$(find "$work" -maxdepth 1 -name "${kernel_package}_*.deb" | head -n 1)
	fi
	dpkg-deb -x "$deb" "$kernel"
	touch "$kernel/.complete"
}

put_program() { # file, where in the machine
	local library

	install -D -m 0755 "$1" "$root/$2"
	# Of a static one there is nothing to say.
	{ ldd "$1" 2>/dev/null | grep -o '/[^ ]*' || :; } | while read -r library; do
		[ -e "$root$library" ] || install -D -m 0755 "$library" "$root$library"
	done
}

make_root() {
	local module file

	root=$(mktemp -d "$work/root.XXXXXX")
	trap 'rm -rf "$root"' EXIT
	mkdir -p "$root"/{proc,sys,dev,tmp,run,etc,modules,sbin}
	put_program "$(command -v busybox)" bin/busybox
	put_program "$(command -v bash)" bin/bash
	put_program "$(command -v ip)" usr/sbin/ip
	put_program "$BUILD/verifier" test/verifier
	put_program "$BUILD/tests/datapath" test/datapath
	put_program "$BUILD/tests/host" test/host
	install -m 0644 "$BUILD"/bpf/{pinhole,host}.bpf.o "$root/test"
	install -m 0755 "$here/init.sh" "$root/init"
	echo "${VM_GROUPS:-}" >"$root/test/groups"
	for module in "${modules[@]}"; do
		file=$(find "$kernel" -path "*/kernel/$module.ko*" | head -n 1)
		case $file in
		'') echo "vmcheck: $module is no module of this kernel" ;;
		*.xz) xz -dc "$file" >"$root/modules/${module##*/}.ko" ;;
		*) install -m 0644 "$file" "$root/modules" ;;
		esac
	done
	(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$work/initrd.gz"
}

# An emulated machine that has to wait for its processor misses the ticks by which a kernel
# tries its timer, and panics.
run_machine() {
	timeout "${VM_SECONDS:-1800}" qemu-system-x86_64 -m 3000 -smp 2 -cpu max \
		-accel "${VM_ACCEL:-tcg,thread=multi}" \
		-kernel "$(echo "$kernel"/boot/vmlinuz-*)" -initrd "$work/initrd.gz" \
		-append "console=ttyS0 panic=-1 quiet no_timer_check" -nographic -no-reboot </dev/null |
		sed -u 's|\r||' | tee "$work/console.log"
}

must_have_said() { # words, pattern
	grep -q "$2" "$work/console.log" || die "$1; what it said: $work/console.log"
}

mkdir -p "$work"
get_kernel
make_root
run_machine || die "the machine did not end within ${VM_SECONDS:-1800} seconds"
must_have_said "the kernel did not come up" "vm: kernel "
for object in pinhole host; do
	must_have_said "the verifier refused a program of $object.bpf.o" \
		"^vm: verifier $object.bpf.o ended with 0$"
done
for suite in host datapath; do
	must_have_said "$suite failed" "^vm: $suite: [1-9][0-9]* passed, 0 failed, ended with 0$"
done
must_have_said "it did not come to its end" "^vm: done$"
echo "vmcheck: all of it passed on $(sed -n 's/.*vm: kernel //p' "$work/console.log")"
