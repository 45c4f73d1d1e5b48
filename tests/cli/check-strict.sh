# What covers less is a warning, and with --strict an error.
fwctl check uncovered.pix >/dev/null 2>&1
echo "without --strict: $?"
fwctl check --strict uncovered.pix >/dev/null 2>&1
echo "with --strict: $?"
