#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# clients.sh - three servers, three clients, and what each of them can do.
#
# Why it exists: the matrices of servers, clients, data connections and TLS are
# long; a test of one should be a loop. All servers run at the same time, one
# for each family and port, so that a lab is made once for each translation.
#
# Who may include it: tests/e2e/t_*.sh, instead of lib.sh.

# shellcheck source=tests/e2e/families.sh
. "$(dirname "${BASH_SOURCE[0]}")/families.sh"

# Control ports. 21 and 990 are where clients look; the others show that a port
# is one because the policy says so.
# shellcheck disable=SC2034 # for the scripts that source this
declare -A CONTROL_PORT=([vsftpd]=21 [proftpd]=2121 [pureftpd]=2122)
# shellcheck disable=SC2034 # for the scripts that source this
declare -A IMPLICIT_PORT=([vsftpd]=990 [proftpd]=9990)
declare -A LOGIN=([vsftpd]=anonymous:lab@ [proftpd]=anonymous:lab@ [pureftpd]=lab:lab)

# Sets at[server], where the server of the moment listens; at[dial], what clients
# dial; at[seen-as], as whom the server knows the client.
clients_use_family() { # 4|6
	e2e_use_family "$1"
	case $LAB_NAT in
	none) at+=([server]=${at[real]} [dial]=${at[real]} [seen-as]=${at[outside]}) ;;
	server) at+=([server]=${at[real]} [dial]=${at[mapped]} [seen-as]=${at[outside]}) ;;
	client) at+=([server]=${at[outside]} [dial]=${at[outside]} [seen-as]=${at[mapped]}) ;;
	host) at+=([server]=${at[fw-outside]} [dial]=${at[fw-outside]} [seen-as]=${at[outside]}) ;;
	host-client)
		at+=([server]=${at[outside]} [dial]=${at[outside]} [seen-as]=${at[fw-outside]})
		;;
	esac
}

clients_url() { # scheme port
	if [ "$FAMILY" = 4 ]; then
		echo "$1://${at[dial]}:$2"
	else
		echo "$1://[${at[dial]}]:$2"
	fi
}

# A server on an address of the family of the moment, known as NAME with the
# family's number behind it.
clients_serve() { # server name kind port range [announce]
	LAB_SERVER_ADDRESS=${at[server]} "lab_$1_start" "$2$FAMILY" "${@:3}"
}

# ---- policies ------------------------------------------------------------

# Both families in one policy, with nothing permitted from either side but TCP
# to the ports given.
clients_policy() { # port...
	local family port

	echo "ASA Version 9.16(4)"
	printf '%s\n' "interface ethernet0" " nameif outside" " security-level 0" \
		" ip address $LAB_FW_OUTSIDE 255.255.255.0" \
		" ipv6 address $LAB_FW_OUTSIDE6/64" \
		"interface ethernet1" " nameif inside" " security-level 100" \
		" ip address $LAB_FW_INSIDE 255.255.255.0" \
		" ipv6 address $LAB_FW_INSIDE6/64"
	if [ "$LAB_NAT" != none ]; then
		printf '%s\n' "object network host4" " host $LAB_REAL" \
			" nat (inside,outside) static $LAB_MAPPED" \
			"object network host6" " host $LAB_REAL6" \
			" nat (inside,outside) static $LAB_MAPPED6"
	fi
	for port in "$@"; do
		for family in any4 any6; do
			echo "access-list outside_in permit tcp $family $family eq $port"
			echo "access-list inside_in permit tcp $family $family eq $port"
		done
	done
	echo "access-group outside_in in interface outside"
	echo "access-group inside_in in interface inside"
}

# ---- clients -------------------------------------------------------------
#
# client_NAME METHOD TLS SERVER PORT FILE: one session that fetches FILE and
# sends it back; METHOD is one of pasv, epsv, port, eprt and TLS one of none,
# explicit, implicit, ccc. Its log is left in client.log. What cannot be asked of
# which client and server, and why, is listed in README.md.

client_log() {
	echo "${CLIENT_LOG:-$LAB_DIR/scratch/client.log}" # one each, where several run
}

client_curl() {
	local url mode=passive
	local -a curl_args secure=() upload=()

	e2e_curl_args "$1"
	# The address that the server sees, which under TLS nobody can put there later.
	if [ "$2" != none ] && [[ $1 = port || $1 = eprt ]]; then
		curl_args[1]=${at[seen-as]}
	fi
	url=$(clients_url ftp "$4")
	case $2 in
	implicit) url=$(clients_url ftps "$4") ;;
	ccc)
		# Pure-FTPd waits until the client has ended TLS.
		[ "$3" != pureftpd ] || mode=active
		secure=(--ftp-ssl-ccc --ftp-ssl-ccc-mode "$mode")
		;;
	esac
	if [ "$2" != none ]; then
		secure+=(--cacert "$LAB_DIR/cert.pem")
		# This curl hangs where the server opens a data connection with TLS.
		if [[ $1 = port || $1 = eprt ]]; then
			secure+=(--ftp-ssl-control)
		else
			secure+=(--ssl-reqd)
		fi
	fi
	[ "$2" = none ] || [ "$3" != vsftpd ] || upload=("${E2E_TLS_UPLOAD[@]}")
	secure+=(--user "${LOGIN[$3]}" -g)
	e2e_curl "${curl_args[@]}" "${secure[@]}" "${upload[@]}" \
		-o "$LAB_DIR/scratch/got" "$url/pub/$5" \
		--next "${curl_args[@]}" "${secure[@]}" "${upload[@]}" --connect-timeout 4 \
		--max-time 25 -T "$LAB_DIR/ftp/pub/$5" "$url/incoming/$5" \
		>"$(client_log)" 2>&1
}

client_lftp() {
	local url settings passive=yes epsv=no E2E_LFTP_SECONDS=25

	[[ $1 != eprt && $1 != port ]] || passive=no
	[ "$1" != epsv ] || epsv=yes
	# Not TLS 1.3, for what lib.sh says of curl.
	settings="set ssl:priority NORMAL:-VERS-TLS1.3; set ftp:passive-mode $passive; set ftp:prefer-epsv $epsv
		set ftp:use-mdtm no; set ftp:ssl-allow-anonymous yes; debug -o $(client_log) 9"
	url=$(clients_url ftp "$4")
	case $2 in
	explicit) settings+="; set ftp:ssl-allow yes; set ftp:ssl-force yes" ;;
	implicit)
		settings+="; set ftp:ssl-allow yes; set ftp:ssl-force yes"
		url=$(clients_url ftps "$4")
		;;
	ccc)
		settings+="; set ftp:ssl-allow yes; set ftp:ssl-force yes
			set ftp:ssl-use-ccc yes"
		# It reads the server's end of TLS, if that comes early, as the end of
		# the connection, and logs in again.
		settings+="; set net:max-retries 60; set net:reconnect-interval-base 0"
		E2E_LFTP_SECONDS=90
		;;
	esac
	if [ "$2" != none ] && [ "$1" = port ]; then
		settings+="; set ftp:port-ipv4 ${at[seen-as]}"
	fi
	e2e_lftp "-u ${LOGIN[$3]/:/,} $url" "$settings" "
		get pub/$5 -o $LAB_DIR/scratch/got
		put -O incoming $LAB_DIR/ftp/pub/$5" >"$LAB_DIR/scratch/lftp.out" 2>&1 || {
		cat "$LAB_DIR/scratch/lftp.out"
		return 1
	}
}

client_tnftp() {
	local mode=-p epsv="epsv4 on"

	[[ $1 != eprt && $1 != port ]] || mode=-A
	[[ $1 = epsv || $1 = eprt ]] || epsv="epsv4 off"
	[ "$FAMILY" = 4 ] || epsv=""
	lab_client timeout 25 tnftp -nidv "$mode" >"$(client_log)" 2>&1 <<-END
		open ${at[dial]} $4
		user ${LOGIN[$3]/:/ }
		$epsv
		binary
		get pub/$5 $LAB_DIR/scratch/got
		put $LAB_DIR/ftp/pub/$5 incoming/$5
		bye
	END
}

# The log must show METHOD and no other: clients fall back silently.
client_used() { # method
	local used

	used=$(tr -d '\r' <"$(client_log)" |
		sed -nE 's/^(> |---> |--> )?(PASV|EPSV|PORT|EPRT)( .*)?$/\L\2/p' |
		sort -u | paste -sd' ')
	must_be_equal "data connection by" "$1" "$used"
}

# That TLS began on the control connection, and where it ended: clients carry on
# where a server refuses CCC.
client_was_secure() { # tls
	local log

	log=$(tr -d '\r' <"$(client_log)")
	case $1 in
	explicit | ccc) grep -qE '^(< |<--- )234 ' <<<"$log" ;;
	esac || fail "no 234 reply"
	[ "$1" != ccc ] || grep -qEi '^(< |<--- )200 .*(clearing|unencrypted)' <<<"$log" ||
		fail "no reply to CCC"
}

client_is_intact() { # path file
	cmp "$1" "$LAB_DIR/ftp/pub/$2" || {
		tail -n 60 "$(client_log)"
		fail "what arrived is not what was sent"
	}
}

# Whatever went there and back is what it was, to the last byte. Not to be called
# where set -e does not hold: must_fail takes client_NAME itself.
client_carries() { # client method tls server port file
	rm -f "$LAB_DIR/scratch/got" "$LAB_DIR/ftp/incoming/$6" "$(client_log)"
	"client_$1" "${@:2}" || {
		# What the case shows of it is short: what says nothing goes first.
		grep -Ev ' bytes data\]|TLSv1|^(<|<---) +[A-Z 0-9;.]+$' "$(client_log)" | tail -n 28
		fail "$1 by $2"
	}
	client_is_intact "$LAB_DIR/scratch/got" "$6"
	client_is_intact "$LAB_DIR/ftp/incoming/$6" "$6"
	client_used "$2"
	client_was_secure "$3"
}
