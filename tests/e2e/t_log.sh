#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# One hook: tc
#
# fwctl log tells which connections began and what was dropped, as its schema says; shows
# what it is asked for; forwards to syslog; and is not flooded by one line.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

said=""

policy() {
	e2e_policy "deny udp any host $LAB_MAPPED eq 5001" "deny udp any host $LAB_MAPPED eq 5002"
	echo "ip verify reverse-path interface outside"
	echo "fixup protocol ftp 21"
}

log() { # option...
	said=$(lab_fwctl log "$@" 2>"$LAB_DIR/scratch/err")
}

must_say() { # extended-regular-expression
	grep -Eq "$1" <<<"$said" || fail "not said: $1, but: $said"
}

must_not_say() {
	! grep -Eq "$1" <<<"$said" || fail "said: $1, in: $said"
}

# send PYTHON-LINE...: raw packets of the client's.
send() {
	local code=${1//$'\t'/}

	lab_client timeout 20 python3 - "$LAB_OUTSIDE_HOST" "$LAB_TARGET" <<-END
		import socket, struct, sys, time
		src, dst = sys.argv[1:]
		def raw(proto):
		    return socket.socket(socket.AF_INET, socket.SOCK_RAW, proto)
		def total(data):
		    n = sum(struct.unpack("!%dH" % (len(data) // 2), data))
		    n = (n & 0xffff) + (n >> 16)
		    return ~(n + (n >> 16)) & 0xffff
		def icmp(kind, rest, quote=b""):
		    head = lambda n: struct.pack("!BBHI", kind, 1 if quote else 0, n, rest)
		    raw(1).sendto(head(total(head(0) + quote)) + quote, (dst, 0))
		def ip(sender, proto, payload):
		    head = lambda n: struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 7, 0,
		        64, proto, n, socket.inet_aton(sender), socket.inet_aton(dst))
		    return head(total(head(0))) + payload
		$code
	END
}

beginnings_are_told() {
	log
	e2e_download pasv small.bin
	log --id 302013
	must_say "%ASA-6-302013: Built inbound TCP connection [0-9]+ for outside:$LAB_OUTSIDE_HOST/[0-9]+ \($LAB_OUTSIDE_HOST/[0-9]+\) to inside:$LAB_REAL/21 \($LAB_MAPPED/21\)$"
	must_not_say "303002"
	must_be_equal "connections" 2 "$(wc -l <<<"$said")"
	grep -q "others were not asked for" "$LAB_DIR/scratch/err"
	lab_client ping -n -c 1 -W 2 "$LAB_TARGET" >/dev/null
	log
	must_say "%ASA-6-302020: Built inbound ICMP connection for faddr $LAB_OUTSIDE_HOST/[0-9]+ gaddr $LAB_MAPPED/0 laddr $LAB_REAL/0 type 8 code 0"
}

drops_are_told_by_reason() {
	log
	send 'raw(6).sendto(struct.pack("!HHIIBBHHH", 4000, 21, 1, 1, 0x50, 0x10, 9, 0, 0), (dst, 0))
		icmp(3, 0, ip(dst, 17, struct.pack("!HHHH", 53, 4321, 8, 0)))
		s = raw(255)
		s.setsockopt(socket.IPPROTO_IP, socket.IP_HDRINCL, 1)
		s.sendto(ip("10.0.0.99", 17, struct.pack("!HHHH", 1, 21, 8, 0)), (dst, 0))'
	log
	must_say "%ASA-6-106015: Deny TCP \(no connection\) from $LAB_OUTSIDE_HOST/4000 to $LAB_MAPPED/21 flags ACK  on interface outside"
	must_say "%ASA-1-106021: Deny UDP reverse path check from 10.0.0.99 to $LAB_MAPPED on interface outside"
	must_say "%ASA-4-313005: No matching connection for ICMP error message: icmp src outside:$LAB_OUTSIDE_HOST .*Original IP payload: UDP src $LAB_MAPPED/53 dst"
}

json_is_as_its_schema_says() {
	log
	e2e_download pasv small.bin
	e2e_connects "$LAB_OUTSIDE_HOST" "$LAB_TARGET" 9999 silence
	send 'raw(6).sendto(struct.pack("!HHIIBBHHH", 4000, 21, 1, 1, 0x50, 0x10, 9, 0, 0), (dst, 0))
		icmp(3, 0, ip(dst, 17, struct.pack("!HHHH", 53, 4321, 8, 0)))'
	log --json
	"$E2E_DIR/../schema/validate.py" --lines log <<<"$said"
	jq -es --arg real "$LAB_REAL" '
		(map(select(.event == "connection-built") | .admitted_by) | sort) ==
			["pinhole", "policy"] and
		(map(.event) | contains(["acl-denied", "ftp-file"])) and
		(map(select(.reason == "tcp-not-syn" and .tcp_flags == "ACK")) | length == 1) and
		(map(select(.original.source_port == 53)) | length == 1)' <<<"$said" >/dev/null ||
		fail "$said"
}

conditions_choose() {
	local option

	log
	send 'u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		u.sendto(b"x", (dst, 5001))
		u.sendto(b"x", (dst, 5002))
		raw(6).sendto(struct.pack("!HHIIBBHHH", 4000, 21, 1, 1, 0x50, 0x10, 9, 0, 0), (dst, 0))'
	log --list outside_in --port 5002 --host "${LAB_OUTSIDE_HOST%.*}.0/24" --protocol udp \
		--interface inside --reason acl-deny --id 106023
	must_be_equal "lines" 1 "$(wc -l <<<"$said")"
	must_say "106023: .*/5002 by"
	send 'raw(6).sendto(struct.pack("!HHIIBBHHH", 4000, 21, 1, 1, 0x50, 0x10, 9, 0, 0), (dst, 0))'
	log --reason acl-deny
	must_be_equal "lines of another reason" "" "$said"
	for option in "--id 10602" "--host nowhere" "--port 0" "--protocol nope" "--list" \
		"--json --syslog" "--facility local4" "--syslog --facility kern"; do
		# shellcheck disable=SC2086
		must_fail lab_fwctl log $option
	done
}

# All on one CPU, whose second it is. 5001 floods; 5002 is heard while it does.
a_line_that_floods_leaves_room() {
	log
	send 'import os
		os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
		u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		for i in range(6000):
		    u.sendto(b"x", (dst, 5001))
		    if i % 1000 == 999:
		        u.sendto(b"x", (dst, 5002))
		time.sleep(1.1)
		u.sendto(b"x", (dst, 5001))'
	log
	must_be_equal "of the quiet line" 6 "$(grep -c '/5002 by' <<<"$said")"
	must_say '%ASA-4-106101: Maximum number of ACL denied flows reached. [0-9]{2,} of access-list outside_in, line 6, were not told'
	[ "$(grep -c '/5001 by' <<<"$said")" -lt 3000 ] || fail "the flood was told"
}

# A /dev of its own, where somebody listens.
# shellcheck disable=SC2016 # the inner shell expands
in_syslog() { # command...
	lab_fw unshare --mount bash -eu -c '
		dev=$1
		shift
		mkdir "$dev"
		mount -t tmpfs none "$dev"
		touch "$dev/null" "$dev/urandom"
		mount --bind /dev/null "$dev/null"
		mount --bind /dev/urandom "$dev/urandom"
		mount --bind "$dev" /dev
		exec "$@"' - "$LAB_DIR/dev" "$@"
}

syslog_gets_lines_with_their_priorities() {
	log
	send 'u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		u.sendto(b"x", (dst, 5001))
		raw(6).sendto(struct.pack("!HHIIBBHHH", 4000, 21, 1, 1, 0x50, 0x10, 9, 0, 0), (dst, 0))'
	in_syslog python3 - "$LAB_FWCTL" "$LAB_PIN_DIR" >"$LAB_DIR/scratch/syslog" <<-'END'
		import socket, subprocess, sys, time
		run = [sys.argv[1], "log", "--pin-dir", sys.argv[2], "--syslog"]
		deaf = subprocess.run(run, capture_output=True, text=True, timeout=20)
		print(deaf.returncode, deaf.stderr)
		listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		listener.bind("/dev/log")
		listener.settimeout(5)
		done = subprocess.run(run + ["--facility", "local2"], capture_output=True, timeout=20)
		print(done.returncode, len(done.stdout))
		for _ in range(2):
		    print(listener.recv(4096).decode())
		service = subprocess.Popen(run + ["-f"])
		time.sleep(0.5)
		other = subprocess.run(run[:-1], capture_output=True, text=True, timeout=20)
		print(other.returncode, other.stderr)
		service.terminate()
		print("ended", service.wait(timeout=5))
	END
	said=$(cat "$LAB_DIR/scratch/syslog")
	must_say "^3 fwctl log: nobody listens at /dev/log"
	must_say "^0 0$"
	must_say "^3 fwctl log: .*/fwctl log .*--syslog -f \(pid [0-9]+\) takes the records, and each can be taken once"
	must_say "^ended 0$"
	# local2 is 18: warnings are 18 * 8 + 4, informational is 18 * 8 + 6.
	must_say "^<148>.* pinhole\[[0-9]+\]: %ASA-4-106023: Deny udp"
	must_say "^<150>.* pinhole\[[0-9]+\]: %ASA-6-106015: Deny TCP"
}

lab_create --mode "$E2E_MODE"
e2e_apply policy
lab_ftp_start plain plain 21 "$LAB_PLAIN_PORTS"
e2e_case "connections are told of when they are complete" beginnings_are_told
e2e_case "dropped packets are told of by their reasons" drops_are_told_by_reason
e2e_case "JSON is as its schema says" json_is_as_its_schema_says
e2e_case "conditions choose what is shown" conditions_choose
e2e_case "a line that floods leaves room for others" a_line_that_floods_leaves_room
e2e_case "lines go to syslog with their priorities" syslog_gets_lines_with_their_priorities
e2e_done
