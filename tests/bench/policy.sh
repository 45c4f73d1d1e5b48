#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# policy.sh - one policy for all gateways of the bench, in the words of each.
#
# Why it exists: figures of gateways that do different things cannot be compared.
# gateway.nft says the same to nftables.
#
# Who may source it: lib.sh only.

# bench_policy [FILE]: with the lines of FILE ("access-list outside_in ...") behind
# the bench's own. Time-outs are so long that no flow is forgotten during a run.
bench_policy() {
	local host

	cat <<-END
		ASA Version 9.16(4)
		hostname bench
		interface GigabitEthernet0/0
		 nameif outside
		 security-level 0
		 ip address $LAB_FW_OUTSIDE 255.255.255.0
		 ipv6 address $LAB_FW_OUTSIDE6/64
		interface GigabitEthernet0/1
		 nameif inside
		 security-level 100
		 ip address $LAB_FW_INSIDE 255.255.255.0
		 ipv6 address $LAB_FW_INSIDE6/64
		object network server
		 host $LAB_REAL
		 nat (inside,outside) static $LAB_MAPPED
		object network server6
		 host $LAB_REAL6
		 nat (inside,outside) static $LAB_MAPPED6
		access-list outside_in extended permit tcp any host $LAB_REAL eq ftp
		access-list outside_in extended permit tcp any host $LAB_REAL eq 990
	END
	for host in "$LAB_REAL" "$LAB_INSIDE_OTHER"; do
		cat <<-END
			access-list outside_in extended permit tcp any host $host eq 5003
			access-list outside_in extended permit udp any host $host range 5001 5002
		END
	done
	for host in "$LAB_REAL6" "$LAB_INSIDE_OTHER6"; do
		echo "access-list outside_in extended permit udp any host $host eq 5001"
	done
	[ -z "${1:-}" ] || cat "$1"
	cat <<-END
		access-group outside_in in interface outside
		class-map inspection_default
		 match default-inspection-traffic
		policy-map global_policy
		 class inspection_default
		  inspect ftp
		service-policy global_policy global
		timeout conn 12:00:00 udp 12:00:00
	END
}

# bench_iptables 4|6: for iptables-restore. The list's lines go to chain LIST.
bench_iptables() {
	local real=$LAB_REAL mapped=$LAB_MAPPED other=$LAB_INSIDE_OTHER

	[ "$1" = 4 ] || real=$LAB_REAL6 mapped=$LAB_MAPPED6 other=$LAB_INSIDE_OTHER6
	cat <<-END
		*nat
		-A PREROUTING -i out0 -d $mapped -j DNAT --to-destination $real
		-A POSTROUTING -o out0 -s $real -j SNAT --to-source $mapped
		COMMIT
		*filter
		:FORWARD DROP
		:OUTSIDE -
		:LIST -
		-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
		-A FORWARD -m conntrack --ctstate INVALID -j DROP
		-A FORWARD -i in0 -o out0 -j ACCEPT
		-A FORWARD -i out0 -j OUTSIDE
		-A OUTSIDE -d $real -p tcp -m multiport --dports 21,990 -j ACCEPT
	END
	for host in "$real" "$other"; do
		cat <<-END
			-A OUTSIDE -d $host -p tcp -m tcp --dport 5003 -j ACCEPT
			-A OUTSIDE -d $host -p udp -m multiport --dports 5001,5002 -j ACCEPT
		END
	done
	cat <<-END
		-A OUTSIDE -j LIST
		COMMIT
	END
}
