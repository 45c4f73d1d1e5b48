// SPDX-License-Identifier: GPL-2.0
/*
 * tier_refused.c - statements without which something else would be permitted.
 */
#include "policy/statement.h"

#define ROW(words, hint)                                       \
	{                                                      \
		words, policy_tier_refused, IN_TOP, hint, NULL \
	}
#define ROW_IN(words, in, hint)                            \
	{                                                  \
		words, policy_tier_refused, in, hint, NULL \
	}
#define ROW_BLOCK(words, hint, block)                                             \
	{                                                                         \
		words, policy_tier_refused, IN_TOP, hint, &policy_foreign_##block \
	}

#define HINT_LISTS "write an access-list and bind it with access-group"
#define HINT_TRANSPARENT \
	"packets are routed here; give each interface an address of its own"
#define HINT_CONTEXTS \
	"apply the configuration of one context; others take machines of their own"
#define HINT_ESTABLISHED                                                              \
	"permit in an access list what these connections need; replies and FTP data " \
	"need nothing"
#define HINT_TRUSTSEC "write the addresses that the tags stand for"
#define HINT_TUNNELS \
	"packets inside of other packets are not judged; end the tunnel elsewhere"

static const struct policy_statement rows[] = {
	ROW("admin-context", HINT_CONTEXTS),
	ROW("alias", "write a static"),
	ROW("apply", HINT_LISTS),
	ROW_IN("bridge-group", IN_INTERFACE, HINT_TRANSPARENT),
	ROW_BLOCK("context", HINT_CONTEXTS, other),
	{"crypto map", policy_stmt_crypto_map, IN_TOP, NULL, NULL},
	ROW_IN("cts", IN_TOP | IN_INTERFACE, HINT_TRUSTSEC),
	ROW("established", HINT_ESTABLISHED),
	ROW("ethertype", HINT_TRANSPARENT),
	ROW_IN("external-port", IN_INTERFACE, HINT_TUNNELS),
	ROW_IN("external-segment-id", IN_INTERFACE, HINT_TUNNELS),
	ROW("firewall transparent", HINT_TRANSPARENT),
	ROW_IN("internal-port", IN_INTERFACE, HINT_TUNNELS),
	ROW_IN("internal-segment-id", IN_INTERFACE, HINT_TUNNELS),
	ROW_IN("mcast-group", IN_INTERFACE, HINT_TUNNELS),
	ROW("mode multiple", HINT_CONTEXTS),
	ROW_BLOCK("nve", HINT_TUNNELS, other),
	ROW("outbound", HINT_LISTS),
	ROW_IN("proxy", IN_INTERFACE, HINT_TUNNELS),
	ROW_IN("security-group", IN_TOP | IN_INTERFACE, HINT_TRUSTSEC),
	ROW_IN("segment-id", IN_INTERFACE, HINT_TUNNELS),
	{"tunnel", policy_stmt_tunnel, IN_INTERFACE, NULL, NULL},
	ROW_IN("vtep-nve", IN_INTERFACE, HINT_TUNNELS),
};

const struct policy_table policy_table_refused = {rows, sizeof(rows) / sizeof(rows[0])};
