#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
#
# init.sh - process 1 of the machine of tests/vm: loads what a package's kernel has as
# modules, runs the tests that run.sh has put beside it, and says how they ended in
# lines that begin with "vm: ".
#
# shellcheck shell=dash

/bin/busybox --install -s /bin 2>/dev/null
# iproute2's and bash are the ones that the tests speak with.
rm -f /bin/ip /sbin/ip /bin/sh
ln -s bash /bin/sh
export PATH=/usr/sbin:/bin:/sbin

mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t bpf bpf /sys/fs/bpf
mount -t cgroup2 cgroup2 /sys/fs/cgroup
echo "vm: kernel $(uname -r)"
for module in /modules/*.ko; do
	insmod "$module" || echo "vm: no $module"
done
ip link set lo up

for object in /test/*.bpf.o; do
	/test/verifier "$object" 1000000
	echo "vm: verifier ${object##*/} ended with $?"
done
for suite in host datapath; do
	groups=""
	[ "$suite" != datapath ] || groups=$(cat /test/groups)
	# shellcheck disable=SC2086 # words
	"/test/$suite" $groups >/tmp/said 2>&1
	status=$?
	grep -B 3 '^not ok' /tmp/said | head -n 200
	[ "$status" -eq 0 ] || tail -n 5 /tmp/said
	echo "vm: $suite: $(grep -c '^ok' /tmp/said) passed, $(grep -c '^not ok' /tmp/said) failed, ended with $status"
done
echo "vm: done"
poweroff -f
