// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "error.h"
#include "pins.h"

bool pin_exists(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

int pin_check_owner(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return fail(-errno, "cannot look at %s: %s", path,
			    strerror(errno));
	if ((st.st_uid && st.st_uid != geteuid()) ||
	    (!S_ISLNK(st.st_mode) && st.st_mode & (S_IWGRP | S_IWOTH)))
		return fail(
			-EPERM,
			"%s belongs to somebody else, or others may write to it; remove it, and run 'chmod 0700 %s'",
			path, BPFFS);
	if (S_ISDIR(st.st_mode) && access(path, R_OK | W_OK | X_OK))
		return fail(-EPERM, "cannot read and write %s: %s; run as root",
			    path, strerror(errno));
	return 0;
}

int pin_object(int fd, const char *path)
{
	if (bpf_obj_pin(fd, path))
		return fail(-errno, "cannot pin %s: %s", path, strerror(errno));
	return 0;
}

int pin_make_dir(const char *path)
{
	if (!mkdir(path, 0700))
		return 0;
	/* Anybody can have made it, where bpffs lets them */
	return errno == EEXIST ? pin_check_owner(path) :
				 fail(-errno, "cannot make %s: %s", path,
				      strerror(errno));
}

int pin_rename(const char *from, const char *to)
{
	if (rename(from, to))
		return fail(-errno, "cannot rename %s to %s: %s", from, to,
			    strerror(errno));
	return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type,
			struct FTW *ftw)
{
	int fd;

	(void)st;
	(void)ftw;
	if (type == FTW_DP)
		return rmdir(path);
	/*
	 * A link without a pin goes some time later, and until then the kernel refuses
	 * another one of the same program. What is no link stays as it is.
	 */
	fd = type == FTW_F ? bpf_obj_get(path) : -1;
	if (fd >= 0) {
		bpf_link_detach(fd);
		close(fd);
	}
	return unlink(path);
}

int pin_remove(const char *path)
{
	int err;

	if (!pin_exists(path))
		return 0;
	/* What is below is for its owner to change while it is being removed */
	err = pin_check_owner(path);
	if (err)
		return err;
	if (nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS) &&
	    errno != ENOENT)
		return fail(-errno, "cannot remove %s: %s; remove it by hand",
			    path, strerror(errno));
	return 0;
}

int pin_visit(const char *dir_path, int (*visit)(const char *name, void *data),
	      void *data)
{
	struct dirent *entry;
	int result = 0;
	DIR *dir;

	dir = opendir(dir_path);
	if (!dir)
		return errno == ENOENT ? 0 :
					 fail(-errno, "cannot read %s: %s",
					      dir_path, strerror(errno));
	while (!result && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			result = visit(entry->d_name, data);
	closedir(dir);
	return result;
}

int pin_write_text(const char *text, const char *path)
{
	if (symlink(text, path))
		return fail(-errno, "cannot make %s: %s", path,
			    strerror(errno));
	return 0;
}

void pin_read_text(const char *path, char *text, size_t size)
{
	ssize_t len = readlink(path, text, size - 1);

	text[len < 0 ? 0 : len] = 0;
}

int pin_open_map(const char *path, unsigned int value_size)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);
	int fd;

	fd = bpf_obj_get(path);
	if (fd < 0)
		return fail(-errno, "cannot open the map %s: %s", path,
			    strerror(errno));
	if (bpf_obj_get_info_by_fd(fd, &info, &len) ||
	    info.value_size != value_size) {
		close(fd);
		return fail(
			-EINVAL,
			"the map %s has values of another size than this build's, although the layout is the same; run 'extkey_loader detach --all' and attach again",
			path);
	}
	return fd;
}
