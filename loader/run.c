// SPDX-License-Identifier: GPL-2.0-only
/* run: a program with the libraries that give its sockets a key */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <glob.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cgroup_keys.h"
#include "error.h"
#include "verbs.h"

#define KEY_LIBRARY "libextkey_preload.so"
#define TLS_LIBRARY "libextkey_tls.so"
/* Of the package mptcpize; its own wrapper would take ours away */
#define WRAPPERS "/usr/lib/*/mptcpize/libmptcpwrap.so.0"
#define WRAPPERS_OTHER "/usr/lib/mptcpize/libmptcpwrap.so.0"

/* Scripts whose interpreters are scripts: the kernel takes no more */
#define MAX_INTERPRETERS 5

/* Beside the command, as in a build directory, or where make install has put it */
static int find_library(const char *library, char path[PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t len;
	char *name;

	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[len < 0 ? 0 : len] = 0;
	name = strrchr(self, '/');
	if (name) {
		*name = 0;
		snprintf(path, PATH_MAX, "%.4000s/%s", self, library);
		if (!access(path, R_OK))
			return 0;
		snprintf(path, PATH_MAX, "%.4000s/../lib/%s", self, library);
		if (!access(path, R_OK))
			return 0;
	}
	return fail(
		-ENOENT,
		"cannot find %s, neither beside extkey_loader nor in ../lib; 'make install' puts it there",
		library);
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
static int preload_own(const char *library)
{
	char path[PATH_MAX];
	int err = find_library(library, path);

	return err ? err : preload(path);
}

static int preload_key(const char *file)
{
	char *path;
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
	return err ? err : preload_own(KEY_LIBRARY);
}

static bool is_executable(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) &&
	       !faccessat(AT_FDCWD, path, X_OK, AT_EACCESS);
}

/* As execvp() does. False if there is none, which execvp() is going to say. */
static bool find_program(const char *name, char path[PATH_MAX])
{
	const char *dir = getenv("PATH"), *end;
	int len;

	if (strchr(name, '/'))
		return snprintf(path, PATH_MAX, "%s", name) < PATH_MAX;
	for (dir = dir ? dir : "/bin:/usr/bin";; dir = end + 1) {
		end = strchrnul(dir, ':');
		len = snprintf(path, PATH_MAX, "%.*s%s%s", (int)(end - dir),
			       dir, end == dir ? "" : "/", name);
		if (len < PATH_MAX && is_executable(path))
			return true;
		if (!*end)
			return false;
	}
}

/* Of a script. What is neither one that says it, nor ELF, execvp() has the shell run. */
static void find_interpreter(int fd, char path[PATH_MAX])
{
	char line[256] = ""; /* more the kernel does not read */
	char *name = line + 2;

	if (pread(fd, line, sizeof(line) - 1, 0) < 2 || memcmp(line, "#!", 2)) {
		snprintf(path, PATH_MAX, "/bin/sh");
		return;
	}
	name += strspn(name, " \t");
	name[strcspn(name, " \t\n")] = 0;
	snprintf(path, PATH_MAX, "%s", name);
}

/* Whether the kernel sets AT_SECURE, for which ld.so ignores libraries by their path */
static bool gains_privileges(const char *path, const struct stat *st)
{
	bool takes_ids = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1;
	bool takes_caps = true;
	uid_t uid = geteuid();
	gid_t gid = getegid();
	struct statvfs fs;

	if (!statvfs(path, &fs) && fs.f_flag & ST_NOSUID)
		takes_ids = takes_caps = false;
	if (takes_ids && st->st_mode & S_ISUID)
		uid = st->st_uid;
	if (takes_ids && st->st_mode & S_ISGID && st->st_mode & S_IXGRP)
		gid = st->st_gid;
	return uid != getuid() || gid != getgid() ||
	       (takes_caps && getuid() &&
		getxattr(path, "security.capability", NULL, 0) > 0);
}

static bool has_interp(Elf *elf)
{
	GElf_Phdr header;
	size_t nr, i;

	if (elf_getphdrnum(elf, &nr))
		return false;
	for (i = 0; i < nr; i++)
		if (gelf_getphdr(elf, (int)i, &header) &&
		    header.p_type == PT_INTERP)
			return true;
	return false;
}

/* As the library is, which is built with this command */
static bool is_of_our_kind(Elf *elf)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	Elf *self = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ, NULL);
	GElf_Ehdr ours, theirs;
	bool same = self && gelf_getehdr(self, &ours) &&
		    gelf_getehdr(elf, &theirs) &&
		    ours.e_ident[EI_CLASS] == theirs.e_ident[EI_CLASS] &&
		    ours.e_machine == theirs.e_machine;

	elf_end(self);
	if (fd >= 0)
		close(fd);
	return same;
}

/*
 * Why a library does not reach the program in the file @path, or NULL. If it is a script,
 * its interpreter is in @path then, and in @script that this is so.
 */
static const char *why_out_of_reach(char path[PATH_MAX], bool *script)
{
	const char *why = NULL;
	struct stat st;
	Elf *elf;
	int fd;

	*script = false;
	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return NULL; /* execvp() says what is wrong */
	fd = open(path, O_RDONLY | O_CLOEXEC);
	elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ, NULL);
	*script = fd >= 0 && elf_kind(elf) != ELF_K_ELF;
	if (*script) /* whose own mode does not matter */
		find_interpreter(fd, path);
	else if (gains_privileges(path, &st))
		why = "would run with other privileges (set-user-ID, set-group-ID or file capabilities)";
	else if (fd < 0)
		why = "cannot be read, to see whether it takes one";
	else if (!is_of_our_kind(elf))
		why = "is for another machine, such as one of 32 bits";
	else if (!has_interp(elf))
		why = "is linked statically";
	elf_end(elf);
	if (fd >= 0)
		close(fd);
	return why;
}

/* It would run all the same, and nobody would be told that it has no key */
static int check_reach(const struct options *options)
{
	char path[PATH_MAX];
	const char *why;
	bool script;
	int i;

	elf_version(EV_CURRENT);
	if (!find_program(options->program[0], path))
		return 0;
	for (i = 0; i <= MAX_INTERPRETERS; i++) {
		why = why_out_of_reach(path, &script);
		if (why)
			return fail(
				-ENOEXEC,
				"cannot run '%s': no library reaches '%s', which %s; %s",
				options->program[0], path, why,
				options->key_file ?
					"give the key to its cgroup: 'extkey_loader attach CGROUP --key-file FILE'" :
					"--mptcp is not for it");
		if (!script)
			break;
	}
	return 0;
}

int cmd_run(const struct options *options)
{
	char wrapper[PATH_MAX];
	int err = 0;

	if (options->key_file && options->tls)
		return usage_error(
			"run: either --key-file or --tls: a connection with a key does not wait for one");
	if (options->mptcp || options->key_file || options->tls)
		err = check_reach(options);
	/* Before ours, which has to see what it has made of a socket */
	if (!err && options->mptcp) {
		err = find_wrapper(wrapper);
		if (!err)
			err = preload(wrapper);
	}
	if (!err && options->key_file)
		err = preload_key(options->key_file);
	if (!err && options->tls)
		err = preload_own(TLS_LIBRARY);
	if (!err) {
		execvp(options->program[0], options->program);
		err = fail(-errno, "cannot run '%s': %s", options->program[0],
			   strerror(errno));
	}
	return exit_status(err);
}
