# Errors are counted, and nothing else is said of the policy.
fwctl check wrong.pix
