#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# shell.sh - a shell in the lab, with the example policy in force.
#
# Why it exists: to try things by hand. `make lab` opens it; leaving the shell
# removes everything. Commands on standard input work too:
#     echo 'client curl ftp://203.0.113.10/pub/' | make lab
#
# LAB_SHELL_MODE chooses the hook: xdp (default) or tc.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/lab/lab.sh
. "$here/lab.sh"

write_commands() {
	cat <<-END
		export HOME=$LAB_DIR/home LAB_DIR=$LAB_DIR LAB_CERT=$LAB_DIR/cert.pem
		client() { nsenter --net=/run/netns/$LAB_OUTSIDE -- "\$@"; }
		server() { nsenter --net=/run/netns/$LAB_INSIDE -- "\$@"; }
		fw() { nsenter --net=/run/netns/$LAB_FW -- "\$@"; }
		fwctl() { fw $LAB_FWCTL "\$@" --pin-dir $LAB_PIN_DIR; }
		apply() { fwctl apply "\$1" --mode $LAB_MODE --map outside=out0 --map inside=in0; }
		lab_help() { cat $LAB_DIR/help; }
		PS1='pinhole lab \\w \\$ '
	END
}

write_help() {
	cat <<-END

		  client $LAB_OUTSIDE_HOST ---- out0 [firewall] in0 ---- server $LAB_REAL
		                                              known as $LAB_MAPPED

		  client COMMAND     run it on the outside host     server COMMAND   on the FTP server
		  fw COMMAND         run it on the firewall         fwctl ...        with the lab's pins
		  apply FILE         put a policy in force          lab_help         these lines again

		  client curl ftp://$LAB_MAPPED/pub/
		  client curl --disable-epsv -o $LAB_DIR/scratch/x ftp://$LAB_MAPPED/pub/big.bin
		  client curl --cacert \$LAB_CERT ftps://$LAB_MAPPED:990/pub/
		  client lftp ftp://$LAB_MAPPED          (upload below incoming/)
		  fwctl show pinholes                   fwctl show counters
		  fw tcpdump -ni out0                   server ss -ltn

		  FTP with optional TLS on port 21, passive $LAB_PLAIN_PORTS, which no list permits;
		  implicit TLS on port 990, passive $LAB_TLS_PORTS. Leave with 'exit'.

	END
}

lab_create --mode "${LAB_SHELL_MODE:-xdp}"
lab_apply "$LAB_SOURCE_DIR/tools/examples/ftp-behind-nat.pix"
lab_ftp_start plain plain 21 "$LAB_PLAIN_PORTS"
lab_ftp_start implicit implicit 990 "$LAB_TLS_PORTS" "$LAB_MAPPED"
write_commands >"$LAB_DIR/commands"
write_help >"$LAB_DIR/help"
cat "$LAB_DIR/help"
if [ -t 0 ]; then
	bash --rcfile "$LAB_DIR/commands" -i || true
else
	BASH_ENV=$LAB_DIR/commands bash
fi
