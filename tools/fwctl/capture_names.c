// SPDX-License-Identifier: GPL-2.0
/*
 * capture_names.c - what the policy says to the numbers of a captured packet: interfaces,
 * and the lines that decided. See capture.h.
 */
#include <stdlib.h>
#include <string.h>

#include <util/cleanup.h>

#include "capture.h"
#include "log.h"

struct capture_policy {
	struct log_request log;	     /* knows the policy's lines by their identities */
	uint32_t generation;	     /* of what follows; 0: nothing was read yet */
	uint32_t tried;		     /* the generation that it was last looked up for */
	struct acl_line_slot *slots; /* by counter */
	size_t n_slots;
	struct fw_interface *interfaces; /* all that were ever seen, the latest last */
	size_t n_interfaces;
};

static int by_counter(const void *a, const void *b)
{
	const struct acl_line_slot *x = a, *y = b;

	return (x->counter > y->counter) - (x->counter < y->counter);
}

/* A capture outlives interfaces: what was told of one may come after its end. */
static int note_interface(const struct fw_interface *interface, void *arg)
{
	struct capture_policy *policy = arg;
	struct fw_interface *grown;
	size_t i = 0;

	while (i < policy->n_interfaces &&
	       (policy->interfaces[i].ifindex != interface->ifindex ||
		strcmp(policy->interfaces[i].config.name, interface->config.name) != 0))
		i++;
	if (i == policy->n_interfaces) {
		grown = realloc(policy->interfaces, (i + 1) * sizeof(*grown));
		if (!grown)
			return -1;
		policy->interfaces = grown;
		policy->n_interfaces++;
	}
	policy->interfaces[i] = *interface;
	return 0;
}

/* Best effort: without them packets are shown with fewer names. */
static void read_again(struct capture_policy *policy)
{
	free(take(policy->slots));
	policy->n_slots = 0;
	policy->generation = 0;
	if (fw_read_acl_slots(policy->log.fw, &policy->generation, &policy->slots,
			      &policy->n_slots, NULL))
		return;
	qsort(policy->slots, policy->n_slots, sizeof(*policy->slots), by_counter);
	log_policy_batch(&policy->log.policy);
	fw_each_interface(policy->log.fw, note_interface, policy, NULL);
}

struct capture_policy *capture_policy_new(struct fw *fw)
{
	struct capture_policy *policy = calloc(1, sizeof(*policy));

	if (!policy)
		return NULL;
	policy->log.fw = fw;
	read_again(policy);
	return policy;
}

void capture_policy_free(struct capture_policy *policy)
{
	if (!policy)
		return;
	log_policy_free(&policy->log.policy);
	free(policy->slots);
	free(policy->interfaces);
	free(policy);
}

static const struct fw_interface *find_interface(const struct capture_policy *policy,
						 uint32_t ifindex)
{
	for (size_t i = policy->n_interfaces; ifindex && i-- > 0;)
		if (policy->interfaces[i].ifindex == ifindex)
			return &policy->interfaces[i];
	return NULL;
}

static const char *name_of(const struct capture_policy *policy, uint32_t ifindex)
{
	const struct fw_interface *interface = find_interface(policy, ifindex);

	if (interface)
		return interface->config.name;
	return ifindex ? "?" : NULL;
}

const char *capture_policy_device(const struct capture_policy *policy, const char *name)
{
	for (size_t i = policy->n_interfaces; i-- > 0;)
		if (!strcmp(policy->interfaces[i].config.name, name))
			return policy->interfaces[i].config.device;
	return "?";
}

/* Counters are of one generation: of another they may be another line's. */
static struct capture_rule rule_of(struct capture_policy *policy, uint32_t generation,
				   uint32_t counter)
{
	const struct acl_line_slot want = {.counter = counter}, *slot;
	const struct policy_image_line *line;

	if (counter == PH_NO_COUNTER || generation != policy->generation ||
	    !policy->n_slots)
		return (struct capture_rule){0};
	slot = bsearch(&want, policy->slots, policy->n_slots, sizeof(want), by_counter);
	line = slot && slot->line_id ? log_find_line(&policy->log, slot->line_id) : NULL;
	if (!line)
		return (struct capture_rule){0};
	return (struct capture_rule){line->acl, line->number, line->text};
}

void capture_policy_names(struct capture_policy *policy, const struct join_packet *packet,
			  struct capture_names *out)
{
	const struct capture_record *record = &packet->record;
	uint16_t cause = capture_cause(packet);

	if (record->generation != policy->generation &&
	    record->generation != policy->tried) {
		policy->tried = record->generation;
		read_again(policy);
	}
	*out = (struct capture_names){
		.in = name_of(policy, record->ifindex[0]),
		.out = name_of(policy, record->ifindex[1]),
	};
	if (cause) {
		out->reason = fw_drop_name(cause - PH_DROP_FIRST);
		out->help = fw_drop_help(cause - PH_DROP_FIRST);
	}
	out->rule[0] = rule_of(policy, record->generation, record->acl_counter);
	out->rule[1] = rule_of(policy, record->generation, record->acl_counter_out);
}
