# What a list becomes is not this test's business.
fwctl check --json unreachable.pix | jq 'del(.summary.access_lists, .summary.access_list_bytes)'
