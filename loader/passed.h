/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sockets that were passed on: a process uses them whose cgroup has another policy than the one
 * in which the socket was made. Socket activation does so, too. A socket follows the cgroup that
 * made it, so its policy is not the one that people see at the process. Errors as in error.h.
 */
#ifndef EXTKEY_PASSED_H
#define EXTKEY_PASSED_H

#include "sockets.h"

struct passed_sockets {
	int pid;
	char command[16]; /* as ps shows it */
	char cgroup[EXTKEY_PATH_SIZE]; /* of the process */
	char made_in[EXTKEY_PATH_SIZE]; /* of the sockets; "" if it is gone */
	bool process_has_policy;
	bool sockets_have_policy;
	unsigned int number; /* of sockets that the process has from there */
	char local[SOCKET_ADDRESS_MAX]; /* of one of them */
};

/*
 * Calls @visit for each process and cgroup, until it returns something else than 0. -EPERM if
 * there are processes or namespaces that this one may not look at, after all others.
 */
int passed_visit(const struct maps *maps,
		 int (*visit)(const struct passed_sockets *passed, void *data),
		 void *data);

#endif /* EXTKEY_PASSED_H */
