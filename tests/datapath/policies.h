/* SPDX-License-Identifier: GPL-2.0 */
/*
 * policies.h - the addresses of the tests' network and the policies over it.
 *
 * Who may include it: the tests. The network itself is made by network.c.
 */
#ifndef PINHOLE_TESTS_POLICIES_H
#define PINHOLE_TESTS_POLICIES_H

#define OUR_OUTSIDE    "203.0.113.1"
#define OUR_INSIDE     "10.0.0.1"
#define OUR_OUTSIDE6   "2001:db8::1"
#define OUR_INSIDE6    "2001:db8:1::1"
#define CLIENT6	       "2001:db8::50"
#define REMOTE6	       "2001:db8:f::7" /* behind the outside router, ::fe */
#define SERVER6	       "2001:db8:1::10"
#define MAPPED6	       "2001:db8::10"
#define WORKSTATION6   "2001:db8:1::20"
#define CLIENT	       "203.0.113.50" /* on the outside link */
#define REMOTE	       "198.51.100.7" /* behind the outside router, .254 */
#define SERVER	       "10.0.0.10"    /* inside, seen from outside as: */
#define MAPPED	       "203.0.113.10"
#define WORKSTATION    "10.0.0.20"  /* inside, not translated */
#define DMZ_HOST       "192.0.2.10" /* DMZ, not translated */
/* 203.0.113.128/26 stands for 10.0.0.128/26; .130 has no known neighbour. */
#define NET_MAPPED     "203.0.113.129"
#define NET_REAL       "10.0.0.129"
#define NET_MAPPED_OUT "203.0.113.191"
#define NET_REAL_OUT   "10.0.0.191"
#define SILENT_MAPPED  "203.0.113.130"
#define SILENT_REAL    "10.0.0.130"
/* A static that says DMZ for an address that the route finds inside. */
#define ASTRAY_MAPPED  "203.0.113.20"
#define ASTRAY_REAL    "10.0.0.66"
/* A static whose real address is this machine's own. */
#define SELF_MAPPED    "203.0.113.21"

#define INTERFACES              \
	"interface out0\n"      \
	" nameif outside\n"     \
	" security-level 0\n"   \
	"interface in0\n"       \
	" nameif inside\n"      \
	" security-level 100\n" \
	"interface dmz0\n"      \
	" nameif dmz\n"         \
	" security-level 50\n"

#define STATIC_SERVER \
	"static (inside,outside) " MAPPED " " SERVER " netmask 255.255.255.255\n"

/* The lines of `out` by what they are for, in order. */
enum policy_line {
	LINE_FTP = 1,
	LINE_FTPS,
	LINE_DATA_RANGE,
	LINE_NOT_WEB,
	LINE_WEB,
	LINE_DNS,
	LINE_HIGH_SOURCE,
	LINE_LOW_DENIED,
	LINE_ECHO,
	LINE_UNREACHABLE,
	LINE_GRE,
	LINE_UDPLITE,
	LINE_NETWORK,
	LINE_REAL_ADDRESS,
	LINE_ASTRAY,
	LINE_SELF,
	LINE_NETWORK_TCP,
	LINE_DMZ,
	LINE_TIMESTAMP,
	LINE_COUNT,
};

static const char policy_table[] = INTERFACES
	"access-list out permit tcp any host " MAPPED " eq ftp\n"
	"access-list out permit tcp any host " MAPPED " eq 990\n"
	"access-list out permit tcp any host " MAPPED " range 50000 50100\n"
	"access-list out deny tcp any host " MAPPED " neq www\n"
	"access-list out permit tcp any host " MAPPED "\n"
	"access-list out permit udp any host " MAPPED " eq domain\n"
	"access-list out permit udp any gt 60000 host " MAPPED "\n"
	"access-list out deny udp host " CLIENT " any lt 100\n"
	"access-list out permit icmp any host " MAPPED " echo\n"
	"access-list out permit icmp any any unreachable\n"
	"access-list out permit gre any host " MAPPED "\n"
	"access-list out permit 136 any host " MAPPED "\n"
	"access-list out permit ip host " REMOTE " 203.0.113.128 255.255.255.192\n"
	"access-list out permit tcp any host " SERVER "\n"
	"access-list out permit tcp any host " ASTRAY_MAPPED "\n"
	"access-list out permit tcp any host " SELF_MAPPED "\n"
	"access-list out permit tcp any 203.0.113.128 255.255.255.192 eq 80\n"
	"access-list out permit udp any 192.0.2.0 255.255.255.0\n"
	"access-list out permit icmp any any timestamp-request\n"
	"access-group out in interface outside\n" STATIC_SERVER
	"static (inside,outside) 203.0.113.128 10.0.0.128 netmask 255.255.255.192\n"
	"static (dmz,outside) " ASTRAY_MAPPED " " ASTRAY_REAL " netmask 255.255.255.255\n"
	"static (inside,outside) " SELF_MAPPED " " OUR_INSIDE " netmask 255.255.255.255\n"
	"fixup protocol ftp 21\n";

/* The same of both families: one line for each, IPv6 behind IPv4. */
enum dual_line {
	DUAL_TCP = 1,
	DUAL_UDP = 3,
	DUAL_PING = 5,
	DUAL_GRE = 7,
	DUAL_LOW = 9,
};

#define DUAL_LINE(line, v6) ((line) + !!(v6))

#define DUAL_LIST                                                      \
	"access-list out permit tcp any4 host " SERVER " eq 990\n"     \
	"access-list out permit tcp any6 host " SERVER6 " eq 990\n"    \
	"access-list out permit udp any4 host " SERVER " eq domain\n"  \
	"access-list out permit udp any6 host " SERVER6 " eq domain\n" \
	"access-list out permit icmp any4 host " SERVER " echo\n"      \
	"access-list out permit icmp6 any6 host " SERVER6 " echo\n"    \
	"access-list out permit gre any4 host " SERVER "\n"            \
	"access-list out permit gre any6 host " SERVER6 "\n"           \
	"access-list out deny udp any4 any4 lt 100\n"                  \
	"access-list out deny udp any6 any6 lt 100\n"

#define DUAL_STATICS                                \
	"object network server\n"                   \
	" host " SERVER "\n"                        \
	" nat (inside,outside) static " MAPPED "\n" \
	"object network server6\n"                  \
	" host " SERVER6 "\n"                       \
	" nat (inside,outside) static " MAPPED6 "\n"

/* Lists of this dialect name real addresses. */
static const char policy_dual[] __attribute__((unused)) = INTERFACES DUAL_LIST
	"access-group out in interface outside\n" DUAL_STATICS;

/* VLAN interfaces on the trunk; all may go to all. */
static const char policy_vlan[] __attribute__((unused)) = INTERFACES
	"interface trunk0.10\n"
	" vlan 10\n"
	" nameif v10\n"
	" security-level 60\n"
	"interface trunk0.20\n"
	" vlan 20\n"
	" nameif v20\n"
	" security-level 40\n"
	"interface trunk0.30.40\n"
	" vlan 30 second-dot1q 40\n"
	" nameif qinq\n"
	" security-level 20\n"
	"access-list all permit ip any4 any4\n"
	"access-list all permit ip any6 any6\n"
	"access-group all global\n";

#endif /* PINHOLE_TESTS_POLICIES_H */
