/* SPDX-License-Identifier: GPL-2.0 */
/*
 * abi_reasons.h - the part of the ABI that says why packets were dropped and what
 * is counted: the lists from which programs, tools and metrics take their words.
 *
 * Who may include it: abi.h, whose rules hold, and through it everybody.
 */
#ifndef PINHOLE_ABI_REASONS_H
#define PINHOLE_ABI_REASONS_H

/*
 * Why a packet was dropped. X(NAME, "name-on-screen", "what happened and what
 * to do"). The number is an index into the drop_stats map: append only.
 */
#define PH_DROP_REASONS(X)                                                               \
	X(EGRESS_NO_INTERFACE, "egress-not-in-policy",                                   \
	  "the route leads to a device that the policy does not name")                   \
	X(TRUNCATED, "truncated", "a header is cut off by the end of the frame")         \
	X(BAD_IP_HEADER, "bad-ip-header",                                                \
	  "version, header length or total length contradict the frame")                 \
	X(BAD_IP_CHECKSUM, "bad-ip-checksum", "the IPv4 header checksum is wrong")       \
	X(BAD_TCP_HEADER, "bad-tcp-header",                                              \
	  "TCP data offset or flag combination is impossible")                           \
	X(BAD_ADDRESS, "bad-address",                                                    \
	  "source is multicast, broadcast, loopback or zero; or destination is "         \
	  "loopback or zero")                                                            \
	X(LAND, "land-attack", "source and destination are the same")                    \
	X(IP_OPTIONS, "ip-options",                                                      \
	  "an IPv4 header with a source route, or broken options")                       \
	X(IPV6_EXTENSION, "ipv6-extension",                                              \
	  "IPv6 extension headers too many, out of place, or a source route")            \
	X(FRAGMENT_NO_FIRST, "fragment-without-first",                                   \
	  "a later fragment whose first fragment was not let through before it")         \
	X(FRAGMENT_TINY, "fragment-tiny",                                                \
	  "a first fragment that cuts off the transport header")                         \
	X(FRAGMENT_BAD, "fragment-bad",                                                  \
	  "a fragment of impossible length, or reaching beyond 65535 bytes")             \
	X(FRAGMENT_OVERLAP, "fragment-overlap",                                          \
	  "a fragment that overlaps another of its datagram, or too many gaps")          \
	X(VLAN_UNKNOWN, "vlan-unknown",                                                  \
	  "a tagged frame on a device without that VLAN in the policy")                  \
	X(L2_UNSUPPORTED, "ethertype-not-ip", "neither IPv4, IPv6 nor ARP")              \
	X(RPF, "rpf-violated",                                                           \
	  "the route back to the source does not lead where it came from")               \
	X(ACL_DENY, "acl-deny", "a deny line matched")                                   \
	X(ACL_IMPLICIT, "acl-implicit-deny", "no line of the access list matched")       \
	X(SAME_SECURITY, "same-security",                                                \
	  "between interfaces of equal level, or back out of the same one, without "     \
	  "same-security-traffic")                                                       \
	X(SECURITY_LEVEL, "security-level",                                              \
	  "no access list, and the egress security level is not lower")                  \
	X(TCP_NOT_SYN, "tcp-not-syn",                                                    \
	  "a TCP segment without a connection that does not start one")                  \
	X(TCP_HANDSHAKE, "tcp-handshake",                                                \
	  "a segment that does not fit the handshake of its half-open connection")       \
	X(TCP_WINDOW, "tcp-out-of-window",                                               \
	  "sequence or acknowledgement number outside of the connection's windows")      \
	X(ICMP_UNMATCHED, "icmp-error-unmatched",                                        \
	  "an ICMP error about a packet that belongs to no connection here")             \
	X(CONN_WRONG_INTERFACE, "conn-wrong-interface",                                  \
	  "a connection's packet on another interface than the connection's")            \
	X(POLICY_CHANGED, "policy-changed",                                              \
	  "the connection is no longer permitted or translated alike since the last "    \
	  "apply")                                                                       \
	X(CONN_TABLE_FULL, "conn-table-full", "the connection table is full")            \
	X(HALF_OPEN_FULL, "half-open-table-full",                                        \
	  "the half-open table cannot take another entry")                               \
	X(NAT_REVERSE, "nat-reverse-path",                                               \
	  "the real address of a translated host was addressed from where it is "        \
	  "translated")                                                                  \
	X(NAT_EGRESS, "nat-egress-mismatch",                                             \
	  "the route to the real address leads out of another interface than its "       \
	  "static says")                                                                 \
	X(NO_ROUTE, "no-route",                                                          \
	  "the kernel has no usable route: blackhole, unreachable or prohibited")        \
	X(TTL_EXPIRED, "ttl-expired", "time to live ran out here")                       \
	X(MTU_EXCEEDED, "mtu-exceeded", "larger than the egress MTU")                    \
	X(UNJUDGED, "forwarded-unjudged",                                                \
	  "the kernel forwarded a packet from an interface outside the policy to one "   \
	  "inside it")                                                                   \
	X(FTP_TABLE_FULL, "ftp-table-full", "no room for another inspected FTP session") \
	X(FTP_REWRITE, "ftp-rewrite-impossible",                                         \
	  "an address in the FTP control stream could not be rewritten; its hole was "   \
	  "refused with it")                                                             \
	X(FTP_SEGMENT, "ftp-segment",                                                    \
	  "a control segment that would skip or split what inspection must see whole; "  \
	  "the sender repeats it")                                                       \
	X(REWRITE_FAILED, "rewrite-failed", "the kernel refused to change the packet")   \
	X(INTERNAL, "internal",                                                          \
	  "a bound that cannot be reached was reached; please report it")                \
	X(FTP_STRICT, "ftp-strict", "what strict FTP inspection does not bear")          \
	X(FTP_TLS, "ftp-tls",                                                            \
	  "no TLS where the policy or the dialogue demands it, or TLS where the policy " \
	  "denies it")                                                                   \
	X(FTP_MATCH, "ftp-match",                                                        \
	  "a match of the FTP inspection's policy-map, with reset or drop-connection")   \
	X(FTP_ENDED, "ftp-ended", "the connection was ended by FTP inspection")          \
	X(FTP_DATA_LIMIT, "ftp-data-limit",                                              \
	  "more parallel data connections than data-ports permits a session")            \
	X(ACL_BOUND, "acl-bound",                                                        \
	  "an access-list lookup met a bound of its image, which a sound one never "     \
	  "reaches; please report it")                                                   \
	X(EMBRYONIC_LIMIT, "embryonic-limit",                                            \
	  "more unanswered connections to a translated host than its static permits")

/* Why a connection ended. X(NAME, "words", severity is the reader's affair). */
#define PH_CONN_ENDS(X)                                              \
	X(FIN, "TCP FINs")                                           \
	X(RESET, "TCP Reset")                                        \
	X(TIMEOUT, "Connection timeout")                             \
	X(REPLACED, "replaced by a new connection of the same ends") \
	X(POLICY, "no longer permitted by the policy")               \
	X(TABLE_FULL, "no room to watch over it")                    \
	X(INSPECTION, "Flow closed by inspection")                   \
	X(CLEARED, "Cleared by the administrator")

enum ph_conn_end {
	PH_END_NONE = 0,
#define X(NAME, TEXT) PH_END_##NAME,
	PH_CONN_ENDS(X)
#undef X
		PH_N_CONN_ENDS,
};

/*
 * What the stages of the pipeline return. Zero lets the packet go on to the
 * next stage; the few values below PH_DROP_FIRST are verdicts that are not
 * drops; all others are drop reasons. bpf/verdict.h alone turns them into
 * XDP and TC actions.
 */
enum ph_reason {
	PH_NEXT = 0, /* go on with the next stage */
	PH_FORWARD,  /* send to the egress device */
	PH_TO_BOX,   /* leave to the kernel: addressed to this machine */
	PH_PASS_UP,  /* XDP cannot finish this one: TC will, unmodified */
	PH_REPLY,    /* the frame was turned into its own answer (ARP, NDP, ICMP) */
	PH_BY_STACK, /* judged and translated; the kernel routes it, in fragments */
	PH_DROP_FIRST = 8,
	PH_DROP_BASE_ = PH_DROP_FIRST - 1,
#define X(NAME, TEXT, HELP) PH_DROP_##NAME,
	PH_DROP_REASONS(X)
#undef X
		PH_DROP_END,
};

#define PH_N_DROP_REASONS (PH_DROP_END - PH_DROP_FIRST)

/* Things that happen and are counted. X(NAME, "name", "what it counts"). */
#define PH_EVENTS(X)                                                                   \
	X(CONN_CREATED, "connections_created", "connections promoted to established")  \
	X(CONN_CLOSED, "connections_closed", "connections closed by FIN or RST")       \
	X(CONN_EXPIRED, "connections_expired", "connections that idled out")           \
	X(HALF_OPEN_CREATED, "half_open_created", "first packets admitted")            \
	X(CONN_PICKED_UP, "connections_picked_up",                                     \
	  "connections taken up in midstream, as the policy allows")                   \
	X(ICMP_ERROR_MATCHED, "icmp_errors_matched",                                   \
	  "ICMP errors let through to the connection that they are about")             \
	X(ICMP_ERROR_SENT, "icmp_errors_sent",                                         \
	  "time exceeded and packet too big, sent by the firewall itself")             \
	X(ICMP_ERROR_LIMITED, "icmp_errors_rate_limited",                              \
	  "ICMP errors of its own that the firewall did not send, being too many")     \
	X(FRAGMENT_FIRST, "fragment_first", "first fragments let through")             \
	X(FRAGMENT_LATER, "fragment_later", "later fragments let through after them")  \
	X(RECORD_LOST, "records_lost",                                                 \
	  "records that the ring had no room for, or nobody took out in time")         \
	X(FTP_SESSION_OPENED, "ftp_sessions_opened",                                   \
	  "inspected FTP control connections")                                         \
	X(FTP_SESSION_CLOSED, "ftp_sessions_closed",                                   \
	  "inspected FTP control connections ended")                                   \
	X(FTP_SESSION_TLS, "ftp_sessions_tls",                                         \
	  "FTP sessions that went over to TLS and are left alone")                     \
	X(HOLE_OPENED, "holes_opened", "pinholes opened")                              \
	X(HOLE_USED, "holes_used", "pinholes that admitted their data connection")     \
	X(HOLE_EXPIRED, "holes_expired", "pinholes that went unused for five minutes") \
	X(HOLE_REFUSED, "holes_refused_by_peer",                                       \
	  "pinholes closed because the peer refused the command")                      \
	X(HOLE_REPLACED, "holes_replaced",                                             \
	  "pinholes replaced by newer ones of the same session")                       \
	X(HOLE_SESSION_END, "holes_closed_with_session",                               \
	  "unused pinholes closed with their session")                                 \
	X(HOLE_DENY_ADDRESS, "holes_denied_foreign_address",                           \
	  "announcements of a foreign address (406002)")                               \
	X(HOLE_DENY_PORT, "holes_denied_low_port",                                     \
	  "announcements of a port below 1024 (406001)")                               \
	X(HOLE_DENY_MALFORMED, "holes_denied_malformed",                               \
	  "announcements with malformed numbers")                                      \
	X(HOLE_DENY_UNSOLICITED, "holes_denied_unsolicited",                           \
	  "227 or 229 replies nobody asked for")                                       \
	X(HOLE_DENY_FULL, "holes_denied_table_full",                                   \
	  "holes refused because the table is full")                                   \
	X(HOLE_DENY_REWRITE, "holes_denied_no_rewrite",                                \
	  "holes refused because the payload could not be rewritten")                  \
	X(FTP_REWRITTEN, "ftp_payload_rewrites",                                       \
	  "addresses rewritten in control connections")                                \
	X(NAT_TRANSLATED, "nat_translated", "source addresses translated")             \
	X(NAT_UNTRANSLATED, "nat_untranslated", "destination addresses untranslated")  \
	X(ARP_ANSWERED, "arp_answered", "ARP requests answered for mapped addresses")  \
	X(NDP_ANSWERED, "ndp_answered",                                                \
	  "neighbour solicitations answered for mapped addresses")                     \
	X(XDP_PASSED_UP, "xdp_passed_up", "packets that XDP left to TC")               \
	X(FTP_SESSION_VERIFIED, "ftp_sessions_tls_verified",                           \
	  "FTP sessions whose TLS handshake was seen to complete")                     \
	X(FTP_SESSION_CLEARED, "ftp_sessions_tls_cleared",                             \
	  "FTP sessions readable again after CCC")                                     \
	X(FTP_SESSION_RESET, "ftp_sessions_reset", "FTP sessions ended by inspection") \
	X(FTP_MASKED, "ftp_masked", "banners and SYST replies masked")                 \
	X(RANGE_ADMITTED, "data_range_connections",                                    \
	  "data connections that data-ports admitted")                                 \
	X(HOLE_DENY_OTHER, "holes_denied_other",                                       \
	  "announcements refused for another reason, see ftp_findings")                \
	X(ACL_RECORD_LOST, "acl_records_lost",                                         \
	  "decisions of access lists that were too many to be told of")                \
	X(HOST_SESSION_OPENED, "host_sessions_opened",                                 \
	  "FTP control connections of this machine itself")                            \
	X(HOST_HOLE_BOUND, "host_holes_bound",                                         \
	  "pinholes for a listening socket that is certainly one session's")           \
	X(HOST_HOLE_SHARED, "host_holes_shared",                                       \
	  "pinholes for a listening socket that may be one of several sessions'")      \
	X(HOST_LISTEN_UNBOUND, "host_listeners_unbound",                               \
	  "listening sockets of FTP processes that may be one of several sessions'")   \
	X(HOST_CONNECT, "host_data_connects",                                          \
	  "active data connections that this machine opened from a data port")         \
	X(HOST_HOLE_CLOSED, "host_holes_closed",                                       \
	  "unused pinholes closed with their listening socket, or taken by another "   \
	  "session")                                                                   \
	X(BUILT_RECORD_LOST, "built_records_lost",                                     \
	  "new connections that were not told of, as half of the ring was full")       \
	X(DROP_RECORD_LOST, "drop_records_lost",                                       \
	  "dropped packets that were too many to be told of one by one")               \
	X(POLICY_UNDONE, "policies_undone",                                            \
	  "returns to the policy before, at a deadline or by rollback")

enum ph_event {
#define X(NAME, TEXT, HELP) PH_EV_##NAME,
	PH_EVENTS(X)
#undef X
		PH_EV_END,
};

#endif /* PINHOLE_ABI_REASONS_H */
