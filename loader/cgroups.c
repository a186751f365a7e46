// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "cgroups.h"
#include "error.h"
#include "extkey_maps.h"

#define ROOT_INODE 1 /* of the root of a cgroup2 file system, and of no other */

static bool is_cgroup2(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC;
}

int cgroup_open(const char *cgroup, int *fd, __u64 *id, char *path)
{
	char real[PATH_MAX];
	struct stat st;
	int err;

	*fd = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return fail(
			-ENOENT,
			"cannot open cgroup '%s': %s; give a directory of cgroup2",
			cgroup, strerror(errno));
	if (!is_cgroup2(*fd)) {
		err = fail(
			-EINVAL,
			"'%s' is not in a cgroup2 file system; see 'findmnt -t cgroup2' for where one is",
			cgroup);
		goto close_fd;
	}
	if (fstat(*fd, &st) || !realpath(cgroup, real)) {
		err = fail(-EINVAL, "cannot look at cgroup '%s': %s", cgroup,
			   strerror(errno));
		goto close_fd;
	}

	/* On 64-bit hosts the inode number of a cgroup is its id */
	*id = st.st_ino;
	/* Only people read it: the beginning of a long one will do */
	memset(path, 0, EXTKEY_PATH_SIZE);
	memcpy(path, real, strnlen(real, EXTKEY_PATH_SIZE - 1));
	return 0;
close_fd:
	close(*fd);
	*fd = -1;
	return err;
}

bool cgroup_go_up(int *fd, __u64 *id)
{
	int up = openat(*fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	close(*fd);
	*fd = up;
	if (up >= 0 && is_cgroup2(up) && !fstat(up, &st) && st.st_ino != *id) {
		*id = st.st_ino;
		return true;
	}
	if (up >= 0)
		close(up);
	*fd = -1;
	return false;
}

#define FILEID_KERNFS 0xfe /* include/linux/exportfs.h */

int cgroup_open_id(int root, __u64 id)
{
	struct {
		struct file_handle handle;
		__u64 id;
	} file = {
		.handle.handle_bytes = sizeof(id),
		.handle.handle_type = FILEID_KERNFS,
	};

	memcpy(file.handle.f_handle, &id, sizeof(id));
	return open_by_handle_at(root, &file.handle,
				 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int cgroup_open_root(int *fd)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *mount;
	struct stat st;

	*fd = -1;
	while (mounts && *fd < 0 && (mount = getmntent(mounts))) {
		if (strcmp(mount->mnt_type, "cgroup2"))
			continue;
		*fd = open(mount->mnt_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (*fd >= 0 && (!is_cgroup2(*fd) || fstat(*fd, &st) ||
				 st.st_ino != ROOT_INODE)) {
			close(*fd);
			*fd = -1;
		}
	}
	if (mounts)
		endmntent(mounts);
	if (*fd >= 0)
		return 0;
	return fail(
		-EOPNOTSUPP,
		"the root of all cgroups cannot be seen from here, and engine tc has to guard all sockets from there; run the command outside of a cgroup namespace, with cgroup2 mounted as a whole, for example by 'nsenter --target 1 --mount --cgroup'");
}
