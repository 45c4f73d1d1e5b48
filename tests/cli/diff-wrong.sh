# A policy that is wrong cannot be compared: trouble, as with diff(1).
fwctl diff base.pix wrong.pix >/dev/null 2>&1
echo "wrong: $?"
fwctl diff base.pix no-such-file.pix
echo "missing: $?"
fwctl diff
echo "nothing: $?"
fwctl diff - -
