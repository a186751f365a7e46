// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <libmnl/libmnl.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "devices.h"

#define OWN_NETNS "/proc/self/ns/net"
#define GONE (-1) /* for an exit status: the interface is */

static const struct direction {
	const char *name;
	enum bpf_tc_attach_point point;
	__u32 parent;
} directions[] = {
	{ "ingress", BPF_TC_INGRESS, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS) },
	{ "egress", BPF_TC_EGRESS, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS) },
};

#define NR_DIRECTIONS (sizeof(directions) / sizeof(directions[0]))

/* --netns takes a path, or a name as "ip netns" has it */
static void netns_path(const char *netns, char *path, size_t size)
{
	if (!netns)
		snprintf(path, size, OWN_NETNS);
	else
		snprintf(path, size, "%s%s",
			 strchr(netns, '/') ? "" : "/run/netns/", netns);
}

/* Inode number of a network namespace in @inode; 0 or a negative errno */
static int netns_inode(const char *path, __u32 *inode)
{
	struct stat st;

	if (stat(path, &st))
		return -errno;
	*inode = st.st_ino;
	return 0;
}

/* Enters @path, if it is still the namespace @inode; 0 or a negative errno */
static int netns_enter(const char *path, __u32 inode)
{
	int fd, err = 0;
	__u32 got;

	/* Where this process is already, there is no need for a privilege */
	if (!netns_inode(OWN_NETNS, &got) && got == inode)
		return 0;
	err = netns_inode(path, &got);
	if (err || got != inode)
		return err ? err : -ESTALE;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (setns(fd, CLONE_NEWNET))
		err = -errno;
	close(fd);
	return err;
}

/* Interfaces go away at any time, also while they are being attached to */
static bool is_gone(__u32 ifindex)
{
	char name[IF_NAMESIZE];

	return !if_indextoname(ifindex, name);
}

/* A program of ours as it is pinned; -1 if it is not */
static int open_program(const struct direction *direction)
{
	char path[128];

	snprintf(path, sizeof(path), EXTKEY_DIR "/%s", direction->name);
	return bpf_obj_get(path);
}

/* Sends one request, and runs @callback on the answers; -1 on error */
static int ask_kernel(struct nlmsghdr *nlh, mnl_cb_t callback, void *data)
{
	char buf[8192];
	struct mnl_socket *nl;
	ssize_t len;
	int more = -1;

	nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!nl)
		return -1;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		goto close_socket;
	do {
		len = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		more = len < 0 ? -1 :
				 mnl_cb_run(buf, len, nlh->nlmsg_seq,
					    mnl_socket_get_portid(nl), callback,
					    data);
	} while (more > 0);
close_socket:
	mnl_socket_close(nl);
	return more;
}

static struct nlmsghdr *tc_request(char *buf, int type, int flags,
				   __u32 ifindex, __u32 parent)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct tcmsg *tcm;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = 1;
	tcm = mnl_nlmsg_put_extra_header(nlh, sizeof(*tcm));
	tcm->tcm_family = AF_UNSPEC;
	tcm->tcm_ifindex = ifindex;
	tcm->tcm_parent = parent;
	return nlh;
}

static int count_handles(const struct nlmsghdr *nlh, void *data)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);

	/* Each priority of filters begins with a message that has no handle */
	if (tcm->tcm_handle)
		(*(unsigned int *)data)++;
	return MNL_CB_OK;
}

static bool has_clsact(__u32 ifindex)
{
	unsigned int count = 0;
	char buf[256];

	/* Where one was before, the kernel answers, but with nothing */
	ask_kernel(tc_request(buf, RTM_GETQDISC, NLM_F_ACK, ifindex,
			      TC_H_CLSACT),
		   count_handles, &count);
	return count;
}

static int attach_filter(const struct extkey_device_key *key,
			 const struct extkey_device *device,
			 const struct direction *direction)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = key->ifindex,
		    .attach_point = direction->point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = EXTKEY_TC_HANDLE,
		    .priority = EXTKEY_TC_PRIORITY, .flags = BPF_TC_F_REPLACE);
	int err;

	err = bpf_tc_hook_create(&hook);
	if (err && err != -EEXIST)
		return is_gone(key->ifindex) ?
			       GONE :
			       report(EXIT_FAILED,
				      "cannot add clsact to %s: %s; is it in the kernel (CONFIG_NET_SCH_INGRESS)?",
				      device->name, strerror(-err));

	opts.prog_fd = open_program(direction);
	if (opts.prog_fd < 0)
		return report(EXIT_FAILED,
			      "cannot open the program for %s in %s: %s",
			      direction->name, EXTKEY_DIR, strerror(errno));
	err = bpf_tc_attach(&hook, &opts);
	close(opts.prog_fd);
	if (err)
		return is_gone(key->ifindex) ?
			       GONE :
			       report(EXIT_FAILED,
				      "cannot attach to %s, %s: %s; is cls_bpf in the kernel (CONFIG_NET_CLS_BPF)?",
				      device->name, direction->name,
				      strerror(-err));
	return EXIT_OK;
}

/* Filters of anybody at this end of clsact; 1 too many rather than too few */
static unsigned int count_filters(__u32 ifindex, __u32 parent)
{
	unsigned int count = 0;
	char buf[256];

	if (ask_kernel(tc_request(buf, RTM_GETTFILTER, NLM_F_DUMP, ifindex,
				  parent),
		       count_handles, &count))
		return 1;
	return count;
}

static void detach_device(const struct extkey_device_key *key,
			  const struct extkey_device *device)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = key->ifindex);
	unsigned int i, foreign = 0;

	for (i = 0; i < NR_DIRECTIONS; i++) {
		LIBBPF_OPTS(bpf_tc_opts, opts, .handle = EXTKEY_TC_HANDLE,
			    .priority = EXTKEY_TC_PRIORITY);

		hook.attach_point = directions[i].point;
		bpf_tc_detach(&hook, &opts);
		foreign += count_filters(key->ifindex, directions[i].parent);
	}
	if (device->clsact && !foreign) {
		hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
		bpf_tc_hook_destroy(&hook);
	}
}

static bool in_place(const struct extkey_device_key *key)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = key->ifindex);
	unsigned int i;

	for (i = 0; i < NR_DIRECTIONS; i++) {
		LIBBPF_OPTS(bpf_tc_opts, opts, .handle = EXTKEY_TC_HANDLE,
			    .priority = EXTKEY_TC_PRIORITY);

		hook.attach_point = directions[i].point;
		if (bpf_tc_query(&hook, &opts))
			return false;
	}
	return true;
}

enum device_state devices_state(const struct extkey_device_key *key,
				const struct extkey_device *device)
{
	int err = netns_enter(device->netns, key->netns);

	if (err == -ENOENT || err == -ESTALE)
		return strcmp(device->netns, OWN_NETNS) ? DEVICE_GONE :
							  DEVICE_MISSING;
	if (err)
		return DEVICE_MISSING;
	if (key->ifindex == EXTKEY_ALL_DEVICES)
		return DEVICE_IN_PLACE;
	if (is_gone(key->ifindex))
		return DEVICE_GONE;
	return in_place(key) ? DEVICE_IN_PLACE : DEVICE_MISSING;
}

static int remember(const struct state *state,
		    const struct extkey_device_key *key,
		    const struct extkey_device *device)
{
	if (!bpf_map_update_elem(state->devices, key, device, BPF_ANY))
		return EXIT_OK;
	return report(
		EXIT_FAILED,
		"cannot attach to %s: map devices: %s; at most %d devices can be attached",
		device->name, errno == E2BIG ? "it is full" : strerror(errno),
		EXTKEY_MAX_DEVICES);
}

static int attach_device(const struct state *state,
			 const struct extkey_device_key *key,
			 struct extkey_device *device)
{
	struct extkey_device old;
	unsigned int i;
	int err;

	/* The number may be that of another interface by now */
	if (!bpf_map_lookup_elem(state->devices, key, &old) &&
	    !strcmp(old.name, device->name))
		device->clsact = old.clsact;
	else
		device->clsact = !has_clsact(key->ifindex);
	/* Written before anything is there: what is killed is cleared */
	err = remember(state, key, device);
	for (i = 0; i < NR_DIRECTIONS && !err; i++)
		err = attach_filter(key, device, &directions[i]);
	if (err) {
		detach_device(key, device);
		bpf_map_delete_elem(state->devices, key);
	}
	return err;
}

static bool wanted(const struct options *options, const char *name)
{
	struct ifreq req = { 0 };
	unsigned int i;
	bool up;
	int fd;

	for (i = 0; i < options->nr_devs; i++)
		if (!strcmp(options->devs[i], name))
			return true;
	if (options->nr_devs)
		return false;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	strncpy(req.ifr_name, name, sizeof(req.ifr_name) - 1);
	up = fd >= 0 && !ioctl(fd, SIOCGIFFLAGS, &req) &&
	     req.ifr_flags & IFF_UP && !(req.ifr_flags & IFF_LOOPBACK);
	if (fd >= 0)
		close(fd);
	return up;
}

static int enter(const struct options *options, struct extkey_device_key *key,
		 struct extkey_device *device)
{
	int err;

	netns_path(options->netns, device->netns, sizeof(device->netns));
	err = netns_inode(device->netns, &key->netns);
	if (!err)
		err = netns_enter(device->netns, key->netns);
	if (err)
		return report(
			EXIT_FAILED,
			"cannot enter the network namespace '%s': %s; 'ip netns' lists those with a name",
			device->netns, strerror(-err));
	return EXIT_OK;
}

int devices_enter(const struct options *options)
{
	struct extkey_device_key key = { 0 };
	struct extkey_device device = { 0 };

	return enter(options, &key, &device);
}

/* What went away with its interface or its namespace */
static void forget_gone(const struct state *state, __u32 netns, bool tell)
{
	struct extkey_device_key key, next;
	struct extkey_device device;
	__u32 inode = 0;
	bool gone;
	int more;

	more = !bpf_map_get_next_key(state->devices, NULL, &next);
	while (more) {
		key = next;
		more = !bpf_map_get_next_key(state->devices, &key, &next);
		if (bpf_map_lookup_elem(state->devices, &key, &device))
			continue;
		if (key.netns == netns)
			gone = key.ifindex != EXTKEY_ALL_DEVICES &&
			       is_gone(key.ifindex);
		else /* its own name for it says nothing to others */
			gone = strcmp(device.netns, OWN_NETNS) &&
			       (netns_inode(device.netns, &inode) ||
				inode != key.netns);
		if (!gone || bpf_map_delete_elem(state->devices, &key))
			continue;
		if (tell && key.netns == netns)
			printf("%s: gone\n", device.name);
	}
}

/* Each interface that is wanted and has no programs */
static int cover(const struct state *state, const struct options *options,
		 struct extkey_device_key *key, struct extkey_device *device,
		 bool tell)
{
	struct if_nameindex *list = if_nameindex();
	int status = EXIT_OK, err;
	unsigned int i;

	if (!list)
		return report(EXIT_FAILED, "cannot list the interfaces: %s",
			      strerror(errno));
	for (i = 0; list[i].if_index; i++) {
		struct extkey_device old;

		if (!wanted(options, list[i].if_name))
			continue;
		key->ifindex = list[i].if_index;
		if (!bpf_map_lookup_elem(state->devices, key, &old) &&
		    in_place(key) && !strcmp(old.name, list[i].if_name))
			continue;
		device->clsact = 0;
		memset(device->name, 0, sizeof(device->name));
		strncpy(device->name, list[i].if_name,
			sizeof(device->name) - 1);
		err = attach_device(state, key, device);
		if (err && err != GONE)
			status = err;
		if (!err && tell)
			printf("%s: attached\n", device->name);
	}
	if_freenameindex(list);
	return status;
}

int devices_attach(const struct state *state, const struct options *options)
{
	struct extkey_device_key key = { 0 };
	struct extkey_device device = { 0 };
	unsigned int i;
	int err;

	err = enter(options, &key, &device);
	if (err)
		return err;
	for (i = 0; i < options->nr_devs; i++)
		if (!if_nametoindex(options->devs[i]))
			return report(
				EXIT_FAILED,
				"there is no interface '%s' here; see 'ip link'",
				options->devs[i]);
	forget_gone(state, key.netns, false);
	if (!options->nr_devs) {
		key.ifindex = EXTKEY_ALL_DEVICES;
		strcpy(device.name, "all interfaces");
		err = remember(state, &key, &device);
		if (err)
			return err;
	}
	return cover(state, options, &key, &device, false);
}

int devices_follow(const struct state *state, const struct options *options)
{
	struct extkey_device_key key = { 0 };
	struct extkey_device device = { 0 };
	int err;

	err = enter(options, &key, &device);
	if (err)
		return err;
	forget_gone(state, key.netns, true);
	return cover(state, options, &key, &device, true);
}

unsigned int devices_uncovered(const struct state *state,
			       const struct extkey_device_key *all,
			       const struct extkey_device *device,
			       char names[][IF_NAMESIZE], unsigned int max)
{
	static const struct options every = { 0 };
	struct extkey_device_key key = *all;
	struct extkey_device found;
	struct if_nameindex *list;
	unsigned int i, n = 0;

	if (netns_enter(device->netns, all->netns))
		return 0;
	list = if_nameindex();
	for (i = 0; list && list[i].if_index && n < max; i++) {
		key.ifindex = list[i].if_index;
		if (wanted(&every, list[i].if_name) &&
		    bpf_map_lookup_elem(state->devices, &key, &found))
			strcpy(names[n++], list[i].if_name);
	}
	if (list)
		if_freenameindex(list);
	return n;
}

int devices_detach(const struct state *state)
{
	struct extkey_device_key key;
	struct extkey_device device;

	if (state->devices < 0)
		return EXIT_OK;
	while (!bpf_map_get_next_key(state->devices, NULL, &key)) {
		/* With its namespace or interface, a filter is gone as well */
		if (!bpf_map_lookup_elem(state->devices, &key, &device) &&
		    key.ifindex != EXTKEY_ALL_DEVICES &&
		    !netns_enter(device.netns, key.netns))
			detach_device(&key, &device);
		if (bpf_map_delete_elem(state->devices, &key))
			return report(EXIT_FAILED, "cannot forget %s: %s",
				      device.name, strerror(errno));
	}
	return EXIT_OK;
}
