#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mutate.sh: breaks libpolicy on purpose, one way at a time, in a copy of the tree, and
# sees that the reference finds each fault. Not part of `make check`; run it when what
# it breaks changes. A mutation that no longer applies to the code fails: mend it here.
set -euo pipefail
cd "$(dirname "$0")/../.."

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
cp -r --parents bpf include loader/acl loader/policy loader/util loader/analysis \
	tests/reference "$tree"
cd "$tree"
mkdir objects

flags=(-std=gnu11 -O1 -D_GNU_SOURCE -I. -Iinclude -Iloader)
sources=(loader/acl/*.c loader/policy/*.c loader/util/*.c)
for source in tests/reference/*.c; do
	case $source in *_main.c) ;; *) sources+=("$source") ;; esac
done
sources+=(tests/reference/property_main.c)

compile() { # SOURCE
	gcc "${flags[@]}" -c "$1" -o "objects/${1//\//_}.o"
}

# Return: whether all policies are understood. The output is left in `said`.
understood() {
	gcc objects/*.o -lpcre2-8 -o property &&
		timeout 120 ./property -n 20000 -c 25 tests/reference/policies/*.pix >said 2>&1
}

undetected=0
n=0

mutate() { # FILE WHAT SED-EXPRESSION
	local file=loader/policy/$1 what=$2

	n=$((n + 1))
	cp "$file" original
	sed -i -E "$3" "$file"
	if cmp -s original "$file"; then
		printf 'mutate: %-62s DOES NOT APPLY\n' "$what"
		undetected=$((undetected + 1))
		return
	fi
	if ! compile "$file"; then
		printf 'mutate: %-62s DOES NOT COMPILE\n' "$what"
		undetected=$((undetected + 1))
	elif understood; then
		printf 'mutate: %-62s NOT DETECTED\n' "$what"
		undetected=$((undetected + 1))
	else
		printf 'mutate: %-62s detected: %s\n' "$what" \
			"$(sed -n 's/.* \([0-9]*\) wrong; \([0-9]*\) policies.*/\1 wrong answers, \2 policies/p' said)"
	fi
	cp original "$file"
	compile "$file"
}

for source in "${sources[@]}"; do
	compile "$source"
done
if ! understood; then
	cat said
	echo 'mutate: a policy is not understood without a mutation'
	exit 1
fi

mutate sets.c 'a range ends with its first network' 's/if \(end >= last\)/if (end)/'
mutate sets.c 'a network of a range is one bit too wide' \
	's/\(first \| ~policy_mask_from_len\(len - 1\)\) <= last\)/1)/'
mutate sets.c 'a prefix covers its neighbour' 's/!\(differs \& mask\)/!(differs \& mask << 1)/'
mutate sets.c 'IPv6 of a group begins at its IPv4' 's/known->items \+ known->n_v4, /known->items, /'
mutate sets.c 'a group of one group and more is that group' 's/n_members == 1 \&\& known/known/'
mutate sets.c 'an interface is its network' 's/policy_ip_from_v4\(iface->address\),$/policy_ip_from_v4(iface->address ^ 1),/'
mutate sets_service.c 'lt includes its operand' 's/port_range\(0, ports->low - 1u\)/port_range(0, ports->low)/'
mutate sets_service.c 'gt includes its operand' 's/port_range\(ports->low \+ 1u, UINT16_MAX\)/port_range(ports->low, UINT16_MAX)/'
mutate sets_service.c 'an ICMP type is its first code' 's/first \+ ICMP_CODES - 1\)/first)/'
mutate sets_service.c 'source ports end where destination ports do' \
	's/src_port_high = product->src\.items\[s\]\.dst_port_high/src_port_high = product->dst.items[d].dst_port_high/'
mutate sets_service.c 'tcp-udp is tcp' 's/protos\[1\]\.proto = IPPROTO_UDP/protos[1].proto = IPPROTO_TCP/'
mutate sets_service.c 'the last member of a group is forgotten' \
	's/services->count = kept \+ 1;/services->count = kept + (kept == 0);/'
mutate sets_service.c 'lines with other destination groups share a product' \
	's/rule->dst_ports\.group,/0,/'
mutate sets_service.c 'lines with other ports beside a group share a product' \
	's/\.ports = \{rule->src_ports\.low, rule->src_ports\.high/.ports = {0, 0/'
mutate sets_service.c 'source ports are those of the destination' \
	's/port_set\(sets, \&rule->src_ports, src/port_set(sets, \&rule->dst_ports, src/'
mutate compile_lists.c 'deny is permit' 's/\.permit = rule->permit/.permit = true/'
mutate compile_lists.c 'the destination is the source' \
	's/\&rule->dst, rule->family, \&dst/\&rule->src, rule->family, \&dst/'
mutate compile_nat.c 'a peer is anybody' 's/\.peer = nat->has_destination \? \&nat->dst_real : \&anybody/.peer = \&anybody/'
mutate compile_nat.c 'the peer of a destination is its own' 's/\.peer = \&nat->real,/.peer = \&nat->mapped,/'
mutate compile_nat.c 'an exemption forgets the peer' \
	's/make_line\(own\.items, own\.count, peers\.items, peers\.count,/make_line(own.items, own.count, own.items, own.count,/'
mutate compile_nat.c 'mapped ports are the real ones' 's/policy_port_range\(\&map->ports\.mapped, /policy_port_range(\&map->ports.real, /'
mutate compile_nat.c 'what is inactive is in force' 's/ \&\& !\(nat->flags \& POLICY_NAT_F_INACTIVE\)//'
mutate compile_nat.c 'exemptions hold towards all interfaces' \
	's/if \(i != nat->real_if \&\&$/if (i == i ||/'
mutate compile_nat.c 'a port has the limit of its host' \
	's/map->nat->proto \? NAT_RULE_F_ONE_PORT : 0/0/'
mutate compile_nat.c 'an exemption has no limit' 's/\.embryonic = policy_nat_embryonic\(nat\)/.embryonic = 0/'
mutate compile_nat_plain.c 'a limit is that of all connections' 's/nat->limits\.embryonic;/nat->limits.tcp;/'
mutate compile_nat_lists.c 'one-way rules come first on the way in' \
	's/!is_one_way\(\&c->built\.items\[i\]\)\) \{/is_one_way(\&c->built.items[i])) {/'
mutate nat_map.c 'pieces are one bit too wide' 's/if \(\(\(a \| b\) \& next\) \|\| next > left\)/if ((a | b) \& next)/'
mutate value.c 'domain is 54' 's/\*out = \(uint16_t\)named;/*out = (uint16_t)(named + (named == 53));/'
mutate print_terms.c 'neq is printed as eq' 's/" neq"/" eq"/'

printf 'mutate: %d mutations, %d not detected\n' "$n" "$undetected"
[ "$undetected" -eq 0 ]
