/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The attached cgroups: a policy, counters, and links of the programs that take keys.
 * A cgroup is attached if and only if its policy is in the map: links without a
 * policy do nothing. So one system call makes the change, and a kill before or after
 * it leaves the old state or the new. Errors as in error.h.
 */
#ifndef EXTKEY_POLICIES_H
#define EXTKEY_POLICIES_H

#include <stdbool.h>

#include "extkey_maps.h"

/* Descriptors of the pinned maps; -1 for what is not installed */
struct maps {
	int keys;
	int cgroup_keys;
	int policies;
	int counters;
	int devices; /* engine tc */
};

bool policy_read(const struct maps *maps, __u64 id,
		 struct extkey_policy *policy);
int policy_write(const struct maps *maps, __u64 id,
		 const struct extkey_policy *policy);

/* All of attach but to write the policy: the links, and a place for the counters */
int policy_link(const struct maps *maps, int cgroup_fd, __u64 id,
		const struct extkey_policy *policy);

/* Whether the links are there, alive, and run the programs that are pinned */
bool policy_linked(__u64 id, const struct extkey_policy *policy);

/* First the policy, then all else of the cgroup */
int policy_remove(const struct maps *maps, __u64 id);

/* Calls @visit for each attached cgroup, until it returns something else than 0 */
int policies_visit(const struct maps *maps,
		   int (*visit)(__u64 id, const struct extkey_policy *policy,
				void *data),
		   void *data);

/* Whether a cgroup is attached with this engine */
bool policies_use(const struct maps *maps, unsigned int engine);

/* Removes all policies, and nothing else: the first step of detach --all */
int policies_clear(const struct maps *maps);

/* Clears away what killed commands and removed cgroups have left behind */
int policies_repair(const struct maps *maps);

/* Has all links run the programs in next/ */
int policies_update_links(void);

#endif /* EXTKEY_POLICIES_H */
