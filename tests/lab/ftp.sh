#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# ftp.sh - real FTP servers for the lab.
#
# Why it exists: whether FTP passes a firewall is decided by what real servers
# say and do. They run from where tools/dev/install-deps unpacked them.
#
# Who may source it: lab.sh only.

# Passive ranges of the lab's servers. The access lists permit the one of the
# TLS servers; nothing but inspection opens a port of the other.
LAB_TLS_PORTS=50000-50100
# shellcheck disable=SC2034 # for the scripts that source this
LAB_PLAIN_PORTS=51000-51100

# Each of the servers is started by
#     lab_SERVER_start NAME plain|tls|implicit PORT [PASSIVE-RANGE [ANNOUNCE]]
# plain:    AUTH TLS is offered, but nothing is required
# tls:      AUTH TLS is required for login and data
# implicit: TLS from the first byte, also of data unless the client says PROT C
# ANNOUNCE is the address that 227 replies carry; the server's own if not given.
# vsftpd, ProFTPD: anonymous. Pure-FTPd: user lab, password lab.
lab_ftp_start() {
	lab_vsftpd_start "$@"
}

lab_vsftpd_start() {
	local name=$1 kind=$2 port=$3 range=${4:-$LAB_TLS_PORTS} announce=${5:-}

	lab_vsftpd_config "$name" "$kind" "$port" "$range" "$announce" \
		>"$LAB_DIR/run/$name.conf"
	lab_ftp_spawn "$name" "$port" vsftpd "$LAB_DIR/run/$name.conf"
}

# lab_ftp_spawn NAME PORT SERVER ARGUMENT...: a server unpacked by
# tools/dev/install-deps, with those libraries that were unpacked beside it.
lab_ftp_spawn() {
	local name=$1 port=$2 root=$BUILD/servers/$3 server_namespace

	lab_find_server
	lab_spawn "$name" "$server_namespace" env LD_LIBRARY_PATH="$(lab_library_path "$root")" \
		"$root/usr/sbin/$3" "${@:4}"
	lab_wait 5 lab_is_listening "$server_namespace" "$port" || {
		lab_say "error: $3 '$name' does not listen on port $port:"
		cat "$LAB_DIR/log/$name.out" >&2
		return 1
	}
}

lab_library_path() { # root of an unpacked package
	find "$1/lib" "$1/usr/lib" -maxdepth 1 -type d -name '*-linux-gnu*' \
		2>/dev/null | paste -sd:
}

# Whom anonymous users become: an account of every Debian whose home exists,
# which vsftpd insists on. No account is created.
lab_ftp_user() {
	local name home

	for name in ftp games daemon bin; do
		home=$(getent passwd "$name" | cut -d: -f6)
		if [ -n "$home" ] && [ -d "$home" ]; then
			echo "$name"
			return 0
		fi
	done
	lab_say "error: none of the accounts ftp, games, daemon, bin has a home"
	return 1
}

lab_vsftpd_listen() { # address
	case $1 in
	::) printf '%s\n' listen=NO listen_ipv6=YES ;; # it does not know how to say so
	*:*) printf '%s\n' listen=NO listen_ipv6=YES "listen_address6=$1" ;;
	*) printf '%s\n' listen=YES listen_ipv6=NO "listen_address=$1" ;;
	esac
}

lab_vsftpd_config() { # name kind port range announce
	cat <<-END
		$(lab_vsftpd_listen "$LAB_SERVER_ADDRESS")
		listen_port=$3
		background=NO
		anonymous_enable=YES
		local_enable=NO
		no_anon_password=YES
		ftp_username=$(lab_ftp_user)
		nopriv_user=nobody
		anon_root=$LAB_DIR/ftp
		secure_chroot_dir=$LAB_DIR/empty
		write_enable=YES
		anon_upload_enable=YES
		anon_mkdir_write_enable=YES
		anon_other_write_enable=YES
		anon_world_readable_only=NO
		anon_umask=022
		connect_from_port_20=YES
		pasv_min_port=${4%-*}
		pasv_max_port=${4#*-}
		seccomp_sandbox=NO
		isolate=NO
		isolate_network=NO
		dual_log_enable=NO
		xferlog_enable=YES
		xferlog_std_format=NO
		log_ftp_protocol=YES
		max_clients=0
		max_per_ip=0
		vsftpd_log_file=$LAB_DIR/log/$1.log
		ssl_enable=YES
		allow_anon_ssl=YES
		rsa_cert_file=$LAB_DIR/both.pem
		rsa_private_key_file=$LAB_DIR/both.pem
		require_ssl_reuse=NO
		ssl_ciphers=HIGH
	END
	if [ -n "$5" ]; then
		echo "pasv_address=$5"
	fi
	case $2 in
	tls) printf '%s\n' force_anon_logins_ssl=YES force_anon_data_ssl=YES ;;
	implicit) printf '%s\n' implicit_ssl=YES force_anon_logins_ssl=YES ;;
	esac
}

lab_proftpd_start() {
	local name=$1 kind=$2 port=$3 range=${4:-$LAB_TLS_PORTS} announce=${5:-}

	lab_proftpd_config "$name" "$kind" "$port" "$range" "$announce" \
		>"$LAB_DIR/run/$name.conf"
	lab_ftp_spawn "$name" "$port" proftpd -n -q -c "$LAB_DIR/run/$name.conf"
}

# RootRevoke: as root it dials from the port below the control port (RFC 959).
lab_proftpd_config() { # name kind port range announce
	local options=NoSessionReuseRequired required=off ipv6=off

	case $2 in
	tls) required=on ;;
	implicit) options+=" UseImplicitSSL" ;;
	esac
	[[ $LAB_SERVER_ADDRESS != *:* ]] || ipv6=on
	cat <<-END
		ModulePath $BUILD/servers/proftpd/usr/lib/proftpd
		LoadModule mod_tls.c
		ServerName lab
		ServerType standalone
		RootRevoke off
		Port $3
		UseIPv6 $ipv6
		DefaultAddress $LAB_SERVER_ADDRESS
		SocketBindTight on
		UseReverseDNS off
		User $(lab_ftp_user)
		Group nogroup
		PassivePorts ${4/-/ }
		${5:+MasqueradeAddress $5}
		MaxInstances none
		AllowOverwrite on
		AllowForeignAddress off
		WtmpLog off
		TransferLog none
		ScoreboardFile $LAB_DIR/run/$1.scores
		PidFile $LAB_DIR/run/$1.own-pid
		SystemLog $LAB_DIR/log/$1.log
		TLSEngine on
		TLSLog $LAB_DIR/log/$1.tls
		TLSECCertificateFile $LAB_DIR/cert.pem
		TLSECCertificateKeyFile $LAB_DIR/key.pem
		TLSOptions $options
		TLSRequired $required
		TLSVerifyClient off
		<Anonymous $LAB_DIR/ftp>
		User $(lab_ftp_user)
		Group nogroup
		UserAlias anonymous $(lab_ftp_user)
		RequireValidShell off
		</Anonymous>
	END
}

# Its anonymous user would need an account named ftp, so it has a virtual one.
# There is no implicit TLS: Debian builds it without.
lab_pureftpd_start() {
	local name=$1 kind=$2 port=$3 range=${4:-$LAB_TLS_PORTS} announce=${5:-}
	local root=$BUILD/servers/pure-ftpd users=$LAB_DIR/run/$1
	local -a options=()

	case $kind in
	plain) options=(-Y 1) ;;
	tls) options=(-Y 3) ;;
	*) lab_say "error: no $kind in this build of Pure-FTPd" && return 1 ;;
	esac
	[ -z "$announce" ] || options+=(-P "$announce")
	case $LAB_SERVER_ADDRESS in
	::) options+=(-S ",$port") ;;
	*:*) options+=(-6 -S "$LAB_SERVER_ADDRESS,$port") ;;
	*) options+=(-4 -S "$LAB_SERVER_ADDRESS,$port") ;;
	esac
	# Not by `pure-pw useradd`: its hash takes seconds at each login.
	printf 'lab:%s:%s:%s::%s/./::::::::::::\n' "$(openssl passwd -6 lab)" \
		"$(id -u "$(lab_ftp_user)")" "$(id -g nobody)" "$LAB_DIR/ftp" \
		>"$users.passwd"
	LD_LIBRARY_PATH=$(lab_library_path "$root") \
		"$root/usr/bin/pure-pw" mkdb "$users.pdb" -f "$users.passwd"
	lab_ftp_spawn "$name" "$port" pure-ftpd -H -A -c 300 -C 300 \
		-p "${range/-/:}" -l "puredb:$users.pdb" -u 1 -g "$users.own-pid" \
		-2 "$LAB_DIR/both.pem" "${options[@]}"
}
