/* SPDX-License-Identifier: GPL-2.0 */
/*
 * statements.h - the functions that parse statements.
 *
 * Why it exists: the tables of statements name them, and the files of all themes have
 * some of them: one list tells both that they are the same.
 *
 * Who may include it: parser.h, for libpolicy's parsing files.
 *
 * Errors: as parser.h says.
 */
#ifndef PINHOLE_POLICY_STATEMENTS_H
#define PINHOLE_POLICY_STATEMENTS_H

struct policy_parser;

typedef int policy_stmt_fn(struct policy_parser *p);

/* The statement's keyword has been consumed. */
policy_stmt_fn policy_stmt_interface, policy_stmt_nameif, policy_stmt_security_level,
	policy_stmt_ip, policy_stmt_ipv6, policy_stmt_shutdown, policy_stmt_no_shutdown,
	policy_stmt_vlan, policy_stmt_no_in_block, policy_stmt_access_list,
	policy_stmt_access_group, policy_stmt_static, policy_stmt_global,
	policy_stmt_conduit, policy_stmt_nat_control, policy_stmt_xlate,
	policy_stmt_fixup, policy_stmt_no_fixup, policy_stmt_version,
	policy_stmt_same_security, policy_stmt_sysopt, policy_stmt_timeout,
	policy_stmt_object, policy_stmt_host, policy_stmt_subnet, policy_stmt_no_value,
	policy_stmt_nat, policy_stmt_regex, policy_stmt_class_map, policy_stmt_policy_map,
	policy_stmt_service_policy, policy_stmt_match, policy_stmt_class,
	policy_stmt_parameters, policy_stmt_parameter, policy_stmt_no_parameter,
	policy_stmt_reset, policy_stmt_drop_connection, policy_stmt_log,
	policy_stmt_inspect, policy_stmt_no_inspect, policy_stmt_treatment,
	policy_stmt_no_treatment, policy_stmt_inspect_description, policy_stmt_ftp_map,
	policy_stmt_deny_command, policy_stmt_foreign_map, policy_stmt_logging,
	policy_stmt_no_logging, policy_stmt_name, policy_stmt_names, policy_stmt_clear,
	policy_stmt_exit, policy_stmt_aaa, policy_stmt_crypto_map, policy_stmt_tunnel,
	policy_stmt_route, policy_stmt_route6, policy_stmt_mtu, policy_stmt_ssh,
	policy_stmt_telnet, policy_stmt_http, policy_stmt_no_service, policy_stmt_icmp,
	policy_stmt_icmp6, policy_stmt_control_plane, policy_stmt_management_only,
	policy_stmt_no_sysopt;

/* Objects and groups (object.c, object_group.c, object_member.c). */
policy_stmt_fn policy_stmt_range, policy_stmt_fqdn, policy_stmt_service,
	policy_stmt_object_group, policy_stmt_network_object, policy_stmt_port_object,
	policy_stmt_service_object, policy_stmt_protocol_object, policy_stmt_icmp_object,
	policy_stmt_group_object, policy_stmt_identity_member, policy_stmt_description,
	policy_stmt_no_description;

#endif /* PINHOLE_POLICY_STATEMENTS_H */
