/* SPDX-License-Identifier: GPL-2.0 */
/*
 * diag_codes.h - the stable name of every remark that libpolicy makes.
 *
 * Why it exists: scripts and search engines need something that survives
 * rewording. A code is never reused; E is an error, W a warning, N a note.
 *
 * Who may include it: libpolicy and its tests.
 */
#ifndef PINHOLE_POLICY_DIAG_CODES_H
#define PINHOLE_POLICY_DIAG_CODES_H

/* The text as such */
#define E_LINE_TOO_LONG	    "E0101"
#define E_UNKNOWN_STATEMENT "E0102"
#define E_UNSUPPORTED	    "E0103" /* PIX/ASA knows it, this version does not */
#define E_MISSING	    "E0104" /* the line ends too early */
#define E_TRAILING	    "E0105" /* something follows a complete statement */
#define E_EXPECTED	    "E0106" /* another word belongs here */
#define E_NUMBER	    "E0107"
#define E_ADDRESS	    "E0108"
#define E_MASK		    "E0109"
#define E_WILDCARD_MASK	    "E0110"
#define E_HOST_BITS	    "E0111"
#define E_NAME		    "E0112"
#define E_TOO_MANY_ERRORS   "E0113"
#define E_TIME		    "E0114"
#define E_NAME_TWICE	    "E0115" /* of two addresses */

/* Interfaces */
#define E_IFACE_DUPLICATE     "E0201"
#define E_IFACE_UNKNOWN	      "E0202"
#define E_OUTSIDE_BLOCK	      "E0203"
#define E_SECURITY_LEVEL      "E0204"
/* E0205 was a named interface that is shut down; it is N1503 now */
#define E_IFACE_ADDRESS	      "E0206"
#define E_IFACE_ADDRESS_TWICE "E0207"
/* W0208 was E0210 as a warning */
/* W0209 was a link speed of PIX 6; it is among N1201 now */
#define E_NO_INTERFACE	      "E0210"
#define E_VLAN		      "E0211"
#define E_VLAN_TWICE	      "E0212"
#define W_NO_INTERFACE	      "W0213" /* E0210, of a text that says something else */

/* Access lists */
#define E_PROTOCOL	     "E0301"
#define E_PORT		     "E0302"
#define E_PORT_RANGE	     "E0303"
#define E_PORT_PROTOCOL	     "E0304" /* ports without tcp or udp */
#define E_ICMP_TYPE	     "E0305"
#define W_MATCHES_NOTHING    "W0306"
#define W_LIST_UNBOUND	     "W0307"
#define W_LIST_EMPTY	     "W0308"
#define W_LINE_REPEATED	     "W0309"
#define W_REAL_DESTINATION   "W0310"
#define W_MAPPED_DESTINATION "W0311"
#define E_FAMILY	     "E0312" /* IPv4 and IPv6 in one line */
#define E_FLAGS_PROTOCOL     "E0313" /* TCP flags without tcp */
#define E_FLAG_TWICE	     "E0314"
#define E_FRAGMENTS	     "E0315" /* of what only first fragments have */
#define W_FLAGS_USELESS	     "W0316"
#define W_FRAGMENTS_USELESS  "W0317"

/* Access groups */
#define E_LIST_UNKNOWN	 "E0401"
#define E_GROUP_TWICE	 "E0402"
#define W_GROUP_REPLACED "W0403"

/* Translations */
#define E_STATIC_SAME_IFACE  "E0501"
#define E_STATIC_OVERLAP     "E0502"
#define E_STATIC_OWN_ADDRESS "E0503"
#define E_STATIC_VERSION     "E0504"
#define W_STATIC_NETMASK     "W0505"
#define W_STATIC_OWN_ADDRESS "W0506"
#define E_STATIC_ADDRESS     "E0507"
#define E_STATIC_DIALECTS    "E0508" /* static and object NAT */
#define E_STATIC_SIZES	     "E0509"
#define E_STATIC_TWICE	     "E0510"
#define E_NAT_NO_ADDRESS     "E1401" /* `interface`, and none in particular */
#define E_NAT_LIST	     "E1402" /* its lines cannot say who is translated */
#define E_NAT_KIND	     "E1403" /* a name of something else */
#define E_NAT_DYNAMIC	     "E1404"
#define E_NAT_SERVICE	     "E1405"
#define E_TOO_MANY_PIECES    "E1406"
#define W_NAT_SHADOWED	     "W1407"
#define W_NAT_WHOLE_ADDRESS  "W1408"
#define E_TOO_MANY_NATS	     "E1409"
#define N_NAT_NO_ADDRESS     "N1410" /* `interface`, whose address is not said */
/* Of this machine's own address, done upstream */
#define E_HOST_NAT_FORM	     "E1411" /* more than an address to an address */
#define E_HOST_NAT_ADDRESS   "E1412" /* not the only interface's */
#define E_HOST_NAT_TWICE     "E1413"
#define W_HOST_NAT_IDLE	     "W1414" /* nothing is announced where it holds */
#define W_HOST_NAT_ADDRESS   "W1415" /* not what DHCP brought */
#define W_HOST_NAT_MEANT     "W1416" /* what DHCP brought is this machine's own */
#define W_NAT_NOBODY	     "W1417" /* `any`, of the only interface */

/* Fixups */
#define E_FIXUP_PROTOCOL  "E0601"
#define E_OPTION_TWICE	  "E0602"
#define E_DATA_PORTS	  "E0603"
#define E_TLS_DENIED	  "E0604" /* data-ports beside tls deny */
#define W_FIXUP_REPLACED  "W0605"
#define W_DATA_PORTS_OPEN "W0606" /* an access list opens them to everybody */

/* Regular expressions, class-maps, policy-maps, service-policy */
#define E_REGEX		  "E1001"
#define E_REGEX_TWICE	  "E1002"
#define E_INSPECT_UNKNOWN "E1003" /* a name that nothing has */
#define E_INSPECT_KIND	  "E1004" /* a name of something else */
#define E_INSPECT_EMPTY	  "E1005"
#define E_COMMAND	  "E1006"
#define E_NEVER		  "E1007" /* it can never match */
#define E_SERVICE_TWICE	  "E1008"
#define E_INSPECTED_TWICE "E1009"
#define E_CLAUSE_ACTION	  "E1010"
#define E_TRAFFIC	  "E1011"
/* W1012 was N1017 as a warning */
#define W_REGEX_ALWAYS	  "W1013"
#define E_TOO_MANY_RULES  "E1014"
#define E_TOO_MANY_ATOMS  "E1015"
#define E_TOO_MANY_STATES "E1016"
#define N_MAP_UNUSED	  "N1017"
#define E_INSPECT_LIST	  "E1018" /* a class of more than ports */
#define W_INSPECT_NOTHING "W1019"
#define W_INSPECT_DEFAULT "W1020" /* of all ports the usual one */
#define W_FTP_BY_DEFAULT  "W1021" /* PIX inspects it unless told otherwise */

/* Network objects */
#define E_OBJECT_UNKNOWN "E0901"
#define E_OBJECT_EMPTY	 "E0902"
#define E_OBJECT_TWICE	 "E0903"

/* Timeouts */
#define E_TIMEOUT "E0801"
/* W0802 was a kind of timeout without effect; it is among N1201 now */

/* What is not enforced, and the dialect */
#define N_IGNORED   "N1201" /* statements that decide nothing here */
#define W_UNCOVERED "W1202" /* ignored, and less is covered */
#define E_UNCOVERED "E1202" /* the same, with `strict` */
#define W_UNUSED    "W1203" /* could not be honoured, and is not in use */

#define N_ABBREVIATION "N1204"
#define E_UNDO	       "E1205" /* takes back what the text says */
#define E_NO_POLICY    "E1206" /* not one statement */
#define N_JOINED       "N1207" /* lines that a margin cut */
#define E_DIALECT      "E1208" /* it matters, and the text does not say */

/* Routes, and what else is the kernel's */
#define E_ROUTE	     "E1501"
#define E_MTU	     "E1502"
#define N_IFACE_SHUT "N1503"
#define N_DHCP	     "N1504" /* an address is not known before it is applied */
#define W_NO_HOST    "W1505" /* an interface's address is that of its network */

/* To the machine itself */
#define W_BOX_NOBODY	 "W1601" /* nothing permits ssh to it */
#define W_TELNET_OUTSIDE "W1602"
#define W_LIST_REPLACED	 "W1603" /* a list of an interface that forwards nothing */
#define W_HOST_TLS	 "W1604" /* nobody rewrites what is announced under TLS */
#define W_HOST_NOT_ASKED "W1605" /* of what is forwarded alone */
#define W_HOST_OPEN	 "W1606" /* a line opens ports that have exact holes */

/* Groups */
#define E_GROUP_UNKNOWN "E1301"
#define E_GROUP_KIND	"E1302"
#define E_GROUP_CIRCLE	"E1303"
#define E_GROUP_DEPTH	"E1304"
#define W_GROUP_EMPTY	"W1305"
#define E_OBJECT_KIND	"E1306"
#define E_LIST_KIND	"E1307"

/* Limits of the compiled form (abi.h) */
#define E_TOO_MANY_IFACES "E0701"
/* E0702 was too many records of access lists */
#define E_TOO_MANY_LINES  "E0703"
#define E_LIST_TOO_LARGE  "E0704"
#define E_SET_TOO_LARGE	  "E0705"

/* What is found by asking what lines mean (loader/analysis) */
#define W_UNREACHABLE	       "W1701" /* earlier lines do the same */
#define W_UNREACHABLE_OPPOSITE "W1702"
#define W_UNREACHABLE_MIXED    "W1703"
#define N_UNEXAMINED	       "N1704"

#endif /* PINHOLE_POLICY_DIAG_CODES_H */
