// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "netns.h"

#define NAMES "/run/netns" /* where "ip netns" keeps them */
#define OWN "/proc/self/ns/net"
#define FIRST "/proc/1/ns/net"

static int start =
	-1; /* the namespace of this process before it entered others */

static int inode_of(int fd, __u32 *inode)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(fd, &fs) || fstat(fd, &st))
		return -errno;
	if (fs.f_type != NSFS_MAGIC)
		return -EINVAL;
	*inode = st.st_ino;
	return 0;
}

/* A descriptor of what is at @path, if it is the namespace @inode; or -1 */
static int open_if(const char *path, __u32 inode)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	__u32 got;

	if (fd >= 0 && (inode_of(fd, &got) || got != inode)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The namespace @inode among DIR/ENTRY@suffix, whose path is left in @path */
static int search(const char *dir_path, const char *suffix, __u32 inode,
		  char *path, size_t size)
{
	struct dirent *entry;
	int fd = -1;
	DIR *dir;

	dir = opendir(dir_path);
	while (dir && fd < 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, size, "%s/%s%s", dir_path, entry->d_name,
			 suffix);
		fd = open_if(path, inode);
	}
	if (dir)
		closedir(dir);
	return fd;
}

/* Where it has a name; that of its processes is good for as long as they are */
static int find_named(__u32 inode, char *path, size_t size)
{
	int fd = search(NAMES, "", inode, path, size);

	if (fd < 0) {
		snprintf(path, size, "%s", FIRST);
		fd = open_if(path, inode);
	}
	return fd;
}

int netns_resolve(const char *netns, __u32 *inode, char *path, size_t size)
{
	char name[PATH_MAX], *real;
	int fd, err;

	if (netns)
		snprintf(name, sizeof(name), "%s%s",
			 strchr(netns, '/') ? "" : NAMES "/", netns);
	else
		snprintf(name, sizeof(name), OWN);
	snprintf(path, size, "%s", name); /* for the error */
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = inode_of(fd, inode);
	close(fd);
	if (err)
		return err;

	/* What begins with /proc/self is another one for others */
	real = netns && strncmp(name, "/proc/self/", 11) ?
		       realpath(name, NULL) :
		       NULL;
	if (real && strlen(real) < size && real[0] == '/' &&
	    (fd = open_if(real, *inode)) >= 0) {
		close(fd);
		snprintf(path, size, "%s", real);
	} else if ((fd = find_named(*inode, path, size)) >= 0) {
		close(fd);
	} else {
		snprintf(path, size, "net:[%u]", *inode);
	}
	free(real);
	return 0;
}

int netns_enter(const char *path, __u32 inode)
{
	char found[PATH_MAX];
	int fd, err = 0;
	__u32 got;

	if (start < 0)
		start = open(OWN, O_RDONLY | O_CLOEXEC);
	fd = open(OWN, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = inode_of(fd, &got);
	close(fd);
	/* Where this process is already, there is no need for a privilege */
	if (err || got == inode)
		return err;

	if (!inode_of(start, &got) && got == inode)
		fd = fcntl(start, F_DUPFD_CLOEXEC, 0);
	else
		fd = open_if(path, inode);
	if (fd < 0)
		fd = find_named(inode, found, sizeof(found));
	if (fd < 0)
		fd = search("/proc", "/ns/net", inode, found, sizeof(found));
	if (fd < 0)
		return -ENOENT;
	if (setns(fd, CLONE_NEWNET))
		err = -errno;
	close(fd);
	return err;
}
