# What check and diff write as JSON is as its schema says, whatever the policy.
each() {
	for file in *.pix ../golden/*.pix; do
		"$@" "$file" 2>/dev/null
	done | jq -c .
}
each fwctl check --json | ../schema/validate.py --lines check && echo "check: valid"
each fwctl diff --json base.pix | ../schema/validate.py --lines diff && echo "diff: valid"
[ "$(each fwctl check --json | wc -l)" -gt 150 ] || echo "there were too few"
