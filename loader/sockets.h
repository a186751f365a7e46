/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The MPTCP sockets: listeners and connections, as sock_diag has them with their socket
 * storage. A socket that is bound and does neither is not among them. Errors as in error.h.
 */
#ifndef EXTKEY_SOCKETS_H
#define EXTKEY_SOCKETS_H

#include <stdbool.h>

#include "policies.h"

#define SOCKET_ADDRESS_MAX 64

struct mptcp_socket {
	__u64 cookie; /* as ss shows it */
	__u32 netns;
	__u32 inode; /* as processes have it; 0 if none has */
	__u64 made_in; /* cgroup */
	const char *role; /* "listener", "client" or "server" */
	char local[SOCKET_ADDRESS_MAX]; /* ADDRESS:PORT or [ADDRESS]:PORT */
	char remote[SOCKET_ADDRESS_MAX];
	bool keyed; /* has a key, or was to have one; else nothing follows */
	__u64 cgroup_id; /* whose policy it follows */
	__u8 scheme;
	__u8 engine; /* at the time when the key was taken */
	bool hooked; /* has had masks of engine hook */
	__u32 fingerprint; /* 0 if the key is its cgroup's */
	bool of_cgroup;
	bool keyless; /* was to have a key, and has none */
	bool waits; /* was made to wait for one */
};

/*
 * Calls @visit for each of them in all network namespaces that can be found, until it
 * returns something else than 0. -EPERM if there are namespaces that this process may
 * not look at, after all others.
 */
int sockets_visit(const struct maps *maps,
		  int (*visit)(const struct mptcp_socket *socket, void *data),
		  void *data);

/*
 * 0 if it is sure that no socket holds a key for this engine but those of attached
 * cgroups, whose engine is what the policy says; 1 if there may be one, for which
 * failure() is the reason. @alone: the other engine is not loaded, so all others count.
 * A socket that has had masks of engine hook needs that one, whatever the policy says.
 */
int sockets_need_engine(const struct maps *maps, unsigned int engine,
			bool alone);

/* Whether this kernel lists MPTCP sockets at all: 0 or an error */
int sockets_try(void);

#endif /* EXTKEY_SOCKETS_H */
