// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <libmnl/libmnl.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "filters.h"
#include "loader.h"
#include "state.h"

static const struct direction {
	const char *name;
	enum bpf_tc_attach_point point;
	__u32 parent;
} directions[] = {
	{ "ingress", BPF_TC_INGRESS, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS) },
	{ "egress", BPF_TC_EGRESS, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS) },
};

#define NR_DIRECTIONS (sizeof(directions) / sizeof(directions[0]))

bool filters_gone(__u32 ifindex)
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

static int read_kind(const struct nlattr *attr, void *data)
{
	if (mnl_attr_get_type(attr) == TCA_KIND)
		snprintf(data, IF_NAMESIZE, "%s", mnl_attr_get_str(attr));
	return MNL_CB_OK;
}

static int read_qdisc(const struct nlmsghdr *nlh, void *kind)
{
	return mnl_attr_parse(nlh, sizeof(struct tcmsg), read_kind, kind);
}

/* The qdisc at the place of clsact: "clsact", "ingress", or "" if there is none */
static void qdisc_kind(__u32 ifindex, char kind[IF_NAMESIZE])
{
	char buf[256];

	kind[0] = 0;
	/* Whoever asks gets the answer if he wants to hear the echo */
	ask_kernel(tc_request(buf, RTM_GETQDISC, NLM_F_ACK | NLM_F_ECHO,
			      ifindex, TC_H_CLSACT),
		   read_qdisc, kind);
}

bool filters_has_clsact(__u32 ifindex)
{
	char kind[IF_NAMESIZE];

	qdisc_kind(ifindex, kind);
	return !strcmp(kind, "clsact");
}

static int count_handles(const struct nlmsghdr *nlh, void *data)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);

	/* Each priority of filters begins with a message that has no handle */
	if (tcm->tcm_handle)
		(*(unsigned int *)data)++;
	return MNL_CB_OK;
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

/* FORMER: of extkey, but not what is pinned now */
enum holder { NOBODY, US, FORMER, OTHERS };

/*
 * Whose filter has our priority and handle. A former one has the name of ours, as
 * far as this process may look.
 */
static enum holder holder_of(__u32 ifindex, const struct direction *direction)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = direction->point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = EXTKEY_TC_HANDLE,
		    .priority = EXTKEY_TC_PRIORITY);
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info), id = 0;
	char name[BPF_OBJ_NAME_LEN];
	int fd, err;

	/* EINVAL: there is none at all; or one, and it is not of eBPF */
	err = bpf_tc_query(&hook, &opts);
	if (err == -ENOENT ||
	    (err == -EINVAL && !count_filters(ifindex, direction->parent)))
		return NOBODY;
	if (err)
		return OTHERS;
	fd = open_program(direction);
	if (fd >= 0) {
		if (!bpf_obj_get_info_by_fd(fd, &info, &len))
			id = info.id;
		close(fd);
	}
	if (id == opts.prog_id)
		return US;

	fd = bpf_prog_get_fd_by_id(opts.prog_id);
	if (fd < 0)
		return OTHERS;
	memset(&info, 0, sizeof(info));
	len = sizeof(info);
	snprintf(name, sizeof(name), "extkey_%s", direction->name);
	err = bpf_obj_get_info_by_fd(fd, &info, &len);
	close(fd);
	return !err && !strcmp(info.name, name) ? FORMER : OTHERS;
}

static int attach_filter(__u32 ifindex, const char *name,
			 const struct direction *direction)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = direction->point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = EXTKEY_TC_HANDLE,
		    .priority = EXTKEY_TC_PRIORITY, .flags = BPF_TC_F_REPLACE);
	int err;

	err = bpf_tc_hook_create(&hook);
	if (err && err != -EEXIST)
		return filters_gone(ifindex) ?
			       FILTERS_GONE :
			       report(EXIT_FAILED,
				      "cannot add clsact to %s: %s; is it in the kernel (CONFIG_NET_SCH_INGRESS)?",
				      name, strerror(-err));
	if (holder_of(ifindex, direction) == OTHERS)
		return filters_gone(ifindex) ?
			       FILTERS_GONE :
			       report(EXIT_FAILED,
				      "somebody else's filter has priority %d and handle %d on %s, %s; remove it with 'tc filter del dev %s %s prio %d', or leave the interface out with --dev",
				      EXTKEY_TC_PRIORITY, EXTKEY_TC_HANDLE,
				      name, direction->name, name,
				      direction->name, EXTKEY_TC_PRIORITY);

	opts.prog_fd = open_program(direction);
	if (opts.prog_fd < 0)
		return report(EXIT_FAILED,
			      "cannot open the program for %s in %s: %s",
			      direction->name, EXTKEY_DIR, strerror(errno));
	err = bpf_tc_attach(&hook, &opts);
	close(opts.prog_fd);
	if (err)
		return filters_gone(ifindex) ?
			       FILTERS_GONE :
			       report(EXIT_FAILED,
				      "cannot attach to %s, %s: %s; is cls_bpf in the kernel (CONFIG_NET_CLS_BPF)?",
				      name, direction->name, strerror(-err));
	return EXIT_OK;
}

int filters_attach(__u32 ifindex, const char *name)
{
	char kind[IF_NAMESIZE];
	unsigned int i;
	int err = EXIT_OK;

	/* It has one list of filters, for both directions to be mixed up in */
	qdisc_kind(ifindex, kind);
	if (!strcmp(kind, "ingress"))
		return report(
			EXIT_FAILED,
			"%s has a qdisc 'ingress', and engine tc needs 'clsact' in its place; remove it with 'tc qdisc del dev %s ingress', or leave the interface out with --dev",
			name, name);
	for (i = 0; i < NR_DIRECTIONS && !err; i++)
		err = attach_filter(ifindex, name, &directions[i]);
	return err;
}

void filters_detach(__u32 ifindex, bool clsact)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex);
	unsigned int i, foreign = 0;

	for (i = 0; i < NR_DIRECTIONS; i++) {
		LIBBPF_OPTS(bpf_tc_opts, opts, .handle = EXTKEY_TC_HANDLE,
			    .priority = EXTKEY_TC_PRIORITY);

		hook.attach_point = directions[i].point;
		if (holder_of(ifindex, &directions[i]) == US)
			bpf_tc_detach(&hook, &opts);
		foreign += count_filters(ifindex, directions[i].parent);
	}
	if (clsact && !foreign) {
		hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
		bpf_tc_hook_destroy(&hook);
	}
}

bool filters_in_place(__u32 ifindex)
{
	unsigned int i;

	if (!filters_has_clsact(ifindex))
		return false;
	for (i = 0; i < NR_DIRECTIONS; i++)
		if (holder_of(ifindex, &directions[i]) != US)
			return false;
	return true;
}
