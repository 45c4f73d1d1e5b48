#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# An FTP server behind a one-to-one translation by somebody else, as cloud machines
# are: what it says of its address is put right before TCP sees it, longer or
# shorter, and nothing else of what it says is touched.
#
#   far outside ---- [ translates PUBLIC to PRIVATE ] ---- [ out0  firewall, server ]
#
# One hook: xdp

# shellcheck source=tests/e2e/host_single.sh
. "$(dirname "${BASH_SOURCE[0]}")/host_single.sh"

policy() {
	cat <<-END
		nameif ethernet0 outside security0
		ip address outside $private 255.255.255.0
		static (inside,outside) $public $private netmask 255.255.255.255
		access-list box permit tcp any any eq ftp
		access-list box permit tcp any any eq 990
		access-list box permit tcp any any eq 2121
		access-group box in interface outside control-plane
		fixup protocol ftp 21
		fixup protocol ftp 2121
		fixup protocol ftps 990
	END
}

# Knows nothing of FTP, as the translation of a cloud.
translate_upstream() {
	lab_outside nft -f - <<-END
		table ip upstream {
			chain before {
				type nat hook prerouting priority dstnat
				ip daddr $public dnat to $private
			}
			chain after {
				type nat hook postrouting priority srcnat
				ip saddr $private snat to $public
			}
		}
	END
}

far_dialogue() { # command argument...
	single_python "$LAB_FAR_OUTSIDE" dialogue "$@"
}

fetch() { # security method
	far_dialogue fetch "$public" "$LAB_FAR_OUTSIDE_HOST" "$@"
	host_is_shut
}

# What a client receives is what one on the machine itself does, but for the
# address of the 227; ports are the kernel's choice.
told_alike() { # line...
	local here there

	here=$(lab_fw timeout 20 python3 -B "$E2E_DIR/host_dialogue.py" together \
		"$private" "$private" "$@" | mask)
	there=$(far_dialogue together "$public" "$LAB_FAR_OUTSIDE_HOST" "$@" | mask)
	grep -qF "227 Entering Passive Mode (${private//./,},P,P)." <<<"$here" ||
		fail "no 227 of the server: $here"
	must_be_equal "what a client is told" \
		"$(sed "/^227 /s/${private//./,}/${public//./,}/" <<<"$here")" "$there"
}

mask() {
	sed '/^227 /s/,[0-9]*,[0-9]*)/,P,P)/'
}

# Half an address cannot be put right: the line goes out as it is, and no hole is.
in_pieces() {
	local refused opened

	refused=$(e2e_event holes_denied_no_rewrite)
	opened=$(e2e_event holes_opened)
	far_dialogue together "$public" "$LAB_FAR_OUTSIDE_HOST" NOOP PASV NOOP |
		grep -qF "(${private//./,}," || fail "half a line was rewritten"
	must_be_equal "refused" "$((refused + 1))" "$(e2e_event holes_denied_no_rewrite)"
	must_be_equal "opened" "$opened" "$(e2e_event holes_opened)"
	fetch plain epsv # has no address in it
}

# curl dials the address that the 227 names.
by_curl() { # port path user:password
	local -a curl_args

	e2e_curl_args pasv
	lab_far_outside curl -sS --max-time 20 "${curl_args[@]}" -o "$LAB_DIR/scratch/got" \
		-v --user "$3" "ftp://$public:$1/$2" 2>"$LAB_DIR/log/curl" || {
		cat "$LAB_DIR/log/curl"
		fail "curl"
	}
	grep -q "227 .*(${public//./,}," "$LAB_DIR/log/curl" || fail "no 227 of $public"
	host_is_shut
}

curl_and_vsftpd() {
	by_curl 2121 "pub/$HOST_FILE" anonymous:lab@
	cmp "$LAB_DIR/scratch/got" "$LAB_DIR/ftp/pub/$HOST_FILE"
}

curl_and_one_process() {
	by_curl 21 1.300000 lab:lab
	python3 -B -c "import sys; sys.path.insert(0, '$E2E_DIR'); import host_server
sys.stdout.buffer.write(host_server.content('1.300000'))" | cmp "$LAB_DIR/scratch/got" -
}

# A client of this machine announces itself to a server far away.
this_client() { # security method
	lab_fw timeout 20 python3 -B "$E2E_DIR/host_dialogue.py" fetch \
		"$LAB_FAR_OUTSIDE_HOST" "$private" "$@"
	host_is_shut
}

warned_of() {
	local word

	"$LAB_FWCTL" check "$LAB_DIR/policy.pix" >"$LAB_DIR/log/check" 2>&1
	for word in pasv_address MasqueradeAddress ForcePassiveIP; do
		grep -q "$word" "$LAB_DIR/log/check" || fail "fwctl check does not name $word"
	done
}

topology() { # name private public
	private=$2
	public=$3
	single_start --mode "$E2E_MODE" --far yes --mapped "${private%.*}.10"
	must_be_equal "the firewall's address" "$private" "$LAB_FW_OUTSIDE"
	head -c 2000000 "$LAB_DIR/ftp/pub/big.bin" >"$LAB_DIR/ftp/pub/$HOST_FILE"
	translate_upstream
	host_apply policy
	single_serve 0.0.0.0
	lab_ftp_start vsftpd plain 2121 "$LAB_PLAIN_PORTS"
	e2e_case "$1: by PASV" fetch plain pasv
	e2e_case "$1: curl believes vsftpd's 227" curl_and_vsftpd
	e2e_case "$1: curl believes the 227 of one process" curl_and_one_process
	e2e_case "$1: by PORT" fetch plain port
	e2e_case "$1: nothing but the 227 is touched" told_alike NOOP "STAT 3" PASV NOOP
	single_serve 0.0.0.0 --merge
	e2e_case "$1: nor where many replies are one message" \
		told_alike NOOP "STAT 200" PASV "STAT 400" NOOP
	e2e_case "$1: nor where the 227 comes first" told_alike PASV "STAT 3"
	single_serve 0.0.0.0 --split
	e2e_case "$1: a 227 in pieces opens nothing" in_pieces
	single_serve 0.0.0.0 --announce "$public"
	e2e_case "$1: explicit TLS, the server announcing its public address" fetch explicit pasv
	e2e_case "$1: implicit TLS by EPSV" fetch implicit epsv
	single_serve_on "$LAB_FAR_OUTSIDE" "$LAB_FAR_OUTSIDE_HOST"
	e2e_case "$1: PORT of a client here" this_client plain port
	e2e_case "$1: fwctl check names the settings of servers" warned_of
	lab_destroy
}

# What is said has nothing to do with the hook: each has one.
if [ "$E2E_MODE" = tc ]; then
	topology "longer" 10.7.7.1 203.0.113.110
else
	topology "shorter" 192.168.100.1 10.9.9.9
fi
e2e_done
