/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What extkey keeps in bpffs. Nothing else in the command touches a pin.
 *
 *	/sys/fs/bpf/extkey/
 *		keys policies counters	maps
 *		connect4 bind4		programs, linked to each attached cgroup
 *		hook			link to the kernel's hook, if it has it
 *		ingress egress devices	programs of engine tc, and where they are
 *		gate accepted		the same, linked to the root of all cgroups
 *		root/gate ...		links to the root of all cgroups, for engine tc
 *		sockets			iterator: cat shows who holds a key
 *		cgroups/ID/connect4 ...	links to the cgroup with this id
 *
 * The directory is made whole under another name and then renamed. A cgroup is
 * attached if and only if its policy is in the map: links without a policy do
 * nothing. So there is one system call that makes the change, whatever the
 * command is, and a kill before or after it leaves the old state or the new.
 */
#ifndef EXTKEY_STATE_H
#define EXTKEY_STATE_H

#include <stdbool.h>

#include "extkey_maps.h"

#define EXTKEY_DIR "/sys/fs/bpf/extkey"
#define EXTKEY_SOCKETS EXTKEY_DIR "/sockets"

struct state {
	int lock; /* one command at a time */
	int policies; /* -1: nothing is installed */
	int counters;
	int devices;
};

/*
 * All that return int return EXIT_OK, or the exit status after they have
 * printed the error.
 */

/* Waits for other commands to end, then opens the maps if they are there */
int state_open(struct state *state);
int state_lock(struct state *state); /* the same without the maps */
void state_close(struct state *state);

/* Clears away what killed commands and removed cgroups have left behind */
int state_repair(struct state *state);

/* Loads, attaches and pins all that is not for one cgroup */
int state_install(struct state *state);

/* Whether the programs of this engine are loaded */
bool state_has_engine(unsigned int engine);

/* Whether a cgroup is attached with this engine */
bool state_uses_engine(const struct state *state, unsigned int engine);

/* Takes keys in no cgroup any more, the first step of detach --all */
int state_detach_all(void);

/* Removes everything, also when it is of another version */
int state_remove(void);

/* Whether the links of an attached cgroup are there and alive */
bool state_linked(__u64 id);

/* Engine tc: what looks at all sockets, by the root of the cgroup's hierarchy */
bool state_gate_linked(void);
int state_link_gate(int cgroup_fd);
bool state_has_gate(void); /* or a part of it */
int state_unlink_gate(void);

/* Whether any socket holds a key */
bool state_has_sockets(void);

/* All of attach but the policy: the links, and a place for the counters */
int state_link(struct state *state, int cgroup_fd, __u64 id,
	       const char *cgroup);
int state_set_policy(struct state *state, __u64 id,
		     const struct extkey_policy *policy);
int state_detach(struct state *state, __u64 id);

#endif /* EXTKEY_STATE_H */
