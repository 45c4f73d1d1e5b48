#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# root.sh - a copy of this machine that a systemd of its own runs.
#
# Why it exists: packages have to be installed, enabled, upgraded and purged on a
# system whose PID 1 is systemd, and this one must stay as it is. An overlay in a
# tmpfs takes all that is written; it, the processes, mounts and control groups are
# in namespaces, and end with them. The network is that of the lab's firewall.
#
# Usage: root.sh boot CGROUP  in new namespaces (root_boot does it): becomes PID 1
# Else sourced by run.sh, after lab.sh.

set -euo pipefail

# What a container has no use for, and what would look at the machine's hardware.
root_masked=(
	systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket
	systemd-udev-trigger.service systemd-modules-load.service systemd-sysctl.service
	systemd-binfmt.service systemd-remount-fs.service systemd-random-seed.service
	systemd-firstboot.service systemd-machine-id-commit.service systemd-timesyncd.service
	systemd-update-utmp.service systemd-pstore.service kmod-static-nodes.service
	dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount
	sys-kernel-config.mount sys-fs-fuse-connections.mount
	networking.service ssh.service cron.service dbus.socket dbus.service
)

root_make_devices() { # directory
	local name major_minor

	mount -t tmpfs -o mode=755 tmpfs "$1"
	while read -r name major_minor; do
		# shellcheck disable=SC2086 # two numbers
		mknod -m 666 "$1/$name" c $major_minor
	done <<-END
		null 1 3
		zero 1 5
		full 1 7
		random 1 8
		urandom 1 9
		tty 5 0
	END
	mkdir "$1/pts" "$1/shm"
	mount -t devpts -o newinstance,ptmxmode=0666 devpts "$1/pts"
	ln -s pts/ptmx "$1/ptmx"
}

# In namespaces of its own. What was written is below /.layer/up.
root_become_system() {
	local layer root unit

	mount --make-rprivate /
	layer=$(mktemp -d)
	mount -t tmpfs tmpfs "$layer"
	mkdir "$layer/up" "$layer/work" "$layer/root"
	mount -t overlay overlay "$layer/root" \
		-o "lowerdir=/,upperdir=$layer/up,workdir=$layer/work"
	root=$layer/root
	mount -t proc proc "$root/proc"
	mount -t sysfs sysfs "$root/sys"
	mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
	mount -t bpf bpf "$root/sys/fs/bpf"
	root_make_devices "$root/dev"
	mount -t tmpfs -o mode=755 tmpfs "$root/run"
	mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
	mkdir "$root/.layer" "$root/.machine"
	pivot_root "$root" "$root/.machine"
	cd /
	mount --move "/.machine$layer" /.layer
	umount -l /.machine
	rmdir /.machine

	for unit in "${root_masked[@]}"; do
		ln -sf /dev/null "/etc/systemd/system/$unit"
	done
	: >/etc/fstab
	rm -f /usr/sbin/policy-rc.d
	mkdir -p /etc/systemd/journald.conf.d
	printf '[Journal]\nStorage=volatile\nReadKMsg=no\n' >/etc/systemd/journald.conf.d/test.conf
	printf '[Unit]\nRequires=sysinit.target\nAfter=sysinit.target\n' \
		>/etc/systemd/system/test.target
	export container=pinhole-test
	exec /lib/systemd/systemd --unit=test.target --log-target=journal
}

# ---- from outside ----------------------------------------------------------

# Sets root_pid, the system's PID 1 as it is known here.
root_boot() {
	local cgroups

	cgroups=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)
	[ -n "$cgroups" ] || {
		lab_say "error: no cgroup2 is mounted"
		return 1
	}
	root_cgroup=$cgroups/pinhole-test-$LAB_ID
	mkdir "$root_cgroup"
	(
		trap - EXIT
		echo "$BASHPID" >"$root_cgroup/cgroup.procs"
		exec nsenter --net="/run/netns/$LAB_FW" -- unshare --mount --pid --cgroup \
			--uts --ipc --fork --kill-child -- "${BASH_SOURCE[0]}" boot
	) >"$LAB_DIR/log/boot" 2>&1 </dev/null &
	lab_wait 10 root_find_pid || return 1
	lab_wait 30 root_is_up || {
		cat "$LAB_DIR/log/boot"
		lab_say "error: systemd did not come up"
		return 1
	}
}

root_find_pid() {
	local pid

	for pid in $(ip netns pids "$LAB_FW"); do
		if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = systemd ] &&
			[[ $(grep NSpid "/proc/$pid/status" 2>/dev/null) = *$'\t'1 ]]; then
			root_pid=$pid
			return 0
		fi
	done
	return 1
}

# root_run COMMAND...: in that system. Its environment is empty but for PATH.
root_run() {
	nsenter --target "$root_pid" --mount --pid --cgroup --uts --ipc --net \
		--root --wd -- env -i LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin timeout 60 "$@"
}

root_is_up() {
	root_run systemctl is-active --quiet test.target 2>/dev/null
}

root_put() { # file destination
	root_run sh -c "cat >'$2'" <"$1"
}

# Every file that is not as it is on the machine, and folders that it does not have, but
# for state that says nothing of packages.
root_files() {
	local path rest

	root_run find /.layer/up -mindepth 1 -printf '%P\t%y %m %s\n' |
		grep -vE '^(var/lib/(dpkg|systemd)|var/(log|cache|tmp)|run|tmp|root)[/\t]' |
		while IFS=$'\t' read -r path rest; do
			case $rest in
			d*) [ -d "/$path" ] || [[ $path = *.wants ]] || echo "$path $rest" ;;
			*) echo "$path $rest" ;;
			esac
		done | sort
}

root_end() {
	local dir

	[ -z "${root_pid:-}" ] || kill -KILL "$root_pid" 2>/dev/null || :
	[ -n "${root_cgroup:-}" ] || return 0
	lab_wait 10 root_has_ended || :
	while read -r dir; do
		rmdir "$dir" 2>/dev/null || :
	done < <(find "$root_cgroup" -depth -type d)
}

root_has_ended() {
	! grep -q 'populated 1' "$root_cgroup/cgroup.events"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	root_become_system
fi
