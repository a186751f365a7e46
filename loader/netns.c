// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

#include "error.h"
#include "netns.h"

#define NAMES "/run/netns" /* where "ip netns" keeps them */
#define OWN "/proc/self/ns/net"

/* Where namespaces are found: those with a name, then those with a process */
static const struct place {
	const char *dir;
	const char *suffix;
} places[] = {
	{ NAMES, "" },
	{ "/proc", "/ns/net" },
};

#define NR_PLACES (sizeof(places) / sizeof(places[0]))

/* The namespaces to go back to, the last one first; -1: the same one */
#define DEPTH 4

static int left[DEPTH];
static unsigned int depth;

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

static int current_inode(__u32 *inode)
{
	int fd = open(OWN, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = inode_of(fd, inode);
	close(fd);
	return err;
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

/* Namespaces that can be seen, and processes whose namespace cannot */
struct spaces {
	struct space {
		__u32 inode;
		char path[PATH_MAX];
	} *list;
	unsigned int nr;
	unsigned int *hidden;
	unsigned int nr_hidden;
	bool failed; /* some could not be listed at all */
};

static void add_space(struct spaces *spaces, __u32 inode, const char *path)
{
	struct space *list;
	unsigned int i;

	for (i = 0; i < spaces->nr; i++)
		if (spaces->list[i].inode == inode)
			return;
	list = realloc(spaces->list, (spaces->nr + 1) * sizeof(*list));
	if (!list) {
		spaces->failed = true;
		return;
	}
	spaces->list = list;
	list[spaces->nr].inode = inode;
	snprintf(list[spaces->nr++].path, sizeof(list->path), "%s", path);
}

static void add_hidden(struct spaces *spaces, const char *pid)
{
	unsigned int *hidden;

	hidden = realloc(spaces->hidden,
			 (spaces->nr_hidden + 1) * sizeof(*hidden));
	if (!hidden) {
		spaces->failed = true;
		return;
	}
	spaces->hidden = hidden;
	hidden[spaces->nr_hidden++] = strtoul(pid, NULL, 10);
}

static void add_candidate(struct spaces *spaces, const struct place *place,
			  const char *name)
{
	char path[PATH_MAX];
	bool denied;
	__u32 inode;
	int fd;

	snprintf(path, sizeof(path), "%s/%s%s", place->dir, name,
		 place->suffix);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	denied = fd < 0 && (errno == EACCES || errno == EPERM);
	if (fd >= 0 && !inode_of(fd, &inode))
		add_space(spaces, inode, path);
	else if (denied && *place->suffix)
		add_hidden(spaces, name);
	else if (denied)
		spaces->failed = true;
	if (fd >= 0)
		close(fd);
}

static void collect(struct spaces *spaces)
{
	struct dirent *entry;
	unsigned int i;
	DIR *dir;

	memset(spaces, 0, sizeof(*spaces));
	for (i = 0; i < NR_PLACES; i++) {
		dir = opendir(places[i].dir);
		if (!dir && errno != ENOENT)
			spaces->failed = true;
		while (dir && (entry = readdir(dir)))
			if (*places[i].suffix ?
				    entry->d_name[0] >= '0' &&
					    entry->d_name[0] <= '9' :
				    entry->d_name[0] != '.')
				add_candidate(spaces, &places[i],
					      entry->d_name);
		if (dir)
			closedir(dir);
	}
}

static void release(struct spaces *spaces)
{
	free(spaces->list);
	free(spaces->hidden);
}

static int read_nsid(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;

	mnl_attr_for_each(
		attr, nlh,
		sizeof(struct rtgenmsg)) if (mnl_attr_get_type(attr) ==
					     NETNSA_NSID) *
		(int *)data = mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

/* 0, or a negative errno */
static int ask_nsid(struct mnl_socket *nl, int type, int attr, __u32 value,
		    int *nsid)
{
	char buf[1024];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	ssize_t len;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct rtgenmsg));
	mnl_attr_put_u32(nlh, attr, value);
	if (type == RTM_NEWNSID)
		mnl_attr_put_u32(nlh, NETNSA_NSID, -1); /* any */
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	/* The answer, if one is asked for, and the ACK */
	for (;;) {
		len = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (len < 0)
			return -errno;
		switch (mnl_cb_run(buf, len, 0, 0, read_nsid, nsid)) {
		case MNL_CB_STOP:
			return 0;
		case MNL_CB_ERROR:
			return -errno;
		}
	}
}

/*
 * The number by which this namespace knows that of a process or of a descriptor: the
 * same for the same one. -ESRCH if the process is gone, or has none any more.
 */
static int nsid_of(struct mnl_socket *nl, int attr, __u32 value)
{
	int nsid = -1, err;

	err = ask_nsid(nl, RTM_GETNSID, attr, value, &nsid);
	if (!err && nsid < 0)
		err = ask_nsid(nl, RTM_NEWNSID, attr, value, &nsid);
	/* Another command may have been first */
	if ((!err || err == -EEXIST) && nsid < 0)
		err = ask_nsid(nl, RTM_GETNSID, attr, value, &nsid);
	return err ? err : nsid;
}

static bool is_among(struct mnl_socket *nl, const struct spaces *spaces,
		     int nsid)
{
	unsigned int i;
	int fd, other;

	for (i = 0; i < spaces->nr; i++) {
		fd = open_if(spaces->list[i].path, spaces->list[i].inode);
		if (fd < 0)
			continue;
		other = nsid_of(nl, NETNSA_FD, fd);
		close(fd);
		if (other == nsid)
			return true;
	}
	return false;
}

/*
 * Whether there may be a namespace that is not among those that were collected. That
 * of a process which this one may not look at can still be compared.
 */
static bool may_be_more(const struct spaces *spaces)
{
	struct mnl_socket *nl;
	bool more = spaces->failed;
	unsigned int i;
	int nsid;

	if (more || !spaces->nr_hidden)
		return more;
	nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		more = true;
	for (i = 0; i < spaces->nr_hidden && !more; i++) {
		nsid = nsid_of(nl, NETNSA_PID, spaces->hidden[i]);
		more = nsid != -ESRCH &&
		       (nsid < 0 || !is_among(nl, spaces, nsid));
	}
	if (nl)
		mnl_socket_close(nl);
	return more;
}

/* The path of a namespace; 0, -ENOENT if it is gone, or -EPERM if that is not known */
static int find_path(__u32 inode, char *path, size_t size)
{
	struct spaces spaces;
	unsigned int i;
	int err = -ENOENT;

	collect(&spaces);
	for (i = 0; i < spaces.nr && err; i++) {
		if (spaces.list[i].inode != inode)
			continue;
		snprintf(path, size, "%s", spaces.list[i].path);
		err = 0;
	}
	if (err && may_be_more(&spaces))
		err = -EPERM;
	release(&spaces);
	return err;
}

int netns_resolve(const char *netns, __u32 *inode, char *path, size_t size)
{
	char name[PATH_MAX], real[PATH_MAX];
	int fd, err;

	if (netns)
		snprintf(name, sizeof(name), "%s%s",
			 strchr(netns, '/') ? "" : NAMES "/", netns);
	else
		snprintf(name, sizeof(name), OWN);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(
			-errno,
			"cannot enter the network namespace '%s': %s; 'ip netns' lists those with a name",
			name, strerror(errno));
	err = inode_of(fd, inode);
	close(fd);
	if (err)
		return fail(
			err,
			"'%s' is no network namespace; 'ip netns' lists those with a name",
			name);

	/* What begins with /proc/self is another one for others */
	if (netns && strncmp(name, "/proc/self/", 11) && realpath(name, real) &&
	    strlen(real) < size && (fd = open_if(real, *inode)) >= 0) {
		close(fd);
		snprintf(path, size, "%s", real);
		return 0;
	}
	/* The path of a process is good for as long as the process is: only that of
	 * the first one will do.
	 */
	if (find_path(*inode, name, sizeof(name)) ||
	    (strncmp(name, NAMES "/", strlen(NAMES "/")) &&
	     strcmp(name, "/proc/1/ns/net")) ||
	    strlen(name) >= size)
		snprintf(path, size, "net:[%u]", *inode);
	else
		snprintf(path, size, "%s", name);
	return 0;
}

/* A descriptor of it, or a negative errno with a message */
static int open_namespace(const char *path, __u32 inode)
{
	char found[PATH_MAX];
	int fd, err;

	fd = open_if(path, inode);
	if (fd >= 0)
		return fd;
	err = find_path(inode, found, sizeof(found));
	if (!err) {
		fd = open_if(found, inode);
		if (fd >= 0)
			return fd;
	}
	if (err == -EPERM)
		return fail(
			err,
			"cannot look for the network namespace %s: it takes CAP_SYS_PTRACE to see those of other processes; run as root",
			path);
	return fail(-ENOENT, "the network namespace %s is gone", path);
}

int netns_enter(const char *path, __u32 inode)
{
	__u32 got;
	int fd, err;

	if (depth == DEPTH)
		return fail(-ELOOP, "too many namespaces within each other");
	/* Where this process is already, there is no need for a privilege */
	if (!current_inode(&got) && got == inode) {
		left[depth++] = -1;
		return 0;
	}
	fd = open_namespace(path, inode);
	if (fd < 0)
		return fd;
	left[depth] = open(OWN, O_RDONLY | O_CLOEXEC);
	if (left[depth] < 0 || setns(fd, CLONE_NEWNET)) {
		err = fail(
			errno == EACCES ? -EPERM : -errno,
			"cannot enter the network namespace %s: %s; it takes CAP_SYS_ADMIN",
			path, strerror(errno));
		if (left[depth] >= 0)
			close(left[depth]);
		close(fd);
		return err;
	}
	depth++;
	close(fd);
	return 0;
}

void netns_leave(void)
{
	int fd = left[--depth];

	if (fd < 0)
		return;
	/* What comes next would be done to another host */
	if (setns(fd, CLONE_NEWNET)) {
		say("cannot go back to the network namespace of the command: %s",
		    strerror(errno));
		_exit(EXIT_FAILED);
	}
	close(fd);
}

int netns_cookie(__u64 *cookie)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;
	socklen_t len = sizeof(*cookie);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &len))
		err = fail(-errno,
			   "cannot tell this network namespace from others: %s",
			   strerror(errno));
	if (fd >= 0)
		close(fd);
	return err;
}

int netns_move(const char *netns)
{
	char path[PATH_MAX];
	__u32 inode;
	int err;

	err = netns_resolve(netns, &inode, path, sizeof(path));
	if (!err)
		err = netns_enter(path, inode);
	if (!err && left[--depth] >= 0)
		close(left[depth]);
	return err;
}

int netns_visit_all(int (*visit)(__u32 inode, const char *path, void *data),
		    void *data)
{
	struct spaces spaces;
	unsigned int i;
	bool refused;
	int result = 0, err;
	__u32 own;

	collect(&spaces);
	/* That of this process takes no privilege, and may have no other place */
	if (!current_inode(&own))
		add_space(&spaces, own, OWN);
	refused = may_be_more(&spaces);
	for (i = 0; i < spaces.nr && !result; i++) {
		err = netns_enter(spaces.list[i].path, spaces.list[i].inode);
		if (err) {
			refused |= err != -ENOENT;
			continue;
		}
		result = visit(spaces.list[i].inode, spaces.list[i].path, data);
		netns_leave();
	}
	release(&spaces);
	if (!result && refused)
		return fail(
			-EPERM,
			"there are network namespaces that this process may not look at; run as root");
	return result;
}
