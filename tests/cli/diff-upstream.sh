# The address that clients know is another one.
policy()
{
	cat <<-EOF
		nameif eth0 outside security0
		ip address outside 10.0.0.10 255.255.255.0
		access-list box permit tcp any any eq ftp
		access-group box in interface outside control-plane
		fixup protocol ftp 21
		$1
	EOF
}
old=$(mktemp) new=$(mktemp)
trap 'rm -f "$old" "$new"' EXIT
policy 'static (inside,outside) 203.0.113.10 10.0.0.10' >"$old"
policy 'static (inside,outside) 203.0.113.11 10.0.0.10' >"$new"
fwctl diff "$old" "$new" | sed "s|$old|old|; s|$new|new|"
fwctl diff "$old" "$old" | sed "s|$old|old|"
policy '' | fwctl diff "$old" - | sed "s|$old|old|"
