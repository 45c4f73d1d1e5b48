# The option decides what `any` means, and which addresses lists match.
for dialect in pix asa83 asa9; do
	fwctl print --dialect $dialect any.pix 2>/dev/null | sed -n 1p
	fwctl check --dialect $dialect --json any.pix |
		jq -c '[.summary.access_lists[].family]'
done
