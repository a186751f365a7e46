/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes whose MPTCP sockets do not have what people would expect of the policy of their
 * cgroup. A socket follows the cgroup that made it, and with socket activation, or a descriptor
 * that was passed on, that is another one. And a socket that is older than the policy has no
 * key. Errors as in error.h.
 */
#ifndef EXTKEY_SOCKET_USERS_H
#define EXTKEY_SOCKET_USERS_H

#include "sockets.h"

struct socket_user {
	int pid;
	char command[16]; /* as ps shows it */
	char cgroup[EXTKEY_PATH_SIZE]; /* of the process */
	char made_in[EXTKEY_PATH_SIZE]; /* of its sockets; "" if it is gone */
	bool has_policy; /* the process */
	bool sockets_have_policy;
	bool keyless; /* of the same policy, which gives or requires a key; but they have none */
	unsigned int number; /* of these sockets */
	char local[SOCKET_ADDRESS_MAX]; /* of one of them */
};

/*
 * Calls @visit for each process and cgroup, until it returns something else than 0. Looks at the
 * descriptors of all processes, which takes time: without the lock, and for 10 seconds at most.
 * -EPERM or -ETIMEDOUT if not all were looked at, after all others.
 */
int socket_users_visit(const struct maps *maps,
		       int (*visit)(const struct socket_user *user, void *data),
		       void *data);

#endif /* EXTKEY_SOCKET_USERS_H */
