#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# All ports from 1024 to 65535, tried during an FTP session with TLS and after it:
# a third address reaches nothing, the client's own exactly the one that waits for it.

# shellcheck source=tests/e2e/host_single.sh
. "$(dirname "${BASH_SOURCE[0]}")/host_single.sh"

PORTS=$((65535 - 1024 + 1))

# That nothing answered proves something only if all were asked.
probe() { # host client third security
	local denied now

	denied=$(e2e_dropped acl-deny)
	now=$(single_dialogue probe "$@" --between "$(single_fwctl show counters --json) |
		jq '.drops[] | select(.reason == \"acl-deny\") | .packets'")
	must_be_equal "ports that the third address was denied" "$PORTS" "$((now - denied))"
	must_be_equal "in all" "$((3 * PORTS - 1))" "$(($(e2e_dropped acl-deny) - denied))"
	host_is_shut
}

single_start --mode "$E2E_MODE"
host_apply single_policy
single_serve ::
e2e_case "IPv4, explicit TLS: one port of all, for the client's address alone" \
	probe "$LAB_FW_OUTSIDE" "$(single_client 0)" "$LAB_OUTSIDE_THIRD" explicit
if [ "$E2E_MODE" = tc ]; then # as the hooks have been compared, once will do
	e2e_case "IPv6, implicit TLS: one port of all, for the client's address alone" \
		probe "$LAB_FW_OUTSIDE6" "$(single_client 0 6)" "$LAB_OUTSIDE_THIRD6" implicit
fi
e2e_done
