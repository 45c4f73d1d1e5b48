#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What the tools say when somebody mistypes, and when there is nothing to show.
#
# One hook: tc

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Expects a status of a command, keeps what was said.
says() { # status command...
	local wanted=$1 status=0

	shift
	"$@" >"$LAB_DIR/scratch/said" 2>&1 || status=$?
	cat "$LAB_DIR/scratch/said"
	must_be_equal "status of $*" "$wanted" "$status"
}

said() { # text
	grep -qF -e "$1" "$LAB_DIR/scratch/said" || fail "not said: $1"
}

unknown_words_get_help() {
	says 2 lab_fwctl show pinhole
	said "did you mean pinholes?"
	says 2 lab_fwctl show acl
	said "interface, access-list, conn, xlate, nat, pinholes, ftp, counters, asp, running-config"
	says 3 lab_fwctl show access-list nope
	said "outside_in"
	says 3 lab_fwctl apply "$LAB_DIR/policy.pix" --map outside=out0 --map outside=in0
	said "leave out --map outside=out0 or --map outside=in0"
	says 2 timeout 5 "$LAB_EXPORTER" --web.listen-address 9955
	said "did you mean :9955?"
	says 2 timeout 5 "$LAB_EXPORTER" --web.listen-address localhost
	says 2 timeout 5 "$LAB_EXPORTER" --nonsense
	says 0 "$LAB_EXPORTER" --help
	said "Exit status: 0"
}

version_is_a_word_too() {
	must_be_equal "version" "$("$LAB_FWCTL" --version)" "$("$LAB_FWCTL" version)"
	says 0 "$LAB_FWCTL" help
	said "  version"
}

nothing_is_said_to_be_none() {
	local what

	for what in pinholes conn; do
		must_be_equal "show $what" none "$(lab_fwctl show "$what" | tail -n 1)"
		lab_fwctl show "$what" --json >"$LAB_DIR/scratch/said"
		must_be_equal "words in JSON" 0 "$(grep -c none "$LAB_DIR/scratch/said" || true)"
	done
	says 0 lab_fwctl show xlate
	said "Flags: s static"
	grep -v "^static" "$LAB_DIR/policy.pix" >"$LAB_DIR/plain.pix"
	lab_apply "$LAB_DIR/plain.pix"
	must_be_equal "show xlate" none "$(lab_fwctl show xlate)"
	lab_apply "$LAB_DIR/policy.pix"
}

warnings_have_a_line_each() {
	local wanted=2 # no such address, and down

	[ "$LAB_MODE" = tc ] || wanted=3 # XDP on veth warns as well
	lab_fw ip link set dev in0 down
	sed 's/^ip address inside .*/ip address inside 192.0.2.1 255.255.255.0/' \
		"$LAB_DIR/policy.pix" >"$LAB_DIR/warned.pix"
	says 0 lab_apply "$LAB_DIR/warned.pix"
	must_be_equal "warnings" "$wanted" "$(grep -c "^  inside: warning: " "$LAB_DIR/scratch/said")"
}

help_is_in_sentences() {
	lab_spawn exporter "$LAB_FW" "$LAB_EXPORTER" --web.listen-address 127.0.0.1:9199 \
		--pin-dir "$LAB_PIN_DIR"
	lab_wait 5 lab_is_listening "$LAB_FW" 9199
	lab_fw curl -sS --max-time 5 http://127.0.0.1:9199/metrics >"$LAB_DIR/scratch/page"
	grep '^# HELP' "$LAB_DIR/scratch/page" >"$LAB_DIR/scratch/help"
	must_be_equal "HELP without capital and full stop" "" \
		"$(grep -vE '^# HELP [a-z_]+ [A-Z0-9].*\.$' "$LAB_DIR/scratch/help")"
}

e2e_start --nat server

e2e_case "a mistyped word is answered with those that exist" unknown_words_get_help
e2e_case "version is a command, too" version_is_a_word_too
e2e_case "where there is nothing to show, show says none" nothing_is_said_to_be_none
e2e_case "every warning of apply has a line of its own" warnings_have_a_line_each
e2e_case "the exporter's HELP texts are sentences" help_is_in_sentences
e2e_done
