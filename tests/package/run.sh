#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh VERSION - the Debian packages: installed, used, upgraded and purged, on a
# system of their own with systemd as PID 1, whose network is that of the lab.
#
# BUILD/deb has the packages. Prints TAP-like lines, and fails if one says "not ok".

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_FWCTL=/bin/true # lab.sh asks for one; the tests use the one that was installed
LAB_EXPORTER=/bin/true
# shellcheck source=tests/e2e/lib.sh
. "$here/../e2e/lib.sh"
# shellcheck source=tests/package/root.sh
. "$here/root.sh"

version=${1:?usage: run.sh VERSION}
architecture=$(dpkg --print-architecture)
debs=("$BUILD/deb/pinhole_${version}_$architecture.deb"
	"$BUILD/deb/pinhole-exporter_${version}_$architecture.deb")
exporter=http://127.0.0.1:9954

lab_fwctl() {
	root_run fwctl "$@"
}

# What lib.sh shows when a case has failed.
e2e_show_state() {
	root_run systemctl --no-pager --full --lines=12 status 'pinhole*' 2>&1 || :
}

# ---- what the cases ask ---------------------------------------------------------

is() { # word unit: as `systemctl is-WORD` says
	root_run systemctl "is-${1}" --quiet "$2"
}

must_be() { # state unit
	must_be_equal "$2" "$1" "$(root_run systemctl show -P ActiveState "$2")"
}

main_pid() { # unit
	root_run systemctl show -P MainPID "$1"
}

must_not_be_loaded() {
	root_run test ! -e /sys/fs/bpf/pinhole || fail "there is a firewall in the kernel"
	must_be_equal "forwarding of out0" 0 "$(lab_fw cat /proc/sys/net/ipv4/conf/out0/forwarding)"
}

use_policy() { # function
	"$1" >"$LAB_DIR/scratch/policy"
	root_put "$LAB_DIR/scratch/policy" /etc/pinhole/policy
}

set_default() { # NAME VALUE
	root_run sed -i "s|^$1=.*|$1=\"$2\"|" /etc/default/pinhole
	root_run grep -q "^$1=\"$2\"" /etc/default/pinhole
}

journal_has() { # unit-or-identifier-option word
	root_run journalctl --quiet --no-pager "$1" | grep -q "$2"
}

policy_without_mail() {
	e2e_policy_with_fixup
}

policy_with_mail() {
	e2e_policy_with_fixup "permit tcp any host $LAB_MAPPED eq smtp"
}

policy_that_is_wrong() {
	e2e_policy_with_fixup
	echo "access-list outside_in permit tpc any any"
}

# ---- packages ---------------------------------------------------------------------

lintian_finds_nothing() {
	local log=$LAB_DIR/scratch/lintian

	# As lintian sees it nothing of the system matters.
	lintian --allow-root --no-cfg --fail-on error,warning "${debs[@]}" >"$log" 2>&1 || {
		cat "$log"
		fail "lintian"
	}
}

version_is() { # expected
	must_be_equal "version" "$1" "$("$LAB_DIR/scratch/tagged/tools/packaging/version")"
}

version_follows_the_tags() {
	local top=$LAB_DIR/scratch/tagged
	local git=(git -C "$top" -c user.name=test -c user.email=test@pinhole.invalid)

	mkdir -p "$top/tools/packaging"
	cp "$LAB_SOURCE_DIR/tools/packaging/version" "$top/tools/packaging"
	version_is ""
	"${git[@]}" init -q
	"${git[@]}" commit -q --allow-empty -m one
	version_is ""
	"${git[@]}" tag another-tag
	"${git[@]}" tag v1.2.3
	version_is 1.2.3
	"${git[@]}" commit -q --allow-empty -m two
	version_is "1.2.3+1.g$("${git[@]}" rev-parse --short=10 HEAD)"
	"${git[@]}" tag -m "a release" v1.3.0-rc1
	version_is 1.3.0~rc1
	must_be_equal "order" yes "$(dpkg --compare-versions 1.3.0~rc1 lt 1.3.0 && echo yes)"
}

# `make install`, with other files in the place of what would have to be built.
make_there() { # target
	local built=$LAB_DIR/scratch/built

	mkdir -p "$built"
	echo program >"$built/fwctl"
	echo program >"$built/fw-exporter"
	make -s -C "$LAB_SOURCE_DIR" BUILD="$built" -o "$built/fwctl" -o "$built/fw-exporter" \
		DESTDIR="$LAB_DIR/scratch/there" PREFIX=/opt/pinhole SYSCONFDIR=/opt/etc "$1" 2>&1
}

make_install_is_undone_by_uninstall() {
	local there=$LAB_DIR/scratch/there

	make_there install
	[ -x "$there/opt/pinhole/sbin/fwctl" ] && [ -e "$there/opt/pinhole/share/man/man8/fwctl.8" ]
	grep -q '^ExecStart=/opt/pinhole/sbin/fwctl apply' \
		"$there/opt/pinhole/lib/systemd/system/pinhole.service"
	must_fail grep -rE '/usr/(sbin|libexec)|[ =-]/etc/(default|pinhole)' "$there/opt/pinhole/lib" \
		"$there/opt/pinhole/libexec"
	echo "! mine" >>"$there/opt/etc/pinhole/policy"
	make_there install | grep -q "KEPT.*/opt/etc/pinhole/policy" || fail "nothing was kept"
	grep -q "! mine" "$there/opt/etc/pinhole/policy"
	make_there uninstall
	must_be_equal "what is left" ./opt/etc/pinhole/policy "$(cd "$there" && find . -type f)"
}

install_debs() { # deb...
	local deb
	local -a names=()

	for deb in "$@"; do
		root_put "$deb" "/tmp/${deb##*/}"
		names+=("/tmp/${deb##*/}")
	done
	root_run dpkg --force-unsafe-io --no-triggers --force-confold --install "${names[@]}"
}

installing_starts_nothing() {
	local unit

	install_debs "${debs[@]}"
	must_not_be_loaded
	for unit in pinhole pinhole-log pinhole-exporter; do
		must_be inactive "$unit.service"
		must_be_equal "$unit" disabled "$(root_run systemctl is-enabled "$unit" || :)"
	done
	must_be_equal "version" "fwctl $version" "$(lab_fwctl version)"
	must_be_equal "mode of the policy" 640 "$(root_run stat -c %a /etc/pinhole/policy)"
}

units_are_sound() {
	must_be_equal "systemd-analyze verify" "" "$(root_run systemd-analyze verify --man=no \
		pinhole.service pinhole-log.service pinhole-exporter.service 2>&1 |
		grep pinhole || :)"
}

# In tenths of what systemd-analyze says; 10.0 is the worst.
exposure_is_at_most() { # unit tenths
	root_run systemd-analyze security --no-pager --threshold="$2" "$1" \
		>"$LAB_DIR/scratch/security" 2>&1 || {
		grep '✗' "$LAB_DIR/scratch/security"
		fail "$(tail -n 1 "$LAB_DIR/scratch/security")"
	}
}

manual_is_there() {
	root_run test -e /usr/share/man/man8/fwctl.8.gz
	root_run test -e /usr/share/man/man8/pinhole.service.8.gz
	root_run test -e /usr/share/man/man8/fw-exporter.8.gz
}

# ---- pinhole.service ----------------------------------------------------------------

shipped_policy_is_refused() {
	must_fail root_run systemctl start pinhole
	must_be failed pinhole.service
	must_not_be_loaded
	journal_has --unit=pinhole 'names no interface' || fail "the journal does not say why"
	root_run systemctl reset-failed pinhole
}

service_puts_policy_in_force() {
	use_policy policy_without_mail
	set_default OPTIONS "--mode tc --map outside=out0 --map inside=in0"
	root_run systemctl start pinhole
	must_be active pinhole.service
	must_be_equal "forwarding of out0" 1 "$(lab_fw cat /proc/sys/net/ipv4/conf/out0/forwarding)"
	lab_fwctl show running-config | grep -q 'fixup protocol ftp'
}

transfer_passes() {
	e2e_download pasv small.bin
	e2e_download port small.bin
}

what_is_denied_is_dropped() {
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_MAPPED" 25 silence
}

wrong_policy_leaves_the_old() {
	use_policy policy_that_is_wrong
	must_fail root_run systemctl reload pinhole
	must_be active pinhole.service
	journal_has --unit=pinhole "tpc" || fail "the journal does not say why"
	lab_fwctl show running-config | grep -q 'fixup protocol ftp'
	transfer_passes
}

reload_applies() {
	use_policy policy_with_mail
	root_run systemctl reload pinhole
	must_be active pinhole.service
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_MAPPED" 25 reset
}

log_goes_to_the_journal() {
	root_run systemctl start pinhole-log
	e2e_download epsv small.bin
	lab_wait 10 journal_has --identifier=pinhole 302013 || fail "no message of a connection"
}

# The log ends with the tables that it reads, and begins anew with the next, here of
# another size.
log_outlives_a_restart() {
	local before reader

	reader=$(main_pid pinhole-log)
	before=$(root_run journalctl --quiet --no-pager --identifier=pinhole | grep -c 302013)
	set_default OPTIONS "--mode tc --map outside=out0 --map inside=in0 --max-connections 5000"
	root_run systemctl restart pinhole
	lab_fwctl show memory | grep -q 5000
	lab_wait 15 log_reads_again "$reader" || fail "nobody reads the log again"
	e2e_download epsv small.bin
	lab_wait 10 more_messages_than "$before" || fail "no more messages"
}

log_reads_again() { # pid of the reader before
	local pid

	pid=$(main_pid pinhole-log)
	[ "$pid" -ne 0 ] && [ "$pid" -ne "$1" ] && [ "$(root_run cat "/proc/$pid/comm")" = fwctl ]
}

more_messages_than() { # count
	[ "$(root_run journalctl --quiet --no-pager --identifier=pinhole | grep -c 302013)" -gt "$1" ]
}

# Its device is not there yet when it starts.
service_waits_for_devices() {
	local pid

	root_run systemctl stop pinhole
	lab_fw ip link set dev out0 down
	lab_fw ip link set dev out0 name later0
	root_run systemctl start pinhole &
	pid=$!
	sleep 1
	must_be activating pinhole.service
	lab_fw ip link set dev later0 name out0
	lab_fw ip link set dev out0 up
	wait "$pid"
	must_be active pinhole.service
}

# What comes after network.target finds the policy in force.
network_waits_for_policy() {
	root_run systemctl stop pinhole
	must_not_be_loaded
	root_run sh -c 'cat >/run/systemd/system/probe.service' <<-END
		[Unit]
		After=network.target
		Wants=network.target
		[Service]
		Type=oneshot
		ExecStart=/bin/sh -c 'test -e /sys/fs/bpf/pinhole && fwctl show running-config >/run/probe'
	END
	root_run sh -c 'cat >/run/systemd/system/both.target' <<-END
		[Unit]
		Wants=probe.service pinhole.service
	END
	root_run systemctl start both.target
	root_run grep -q fixup /run/probe || fail "network.target came before the policy"
	root_run rm /run/systemd/system/probe.service /run/systemd/system/both.target
	root_run systemctl daemon-reload
}

stop_leaves_it_if_asked_to() {
	# It may still be on its way back from the stop before.
	lab_wait 10 is active pinhole-log
	set_default STOP leave
	root_run systemctl stop pinhole
	must_be inactive pinhole.service
	must_be active pinhole-log.service
	transfer_passes
	root_run systemctl start pinhole
	transfer_passes
}

stop_unloads_it() {
	set_default STOP unload
	root_run systemctl stop pinhole
	must_not_be_loaded
	lab_wait 10 has_ended pinhole-log
	root_run systemctl start pinhole
	is active pinhole
}

has_ended() { # unit
	[ "$(root_run systemctl show -P ActiveState "$1")" = inactive ]
}

# ---- pinhole-exporter.service ----------------------------------------------------------

metric() { # name, with its labels
	lab_fw curl -sS --max-time 10 "$exporter/metrics" | awk -v name="$1" '$1 == name { print $2 }'
}

exporter_serves() {
	root_run systemctl start pinhole-exporter
	lab_wait 10 lab_is_listening "$LAB_FW" "${exporter##*:}" || {
		root_run journalctl --no-pager --unit=pinhole-exporter
		fail "nobody listens"
	}
	must_be_equal pinhole_up 1 "$(metric pinhole_up)"
	e2e_download pasv small.bin
	[ "$(metric 'pinhole_ftp_pinholes_opened_total')" -gt 0 ] || fail "no pinhole was opened"
	must_be_equal "restarts" 0 "$(root_run systemctl show -P NRestarts pinhole-exporter)"
}

policy_of_the_host() {
	policy_with_mail
	echo "access-list box permit tcp any any eq ftp"
	echo "access-group box in interface outside control-plane"
}

# What watches sockets hangs on a control group, which the unit must not write.
host_mode_works_under_its_limits() {
	use_policy policy_of_the_host
	root_run systemctl reload pinhole
	must_be_equal pinhole_host_mode_wanted 1 "$(metric pinhole_host_mode_wanted)"
	must_be_equal pinhole_host_mode_on 1 "$(metric pinhole_host_mode_on)"
	use_policy policy_with_mail
	root_run systemctl reload pinhole
	must_be_equal pinhole_host_mode_on 0 "$(metric pinhole_host_mode_on)"
}

exporter_says_what_is_not_loaded() {
	root_run systemctl stop pinhole
	must_be_equal pinhole_up 0 "$(metric pinhole_up)"
	root_run systemctl start pinhole
	must_be_equal pinhole_up 1 "$(metric pinhole_up)"
	must_be active pinhole-exporter.service
}

# ---- upgrade and purge ----------------------------------------------------------------------

# The same package as its next version, with another default configuration.
next_version() { # deb
	local dir=$LAB_DIR/scratch/next out

	out=$LAB_DIR/scratch/$(basename "${1/_$version/_$version.next}")
	rm -rf "$dir"
	dpkg-deb -R "$1" "$dir"
	sed -i "s/^Version: .*/&.next/" "$dir/DEBIAN/control"
	[ ! -e "$dir/etc/default/pinhole" ] || echo "# of the next version" >>"$dir/etc/default/pinhole"
	dpkg-deb -Znone -b "$dir" "$out" >/dev/null
	next+=("$out")
}

upgrade_keeps_what_runs() {
	local exporter_before log_before
	local -a next=()

	root_run systemctl start pinhole-log
	exporter_before=$(main_pid pinhole-exporter)
	log_before=$(main_pid pinhole-log)
	next_version "${debs[0]}"
	next_version "${debs[1]}"
	install_debs "${next[@]}"
	# shellcheck disable=SC2016 # it is dpkg's variable
	must_be_equal "version" "$version.next" "$(root_run dpkg-query -W -f '${Version}' pinhole)"
	must_be active pinhole.service
	must_be_equal "pinhole-log" "$log_before" "$(main_pid pinhole-log)"
	must_be active pinhole-exporter.service
	[ "$exporter_before" != "$(main_pid pinhole-exporter)" ] ||
		fail "the exporter of the old version still runs"
	transfer_passes
	must_fail root_run grep "next version" /etc/default/pinhole
	root_run grep -q "map outside=out0" /etc/default/pinhole
}

purge_leaves_nothing() {
	root_run systemctl enable pinhole pinhole-log pinhole-exporter
	root_run dpkg --force-unsafe-io --no-triggers --purge pinhole-exporter pinhole
	must_not_be_loaded
	must_be_equal "processes" "" \
		"$(root_run pgrep -lx fwctl || :; root_run pgrep -lx fw-exporter || :)"
	lab_fw tc filter show dev out0 ingress >"$LAB_DIR/scratch/filters"
	must_be_equal "programs" "" "$(cat "$LAB_DIR/scratch/filters")"
	root_files >"$LAB_DIR/scratch/after"
	diff "$LAB_DIR/scratch/before" "$LAB_DIR/scratch/after"
}

# ---- the order of things ----------------------------------------------------------------------

main() {
	local deb

	for deb in "${debs[@]}"; do
		[ -e "$deb" ] || {
			echo "package: there is no $deb: run 'make deb'" >&2
			exit 1
		}
	done
	lab_create --mode tc
	trap 'root_end; lab_destroy' EXIT
	lab_ftp_start plain plain 21 "$LAB_PLAIN_PORTS"
	root_boot
	root_files >"$LAB_DIR/scratch/before"

	e2e_case "the version is that of the tag, and of the commits since then" \
		version_follows_the_tags
	e2e_case "make uninstall removes what make install installed, but not what was edited" \
		make_install_is_undone_by_uninstall
	e2e_case "lintian finds neither errors nor warnings" lintian_finds_nothing
	e2e_case "installing loads, enables and starts nothing" installing_starts_nothing
	e2e_case "systemd finds nothing wrong with the units" units_are_sound
	e2e_case "pinhole.service is exposed no more than 2.2" exposure_is_at_most pinhole.service 22
	e2e_case "pinhole-log.service is exposed no more than 1.3" \
		exposure_is_at_most pinhole-log.service 13
	e2e_case "pinhole-exporter.service is exposed no more than 1.7" \
		exposure_is_at_most pinhole-exporter.service 17
	e2e_case "the manual is installed" manual_is_there
	e2e_case "the policy as it is installed is refused, and the journal says why" \
		shipped_policy_is_refused
	e2e_case "start puts the policy in force" service_puts_policy_in_force
	e2e_case "FTP transfers pass, passive and active" transfer_passes
	e2e_case "what is not permitted is dropped" what_is_denied_is_dropped
	e2e_case "reload with a wrong policy fails, the old stays in force and the unit active" \
		wrong_policy_leaves_the_old
	e2e_case "reload applies" reload_applies
	e2e_case "pinhole-log.service tells the journal of connections" log_goes_to_the_journal
	e2e_case "it goes on after a restart" log_outlives_a_restart
	e2e_case "start waits for the devices of --map" service_waits_for_devices
	e2e_case "the network is there for others when the policy is in force" \
		network_waits_for_policy
	e2e_case "stop leaves the policy in force where STOP=leave" stop_leaves_it_if_asked_to
	e2e_case "stop unloads otherwise, and the log ends without failing" stop_unloads_it
	e2e_case "pinhole-exporter.service serves what happens" exporter_serves
	e2e_case "on the FTP server itself the service's limits are wide enough, too" \
		host_mode_works_under_its_limits
	e2e_case "it outlives the firewall, and finds the next" exporter_says_what_is_not_loaded
	e2e_case "an upgrade keeps policy and configuration, and renews the exporter" \
		upgrade_keeps_what_runs
	e2e_case "purge takes the firewall away, and leaves no file" purge_leaves_nothing
	echo "# package: $((SECONDS)) s"
	e2e_done
}

main
