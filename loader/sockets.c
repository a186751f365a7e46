// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include "error.h"
#include "netns.h"
#include "sockets.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

/* include/net/tcp_states.h */
#define STATE_LISTEN 10
#define STATE_BOUND_INACTIVE \
	13 /* Linux 6.8: bound, and neither of the others */
#define ALL_STATES 0xfff

/* Enough for a message with a storage; the kernel makes no larger ones for a dump */
#define BUFFER 65536

struct query {
	int protocol;
	unsigned int states;
	int keys; /* the map to read of each socket, or -1 */
	int (*visit)(const struct inet_diag_msg *msg,
		     const struct nlattr *const *attrs, void *data);
	void *data;
	int result; /* what @visit returned last */
};

static int collect_attr(const struct nlattr *attr, void *data)
{
	const struct nlattr **attrs = data;
	unsigned int type = mnl_attr_get_type(attr);

	if (type <= INET_DIAG_MAX)
		attrs[type] = attr;
	return MNL_CB_OK;
}

static int read_message(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attrs[INET_DIAG_MAX + 1] = { NULL };
	struct query *query = data;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct inet_diag_msg) ||
	    mnl_attr_parse(nlh, sizeof(struct inet_diag_msg), collect_attr,
			   attrs) < 0)
		return MNL_CB_OK;
	if (!query->result)
		query->result = query->visit(mnl_nlmsg_get_payload(nlh), attrs,
					     query->data);
	return MNL_CB_OK;
}

static struct nlmsghdr *build_request(char *buf, const struct query *query,
				      int family)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct inet_diag_req_v2 *req;
	struct nlattr *nest;

	nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = 1;
	req = mnl_nlmsg_put_extra_header(nlh, sizeof(*req));
	req->sdiag_family = family;
	/* 8 bits are not enough for all protocols: an attribute has the others */
	req->sdiag_protocol = query->protocol > 255 ? IPPROTO_RAW :
						      query->protocol;
	req->idiag_states = query->states;
	mnl_attr_put_u32(nlh, INET_DIAG_REQ_PROTOCOL, query->protocol);
	if (query->keys >= 0) {
		nest = mnl_attr_nest_start(nlh, INET_DIAG_REQ_SK_BPF_STORAGES);
		mnl_attr_put_u32(nlh, SK_DIAG_BPF_STORAGE_REQ_MAP_FD,
				 query->keys);
		mnl_attr_nest_end(nlh, nest);
	}
	return nlh;
}

static int dump(struct mnl_socket *nl, struct query *query, int family)
{
	static char buf[BUFFER];
	struct nlmsghdr *nlh = build_request(buf, query, family);
	unsigned int seq = nlh->nlmsg_seq;
	int more = 1, err = 0;
	ssize_t len = 0;

	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		more = -1;
	while (more > 0) {
		len = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		more = len < 0 ? -1 :
				 mnl_cb_run(buf, len, seq,
					    mnl_socket_get_portid(nl),
					    read_message, query);
	}
	if (more < 0)
		err = fail(
			-errno,
			"cannot list the sockets: %s; does the kernel have CONFIG_INET_MPTCP_DIAG?",
			strerror(errno));
	/* What is derived from keys came along */
	explicit_bzero(buf, sizeof(buf));
	return err;
}

/* In this network namespace */
static int run_query(struct query *query)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct mnl_socket *nl;
	unsigned int i;
	int err = 0;

	query->result = 0;
	nl = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		err = fail(-errno, "cannot list the sockets: %s",
			   strerror(errno));
	for (i = 0; i < 2 && !err && !query->result; i++)
		err = dump(nl, query, families[i]);
	if (nl)
		mnl_socket_close(nl);
	return err ? err : query->result;
}

struct listing {
	int keys;
	__u32 netns;
	int (*visit)(const struct mptcp_socket *socket, void *data);
	void *data;
};

/*
 * The value of the map "keys" among the attributes of a socket. That of another layout may be
 * shorter; it begins with the cgroup, too.
 */
static bool find_stored(const struct nlattr *storages,
			struct extkey_sock *stored)
{
	const struct nlattr *storage, *attr;
	__u32 len;

	memset(stored, 0, sizeof(*stored));
	mnl_attr_for_each_nested(storage, storages)
	{
		mnl_attr_for_each_nested(attr, storage)
		{
			if (mnl_attr_get_type(attr) !=
			    SK_DIAG_BPF_STORAGE_MAP_VALUE)
				continue;
			len = mnl_attr_get_payload_len(attr);
			memcpy(stored, mnl_attr_get_payload(attr),
			       len < sizeof(*stored) ? len : sizeof(*stored));
			return true;
		}
	}
	return false;
}

static void print_address(char *text, int family, const __be32 *addr,
			  __be16 port)
{
	char words[INET6_ADDRSTRLEN] = "?";

	inet_ntop(family, addr, words, sizeof(words));
	snprintf(text, SOCKET_ADDRESS_MAX,
		 family == AF_INET6 ? "[%s]:%u" : "%s:%u", words, ntohs(port));
}

/* What is stored of its key */
static void read_key(const struct nlattr *storages, struct mptcp_socket *found)
{
	bool has_own_key, listens = !strcmp(found->role, "listener");
	struct extkey_sock stored;

	found->keyed = storages && find_stored(storages, &stored);
	if (!found->keyed)
		return;
	if (!listens && stored.flags & EXTKEY_SOCK_CLIENT)
		found->role = "client";
	found->cgroup_id = stored.cgroup_id;
	found->scheme = stored.scheme;
	found->engine = stored.engine;
	found->hooked = stored.flags & EXTKEY_SOCK_HOOKED;
	found->of_cgroup = stored.flags & EXTKEY_SOCK_CGROUP;
	found->waits = stored.flags & EXTKEY_SOCK_WAITS;
	/* A listener may have been a client */
	has_own_key = stored.connection_key_of && !listens;
	found->keyless = stored.flags & EXTKEY_SOCK_KEYLESS && !has_own_key;
	if (has_own_key)
		found->fingerprint = stored.keys.connection.fingerprint;
	else if (!found->of_cgroup)
		found->fingerprint = stored.keys.sending.fingerprint;
	explicit_bzero(&stored, sizeof(stored));
}

static int read_socket(const struct inet_diag_msg *msg,
		       const struct nlattr *const *attrs, void *data)
{
	const struct listing *listing = data;
	struct mptcp_socket found = {
		.netns = listing->netns,
		.inode = msg->idiag_inode,
		.role = msg->idiag_state == STATE_LISTEN ? "listener" :
							   "server",
	};

	found.cookie = (__u64)msg->id.idiag_cookie[1] << 32 |
		       msg->id.idiag_cookie[0];
	print_address(found.local, msg->idiag_family, msg->id.idiag_src,
		      msg->id.idiag_sport);
	print_address(found.remote, msg->idiag_family, msg->id.idiag_dst,
		      msg->id.idiag_dport);
	if (attrs[INET_DIAG_CGROUP_ID])
		found.made_in = mnl_attr_get_u64(attrs[INET_DIAG_CGROUP_ID]);
	read_key(attrs[INET_DIAG_SK_BPF_STORAGES], &found);
	return listing->visit(&found, listing->data);
}

static int list_namespace(__u32 inode, const char *path, void *data)
{
	struct listing *listing = data;
	struct query query = {
		.protocol = IPPROTO_MPTCP,
		.states = ALL_STATES,
		.keys = listing->keys,
		.visit = read_socket,
		.data = listing,
	};

	(void)path;
	listing->netns = inode;
	return run_query(&query);
}

int sockets_visit(const struct maps *maps,
		  int (*visit)(const struct mptcp_socket *socket, void *data),
		  void *data)
{
	struct listing listing = {
		.keys = maps->keys,
		.visit = visit,
		.data = data,
	};

	return maps->keys < 0 ? 0 : netns_visit_all(list_namespace, &listing);
}

struct need {
	const struct maps *maps;
	unsigned int engine;
	bool alone;
};

/*
 * As engine_of() in bpf/keys.bpf.h has it. The kernel refuses the fields of a connection
 * that had masks of the hook if there is no program to say that they have none now.
 */
static int is_left_behind(const struct mptcp_socket *socket, void *data)
{
	const struct need *need = data;
	struct extkey_policy policy;

	if (!socket->keyed)
		return 0;
	if (need->engine == EXTKEY_ENGINE_HOOK && socket->hooked)
		return fail(1, "the socket %s has had masks of it",
			    socket->local);
	if (policy_read(need->maps, socket->cgroup_id, &policy) ||
	    (socket->engine != need->engine && !need->alone))
		return 0;
	return fail(1, "the socket %s holds a key", socket->local);
}

struct bound_search {
	__u16 own_port; /* of a socket that must be found, or nothing is known */
	bool found_own;
	bool found_mptcp;
};

static int read_bound(const struct inet_diag_msg *msg,
		      const struct nlattr *const *attrs, void *data)
{
	struct bound_search *search = data;

	if (msg->id.idiag_sport == search->own_port)
		search->found_own = true;
	else if (attrs[INET_DIAG_ULP_INFO]) /* TCP has none, a subflow has */
		search->found_mptcp = true;
	return 0;
}

/*
 * A socket that is bound, and may listen later, has its key already, and sock_diag
 * shows no storage of it: what is bound may be one. That the kernel shows such sockets
 * at all is seen by one of our own.
 */
static int look_for_bound(__u32 inode, const char *path, void *unused)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_ANY),
	};
	struct bound_search search = { 0 };
	struct query query = {
		.protocol = IPPROTO_TCP,
		.states = 1 << STATE_BOUND_INACTIVE,
		.keys = -1,
		.visit = read_bound,
		.data = &search,
	};
	socklen_t len = sizeof(addr);
	int own, err = 0;

	(void)inode;
	(void)unused;
	own = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (own < 0 || bind(own, (struct sockaddr *)&addr, sizeof(addr)) ||
	    getsockname(own, (struct sockaddr *)&addr, &len))
		err = fail(1, "cannot bind a socket in %s: %s", path,
			   strerror(errno));
	search.own_port = addr.sin_port;
	if (!err)
		err = run_query(&query);
	if (own >= 0)
		close(own);
	if (err)
		return 1;
	if (!search.found_own)
		return fail(
			1,
			"this kernel does not show sockets that are bound alone, and one of those may hold a key");
	return search.found_mptcp ?
		       fail(1, "a socket that is bound in %s may hold a key",
			    path) :
		       0;
}

int sockets_need_engine(const struct maps *maps, unsigned int engine,
			bool alone)
{
	struct need need = { .maps = maps, .engine = engine, .alone = alone };
	int result;

	result = sockets_visit(maps, is_left_behind, &need);
	if (!result)
		result = netns_visit_all(look_for_bound, NULL);
	return result ? 1 : 0;
}

static int ignore(const struct inet_diag_msg *msg,
		  const struct nlattr *const *attrs, void *unused)
{
	(void)msg;
	(void)attrs;
	(void)unused;
	return 0;
}

int sockets_try(void)
{
	struct query query = {
		.protocol = IPPROTO_MPTCP,
		.states = ALL_STATES,
		.keys = -1,
		.visit = ignore,
	};

	return run_query(&query);
}
