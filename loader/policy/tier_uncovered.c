// SPDX-License-Identifier: GPL-2.0
/*
 * tier_uncovered.c - statements that are ignored, though less is covered without them.
 *
 * Nothing is permitted that they would have refused for what it is: but something is not
 * inspected, not limited, or not offered that was. A warning for each kind.
 */
#include "policy/statement.h"

#define ROW(words, lost)                                         \
	{                                                        \
		words, policy_tier_uncovered, IN_TOP, lost, NULL \
	}
#define ROW_IN(words, in, lost)                              \
	{                                                    \
		words, policy_tier_uncovered, in, lost, NULL \
	}
#define ROW_BLOCK(words, lost, block)                                               \
	{                                                                           \
		words, policy_tier_uncovered, IN_TOP, lost, &policy_foreign_##block \
	}

#define DHCP_SERVER "this machine's DHCP server, if it has one, answers instead"
#define DHCP_RELAY  "DHCP requests are not relayed"
#define FAILOVER    "there is no standby unit that takes over"
#define URLS	    "requests are not filtered by URL or content"
#define FRAGMENTS   "fragments are judged as they are here; limits of ASA do not apply"
#define MULTICAST   "multicast is not forwarded"
#define NO_VIRTUAL  "the address does not answer"
#define WCCP	    "requests are not redirected to a cache"
#define RESETS	    "what is denied is dropped, not answered"
#define PROXY	    "users are not asked who they are"

static const struct policy_statement rows[] = {
	ROW("arp-inspection", "ARP is not inspected"),
	ROW("auth-prompt", PROXY),
	ROW_BLOCK("cluster", "this machine is no part of a cluster", other),
	ROW("dhcpd", DHCP_SERVER),
	ROW_IN("dhcprelay", IN_TOP | IN_INTERFACE, DHCP_RELAY),
	ROW("dns-guard", "answers of DNS are not matched with questions one by one"),
	ROW("dynamic-filter", "known bad addresses and names are not blocked"),
	ROW_BLOCK("failover", FAILOVER, other),
	ROW("filter", URLS),
	ROW("floodguard", "logins are not limited"),
	ROW("fragment", FRAGMENTS),
	ROW("ip audit", "packets are not compared with signatures of attacks"),
	ROW_IN("ip wccp", IN_TOP | IN_INTERFACE, WCCP),
	ROW("mac-learn", "addresses of stations are learned by this machine as ever"),
	ROW("mac-list", "stations are not told by their addresses"),
	ROW("monitor-interface", FAILOVER),
	ROW("multicast-routing", MULTICAST),
	ROW_BLOCK("phone-proxy", "calls are not encrypted for phones", other),
	ROW("pim", MULTICAST),
	ROW_IN("policy-route", IN_INTERFACE, "routes are those of this machine"),
	ROW_BLOCK("priority-queue", "packets leave in the order in which they came",
		  other),
	ROW_BLOCK("scansafe", URLS, other),
	ROW("service resetinbound", RESETS),
	ROW("service resetoutbound", RESETS),
	ROW("service resetoutside", RESETS),
	ROW("shun", "the address is not blocked; deny it in an access list"),
	ROW("threat-detection", "rates of denied packets are not watched"),
	ROW("uauth", PROXY),
	ROW("url-block", URLS),
	ROW("url-cache", URLS),
	ROW("url-server", URLS),
	ROW("virtual", NO_VIRTUAL),
	ROW("wccp", WCCP),
	ROW_BLOCK("zone",
		  "interfaces share no zone: replies come back where the "
		  "connection left",
		  other),
	ROW_IN("zone-member", IN_INTERFACE,
	       "interfaces share no zone: replies come back where the connection left"),
};

const struct policy_table policy_table_uncovered = {rows, sizeof(rows) / sizeof(rows[0])};
