// SPDX-License-Identifier: GPL-2.0
/*
 * apply.c - fw_apply: put a policy in force, all or nothing.
 *
 * Why it exists: it states the order of an apply in one place. Read fw_apply()
 * first. Until the flip, every failure goes back to what was; after the flip
 * nothing can fail any more, only leave a warning or something that the next
 * apply or unload clears up. A kill at any instruction is the same as a
 * failure there, with the undoing left to the next apply or unload, which
 * finds every device in host_state.
 *
 * A policy on trial (undo.h) is one that the kernel may undo at any moment: until it
 * is confirmed, nothing is let go that the policy before needs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include <bpf/bpf.h>

#include "acl_maps.h"
#include "applies.h"
#include "apply.h"
#include "calls.h"
#include "generation.h"
#include "host.h"
#include "pins.h"
#include "restore.h"
#include "state.h"
#include "strays.h"
#include "tc.h"
#include "undo.h"
#include "xdp.h"

#define OLDEST_KERNEL_MAJOR 6
#define OLDEST_KERNEL_MINOR 1

#define NS_PER_SEC 1000000000ull

struct apply_job {
	const struct policy_image *image;
	const struct fw_apply_options *options;
	struct fw fw;
	int lock;
	struct fw_programs programs;
	struct fw_programs programs_before;
	struct attach_context context;
	struct attach_set set;
	struct host_job host;
	uint32_t old; /* generation in force; 0: none */
	uint32_t generation;
};

static void job_end(struct apply_job *job)
{
	host_put(&job->host);
	programs_put(&job->programs);
	programs_put(&job->programs_before);
	fw_maps_close(&job->fw);
	fw_close_fd(&job->lock);
}

static int check_kernel(struct fw_error *error)
{
	struct utsname name;
	unsigned int major;
	unsigned int minor;

	if (uname(&name) || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return 0; /* let the kernel itself decide */
	if (major > OLDEST_KERNEL_MAJOR ||
	    (major == OLDEST_KERNEL_MAJOR && minor >= OLDEST_KERNEL_MINOR))
		return 0;
	fw_fail(error, -EOPNOTSUPP, "this kernel is too old: Linux %s", name.release);
	fw_fail_hint(error, "Pinhole needs Linux %d.%d or newer", OLDEST_KERNEL_MAJOR,
		     OLDEST_KERNEL_MINOR);
	return -EOPNOTSUPP;
}

/* One that a device can be attached for. */
static bool has_interface(const struct policy_image *image)
{
	for (size_t i = 0; i < image->n_ifaces; i++)
		if (!image->ifaces[i].shut)
			return true;
	return false;
}

/* Its sessions with this machine itself are to be watched. */
static bool wants_host_mode(const struct attach_set *set)
{
	for (size_t i = 0; i < set->n_plans; i++)
		if (set->plans[i].iface->config.flags & IFACE_F_HOST_FTP)
			return true;
	return false;
}

/* Everything that is wrong regardless of the kernel's state. */
static int check_request(struct apply_job *job, size_t text_len, const char *text,
			 struct fw_error *error)
{
	const struct policy_image *image = job->image;
	int err;

	if (!has_interface(image)) {
		fw_fail(error, -EINVAL, "the policy names no interface that is up");
		fw_fail_hint(error, "name the devices to filter on, with `nameif`");
		return -EINVAL;
	}
	if (image->n_ifaces >= PH_MAX_INTERFACES)
		return fw_fail(error, -E2BIG,
			       "the policy has %zu interfaces; 1 to %d will do",
			       image->n_ifaces, PH_MAX_INTERFACES - 1);
	if (memchr(text, 0, text_len))
		return fw_fail(error, -EINVAL, "the policy text contains a NUL byte");
	err = attach_bind(image, job->options, &job->set, error);
	if (!err)
		job->set.host_mode = !job->options->no_host && wants_host_mode(&job->set);
	return err;
}

/* Open what is pinned, or load and pin it. */
static int open_or_load(struct apply_job *job, struct fw_error *error)
{
	const struct sizes_acl acl = acl_maps_need(job->image);
	int err = pins_prepare(job->fw.pin_dir, error);

	if (!err)
		err = pins_lock(job->fw.pin_dir, &job->lock, error);
	if (!err) /* an unload may have taken the folders before we had the lock */
		err = pins_prepare(job->fw.pin_dir, error);
	if (!err)
		err = programs_get(job->fw.pin_dir, &job->options->sizes, &acl,
				   &job->programs, error);
	if (!err)
		err = fw_maps_open(&job->fw, error);
	return err;
}

static int reopen(struct apply_job *job, struct fw_error *error)
{
	fw_close_fd(&job->lock);
	job->lock = -1;
	return open_or_load(job, error);
}

static void close_maps(struct apply_job *job)
{
	programs_put(&job->programs);
	fw_maps_close(&job->fw);
}

/* Pinned, checked, and not of a network namespace that is no more. */
static int open_ours(struct apply_job *job, struct fw_error *error)
{
	bool gone = false;
	int err = open_or_load(job, error);

	if (!err)
		err = state_check_abi(&job->fw, error);
	if (!err)
		err = state_check_namespace(&job->fw, &gone, error);
	if (err || !gone)
		return err;
	/* Nothing of it is in force. */
	close_maps(job);
	host_remove(job->fw.pin_dir);
	err = pins_clear(job->fw.pin_dir, error);
	return err ? err : reopen(job, error);
}

/*
 * What a first apply that was killed has pinned is sized for its policy, but
 * nothing holds us to that.
 */
static int open_with_room(struct apply_job *job, struct fw_error *error)
{
	int err = open_ours(job, error);

	if (!err)
		err = fw_read_active(&job->fw, &job->old, error);
	if (err) /* of whatever kind: a policy may be in force */
		return err;
	err = acl_maps_fit(&job->fw, job->image, job->old != 0, error);
	if (err != -E2BIG || job->old || job->options->sizes.acl_lines)
		return err;
	close_maps(job);
	err = unload_locked(job->fw.pin_dir, error);
	if (!err)
		err = reopen(job, error);
	return err ? err : acl_maps_fit(&job->fw, job->image, false, error);
}

static int on_trial(const struct apply_job *job, const struct undo *record,
		    struct fw_error *error)
{
	struct timespec now;
	int64_t left_sec;

	clock_gettime(CLOCK_MONOTONIC, &now);
	left_sec = (int64_t)(record->deadline_ns / NS_PER_SEC) - now.tv_sec;
	fw_fail(error, -EBUSY,
		"generation %u is on trial: it is undone in %lld seconds unless it is "
		"confirmed",
		job->old, (long long)(left_sec > 0 ? left_sec : 0));
	fw_fail_where(error, "%s", job->fw.pin_dir);
	fw_fail_hint(error, "fwctl confirm keeps it, fwctl rollback goes back; then "
			    "apply");
	return -EBUSY;
}

/* What is in force is settled: neither on trial, nor what an undo has left. */
static int check_settled(struct apply_job *job, struct fw_error *error)
{
	enum undo_status status = UNDO_IS_NONE;
	struct undo record;
	uint32_t active = 0;
	int err = undo_read(&job->fw, &record, &active, &status, error);

	if (err)
		return err;
	job->old = active;
	if (status == UNDO_IS_ON_TRIAL)
		return on_trial(job, &record, error);
	if (status == UNDO_IS_DONE)
		return restore_tidy_up(&job->context, &record, active, error);
	return 0;
}

/* There must be something to go back to. */
static int check_trial(const struct apply_job *job, struct fw_error *error)
{
	if (!job->options->confirm_sec || job->old)
		return 0;
	fw_fail(error, -EINVAL, "there is no policy to go back to: none is in force yet");
	fw_fail_where(error, "%s", job->fw.pin_dir);
	fw_fail_hint(error, "apply it without --confirm");
	return -EINVAL;
}

static int open_job(struct apply_job *job, struct fw_error *error)
{
	int err = open_with_room(job, error);

	if (err)
		return err;
	programs_get_pinned(job->fw.pin_dir, &job->programs_before);
	job->context = (struct attach_context){
		.fw = &job->fw,
		.programs = &job->programs,
		.programs_before = &job->programs_before,
		.active_id = map_id_of(job->fw.map[FW_MAP_ACTIVE]),
		.trial = job->options->confirm_sec != 0,
	};
	err = check_settled(job, error);
	return err ? err : check_trial(job, error);
}

/* All devices in one error, before any is touched. */
static int check_strays(const struct apply_job *job, struct fw_error *error)
{
	struct strays *strays cleanup_free_ = calloc(1, sizeof(*strays));

	if (!strays)
		return fw_fail(error, -ENOMEM, "cannot look at the devices:");
	for (size_t i = 0; i < job->set.n_devices; i++)
		strays_look_at(job->set.devices[i].facts.ifindex, job->context.active_id,
			       strays);
	return strays_refuse(strays, error);
}

static int attach_all(struct apply_job *job, struct fw_error *error)
{
	for (size_t i = 0; i < job->set.n_devices; i++) {
		int err = attach_device(&job->context, &job->set.devices[i], error);

		if (err)
			return err;
	}
	return 0;
}

static void undo(struct apply_job *job)
{
	for (size_t i = job->set.n_devices; i-- > 0;)
		attach_undo(&job->context, &job->set.devices[i]);
	if (job->set.host_mode)
		host_undo(&job->host, &job->fw);
	generation_trim_tx_devs(&job->fw, job->old);
	calls_sweep(&job->fw);
}

/* The sockets of another cgroup cannot be watched beside those of the old one. */
static int check_cgroup(const struct apply_job *job, struct fw_error *error)
{
	struct fw_host_mode_state state = {0};
	__u32 zero = 0;

	if (!job->context.trial || !job->set.host_mode ||
	    !host_is_attached(job->fw.pin_dir) ||
	    bpf_map_lookup_elem(job->fw.map[FW_MAP_HOST_MODE], &zero, &state) ||
	    !state.cgroup_id || state.cgroup_id == job->host.cgroup.id)
		return 0;
	fw_fail(error, -EBUSY,
		"host mode watches cgroup %.160s, and an undo could not go back to that",
		state.cgroup);
	fw_fail_hint(error, "name it with --cgroup, or apply without --confirm");
	return -EBUSY;
}

/* Everything up to and including the flip. */
static int put_in_force(struct apply_job *job, const char *text, size_t text_len,
			struct fw_error *error)
{
	struct generation_options options = {.keep = job->options->keep_connections};
	int err = state_stamp(&job->fw, !job->old, &options.loaded_ns, error);

	if (err)
		return err;
	job->generation = generation_after(job->old);
	if (job->set.host_mode)
		err = host_load(&job->host, &job->fw, job->options->cgroup, error);
	if (err)
		return err;
	err = check_cgroup(job, error);
	if (err)
		return err;
	generation_quiesce();
	err = undo_forget(&job->fw, error);
	if (!err)
		err = generation_build(&job->fw, job->image, text, text_len, &options,
				       job->old, job->generation, error);
	if (!err)
		err = undo_remember(&job->fw, job->old, error);
	if (!err)
		err = attach_all(job, error);
	if (!err && job->set.host_mode)
		err = host_attach(&job->host, &job->fw, error);
	if (!err)
		err = generation_build_ifaces(&job->fw, &job->set, job->old,
					      job->generation, error);
	if (!err && job->old)
		err = undo_arm(&job->fw, job->generation, job->old,
			       job->options->confirm_sec, error);
	if (!err)
		err = generation_flip(&job->fw, job->generation, error);
	return err;
}

/* The new policy is in force, but for how long? Both must be able to work. */
static void settle_trial(struct apply_job *job)
{
	for (size_t i = 0; i < job->set.n_devices; i++)
		attach_settle(&job->context, &job->set.devices[i]);
	if (job->set.host_mode)
		host_settle(&job->host, &job->fw);
	programs_pin(&job->fw, &job->programs);
	calls_sweep(&job->fw);
}

/* The new policy is in force; make the rest of the host agree with it. */
static void settle(struct apply_job *job)
{
	if (job->context.trial) {
		settle_trial(job);
		return;
	}
	for (size_t i = 0; i < job->set.n_devices; i++)
		attach_settle(&job->context, &job->set.devices[i]);
	attach_release(&job->context, &job->set, NULL);
	if (job->set.host_mode)
		host_settle(&job->host, &job->fw);
	else
		host_remove(job->fw.pin_dir);
	generation_trim_tx_devs(&job->fw, job->generation);
	xdp_sweep(job->fw.pin_dir);
	programs_pin(&job->fw, &job->programs);
	calls_sweep(&job->fw);
}

/* What concerns a device is said of the first interface that uses it. */
static void fill_report(struct apply_job *job, struct fw_apply_report *report)
{
	memset(report, 0, sizeof(*report));
	report->generation = job->generation;
	report->confirm_sec = job->options->confirm_sec;
	report->n_interfaces = job->set.n_plans;
	report->host_wanted = wants_host_mode(&job->set);
	report->host_mode = job->set.host_mode;
	if (report->host_mode)
		memcpy(report->cgroup, job->host.cgroup.path, sizeof(report->cgroup));
	for (size_t i = 0; i < job->set.n_plans; i++) {
		struct attach_plan *plan = &job->set.plans[i];
		struct attach_device *devices[] = {plan->l3, plan->carrier};

		for (size_t j = 0; j < 2; j++) {
			if (devices[j]->iface == plan->iface && devices[j]->warning[0])
				attach_warn(plan->warning, "%s", devices[j]->warning);
			if (plan->l3 == plan->carrier)
				break;
		}
		memcpy(report->interfaces[i].name, plan->iface->name,
		       sizeof(report->interfaces[i].name));
		memcpy(report->interfaces[i].device, plan->l3->name,
		       sizeof(report->interfaces[i].device));
		memcpy(report->interfaces[i].carrier, plan->carrier->name,
		       sizeof(report->interfaces[i].carrier));
		report->interfaces[i].mode = plan->carrier->mode;
		memcpy(report->interfaces[i].why, plan->carrier->why,
		       sizeof(report->interfaces[i].why));
		memcpy(report->interfaces[i].warning, plan->warning,
		       sizeof(plan->warning));
	}
}

static void free_job(struct apply_job **job)
{
	if (*job)
		job_end(*job);
	free(*job);
}

static struct apply_job *new_job(const struct policy_image *image,
				 const struct fw_apply_options *options)
{
	struct apply_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	*job = (struct apply_job){
		.image = image,
		.options = options,
		.lock = -1,
		.programs = FW_PROGRAMS_NONE,
		.programs_before = FW_PROGRAMS_NONE,
		.host = HOST_JOB_NONE,
	};
	memset(job->fw.map, 0xff, sizeof(job->fw.map)); /* all -1 */
	snprintf(job->fw.pin_dir, sizeof(job->fw.pin_dir), "%s",
		 options->pin_dir ? options->pin_dir : FW_DEFAULT_PIN_DIR);
	return job;
}

static int apply(struct apply_job *job, const char *text, size_t text_len,
		 struct fw_error *error)
{
	int err = check_kernel(error);

	if (!err)
		err = check_request(job, text_len, text, error);
	if (!err)
		err = open_job(job, error);
	if (!err)
		err = check_strays(job, error);
	if (!err) {
		err = put_in_force(job, text, text_len, error);
		if (err)
			undo(job);
	}
	/* A first apply that failed leaves nothing behind. */
	if (err && job->lock >= 0 && unload_is_idle(job->fw.pin_dir))
		unload_locked(job->fw.pin_dir, NULL);
	if (!err)
		settle(job);
	return err;
}

int fw_apply(const struct policy_image *image, const char *text, size_t text_len,
	     const struct fw_apply_options *options, struct fw_apply_report *report,
	     struct fw_error *error)
{
	struct apply_job *job cleanup_(free_job) = new_job(image, options);
	struct applies_note note;
	int err;

	if (!job)
		return fw_fail(error, -ENOMEM, "cannot apply the policy:");
	applies_begin(job->fw.pin_dir, &note);
	fw_log_begin();
	err = apply(job, text, text_len, error);
	fw_log_end();
	applies_end(job->fw.pin_dir, &note, !err);
	if (!err && report)
		fill_report(job, report);
	return err;
}

/* ---- trying -------------------------------------------------------------------------
 */

static void choose_modes(struct apply_job *job)
{
	for (size_t i = 0; i < job->set.n_devices; i++) {
		struct attach_device *device = &job->set.devices[i];

		if (device->roles & ATTACH_CARRIER)
			device->mode = xdp_choose(device->wanted, &device->facts,
						  device->why, sizeof(device->why));
	}
}

/* What is loaded would bear it. */
static int try_loaded(struct apply_job *job, struct fw_error *error)
{
	enum undo_status status = UNDO_IS_NONE;
	struct undo record;
	bool gone = false;
	int err = fw_maps_open(&job->fw, error);

	if (!err)
		err = state_check_abi(&job->fw, error);
	if (!err)
		err = state_check_namespace(&job->fw, &gone, error);
	if (!err)
		err = undo_read(&job->fw, &record, &job->old, &status, error);
	if (!err && status == UNDO_IS_ON_TRIAL)
		err = on_trial(job, &record, error);
	if (!err)
		err = acl_maps_fit(&job->fw, job->image, job->old != 0, error);
	job->context.active_id = map_id_of(job->fw.map[FW_MAP_ACTIVE]);
	return err;
}

static int try_apply(struct apply_job *job, const char *text, size_t text_len,
		     struct fw_error *error)
{
	int err = check_kernel(error);

	if (!err)
		err = check_request(job, text_len, text, error);
	if (!err && !unload_is_idle(job->fw.pin_dir))
		err = try_loaded(job, error);
	if (!err)
		err = check_trial(job, error);
	if (!err)
		err = check_strays(job, error);
	if (!err)
		choose_modes(job);
	return err;
}

int fw_try_apply(const struct policy_image *image, const char *text, size_t text_len,
		 const struct fw_apply_options *options, struct fw_apply_report *report,
		 struct fw_error *error)
{
	struct apply_job *job cleanup_(free_job) = new_job(image, options);
	int err;

	if (!job)
		return fw_fail(error, -ENOMEM, "cannot try the policy:");
	fw_log_begin();
	err = try_apply(job, text, text_len, error);
	fw_log_end();
	if (!err)
		fill_report(job, report);
	return err;
}
