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

#include "clsact.h"
#include "error.h"
#include "links.h"
#include "programs.h"

static const struct direction {
	const char *name;
	enum bpf_tc_attach_point point;
	__u32 parent;
} directions[] = {
	{ "ingress", BPF_TC_INGRESS, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS) },
	{ "egress", BPF_TC_EGRESS, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS) },
};

#define NR_DIRECTIONS (sizeof(directions) / sizeof(directions[0]))

static bool is_gone(__u32 ifindex)
{
	char name[IF_NAMESIZE];

	return !if_indextoname(ifindex, name);
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
	/* The kernel answers who wants to hear the echo */
	ask_kernel(tc_request(buf, RTM_GETQDISC, NLM_F_ACK | NLM_F_ECHO,
			      ifindex, TC_H_CLSACT),
		   read_qdisc, kind);
}

bool clsact_is_there(__u32 ifindex)
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

enum holder { NOBODY, US, OTHERS };

/* Whose filter has our priority and handle, and the number of its program */
static enum holder holder_of(__u32 ifindex, const struct direction *direction,
			     __u32 *prog_id)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = direction->point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = CLSACT_HANDLE,
		    .priority = CLSACT_PRIORITY);
	int err;

	*prog_id = 0;
	/* EINVAL: there is none at all; or one, and it is not of eBPF */
	err = bpf_tc_query(&hook, &opts);
	if (err == -ENOENT ||
	    (err == -EINVAL && !count_filters(ifindex, direction->parent)))
		return NOBODY;
	if (err)
		return OTHERS;
	*prog_id = opts.prog_id;
	/* A former one can be told only by who may look at all programs */
	return programs_have(SET_TC, direction->name, *prog_id) ||
			       programs_are_ours(*prog_id) ?
		       US :
		       OTHERS;
}

static int attach_filter(__u32 ifindex, const char *name,
			 const struct direction *direction, bool next)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = direction->point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = CLSACT_HANDLE,
		    .priority = CLSACT_PRIORITY, .flags = BPF_TC_F_REPLACE);
	__u32 prog_id;
	int err;

	err = bpf_tc_hook_create(&hook);
	if (err && err != -EEXIST)
		return is_gone(ifindex) ?
			       -ENODEV :
			       fail(err,
				    "cannot add clsact to %s: %s; is it in the kernel (CONFIG_NET_SCH_INGRESS)?",
				    name, strerror(-err));
	if (holder_of(ifindex, direction, &prog_id) == OTHERS)
		return is_gone(ifindex) ?
			       -ENODEV :
			       fail(-EBUSY,
				    "somebody else's filter has priority %d and handle %d on %s, %s; remove it with 'tc filter del dev %s %s prio %d', or leave the interface out with --dev",
				    CLSACT_PRIORITY, CLSACT_HANDLE, name,
				    direction->name, name, direction->name,
				    CLSACT_PRIORITY);

	opts.prog_fd = programs_open(SET_TC, direction->name, next);
	if (opts.prog_fd < 0)
		return opts.prog_fd;
	err = bpf_tc_attach(&hook, &opts);
	close(opts.prog_fd);
	if (err)
		return is_gone(ifindex) ?
			       -ENODEV :
			       fail(err,
				    "cannot attach to %s, %s: %s; is cls_bpf in the kernel (CONFIG_NET_CLS_BPF)?",
				    name, direction->name, strerror(-err));
	return 0;
}

int clsact_attach(__u32 ifindex, const char *name, bool next)
{
	char kind[IF_NAMESIZE];
	unsigned int i;
	int err = 0;

	/* It has one list of filters, for both directions to be mixed up in */
	qdisc_kind(ifindex, kind);
	if (!strcmp(kind, "ingress"))
		return fail(
			-EBUSY,
			"%s has a qdisc 'ingress', and engine tc needs 'clsact' in its place; remove it with 'tc qdisc del dev %s ingress', or leave the interface out with --dev",
			name, name);
	for (i = 0; i < NR_DIRECTIONS && !err; i++)
		err = attach_filter(ifindex, name, &directions[i], next);
	return err;
}

int clsact_detach(__u32 ifindex, const char *name, bool qdisc)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex);
	unsigned int i, foreign = 0;
	int ours = 0, result = 0, err;
	__u32 prog_id;

	for (i = 0; i < NR_DIRECTIONS; i++) {
		LIBBPF_OPTS(bpf_tc_opts, opts, .handle = CLSACT_HANDLE,
			    .priority = CLSACT_PRIORITY);

		hook.attach_point = directions[i].point;
		if (holder_of(ifindex, &directions[i], &prog_id) == US) {
			err = bpf_tc_detach(&hook, &opts);
			if (!err)
				ours++;
			else if (err != -ENOENT && !is_gone(ifindex))
				result = fail(
					err,
					"cannot remove our filter from %s, %s: %s; remove it with 'tc filter del dev %s %s prio %d'",
					name, directions[i].name,
					strerror(-err), name,
					directions[i].name, CLSACT_PRIORITY);
		}
		foreign += count_filters(ifindex, directions[i].parent);
	}
	if (qdisc && !foreign) {
		hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
		bpf_tc_hook_destroy(&hook);
	}
	return result ? result : ours;
}

bool clsact_in_place(__u32 ifindex)
{
	__u32 prog_id;
	unsigned int i;

	if (!clsact_is_there(ifindex))
		return false;
	for (i = 0; i < NR_DIRECTIONS; i++)
		if (holder_of(ifindex, &directions[i], &prog_id) != US ||
		    !programs_have(SET_TC, directions[i].name, prog_id))
			return false;
	return true;
}
