# On a terminal only, and not if NO_COLOR is set.
escapes() {
	grep -c "$(printf '\033')" || :
}
echo "in a pipe: $(fwctl check wrong.pix 2>&1 | escapes)"
script -qec "fwctl check wrong.pix" /dev/null | escapes | sed 's/^[1-9][0-9]*$/some/;s/^/on a terminal: /'
echo "with NO_COLOR: $(NO_COLOR=1 script -qec "fwctl check wrong.pix" /dev/null | escapes)"
