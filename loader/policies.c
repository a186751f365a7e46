// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "counters.h"
#include "error.h"
#include "links.h"
#include "policies.h"
#include "programs.h"

#define CGROUPS_DIR EXTKEY_DIR "/cgroups"

static const struct cgroup_program {
	const char *name; /* of its pin, and of that of its link */
	enum bpf_attach_type type;
	bool waiting; /* for policies with wait_key alone */
} cgroup_programs[] = {
	{ "connect4", BPF_CGROUP_INET4_CONNECT, false },
	{ "connect6", BPF_CGROUP_INET6_CONNECT, false },
	{ "bind4", BPF_CGROUP_INET4_BIND, false },
	{ "bind6", BPF_CGROUP_INET6_BIND, false },
	{ "create", BPF_CGROUP_INET_SOCK_CREATE, false },
	{ "setsockopt", BPF_CGROUP_SETSOCKOPT, false },
	{ "getsockopt", BPF_CGROUP_GETSOCKOPT, false },
	{ "hold", BPF_CGROUP_INET_EGRESS, true },
	{ "knock", BPF_CGROUP_SOCK_OPS, true },
};

#define NR_CGROUP_PROGRAMS \
	(sizeof(cgroup_programs) / sizeof(cgroup_programs[0]))

static void dir_of(__u64 id, char *path)
{
	snprintf(path, PIN_PATH_MAX, CGROUPS_DIR "/%" PRIu64, (uint64_t)id);
}

static void link_path(__u64 id, const struct cgroup_program *program,
		      char *path)
{
	snprintf(path, PIN_PATH_MAX, CGROUPS_DIR "/%" PRIu64 "/%s",
		 (uint64_t)id, program->name);
}

bool policy_read(const struct maps *maps, __u64 id,
		 struct extkey_policy *policy)
{
	return maps->policies >= 0 &&
	       !bpf_map_lookup_elem(maps->policies, &id, policy);
}

static int map_error(const char *map, const char *cgroup)
{
	if (errno == E2BIG)
		return fail(
			-E2BIG,
			"cannot attach '%s': the map %s is full, at most %d cgroups can be attached; 'extkey_loader status' shows which are",
			cgroup, map, EXTKEY_MAX_CGROUPS);
	return fail(-errno, "cannot attach '%s': map %s: %s", cgroup, map,
		    strerror(errno));
}

int policy_write(const struct maps *maps, __u64 id,
		 const struct extkey_policy *policy)
{
	if (bpf_map_update_elem(maps->policies, &id, policy, BPF_ANY))
		return map_error("policies", policy->cgroup);
	return 0;
}

static bool link_alive(__u64 id, const struct cgroup_program *program,
		       struct link_state *state)
{
	char path[PIN_PATH_MAX];

	link_path(id, program, path);
	/* A link dies with the cgroup, its pin does not */
	return link_read(path, state) && state->cgroup_id;
}

static int link_one(int cgroup_fd, __u64 id,
		    const struct cgroup_program *program)
{
	struct link_state state;
	char path[PIN_PATH_MAX];
	int prog, err;

	if (link_alive(id, program, &state))
		return 0;
	link_path(id, program, path);
	prog = programs_open(SET_CGROUP, program->name, false);
	if (prog < 0)
		return prog;
	err = link_make(prog, cgroup_fd, program->type, path);
	close(prog);
	if (err == -EINVAL)
		return fail(
			err,
			"cannot link %s to the cgroup: the kernel has no such links; is it built with CONFIG_CGROUP_BPF?",
			program->name);
	return err == -EPERM ?
		       fail(-EBUSY,
			    "cannot link %s to the cgroup: %s; a program attached there without BPF_F_ALLOW_MULTI keeps others out, see 'bpftool cgroup tree'",
			    program->name, strerror(EPERM)) :
		       err;
}

/* Once linked they stay, whatever the policy says then: for the sockets that wait */
static bool needs(const struct extkey_policy *policy,
		  const struct cgroup_program *program)
{
	return policy->wait_key || !program->waiting;
}

int policy_link(const struct maps *maps, int cgroup_fd, __u64 id,
		const struct extkey_policy *policy)
{
	char dir[PIN_PATH_MAX];
	unsigned int i;
	int err;

	dir_of(id, dir);
	err = pin_make_dir(CGROUPS_DIR);
	if (!err)
		err = pin_make_dir(dir);
	if (!err && counters_add(maps->counters, id))
		err = map_error("counters", policy->cgroup);
	for (i = 0; i < NR_CGROUP_PROGRAMS && !err; i++)
		if (needs(policy, &cgroup_programs[i]))
			err = link_one(cgroup_fd, id, &cgroup_programs[i]);
	return err;
}

bool policy_linked(__u64 id, const struct extkey_policy *policy)
{
	struct link_state state;
	unsigned int i;

	for (i = 0; i < NR_CGROUP_PROGRAMS; i++)
		if (needs(policy, &cgroup_programs[i]) &&
		    (!link_alive(id, &cgroup_programs[i], &state) ||
		     !programs_have(SET_CGROUP, cgroup_programs[i].name,
				    state.prog_id)))
			return false;
	return true;
}

int policy_remove(const struct maps *maps, __u64 id)
{
	char dir[PIN_PATH_MAX];

	if (bpf_map_delete_elem(maps->policies, &id) && errno != ENOENT)
		return fail(-errno,
			    "cannot delete the policy of cgroup %" PRIu64
			    ": %s",
			    (uint64_t)id, strerror(errno));
	bpf_map_delete_elem(maps->counters, &id);
	dir_of(id, dir);
	return pin_remove(dir);
}

int policies_visit(const struct maps *maps,
		   int (*visit)(__u64 id, const struct extkey_policy *policy,
				void *data),
		   void *data)
{
	struct extkey_policy policy;
	__u64 id, next;
	int more, result = 0;

	if (maps->policies < 0)
		return 0;
	/* The next one is found first: @visit may remove this one */
	more = !bpf_map_get_next_key(maps->policies, NULL, &next);
	while (more && !result) {
		id = next;
		more = !bpf_map_get_next_key(maps->policies, &id, &next);
		if (policy_read(maps, id, &policy))
			result = visit(id, &policy, data);
	}
	return result;
}

static int has_engine(__u64 id, const struct extkey_policy *policy, void *data)
{
	(void)id;
	return policy->engine == *(unsigned int *)data;
}

bool policies_use(const struct maps *maps, unsigned int engine)
{
	return policies_visit(maps, has_engine, &engine);
}

int policies_clear(const struct maps *maps)
{
	__u64 id;

	while (maps->policies >= 0 &&
	       !bpf_map_get_next_key(maps->policies, NULL, &id))
		if (bpf_map_delete_elem(maps->policies, &id))
			return fail(
				-errno,
				"cannot delete the policy of cgroup %" PRIu64
				": %s",
				(uint64_t)id, strerror(errno));
	return 0;
}

/*
 * Only a link that is dead says that the cgroup is gone. Where none can be read, their
 * pins may be lost, or there was no memory: attach makes them anew.
 */
static bool cgroup_is_gone(__u64 id)
{
	struct link_state state;
	char path[PIN_PATH_MAX];
	bool dead = false;
	unsigned int i;

	for (i = 0; i < NR_CGROUP_PROGRAMS; i++) {
		link_path(id, &cgroup_programs[i], path);
		if (!link_read(path, &state))
			continue;
		if (state.cgroup_id)
			return false;
		dead = true;
	}
	return dead;
}

static int remove_if_gone(__u64 id, const struct extkey_policy *policy,
			  void *maps)
{
	(void)policy;
	return cgroup_is_gone(id) ? policy_remove(maps, id) : 0;
}

/* Links and counters without a policy: a killed attach or detach */
static int remove_orphan(const char *name, void *maps)
{
	struct extkey_policy policy;
	__u64 id = strtoull(name, NULL, 10);

	return policy_read(maps, id, &policy) || errno != ENOENT ?
		       0 :
		       policy_remove(maps, id);
}

int policies_repair(const struct maps *maps)
{
	int err;

	err = policies_visit(maps, remove_if_gone, (void *)maps);
	return err ? err : pin_visit(CGROUPS_DIR, remove_orphan, (void *)maps);
}

static int update_links_of(const char *name, void *unused)
{
	__u64 id = strtoull(name, NULL, 10);
	char path[PIN_PATH_MAX];
	unsigned int i;
	int prog, err = 0;

	(void)unused;
	for (i = 0; i < NR_CGROUP_PROGRAMS && !err; i++) {
		prog = programs_open(SET_CGROUP, cgroup_programs[i].name, true);
		if (prog < 0)
			return prog;
		link_path(id, &cgroup_programs[i], path);
		err = link_update(path, prog);
		close(prog);
	}
	return err;
}

int policies_update_links(void)
{
	return pin_visit(CGROUPS_DIR, update_links_of, NULL);
}
