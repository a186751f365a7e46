// SPDX-License-Identifier: GPL-2.0-only
/* run: a program with the libraries that give its sockets a key */
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup_keys.h"
#include "error.h"
#include "verbs.h"

#define LIBRARY "libextkey_preload.so"
/* Of the package mptcpize; its own wrapper would take ours away */
#define WRAPPERS "/usr/lib/*/mptcpize/libmptcpwrap.so.0"
#define WRAPPERS_OTHER "/usr/lib/mptcpize/libmptcpwrap.so.0"

/* Beside the command, as in a build directory, or where make install has put it */
static int find_library(char path[PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t len;
	char *name;

	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[len < 0 ? 0 : len] = 0;
	name = strrchr(self, '/');
	if (name) {
		*name = 0;
		snprintf(path, PATH_MAX, "%.4000s/" LIBRARY, self);
		if (!access(path, R_OK))
			return 0;
		snprintf(path, PATH_MAX, "%.4000s/../lib/" LIBRARY, self);
		if (!access(path, R_OK))
			return 0;
	}
	return fail(
		-ENOENT,
		"cannot find " LIBRARY
		", neither beside extkey_loader nor in ../lib; 'make install' puts it there");
}

static int find_wrapper(char path[PATH_MAX])
{
	glob_t found;
	int err;

	err = glob(WRAPPERS, 0, NULL, &found);
	if (!err)
		snprintf(path, PATH_MAX, "%s", found.gl_pathv[0]);
	else if (!access(WRAPPERS_OTHER, R_OK))
		snprintf(path, PATH_MAX, WRAPPERS_OTHER);
	else
		err = fail(
			-ENOENT,
			"--mptcp takes libmptcpwrap.so.0; install the package mptcpize");
	globfree(&found);
	return err ? -ENOENT : 0;
}

static int preload(const char *library)
{
	const char *others = getenv("LD_PRELOAD");
	char *all;
	int err;

	/* ld.so(8) would take it for two, ignore both, and run the program without a key */
	if (strpbrk(library, " :"))
		return fail(
			-EINVAL,
			"cannot use '%s': LD_PRELOAD takes no path with blanks or colons",
			library);
	if (!others || !*others)
		err = setenv("LD_PRELOAD", library, 1);
	else if (asprintf(&all, "%s:%s", library, others) < 0)
		return fail(-ENOMEM, "no memory");
	else {
		err = setenv("LD_PRELOAD", all, 1);
		free(all);
	}
	return err ? fail(-errno, "cannot set LD_PRELOAD: %s",
			  strerror(errno)) :
		     0;
}

/* What the library would refuse is refused before the program begins */
static int preload_key(const char *file)
{
	char library[PATH_MAX], *path;
	struct extkey_secret secret;
	int err;

	err = key_file_read(file, &secret);
	explicit_bzero(&secret, sizeof(secret));
	if (err)
		return err;
	path = realpath(file, NULL);
	if (!path || setenv("EXTKEY_KEY_FILE", path, 1))
		err = fail(-errno, "cannot use the key file '%s': %s", file,
			   strerror(errno));
	free(path);
	if (!err)
		err = find_library(library);
	return err ? err : preload(library);
}

int cmd_run(const struct options *options)
{
	char wrapper[PATH_MAX];
	int err = 0;

	/* Before ours, which has to see what it has made of a socket */
	if (options->mptcp) {
		err = find_wrapper(wrapper);
		if (!err)
			err = preload(wrapper);
	}
	if (!err && options->key_file)
		err = preload_key(options->key_file);
	if (!err) {
		execvp(options->program[0], options->program);
		err = fail(-errno, "cannot run '%s': %s", options->program[0],
			   strerror(errno));
	}
	return exit_status(err);
}
