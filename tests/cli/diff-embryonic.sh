# Limits on half-open connections, of plain statics and of ordered ones.
statics() {
	cat base.pix
	echo "static (inside,outside) 203.0.113.10 10.0.0.10 netmask 255.255.255.255 0 $1"
	echo "static (inside,dmz) tcp 10.1.0.10 www 10.0.0.10 8080 netmask 255.255.255.255 0 $2"
	echo "static (inside,dmz) 10.0.0.11 10.0.0.11 netmask 255.255.255.255 0 $3"
}
old=$(mktemp)
trap 'rm -f "$old"' EXIT
statics 100 20 30 >"$old"
statics 100 20 30 | fwctl diff "$old" -
echo "same: $?"
statics 100 20 40 | fwctl diff "$old" -
echo "stays: $?"
statics 0 25 30 | fwctl diff "$old" -
