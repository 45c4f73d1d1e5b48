# What cannot be asked is said before anything is looked at.
try() {
	fwctl packet-tracer "$@"
	echo "status $?" >&2
}

try
try input
try input outside
try input outside sctp 192.0.2.1 1 192.0.2.2 1
try input outside tcp 192.0.2.1 1 192.0.2.2
try input outside tcp 192.0.2.256 1 192.0.2.2 1
try input outside tcp 192.0.2.1 1 2001:db8::1 1
try input outside tcp 192.0.2.1 1 192.0.2.2 65536
try input outside udp 192.0.2.1 no-such-port 192.0.2.2 1
try input outside icmp 192.0.2.1 echo 192.0.2.2
try input outside icmp 192.0.2.1 256 0 192.0.2.2
try input outside icmp 192.0.2.1 echo x 192.0.2.2
try input outside icmp 192.0.2.1 echo 0 65536 192.0.2.2
try input outside rawip 192.0.2.1 tcp 192.0.2.2
try input outside rawip 192.0.2.1 no-such-protocol 192.0.2.2
try pcap any.pix
try pcap --input outside
try pcap no-such.pcap --input outside
try --no-such-option
