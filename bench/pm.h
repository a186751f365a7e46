/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The netlink family of MPTCP's path managers: to open a subflow at a moment of
 * one's own choosing (net.mptcp.pm_type=1), and to be told when the server's
 * kernel has accepted one. For join.c.
 */
#ifndef EXTKEY_BENCH_PM_H
#define EXTKEY_BENCH_PM_H

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

#include "bench.h"

#define PM_BUF 8192
#define PM_RCVBUF (64 << 20)
#define PM_SUBFLOW_ID 1 /* of the client's address on the second path */

struct pm {
	struct mnl_socket *nl;
	uint16_t family;
	uint32_t group;
};

static inline struct genlmsghdr *pm_message(char *buf, uint16_t type,
					    uint8_t cmd, uint8_t version,
					    uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = version;
	return genl;
}

/* The one group that there is with this name */
static inline void pm_find_group(const struct nlattr *groups, struct pm *pm)
{
	const struct nlattr *group, *attr;

	mnl_attr_for_each_nested(group, groups)
	{
		const char *name = "";
		uint32_t id = 0;

		mnl_attr_for_each_nested(attr, group)
		{
			if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_NAME)
				name = mnl_attr_get_str(attr);
			if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID)
				id = mnl_attr_get_u32(attr);
		}
		if (!strcmp(name, MPTCP_PM_EV_GRP_NAME))
			pm->group = id;
	}
}

static inline int pm_read_family(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;
	struct pm *pm = data;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
	{
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			pm->family = mnl_attr_get_u16(attr);
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GROUPS)
			pm_find_group(attr, pm);
	}
	return MNL_CB_OK;
}

/* What the kernel answers, up to its acknowledgment; false with errno */
static inline bool pm_ask(struct pm *pm, struct nlmsghdr *nlh,
			  mnl_cb_t callback)
{
	unsigned int port = mnl_socket_get_portid(pm->nl);
	char buf[PM_BUF];
	ssize_t len;
	int more;

	if (mnl_socket_sendto(pm->nl, nlh, nlh->nlmsg_len) < 0)
		return false;
	do {
		len = mnl_socket_recvfrom(pm->nl, buf, sizeof(buf));
		more = len < 0 ? -1 :
				 mnl_cb_run(buf, (size_t)len, 0, port, callback,
					    pm);
	} while (more > MNL_CB_STOP);
	return !more;
}

/* In the network namespace of the process */
static inline int pm_open(struct pm *pm)
{
	char buf[PM_BUF];

	pm_message(buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, NLM_F_ACK);
	mnl_attr_put_strz((struct nlmsghdr *)buf, CTRL_ATTR_FAMILY_NAME,
			  MPTCP_PM_NAME);
	pm->nl = mnl_socket_open(NETLINK_GENERIC);
	if (!pm->nl || mnl_socket_bind(pm->nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    !pm_ask(pm, (struct nlmsghdr *)buf, pm_read_family) || !pm->group)
		return peer_error(PEER_FAILED, "no netlink family of MPTCP: %s",
				  strerror(errno));
	return PEER_OK;
}

/* That of all network namespaces in @netns, which is left again */
static inline int pm_listen(struct pm *pm, const char *netns)
{
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int other = open(netns, O_RDONLY | O_CLOEXEC);
	int size = PM_RCVBUF, status = PEER_FAILED;

	if (own == -1 || other == -1 || setns(other, CLONE_NEWNET))
		return peer_error(PEER_FAILED, "cannot enter %s: %s", netns,
				  strerror(errno));
	status = pm_open(pm);
	if (!status && (mnl_socket_setsockopt(pm->nl, NETLINK_ADD_MEMBERSHIP,
					      &pm->group, sizeof(pm->group)) ||
			setsockopt(mnl_socket_get_fd(pm->nl), SOL_SOCKET,
				   SO_RCVBUFFORCE, &size, sizeof(size))))
		status = peer_error(PEER_FAILED, "no events of MPTCP: %s",
				    strerror(errno));
	if (setns(own, CLONE_NEWNET))
		abort();
	close(own);
	close(other);
	return status;
}

static inline void pm_put_addr(struct nlmsghdr *nlh, uint16_t type, int id,
			       const struct sockaddr_in *addr, bool port)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, type);

	mnl_attr_put_u16(nlh, MPTCP_PM_ADDR_ATTR_FAMILY, AF_INET);
	mnl_attr_put_u32(nlh, MPTCP_PM_ADDR_ATTR_ADDR4, addr->sin_addr.s_addr);
	if (id)
		mnl_attr_put_u8(nlh, MPTCP_PM_ADDR_ATTR_ID, (uint8_t)id);
	if (port)
		mnl_attr_put_u16(nlh, MPTCP_PM_ADDR_ATTR_PORT,
				 ntohs(addr->sin_port));
	mnl_attr_nest_end(nlh, nest);
}

static inline bool pm_create_subflow(struct pm *pm, uint32_t token,
				     const struct sockaddr_in *from,
				     const struct sockaddr_in *to)
{
	char buf[PM_BUF];
	struct nlmsghdr *nlh = (struct nlmsghdr *)buf;

	pm_message(buf, pm->family, MPTCP_PM_CMD_SUBFLOW_CREATE, MPTCP_PM_VER,
		   NLM_F_ACK);
	mnl_attr_put_u32(nlh, MPTCP_PM_ATTR_TOKEN, token);
	pm_put_addr(nlh, MPTCP_PM_ATTR_ADDR, PM_SUBFLOW_ID, from, false);
	pm_put_addr(nlh, MPTCP_PM_ATTR_ADDR_REMOTE, 0, to, true);
	return pm_ask(pm, nlh, NULL);
}

/* Else the socket fills up with events that nobody waits for, and memory with it */
static inline void pm_drain(struct pm *pm)
{
	char buf[PM_BUF];

	while (recv(mnl_socket_get_fd(pm->nl), buf, sizeof(buf), MSG_DONTWAIT) >
	       0)
		;
}

/* Reads events until one tells of a subflow: false if none comes in @timeout ms */
static inline bool pm_established(struct pm *pm, int timeout)
{
	struct pollfd pollfd = { .fd = mnl_socket_get_fd(pm->nl),
				 .events = POLLIN };
	const struct nlmsghdr *nlh;
	const struct genlmsghdr *genl;
	char buf[PM_BUF];

	for (;;) {
		if (recv(pollfd.fd, buf, sizeof(buf), MSG_DONTWAIT) <= 0) {
			if (poll(&pollfd, 1, timeout) <= 0)
				return false;
			continue;
		}
		nlh = (const struct nlmsghdr *)buf;
		genl = mnl_nlmsg_get_payload(nlh);
		if (nlh->nlmsg_type == pm->family &&
		    genl->cmd == MPTCP_EVENT_SUB_ESTABLISHED)
			return true;
	}
}

#endif /* EXTKEY_BENCH_PM_H */
