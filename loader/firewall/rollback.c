// SPDX-License-Identifier: GPL-2.0
/*
 * rollback.c - staying with a policy that is on trial, and going back to the one
 * before. See pinhole/firewall_undo.h.
 *
 * Why it exists: the flip back is the kernel's (bpf/undo.h), also where fw_rollback()
 * asks for it: so there is one who flips, and a kill at any instruction leaves one
 * policy or the other in force, whole. What is done here is all that surrounds the
 * flip: devices that the old policy needs are attached before it, those that it does
 * not need are let go after it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pinhole/firewall_undo.h>

#include "calls.h"
#include "generation.h"
#include "host.h"
#include "pins.h"
#include "restore.h"
#include "state.h"
#include "tc.h"
#include "undo.h"

/* ---- what both have in common ------------------------------------------------------ */

struct undo_job {
	struct fw fw;
	int lock;
	struct fw_programs programs;
	struct attach_context context;
	struct host_job host;
	struct restore restore;
	struct fw_undo_hosts was;
	struct undo record;
	uint32_t active;
	enum undo_status status;
};

static void free_job(struct undo_job **job)
{
	if (!*job)
		return;
	host_put(&(*job)->host);
	programs_put(&(*job)->programs);
	fw_maps_close(&(*job)->fw);
	fw_close_fd(&(*job)->lock);
	free(*job);
}

static struct undo_job *new_job(const char *pin_dir)
{
	struct undo_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->lock = -1;
	job->programs = (struct fw_programs)FW_PROGRAMS_NONE;
	job->host = (struct host_job)HOST_JOB_NONE;
	memset(job->fw.map, 0xff, sizeof(job->fw.map)); /* all -1 */
	snprintf(job->fw.pin_dir, sizeof(job->fw.pin_dir), "%s",
		 pin_dir ? pin_dir : FW_DEFAULT_PIN_DIR);
	job->context = (struct attach_context){
		.fw = &job->fw,
		.programs = &job->programs,
		.programs_before = &job->programs,
	};
	return job;
}

static int nothing_in_force(const struct undo_job *job, struct fw_error *error)
{
	fw_fail(error, -ENOENT, "no policy is in force");
	fw_fail_where(error, "%s", job->fw.pin_dir);
	fw_fail_hint(error, "put one in force: fwctl apply FILE");
	return -ENOENT;
}

/* Locked, and what is loaded is ours to touch. */
static int open_job(struct undo_job *job, struct fw_error *error)
{
	bool gone = false;
	int err = pins_lock(job->fw.pin_dir, &job->lock, error);

	if (err == -ENOENT)
		return nothing_in_force(job, error);
	if (!err)
		err = fw_maps_open(&job->fw, error);
	if (!err)
		err = state_check_abi(&job->fw, error);
	if (!err)
		err = state_check_namespace(&job->fw, &gone, error);
	if (!err)
		err = undo_read(&job->fw, &job->record, &job->active, &job->status,
				error);
	if (!err && (!job->active || gone))
		err = nothing_in_force(job, error);
	if (err)
		return err;
	job->context.active_id = map_id_of(job->fw.map[FW_MAP_ACTIVE]);
	err = programs_get_pinned(job->fw.pin_dir, &job->programs);
	return err ? fw_fail(error, err, "cannot open the pinned programs:") : 0;
}

static void done_before(const struct undo_job *job, struct fw_error *error)
{
	fw_fail(error, -ETIME,
		"too late: it was undone at its deadline; generation %u, the policy "
		"before, is in force",
		job->active);
	fw_fail_hint(error, "apply it again if it is right: fwctl apply FILE");
}

/* ---- confirm ----------------------------------------------------------------------- */

static int confirm(struct undo_job *job, struct fw_error *error)
{
	int err = job->status == UNDO_IS_ON_TRIAL ? undo_disarm(&job->fw, error) : 0;

	if (err && err != -ETIME)
		return err;
	if (err == -ETIME) /* in this very moment */
		err = undo_read(&job->fw, &job->record, &job->active, &job->status,
				error);
	if (err)
		return err;
	if (job->status == UNDO_IS_DONE) {
		err = restore_tidy_up(&job->context, &job->record, job->active, error);
		if (err)
			return err;
		done_before(job, error);
		return -ETIME;
	}
	if (job->status != UNDO_IS_ON_TRIAL) {
		fw_fail(error, -EINVAL,
			"no policy is on trial: generation %u is in force until "
			"something else is applied",
			job->active);
		return -EINVAL;
	}
	/* It stays, whatever becomes of the rest: the next apply tidies up too. */
	if (!restore_read(&job->fw, job->active, NULL, &job->restore, NULL))
		restore_settle(&job->context, job->active, &job->restore);
	calls_sweep(&job->fw);
	return 0;
}

int fw_confirm(const char *pin_dir, uint32_t *generation, struct fw_error *error)
{
	struct undo_job *job cleanup_(free_job) = new_job(pin_dir);
	int err;

	if (!job)
		return fw_fail(error, -ENOMEM, "cannot confirm:");
	fw_log_begin();
	err = open_job(job, error);
	if (!err)
		err = confirm(job, error);
	fw_log_end();
	if (!err)
		*generation = job->active;
	return err;
}

/* ---- rollback ---------------------------------------------------------------------- */

static int nothing_to_go_back_to(const struct undo_job *job, struct fw_error *error)
{
	fw_fail(error, -ENOENT, "there is no policy to go back to from generation %u",
		job->active);
	fw_fail_where(error, "%s", job->fw.pin_dir);
	fw_fail_hint(error, "one step back is kept, from an apply until the next one "
			    "begins; apply the policy that you want");
	return -ENOENT;
}

static int plan_rollback(struct undo_job *job, struct fw_error *error)
{
	int err = undo_recall(&job->fw, job->record.back, &job->was, error);

	if (!err && !job->was.back)
		err = nothing_to_go_back_to(job, error);
	if (!err)
		err = restore_read(&job->fw, job->record.to, &job->was, &job->restore,
				   error);
	if (err || !job->restore.missing[0])
		return err;
	fw_fail(error, -ENODEV, "a device that the policy before needs is gone");
	fw_fail_where(error, "device %s", job->restore.missing);
	fw_fail_hint(error, "apply a policy for the devices that there are");
	return -ENODEV;
}

static int attach_all(struct undo_job *job, struct fw_error *error)
{
	struct attach_set *set = &job->restore.set;
	int err = 0;

	for (size_t i = 0; !err && i < set->n_devices; i++)
		err = attach_device(&job->context, &set->devices[i], error);
	if (!err && set->host_mode)
		err = host_load(&job->host, &job->fw,
				job->was.host_mode.cgroup[0] ? job->was.host_mode.cgroup
							     : NULL,
				error);
	if (!err && set->host_mode)
		err = host_attach(&job->host, &job->fw, error);
	if (!err)
		err = generation_add_tx_devs(&job->fw, set, error);
	return err;
}

static void detach_again(struct undo_job *job)
{
	struct attach_set *set = &job->restore.set;

	/* On trial all of it is there because it was never let go. */
	if (job->status != UNDO_IS_ON_TRIAL)
		for (size_t i = set->n_devices; i-- > 0;)
			attach_undo(&job->context, &set->devices[i]);
	if (set->host_mode)
		host_undo(&job->host, &job->fw);
	if (job->status != UNDO_IS_ON_TRIAL)
		generation_trim_tx_devs(&job->fw, job->active);
}

static int rollback(struct undo_job *job, struct fw_rollback_report *report,
		    struct fw_error *error)
{
	int err;

	if (job->status == UNDO_IS_DONE) {
		report->by_deadline = true;
		report->generation = job->active;
		report->undone = job->record.from;
		return restore_tidy_up(&job->context, &job->record, job->active, error);
	}
	if (job->status == UNDO_IS_NONE)
		return nothing_to_go_back_to(job, error);
	err = plan_rollback(job, error);
	if (err)
		return err;
	err = attach_all(job, error);
	if (!err)
		err = undo_fire(&job->fw, error);
	if (err) {
		detach_again(job);
		return err;
	}
	report->undone = job->active;
	report->generation = job->record.to;
	if (job->restore.set.host_mode)
		host_settle(&job->host, &job->fw);
	restore_settle(&job->context, report->generation, &job->restore);
	calls_sweep(&job->fw);
	return undo_forget(&job->fw, error);
}

int fw_rollback(const char *pin_dir, struct fw_rollback_report *report,
		struct fw_error *error)
{
	struct undo_job *job cleanup_(free_job) = new_job(pin_dir);
	struct fw_rollback_report done = {0};
	int err;

	if (!job)
		return fw_fail(error, -ENOMEM, "cannot go back:");
	fw_log_begin();
	err = open_job(job, error);
	if (!err)
		err = rollback(job, &done, error);
	fw_log_end();
	if (!err)
		*report = done;
	return err;
}

/* ---- reading ----------------------------------------------------------------------- */

static uint64_t left_until(uint64_t deadline_ns)
{
	struct timespec now;
	uint64_t now_ns;

	clock_gettime(CLOCK_MONOTONIC, &now);
	now_ns = (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
	return deadline_ns > now_ns ? deadline_ns - now_ns : 0;
}

int fw_read_undo(struct fw *fw, struct fw_undo *out, struct fw_error *error)
{
	static const enum fw_undo_state states[] = {
		[UNDO_IS_NONE] = FW_UNDO_NONE,
		[UNDO_IS_POSSIBLE] = FW_UNDO_POSSIBLE,
		[UNDO_IS_ON_TRIAL] = FW_UNDO_ON_TRIAL,
		[UNDO_IS_DONE] = FW_UNDO_DONE,
	};
	enum undo_status status = UNDO_IS_NONE;
	uint32_t active = 0;
	struct undo record;
	int err = undo_read(fw, &record, &active, &status, error);

	if (err)
		return err;
	*out = (struct fw_undo){.state = states[status], .generation = active};
	if (status == UNDO_IS_POSSIBLE || status == UNDO_IS_ON_TRIAL)
		out->to = record.to;
	if (status == UNDO_IS_ON_TRIAL)
		out->left_ns = left_until(record.deadline_ns);
	return 0;
}
