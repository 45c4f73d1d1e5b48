// SPDX-License-Identifier: GPL-2.0
/*
 * modes.c - blocks of which nothing is enforced, and what belongs to them.
 *
 * Saved configurations indent the lines of a block, but not all of them come this way:
 * they are pasted, mailed and generated. So a line belongs to the block by its word. The
 * words that decide something win unless the text indents them: nothing that could
 * permit or deny is swallowed, and what is taken for a statement by mistake is an error.
 */
#include <stdlib.h>
#include <strings.h>

#include "policy/names.h"
#include "policy/statement.h"

static const char *const aaa_server_words[] = {
	"accounting-mode",
	"accounting-port",
	"acl-netmask-convert",
	"ad-agent-mode",
	"authentication-port",
	"authorize-only",
	"dynamic-authorization",
	"group-search-timeout",
	"interim-accounting-update",
	"kerberos-realm",
	"key",
	"ldap-attribute-map",
	"ldap-base-dn",
	"ldap-group-base-dn",
	"ldap-login-dn",
	"ldap-login-password",
	"ldap-naming-attribute",
	"ldap-over-ssl",
	"ldap-scope",
	"max-failed-attempts",
	"merge-dacl",
	"mschapv2-capable",
	"nt-auth-domain-controller",
	"proxy-auth_map",
	"radius-common-pw",
	"reactivation-mode",
	"retry-interval",
	"sasl-mechanism",
	"sdi-pre-5-slave",
	"sdi-version",
	"server-port",
	"server-type",
	"timeout",
	"validate-kdc",
	NULL,
};

/* group-policy, username, tunnel-group */
static const char *const attributes_words[] = {
	"accounting-server-group",
	"activate",
	"address-pool",
	"address-pools",
	"always-on-vpn",
	"anyconnect",
	"authentication",
	"authentication-attr-from-server",
	"authentication-server-group",
	"authorization-required",
	"authorization-server-group",
	"auto-signon",
	"backup-servers",
	"banner",
	"chain",
	"client-access-rule",
	"client-bypass-protocol",
	"client-firewall",
	"client-types",
	"customization",
	"default-domain",
	"default-group-policy",
	"dhcp-network-scope",
	"dhcp-server",
	"dns-group",
	"dns-server",
	"filter",
	"functions",
	"gateway-fqdn",
	"group-alias",
	"group-lock",
	"group-url",
	"hic-fail-group-policy",
	"homepage",
	"html-content-filter",
	"http-proxy",
	"ikev1",
	"ikev2",
	"intercept-dhcp",
	"ip-comp",
	"ip-phone-bypass",
	"ipsec-udp",
	"ipsec-udp-port",
	"ipv6-address-pools",
	"ipv6-vpn-filter",
	"isakmp",
	"keep-alive-ignore",
	"leap-bypass",
	"memberof",
	"msie-proxy",
	"nac-settings",
	"nat-assigned-to-public-ip",
	"nbns-server",
	"nem",
	"override-account-disable",
	"password-management",
	"password-storage",
	"peer-id-validate",
	"periodic-authentication",
	"pfs",
	"port-forward",
	"pre-fill-username",
	"pre-shared-key",
	"radius-reject-message",
	"re-xauth",
	"scep-forwarding-url",
	"secondary-authentication-server-group",
	"secure-unit-authentication",
	"security-group-tag",
	"service-type",
	"smart-tunnel",
	"smartcard-removal-disconnect",
	"split-dns",
	"split-tunnel-all-dns",
	"split-tunnel-network-list",
	"split-tunnel-policy",
	"ssh",
	"strip-group",
	"strip-realm",
	"svc",
	"trust-point",
	"url-list",
	"user-authentication",
	"user-authentication-idle-timeout",
	"username-from-certificate",
	"vlan",
	"vpn-access-hours",
	"vpn-filter",
	"vpn-framed-ip-address",
	"vpn-framed-ip-netmask",
	"vpn-group-policy",
	"vpn-idle-timeout",
	"vpn-session-timeout",
	"vpn-simultaneous-logins",
	"vpn-tunnel-protocol",
	"webvpn",
	"wins-server",
	"without-csd",
	NULL,
};

static const char *const webvpn_words[] = {
	"accounting-server-group",
	"anyconnect",
	"anyconnect-essentials",
	"apcf",
	"application-type",
	"authentication",
	"authentication-server-group",
	"auto-signon",
	"cache",
	"cache-fs",
	"certificate-group-map",
	"character-encoding",
	"compression",
	"csd",
	"customization",
	"default-group-policy",
	"default-idle-timeout",
	"disable",
	"dtls",
	"enable",
	"error-recovery",
	"file-encoding",
	"hsts",
	"http-proxy",
	"https-proxy",
	"internal-password",
	"java-trustpoint",
	"keepout",
	"login-message",
	"logo",
	"logout-message",
	"max-age",
	"memory-size",
	"mobile-device",
	"nbns-server",
	"onscreen-keyboard",
	"password-prompt",
	"port",
	"port-forward",
	"portal-access-rule",
	"proxy-bypass",
	"rewrite",
	"secondary-color",
	"secondary-text-color",
	"smart-tunnel",
	"sso-server",
	"svc",
	"tcp-keepalive",
	"text-color",
	"title",
	"title-color",
	"tunnel-group-list",
	"tunnel-group-preference",
	"url-list",
	"username-prompt",
	NULL,
};

static const char *const router_words[] = {
	"address-family",
	"aggregate-address",
	"area",
	"auto-cost",
	"auto-summary",
	"bgp",
	"capability",
	"compatible",
	"default-information",
	"default-metric",
	"distance",
	"distribute-list",
	"eigrp",
	"exit-address-family",
	"ignore",
	"log-adj-changes",
	"log-adjacency-changes",
	"max-metric",
	"maximum-paths",
	"metric",
	"neighbor",
	"net",
	"network",
	"nsf",
	"nsf-cisco",
	"offset-list",
	"passive-interface",
	"redistribute",
	"router-id",
	"set-overload-bit",
	"summary-address",
	"synchronization",
	"timers",
	"validate-update-source",
	"version",
	NULL,
};

static const char *const route_map_words[] = {
	"continue", "description", "match", "set", NULL,
};

static const char *const crypto_words[] = {
	"accept-subordinates",
	"authentication",
	"cache-time",
	"certificate",
	"cdp-url",
	"client-types",
	"crl",
	"database",
	"default",
	"email",
	"encryption",
	"enforcenextupdate",
	"enrollment",
	"fqdn",
	"group",
	"hash",
	"id-cert-issuer",
	"id-usage",
	"ignore-ipsec-keyusage",
	"ignore-ssl-keyusage",
	"integrity",
	"ip-address",
	"issuer-name",
	"keypair",
	"keysize",
	"lifetime",
	"match",
	"no-client-types",
	"ocsp",
	"password",
	"policy",
	"prf",
	"protocol",
	"proxy-ldc-issuer",
	"quit",
	"revocation-check",
	"serial-number",
	"set",
	"smtp",
	"subject-name",
	"subject-name-default",
	"url",
	"validation-policy",
	"validation-usage",
	NULL,
};

static const char *const dns_words[] = {
	"domain-name", "expire-entry-timer",
	"name-server", "poll-timer",
	"retries",     "timeout",
	NULL,
};

static const char *const call_home_words[] = {
	"active",
	"alert-group",
	"alert-group-config",
	"contact-email-addr",
	"contact-name",
	"contract-id",
	"customer-id",
	"destination",
	"event-queue-size",
	"http-proxy",
	"mail-server",
	"phone-number",
	"profile",
	"rate-limit",
	"reporting",
	"sender",
	"site",
	"source-interface",
	"street-address",
	"subscribe-to-alert-group",
	NULL,
};

static const char *const sla_words[] = {
	"frequency", "num-packets", "request-data-size", "threshold", "timeout", "tos",
	"type",	     NULL,
};

/* Blocks that few configurations have; their words are known by what they are not. */
static const char *const other_words[] = {
	"absolute",
	"action",
	"address",
	"authentication",
	"clacp",
	"class",
	"config-url",
	"allocate-interface",
	"description",
	"encapsulation",
	"event",
	"feature",
	"health-check",
	"join-failover-group",
	"key",
	"key-string",
	"local-unit",
	"map-name",
	"map-value",
	"network-acl",
	"output",
	"peer",
	"peer-group",
	"periodic",
	"polltime",
	"preempt",
	"primary",
	"priority",
	"proxy",
	"queue-limit",
	"record-entry",
	"replication",
	"secondary",
	"server",
	"source-interface",
	"throughput",
	"timeout",
	"tx-ring-limit",
	"user-message",
	NULL,
};

const struct policy_foreign policy_foreign_aaa_server = {aaa_server_words, false, NULL};
const struct policy_foreign policy_foreign_attributes = {attributes_words, true,
							 &policy_foreign_webvpn};
const struct policy_foreign policy_foreign_webvpn = {webvpn_words, false, NULL};
const struct policy_foreign policy_foreign_router = {router_words, false, NULL};
const struct policy_foreign policy_foreign_route_map = {route_map_words, false, NULL};
const struct policy_foreign policy_foreign_crypto = {crypto_words, false, NULL};
const struct policy_foreign policy_foreign_dns = {dns_words, false, NULL};
const struct policy_foreign policy_foreign_call_home = {call_home_words, false, NULL};
const struct policy_foreign policy_foreign_sla = {sla_words, false, NULL};
const struct policy_foreign policy_foreign_other = {other_words, false, NULL};

/* `username X attributes`, `tunnel-group X ipsec-attributes` */
static bool ends_in_attributes(const struct policy_parser *p)
{
	static const char word[] = "attributes";
	const struct policy_token *last;

	if (p->line.n_tokens < 2)
		return false;
	last = &p->line.tokens[p->line.n_tokens - 1];
	return last->len >= sizeof(word) - 1 &&
	       !strncasecmp(last->text + last->len - (sizeof(word) - 1), word,
			    sizeof(word) - 1);
}

void policy_open_foreign(struct policy_parser *p, const struct policy_foreign *foreign)
{
	if (!foreign || (foreign->behind_attributes && !ends_in_attributes(p)))
		return;
	p->block = POLICY_BLOCK_UNSUPPORTED;
	p->foreign = foreign;
	p->foreign_column = p->line.tokens[0].column;
	p->foreign_left = false;
}

static bool is_member(const struct policy_foreign *foreign,
		      const struct policy_token *token)
{
	for (size_t i = 0; foreign->members[i]; i++)
		if (policy_token_is(token, foreign->members[i]))
			return true;
	return foreign->inner && is_member(foreign->inner, token);
}

/* `timeout 10`, where a statement has the name of what times out */
static bool has_number(const struct policy_token *token)
{
	unsigned long number;

	return policy_token_is(token, "timeout") &&
	       policy_number_from(token[1].text, token[1].len, 1000000000, &number);
}

bool policy_is_foreign_member(const struct policy_parser *p,
			      const struct policy_token *token)
{
	return is_member(p->foreign, token);
}

bool policy_is_foreign_line(const struct policy_parser *p,
			    const struct policy_token *token, bool enforced, bool known)
{
	if (!is_member(p->foreign, token))
		return !known;
	return !enforced || p->line.tokens[0].column > p->foreign_column ||
	       has_number(token);
}
