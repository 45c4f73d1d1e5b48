# FTP of the machine itself: where, and what clients know it as.
fwctl check - <<'EOF'
nameif eth0 outside security0
nameif eth1 inside security100
ip address outside 10.0.0.10 255.255.255.0
access-list box permit tcp any any eq ftp
access-group box in interface outside control-plane
static (inside,outside) 203.0.113.10 10.0.0.10 netmask 255.255.255.255
fixup protocol ftp 21
EOF
