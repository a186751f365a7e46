// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cgroups.h"
#include "error.h"
#include "socket_users.h"

#define SECONDS 10 /* a user can make any number of processes and descriptors */

struct socket_entry {
	__u32 inode;
	__u64 made_in;
	__u64 policy; /* the cgroup that has it; 0 if there is none */
	bool keyed;
	bool wants_key; /* by that policy */
	char local[SOCKET_ADDRESS_MAX];
};

struct search {
	const struct maps *maps;
	int root; /* of all cgroups */
	struct socket_entry *sockets; /* by inode */
	size_t number, room;
	int (*visit)(const struct socket_user *user, void *data);
	void *data;
	time_t until;
	bool not_permitted;
};

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

static bool wants_key(const struct extkey_policy *policy)
{
	return policy->require_key || policy->wait_key ||
	       policy->sources & EXTKEY_FROM_CGROUP;
}

/* The nearest attached cgroup, from this one on upwards, or 0; takes @fd */
static __u64 policy_of(const struct search *search, int fd, bool *wants)
{
	struct extkey_policy policy;
	struct stat st;
	__u64 id;

	*wants = false;
	if (fd < 0)
		return 0;
	if (fstat(fd, &st)) {
		close(fd);
		return 0;
	}
	id = st.st_ino;
	do {
		if (policy_read(search->maps, id, &policy)) {
			close(fd);
			*wants = wants_key(&policy);
			return id;
		}
	} while (cgroup_go_up(&fd, &id));
	return 0;
}

static int add_socket(const struct mptcp_socket *socket, void *data)
{
	struct search *search = data;
	struct socket_entry *entry, *sockets;

	if (!socket->inode)
		return 0; /* no process has it */
	if (search->number == search->room) {
		search->room = search->room ? 2 * search->room : 64;
		sockets = reallocarray(search->sockets, search->room,
				       sizeof(*sockets));
		if (!sockets)
			return fail(-ENOMEM, "no memory for the sockets");
		search->sockets = sockets;
	}
	entry = &search->sockets[search->number++];
	entry->inode = socket->inode;
	entry->made_in = socket->made_in;
	entry->keyed = socket->keyed;
	entry->policy = socket->cgroup_id;
	memcpy(entry->local, socket->local, sizeof(entry->local));
	return 0;
}

static int by_cgroup(const void *a, const void *b)
{
	const struct socket_entry *x = a, *y = b;

	return (x->made_in > y->made_in) - (x->made_in < y->made_in);
}

static int by_inode(const void *a, const void *b)
{
	const struct socket_entry *x = a, *y = b;

	return (x->inode > y->inode) - (x->inode < y->inode);
}

/*
 * Once for each cgroup, as there may be thousands of sockets. One with a key knows its policy,
 * also when its own cgroup is gone.
 */
static void find_policies(struct search *search)
{
	struct extkey_policy policy;
	struct socket_entry *entry;
	__u64 made_in = 0, id = 0;
	bool wants = false, unknown = false;
	size_t i;
	int fd;

	qsort(search->sockets, search->number, sizeof(*search->sockets),
	      by_cgroup);
	for (i = 0; i < search->number; i++) {
		entry = &search->sockets[i];
		if (entry->keyed) {
			if (!policy_read(search->maps, entry->policy, &policy))
				entry->policy = 0;
			continue;
		}
		if (entry->made_in != made_in) {
			made_in = entry->made_in;
			fd = cgroup_open_id(search->root, made_in);
			unknown = fd < 0 && errno == EPERM;
			id = policy_of(search, fd, &wants);
		}
		if (unknown) {
			search->not_permitted = true;
			entry->inode = 0; /* is not found, and not reported */
		}
		entry->policy = id;
		entry->wants_key = wants;
	}
	qsort(search->sockets, search->number, sizeof(*search->sockets),
	      by_inode);
}

static void path_of(int fd, char path[EXTKEY_PATH_SIZE])
{
	char link[64];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = fd < 0 ? -1 : readlink(link, path, EXTKEY_PATH_SIZE - 1);
	path[len < 0 ? 0 : len] = 0;
}

/* "0::/PATH" is the line of cgroup2; -1 if the cgroup is gone, or not to be seen from here */
static int open_cgroup_of(const struct search *search, int proc)
{
	char *line = NULL;
	int fd, found = -1;
	size_t room = 0;
	FILE *file;

	fd = openat(proc, "cgroup", O_RDONLY | O_CLOEXEC);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while (found < 0 && getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, "0::/", 4))
			found = openat(search->root, line[4] ? line + 4 : ".",
				       O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	free(line);
	fclose(file);
	return found;
}

static void read_command(int proc, char command[16])
{
	ssize_t len = -1;
	int fd;

	fd = openat(proc, "comm", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		len = read(fd, command, 15);
		close(fd);
	}
	command[len < 0 ? 0 : len] = 0;
	command[strcspn(command, "\n")] = 0;
}

/* Those of one process: a few cgroups, but it may have thousands of sockets */
#define CGROUPS_MAX 8

struct findings {
	__u64 made_in[CGROUPS_MAX];
	bool keyless[CGROUPS_MAX];
	const struct socket_entry *example[CGROUPS_MAX];
	unsigned int number[CGROUPS_MAX];
	unsigned int cgroups;
};

static void add_finding(struct findings *findings,
			const struct socket_entry *entry, bool keyless)
{
	unsigned int i;

	for (i = 0; i < findings->cgroups; i++) {
		if (findings->made_in[i] == entry->made_in &&
		    findings->keyless[i] == keyless) {
			findings->number[i]++;
			return;
		}
	}
	if (i == CGROUPS_MAX)
		return;
	findings->made_in[i] = entry->made_in;
	findings->keyless[i] = keyless;
	findings->example[i] = entry;
	findings->number[i] = 1;
	findings->cgroups++;
}

/* The descriptors of a process that are sockets with another policy than @policy, or lack a key */
static void look_at_descriptors(struct search *search, DIR *fds, __u64 policy,
				struct findings *findings)
{
	const struct socket_entry *entry;
	struct socket_entry key = { 0 };
	struct dirent *dirent;
	char target[64];
	ssize_t len;

	while (now() < search->until && (dirent = readdir(fds))) {
		len = readlinkat(dirfd(fds), dirent->d_name, target,
				 sizeof(target) - 1);
		if (len < 0)
			continue;
		target[len] = 0;
		if (sscanf(target, "socket:[%u]", &key.inode) != 1)
			continue;
		entry = bsearch(&key, search->sockets, search->number,
				sizeof(key), by_inode);
		if (!entry)
			continue;
		if (entry->policy != policy)
			add_finding(findings, entry, false);
		else if (!entry->keyed && entry->wants_key)
			add_finding(findings, entry, true);
	}
}

static int report(struct search *search, int pid, int proc, int cgroup,
		  __u64 policy, const struct findings *findings)
{
	struct socket_user user = {
		.pid = pid,
		.has_policy = policy,
	};
	unsigned int i;
	int fd, result = 0;

	if (!findings->cgroups)
		return 0;
	path_of(cgroup, user.cgroup);
	read_command(proc, user.command);
	for (i = 0; i < findings->cgroups && !result; i++) {
		fd = cgroup_open_id(search->root, findings->made_in[i]);
		path_of(fd, user.made_in);
		if (fd >= 0)
			close(fd);
		user.sockets_have_policy = findings->example[i]->policy;
		user.keyless = findings->keyless[i];
		user.number = findings->number[i];
		memcpy(user.local, findings->example[i]->local,
		       sizeof(user.local));
		result = search->visit(&user, search->data);
	}
	return result;
}

static int look_at_process(struct search *search, int pid, int proc)
{
	struct findings findings = { 0 };
	int fd, cgroup, result = 0;
	__u64 policy;
	bool unused;
	DIR *fds;

	fd = openat(proc, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fds = fd < 0 ? NULL : fdopendir(fd);
	if (!fds) {
		if (fd >= 0)
			close(fd);
		if (errno == EACCES || errno == EPERM)
			search->not_permitted = true;
		return 0; /* or it has ended */
	}
	cgroup = open_cgroup_of(search, proc);
	if (cgroup >= 0) {
		policy = policy_of(search, dup(cgroup), &unused);
		look_at_descriptors(search, fds, policy, &findings);
		result = report(search, pid, proc, cgroup, policy, &findings);
		close(cgroup);
	}
	closedir(fds);
	return result;
}

static int look_at_processes(struct search *search)
{
	struct dirent *dirent;
	int proc, result = 0;
	DIR *dir;

	dir = opendir("/proc");
	if (!dir)
		return fail(-errno, "cannot list the processes: %s",
			    strerror(errno));
	while (!result && now() < search->until && (dirent = readdir(dir))) {
		if (!isdigit((unsigned char)dirent->d_name[0]))
			continue;
		proc = openat(dirfd(dir), dirent->d_name,
			      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (proc < 0)
			continue;
		result = look_at_process(search, atoi(dirent->d_name), proc);
		close(proc);
	}
	closedir(dir);
	return result;
}

int socket_users_visit(const struct maps *maps,
		       int (*visit)(const struct socket_user *user, void *data),
		       void *data)
{
	struct search search = {
		.maps = maps,
		.visit = visit,
		.data = data,
		.until = now() + SECONDS,
	};
	int err, result = 0;

	err = cgroup_open_root(&search.root);
	if (err)
		return -EPERM;
	err = sockets_visit(maps, add_socket, &search);
	if (!err || err == -EPERM) {
		find_policies(&search);
		result = look_at_processes(&search);
	}
	free(search.sockets);
	close(search.root);
	if (result)
		return result;
	if (now() >= search.until)
		return fail(-ETIMEDOUT,
			    "there are too many processes and descriptors");
	if (search.not_permitted)
		return fail(-EPERM,
			    "there are processes that may not be looked at");
	return err;
}
