# Nothing is written of a policy that is wrong.
fwctl print wrong.pix 2>/dev/null
