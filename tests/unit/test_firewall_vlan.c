// SPDX-License-Identifier: GPL-2.0
/*
 * VLAN devices: what rtnetlink says of them, and the way down to the carrier.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Part of libfirewall, which unit tests do not link; the file needs no libbpf. */
/* NOLINTNEXTLINE(bugprone-suspicious-include) */
#include "loader/firewall/vlan.c"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- an answer of the kernel, built by hand ------------------------------------ */

struct answer {
	_Alignas(struct nlmsghdr) unsigned char bytes[512];
	size_t len;
};

static void begin(struct answer *answer, uint16_t type)
{
	memset(answer, 0, sizeof(*answer));
	answer->len = NLMSG_SPACE(sizeof(struct ifinfomsg));
	((struct nlmsghdr *)answer->bytes)->nlmsg_type = type;
}

static size_t add(struct answer *answer, uint16_t type, const void *data, size_t len)
{
	size_t at = answer->len;
	struct rtattr attribute = {.rta_len = (unsigned short)RTA_LENGTH(len),
				   .rta_type = type};

	memcpy(answer->bytes + at, &attribute, sizeof(attribute));
	if (len)
		memcpy(answer->bytes + at + RTA_LENGTH(0), data, len);
	answer->len += RTA_SPACE(len);
	return at;
}

static void end_nest(struct answer *answer, size_t at)
{
	uint16_t len = (uint16_t)(answer->len - at);

	memcpy(answer->bytes + at, &len, sizeof(len));
}

static int parse(struct answer *answer, struct vlan_link *out)
{
	((struct nlmsghdr *)answer->bytes)->nlmsg_len = (uint32_t)answer->len;
	return vlan_parse(answer->bytes, answer->len, out);
}

static void build_vlan(struct answer *answer, const char *kind, uint16_t id,
		       uint32_t below)
{
	const uint32_t flags[2] = {0};
	size_t info;
	size_t data;

	begin(answer, RTM_NEWLINK);
	add(answer, IFLA_IFNAME, "eth0.7", 7);
	add(answer, IFLA_LINK, &below, sizeof(below));
	info = add(answer, IFLA_LINKINFO | NLA_F_NESTED, NULL, 0);
	add(answer, IFLA_INFO_KIND, kind, strlen(kind) + 1);
	data = add(answer, IFLA_INFO_DATA, NULL, 0);
	add(answer, IFLA_VLAN_PROTOCOL, "\x81\x00", 2);
	add(answer, IFLA_VLAN_FLAGS, flags, sizeof(flags));
	add(answer, IFLA_VLAN_ID, &id, sizeof(id));
	end_nest(answer, data);
	end_nest(answer, info);
}

static void a_vlan_device_is_read(void **state)
{
	struct answer answer;
	struct vlan_link link = {0};

	(void)state;
	build_vlan(&answer, "vlan", 4094, 3);
	assert_int_equal(parse(&answer, &link), 0);
	assert_true(link.is_vlan);
	assert_int_equal(link.id, 4094);
	assert_int_equal(link.below, 3);
	assert_false(link.elsewhere);
}

/* A macvlan or a veth has IFLA_LINK too, and data with the same numbers. */
static void other_kinds_are_no_vlans(void **state)
{
	static const char *const kinds[] = {"vxlan", "macvlan", "veth", "vla", "vlanx"};
	struct answer answer;

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct vlan_link link = {0};

		build_vlan(&answer, kinds[i], 7, 3);
		assert_int_equal(parse(&answer, &link), 0);
		assert_false(link.is_vlan);
		assert_int_equal(link.id, 0);
	}
}

static void a_parent_in_another_namespace_is_seen(void **state)
{
	const uint32_t id = 0;
	struct answer answer;
	struct vlan_link link = {0};

	(void)state;
	build_vlan(&answer, "vlan", 7, 3);
	add(&answer, IFLA_LINK_NETNSID, &id, sizeof(id));
	assert_int_equal(parse(&answer, &link), 0);
	assert_true(link.elsewhere);
}

static void the_kernels_refusal_is_passed_on(void **state)
{
	struct answer answer;
	struct vlan_link link = {.id = 99};
	struct nlmsgerr error = {.error = -ENODEV};

	(void)state;
	begin(&answer, NLMSG_ERROR);
	memcpy(NLMSG_DATA(answer.bytes), &error, sizeof(error));
	answer.len = NLMSG_LENGTH(sizeof(error));
	assert_int_equal(parse(&answer, &link), -ENODEV);
	assert_int_equal(link.id, 99);
}

/* Cut anywhere, with lengths that lie: an error or less, never a byte too far. */
static void broken_answers_are_survived(void **state)
{
	struct answer answer;
	struct vlan_link link;

	(void)state;
	build_vlan(&answer, "vlan", 7, 3);
	for (size_t len = 0; len < answer.len; len++) {
		unsigned char *copy = malloc(len + 1);

		memcpy(copy, answer.bytes, len);
		if (len >= sizeof(struct nlmsghdr)) {
			((struct nlmsghdr *)copy)->nlmsg_len = (uint32_t)len;
			vlan_parse(copy, len, &link);
			((struct nlmsghdr *)copy)->nlmsg_len = (uint32_t)len + 4;
		}
		assert_int_equal(vlan_parse(copy, len, &link), -EBADMSG);
		free(copy);
	}
	for (size_t at = NLMSG_SPACE(sizeof(struct ifinfomsg)); at < answer.len; at++) {
		struct answer copy = answer;

		copy.bytes[at] ^= 0xff;
		parse(&copy, &link);
	}
}

/* ---- the way down ------------------------------------------------------------------ */

/* 10: eth0.20.5 on 9: eth0.20 on 2: eth0. 11 is no VLAN device. */
static int ask(uint32_t ifindex, struct vlan_link *out, void *arg)
{
	(void)arg;
	switch (ifindex) {
	case 10:
		*out = (struct vlan_link){.is_vlan = true, .id = 5, .below = 9};
		return 0;
	case 9:
		*out = (struct vlan_link){.is_vlan = true, .id = 20, .below = 2};
		return 0;
	case 8:
		*out = (struct vlan_link){
			.is_vlan = true, .id = 20, .below = 2, .elsewhere = true};
		return 0;
	case 2:
	case 11:
		*out = (struct vlan_link){.below = 2};
		return 0;
	default:
		return -ENODEV;
	}
}

static struct vlan_stack resolve(uint32_t ifindex, uint16_t vlan, uint16_t inner)
{
	struct vlan_stack stack;

	assert_int_equal(vlan_resolve(ifindex, vlan, inner, ask, NULL, &stack), 0);
	return stack;
}

static void the_carrier_is_below_all_tags(void **state)
{
	(void)state;
	assert_int_equal(resolve(9, 20, 0).verdict, VLAN_MATCHES);
	assert_int_equal(resolve(9, 20, 0).ifindex, 2);
	assert_int_equal(resolve(10, 20, 5).verdict, VLAN_MATCHES);
	assert_int_equal(resolve(10, 20, 5).ifindex, 2);
	/* One tag of the upper of two devices: its carrier is the lower. */
	assert_int_equal(resolve(10, 5, 0).ifindex, 9);
}

static void what_does_not_match_is_named(void **state)
{
	struct vlan_stack stack;

	(void)state;
	stack = resolve(9, 21, 0);
	assert_int_equal(stack.verdict, VLAN_OTHER_ID);
	assert_int_equal(stack.id, 20);
	assert_int_equal(stack.wanted, 21);
	stack = resolve(10, 5, 20); /* the tags the wrong way round */
	assert_int_equal(stack.verdict, VLAN_OTHER_ID);
	assert_int_equal(stack.ifindex, 10);
	stack = resolve(9, 30, 20); /* the outer tag is missing */
	assert_int_equal(stack.verdict, VLAN_NOT_VLAN);
	assert_int_equal(stack.ifindex, 2);
	assert_int_equal(resolve(11, 20, 0).verdict, VLAN_NOT_VLAN);
	assert_int_equal(resolve(8, 20, 0).verdict, VLAN_ELSEWHERE);
}

static void a_device_that_is_gone_is_an_error(void **state)
{
	struct vlan_stack stack;

	(void)state;
	assert_int_equal(vlan_resolve(77, 20, 0, ask, NULL, &stack), -ENODEV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vlan_device_is_read),
		cmocka_unit_test(other_kinds_are_no_vlans),
		cmocka_unit_test(a_parent_in_another_namespace_is_seen),
		cmocka_unit_test(the_kernels_refusal_is_passed_on),
		cmocka_unit_test(broken_answers_are_survived),
		cmocka_unit_test(the_carrier_is_below_all_tags),
		cmocka_unit_test(what_does_not_match_is_named),
		cmocka_unit_test(a_device_that_is_gone_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
