# What is no access list.
{
	sed 's/timeout udp.*/timeout conn 2:00:00/; /dmz/d' base.pix
	echo 'static (inside,outside) 203.0.113.10 10.0.0.10 netmask 255.255.255.255'
	echo 'fixup protocol ftp 21 data-ports 50000 50100'
	echo 'same-security-traffic permit inter-interface'
} | fwctl diff base.pix -
