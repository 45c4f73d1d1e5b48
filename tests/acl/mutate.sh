#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mutate.sh: breaks the compiler of access lists on purpose, one way at a time, in a
# copy of the tree, and sees that test_acl_proof fails for each. Not part of `make
# check`; run it when the compiler or the proof changes. A mutation that no longer
# applies to the code fails: mend it here.
set -euo pipefail
cd "$(dirname "$0")/../.."

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
cp -r --parents bpf include loader/acl loader/util tests/acl tests/unit/test_acl_proof.c "$tree"
cd "$tree"
mkdir objects

flags=(-std=gnu11 -O1 -D_GNU_SOURCE -I. -Iinclude -Iloader)
sources=(loader/acl/*.c loader/util/*.c tests/unit/test_acl_proof.c)
for source in tests/acl/*.c; do
	case $source in *_main.c | *.bpf.c | */kernel.c) ;; *) sources+=("$source") ;; esac
done

compile() { # SOURCE
	gcc "${flags[@]}" -c "$1" -o "objects/${1//\//_}.o"
}

# Return: whether the proof holds. Its output is left in `said`.
proves() {
	gcc objects/*.o -lcmocka -o proof && timeout 120 ./proof >said 2>&1
}

undetected=0
n=0

# The one file that the expression changes; it is changed. Empty: none or several.
apply() { # SED-EXPRESSION
	local file changed=()

	for file in loader/acl/*.c; do
		sed -E "$1" "$file" >mutated
		cmp -s mutated "$file" || changed+=("$file")
	done
	[ "${#changed[@]}" -eq 1 ] || return 0
	cp "${changed[0]}" original
	sed -i -E "$1" "${changed[0]}"
	echo "${changed[0]}"
}

mutate() { # WHAT SED-EXPRESSION
	local what=$1 file

	n=$((n + 1))
	file=$(apply "$2")
	if [ -z "$file" ]; then
		printf 'mutate: %-52s DOES NOT APPLY\n' "$what"
		undetected=$((undetected + 1))
		return
	fi
	if ! compile "$file"; then
		printf 'mutate: %-52s DOES NOT COMPILE\n' "$what"
		undetected=$((undetected + 1))
	elif proves; then
		printf 'mutate: %-52s NOT DETECTED\n' "$what"
		undetected=$((undetected + 1))
	else
		printf 'mutate: %-52s detected: %s tests fail, %s wrong answers told, %s unsound\n' \
			"$what" "$(sed -n 's/^ *\([0-9]*\) FAILED TEST.*/\1/p' said)" \
			"$(grep -c ': expected ' said || :)" "$(grep -c 'is unsound' said || :)"
	fi
	cp original "$file"
	compile "$file"
}

for source in "${sources[@]}"; do
	compile "$source"
done
if ! proves; then
	cat said
	echo 'mutate: the proof fails without a mutation'
	exit 1
fi

mutate 'shadowing by what fills a box ignores ports' \
	's/if \(item->low\[f\] > box->low\[f\]/if (f != ACL_DST_PORT \&\& item->low[f] > box->low[f]/; s/\|\| item->high\[f\] < box->high\[f\]\)/|| (f != ACL_DST_PORT \&\& item->high[f] < box->high[f]))/'
mutate 'shadowing one by one ignores ports' \
	's/if \(outer->low\[f\] > acl_max/if (f == ACL_DST_PORT)\ncontinue;\nelse if (outer->low[f] > acl_max/'
mutate 'shadowing one by one ignores the protocol' \
	's/if \(outer->low\[f\] > acl_max/if (f == ACL_PROTO)\ncontinue;\nelse if (outer->low[f] > acl_max/'
mutate 'what names ports shadows where fragments travel' \
	's/\|\| !fragments\)\)/|| 1 || !fragments))/'
mutate 'a condition shadows as none would' \
	's/return !cond \|\|$/return 1 || !cond ||/'
mutate 'conditions are equal if what must be set is' \
	's/if \(cond == later\)/if ((cond \& 63) == (later \& 63))/'
mutate 'a leaf is taken for another of its length' \
	's/if \(trees->last\[i\] != trees->order\[items\[i\]\]\)/if (0)/'
mutate 'a leaf says that its lowest line is a later one' \
	's/ACL_LEAF\(ACL_HEAD_LINE\((.*)\.head\), first, n\)/ACL_LEAF(ACL_HEAD_LINE(\1.head) + 1, first, n)/'
mutate 'a cut leaves out the last child of a range' \
	's/\*last = high \& mask;/*last = (high \& mask) > *first ? (high \& mask) - 1 : *first;/'
mutate 'a trie leaves out a table at the end of a prefix' \
	's/while \(covered--\)/while (--covered)/'
mutate 'a trie forgets the tables of what ends above' \
	's/\.tables = sub->tables \| /.tables = /'
mutate 'tables stand in the order of their highest terms' \
	's/lowest\[at - 1\] > term/lowest[at - 1] < term/'
mutate 'a tag is computed wrongly' \
	's/acl_tag\(hash_of\(hasher, \&key\)\)/acl_tag(hash_of(hasher, \&key)) ^ 1/'
mutate 'a tag where keys differ' \
	's/if \(!err \&\& one_key\)/if (!err)/'
mutate 'a box is narrowed where keys differ' \
	's/if \(one_key\)$/if (1)/'
mutate 'a merged tuple takes the longer length' \
	's/partner->src_len = \(uint8_t\)min_len\(small->src_len, partner->src_len\)/if (partner->src_len < small->src_len) partner->src_len = small->src_len/'
mutate 'rounded lengths are rounded up' \
	's/\.dst_len = term->dst_len >> grouping->round/.dst_len = (term->dst_len + (1u << grouping->round) - 1) >> grouping->round/'
mutate 'flags do not keep later fragments out' \
	's/return service->cond \| ACL_COND_PORTS;/return service->cond;/'
mutate 'halves of different wholes are united' \
	's/return whole\.high == first->high \&\& whole\.low == first->low;/return whole.high == first->high;/'
mutate 'parts of all ports become the whole' \
	's/if \(!service_names_ports\(\&joined\) \&\& service_names_ports\(a\)\)/if (0)/'
mutate 'the first line by classes is said to be a later one' \
	's/= ACL_HEAD_LINE\(classes\.terms\[0\]\.head\);/= ACL_HEAD_LINE(classes.terms[0].head) + 1;/'
mutate 'a guard of a class trie compares a bit less' \
	's/\(ipv4 \? 32 : 128\) - step->guarded;/(ipv4 ? 32 : 128) - step->guarded + (step->guarded > 0);/'
mutate 'of a set by classes the last prefix is forgotten' \
	's/\*n = first\[1\] - first\[0\];/*n = first[1] - first[0] - (first[1] - first[0] > 1);/'

printf 'mutate: %d mutations, %d not detected\n' "$n" "$undetected"
[ "$undetected" -eq 0 ]
