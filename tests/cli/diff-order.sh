# The same lines in another order: what is covered from then on is told.
awk '/deny ip/ { deny = $0; next } /eq 80/ { print deny_line }
	{ print } BEGIN { deny_line = "access-list web deny ip any any" }' base.pix |
	sed '/^$/d' | fwctl diff base.pix -
