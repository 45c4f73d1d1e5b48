// SPDX-License-Identifier: GPL-2.0
/*
 * pins.c - the pin directory. See pins.h.
 *
 * Why it exists: pins are what lets the firewall outlive fwctl, so what is on
 * disk at any moment must make sense to the next process.
 */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

#include <bpf/bpf.h>

#include "holder.h"
#include "pins.h"
#include "tc.h"

#define BPFFS_ROOT	 "/sys/fs/bpf"
#define LOCK_WAIT_SEC	 5
#define FIND_DESCRIPTORS 16
#define LOCK_POLL_NS	 50000000L
#define LOCK_POLLS	 (LOCK_WAIT_SEC * 20)

static const char *const folders[] = {PINS_LINKS, PINS_CGROUPS, PINS_PROGS, PINS_INNER,
				      PINS_MAPS};

static int pin_path(char out[PATH_MAX], const char *pin_dir, const char *folder,
		    const char *name)
{
	int len = snprintf(out, PATH_MAX, "%s%s%s%s%s", pin_dir, folder ? "/" : "",
			   folder ? folder : "", name ? "/" : "", name ? name : "");

	return len < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/*
 * Return: 1, 0, or negative if it cannot be told. What cannot be told must not be taken
 * for another file system: one mounted over it would hide all pins there are.
 */
static int is_bpffs(const char *path)
{
	struct statfs fs;

	if (!statfs(path, &fs))
		return (unsigned long)fs.f_type == BPF_FS_MAGIC;
	return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
}

static int must_be_bpffs(const char *path, struct fw_error *error)
{
	int is = is_bpffs(path);

	if (is < 0) {
		fw_fail(error, is, "cannot tell whether a BPF file system is there:");
		fw_fail_where(error, "%s", path);
	}
	return is;
}

static bool below_bpffs_root(const char *pin_dir)
{
	size_t len = strlen(BPFFS_ROOT);

	return !strncmp(pin_dir, BPFFS_ROOT, len) && pin_dir[len] == '/';
}

static void close_stream(FILE **stream)
{
	if (*stream)
		fclose(*stream);
}

static pid_t parent_of(pid_t pid)
{
	char path[64];
	char line[128];
	int parent = 0;
	FILE *status cleanup_(close_stream) = NULL;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	status = fopen(path, "re");
	while (status && fgets(line, sizeof(line), status)) {
		if (sscanf(line, "PPid: %d", &parent) == 1)
			break;
	}
	return parent;
}

/*
 * `ip netns exec` gives its command a mount namespace of its own. A BPF file
 * system mounted there dies with the command, and the firewall with it. The
 * namespace counts as passing if an ancestor lives in another one.
 */
static bool in_passing_mount_namespace(void)
{
	struct stat own;
	struct stat other;

	if (stat("/proc/self/ns/mnt", &own))
		return false;
	for (pid_t pid = getppid(); pid > 0; pid = parent_of(pid)) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
		if (!stat(path, &other) && other.st_ino != own.st_ino)
			return true;
	}
	return false;
}

static int mount_bpffs(struct fw_error *error)
{
	int err = must_be_bpffs(BPFFS_ROOT, error);

	if (err)
		return err < 0 ? err : 0;
	if (in_passing_mount_namespace()) {
		fw_fail(error, -EXDEV,
			"no BPF file system is mounted, and one mounted here would "
			"vanish "
			"with this process's mount namespace");
		fw_fail_where(error, BPFFS_ROOT);
		fw_fail_hint(error, "instead of `ip netns exec NAME` use `nsenter "
				    "--net=/run/netns/NAME`, or mount bpffs first");
		return -EXDEV;
	}
	if (!mount("bpf", BPFFS_ROOT, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		   "mode=0700"))
		return 0;
	err = -errno;
	fw_fail(error, err, "cannot mount the BPF file system:");
	fw_fail_where(error, BPFFS_ROOT);
	return err;
}

bool pins_hidden(const char *pin_dir, struct fw_error *error)
{
	if (!below_bpffs_root(pin_dir) || is_bpffs(BPFFS_ROOT))
		return false;
	fw_fail(error, -ENOENT, "no BPF file system is mounted here");
	fw_fail_where(error, BPFFS_ROOT);
	if (in_passing_mount_namespace())
		fw_fail_hint(error,
			     "this process has a mount namespace of its own, in which "
			     "pins cannot be seen: instead of `ip netns exec NAME` use "
			     "`nsenter --net=/run/netns/NAME`");
	else
		fw_fail_hint(error, "so no policy is in force: fwctl apply FILE mounts "
				    "it, and puts one in force");
	return true;
}

static int make_directory(const char *path, struct fw_error *error)
{
	int err;

	if (!mkdir(path, 0700) || errno == EEXIST)
		return 0;
	err = -errno;
	fw_fail(error, err, "cannot make the pin directory:");
	fw_fail_where(error, "%s", path);
	return err;
}

/* Those above it must exist: unload removes what apply made, and no more. */
static int make_pin_dir(const char *pin_dir, struct fw_error *error)
{
	int err = make_directory(pin_dir, error);
	int parent_len = (int)(strrchr(pin_dir, '/') - pin_dir);

	if (err == -ENOENT) {
		fw_fail(error, err,
			"the directory above the pin directory does not exist");
		fw_fail_hint(error, "make it first: mkdir -p %.*s", parent_len, pin_dir);
		fw_fail_where(error, "%s", pin_dir);
	}
	return err;
}

int pins_prepare(const char *pin_dir, struct fw_error *error)
{
	char path[PATH_MAX];
	int err;

	/* The kernel reserves names with dots on its BPF file system. */
	if (pin_dir[0] != '/' || strlen(pin_dir) > PATH_MAX - 64 ||
	    (below_bpffs_root(pin_dir) && strchr(pin_dir, '.'))) {
		fw_fail(error, -EINVAL,
			"the pin directory must be an absolute path without dots");
		fw_fail_where(error, "%s", pin_dir);
		return -EINVAL;
	}
	if (below_bpffs_root(pin_dir)) {
		err = mount_bpffs(error);
		if (err)
			return err;
	}
	err = make_pin_dir(pin_dir, error);
	if (err)
		return err;
	err = must_be_bpffs(pin_dir, error);
	if (err <= 0)
		rmdir(pin_dir); /* which an older apply's is not empty for */
	if (err < 0)
		return err;
	if (!err) {
		fw_fail(error, -EINVAL, "the pin directory is not on a BPF file system");
		fw_fail_where(error, "%s", pin_dir);
		fw_fail_hint(error, "choose a directory below " BPFFS_ROOT
				    ", or mount one there: mount -t bpf bpf DIR");
		return -EINVAL;
	}
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		err = pin_path(path, pin_dir, folders[i], NULL);
		if (!err)
			err = make_directory(path, error);
		if (err)
			return err;
	}
	return 0;
}

static int open_directory(const char *pin_dir, struct fw_error *error)
{
	int fd = open(pin_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = -errno;

	if (fd >= 0)
		return fd;
	if (err == -ENOENT && pins_hidden(pin_dir, error))
		return err;
	if (err == -ENOENT)
		fw_fail(error, err, "nothing is loaded");
	else
		fw_fail(error, err, "cannot open the pin directory:");
	fw_fail_where(error, "%s", pin_dir);
	return err;
}

/* Another process may have unloaded, and removed the directory, meanwhile. */
static bool still_there(const char *pin_dir, int fd)
{
	struct stat by_path;
	struct stat by_fd;

	return !stat(pin_dir, &by_path) && !fstat(fd, &by_fd) &&
	       by_path.st_ino == by_fd.st_ino && by_path.st_dev == by_fd.st_dev;
}

/* @dir: the pin directory; -1: nobody knows */
static int is_locked(const char *pin_dir, int dir, struct fw_error *error)
{
	char holder[160];

	if (dir >= 0 && holder_of(dir, holder, sizeof(holder)))
		fw_fail(error, -EBUSY,
			"it is being changed, and has been for %d seconds, by %s",
			LOCK_WAIT_SEC, holder);
	else
		fw_fail(error, -EBUSY,
			"another process has been changing this firewall for %d seconds",
			LOCK_WAIT_SEC);
	fw_fail_where(error, "%s", pin_dir);
	fw_fail_hint(error, "try again when that has ended");
	return -EBUSY;
}

/* Return: 0 (locked), -EWOULDBLOCK (try again), other -errno. */
static int try_lock(const char *pin_dir, int dir, struct fw_error *error)
{
	int err;

	if (!flock(dir, LOCK_EX | LOCK_NB))
		return still_there(pin_dir, dir) ? 0 : -EWOULDBLOCK;
	err = -errno;
	if (err == -EWOULDBLOCK)
		return err;
	fw_fail(error, err, "cannot lock the pin directory:");
	fw_fail_where(error, "%s", pin_dir);
	return err;
}

int pins_lock(const char *pin_dir, int *fd, struct fw_error *error)
{
	const struct timespec pause = {.tv_nsec = LOCK_POLL_NS};
	int last scoped_fd_ = -1;

	for (int polls = 0; polls < LOCK_POLLS; polls++) {
		int dir scoped_fd_ = open_directory(pin_dir, error);
		int err = dir < 0 ? dir : try_lock(pin_dir, dir, error);

		if (!err)
			*fd = fw_take_fd(&dir);
		if (err != -EWOULDBLOCK)
			return err;
		fw_close_fd(&last);
		last = fw_take_fd(&dir);
		nanosleep(&pause, NULL);
	}
	return is_locked(pin_dir, last, error);
}

static int get(const char *pin_dir, const char *folder, const char *name, __u32 flags)
{
	struct bpf_obj_get_opts opts;
	char path[PATH_MAX];
	int err = pin_path(path, pin_dir, folder, name);
	int fd;

	if (err)
		return err;
	memset(&opts, 0, sizeof(opts)); /* padding too: libbpf looks at it */
	opts.sz = sizeof(opts);
	opts.file_flags = flags;
	fd = bpf_obj_get_opts(path, &opts);
	return fd < 0 ? -errno : fd;
}

int pins_get(const char *pin_dir, const char *folder, const char *name)
{
	return get(pin_dir, folder, name, 0);
}

int pins_get_read_only(const char *pin_dir, const char *folder, const char *name)
{
	return get(pin_dir, folder, name, BPF_F_RDONLY);
}

/* nftw() passes no argument on; it is one thread that looks. */
static struct {
	uint32_t active_id;
	char *pin_dir;
	size_t size;
} sought;

static int match_active(const char *path, const struct stat *status, int type,
			struct FTW *at)
{
	static const char tail[] = "/" PINS_MAPS "/" PH_MAP_ACTIVE;
	size_t len = strlen(path);
	int fd scoped_fd_ = -1;

	(void)status;
	(void)at;
	if (type != FTW_F || len < sizeof(tail) ||
	    strcmp(path + len - (sizeof(tail) - 1), tail) != 0)
		return 0;
	fd = bpf_obj_get(path);
	if (fd < 0 || map_id_of(fd) != sought.active_id)
		return 0;
	snprintf(sought.pin_dir, sought.size, "%.*s", (int)(len - (sizeof(tail) - 1)),
		 path);
	return 1;
}

bool pins_find(uint32_t active_id, char *pin_dir, size_t size)
{
	sought.active_id = active_id;
	sought.pin_dir = pin_dir;
	sought.size = size;
	return active_id &&
	       nftw(BPFFS_ROOT, match_active, FIND_DESCRIPTORS, FTW_PHYS) == 1;
}

/* Pinned under a passing name and renamed: the final name never is missing. */
int pins_put(const char *pin_dir, const char *folder, const char *name, int fd)
{
	char path[PATH_MAX];
	char fresh[PATH_MAX];
	int err = pin_path(path, pin_dir, folder, name);

	if (!err)
		err = pin_path(fresh, pin_dir, folder, ":new");
	if (err)
		return err;
	if (unlink(fresh) && errno != ENOENT)
		return -errno;
	if (bpf_obj_pin(fd, fresh))
		return -errno;
	if (rename(fresh, path)) {
		err = -errno;
		unlink(fresh);
		return err;
	}
	return 0;
}

int pins_remove(const char *pin_dir, const char *folder, const char *name)
{
	char path[PATH_MAX];
	int err = pin_path(path, pin_dir, folder, name);

	if (err)
		return err;
	return unlink(path) ? -errno : 0;
}

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

int pins_each(const char *pin_dir, const char *folder, int (*fn)(const char *, void *),
	      void *arg)
{
	char path[PATH_MAX];
	DIR *dir cleanup_(close_dir) = NULL;
	const struct dirent *entry;
	int err = pin_path(path, pin_dir, folder, NULL);

	if (err)
		return err;
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		err = fn(entry->d_name, arg);
		if (err)
			return err;
	}
	return 0;
}

struct removal {
	const char *pin_dir;
	const char *folder;
};

static int remove_pin(const char *name, void *arg)
{
	const struct removal *removal = arg;
	int err = pins_remove(removal->pin_dir, removal->folder, name);

	return err == -ENOENT ? 0 : err;
}

static int remove_folder(const char *pin_dir, const char *folder)
{
	struct removal removal = {pin_dir, folder};
	char path[PATH_MAX];
	int err = pins_each(pin_dir, folder, remove_pin, &removal);

	if (err)
		return err == -ENOENT ? 0 : err;
	err = pin_path(path, pin_dir, folder, NULL);
	if (err)
		return err;
	return rmdir(path) && errno != ENOENT ? -errno : 0;
}

int pins_clear(const char *pin_dir, struct fw_error *error)
{
	int err = 0;

	/* Links first and maps last: a killed removal leaves what is needed to
	 * finish it. */
	for (size_t i = 0; !err && i < sizeof(folders) / sizeof(folders[0]); i++)
		err = remove_folder(pin_dir, folders[i]);
	if (!err && rmdir(pin_dir) && errno != ENOENT)
		err = -errno;
	if (err) {
		fw_fail(error, err, "cannot remove the pins:");
		fw_fail_where(error, "%s", pin_dir);
	}
	return err;
}
