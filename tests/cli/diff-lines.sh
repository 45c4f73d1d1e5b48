# Each with a packet, and the lines that decide about it.
sed 's/eq 443/eq 8443/; s/permit tcp any host 203.0.113.10 eq 80/deny tcp 192.0.2.0 255.255.255.0 any/' base.pix |
	fwctl diff base.pix -
