// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "counters.h"
#include "devices.h"
#include "error.h"
#include "gate.h"
#include "installation.h"
#include "leftovers.h"
#include "links.h"
#include "lock.h"
#include "names.h"
#include "namespaces.h"
#include "programs.h"
#include "sockets.h"

#define LAYOUT_PATH EXTKEY_DIR "/layout"
#define HOOK_LINK HOOK_DIR "/link"
#define NEW_HOOK_LINK HOOK_DIR "/link_new"
#define KEYS_MAP EXTKEY_DIR "/keys"
#define CGROUP_KEYS_MAP EXTKEY_DIR "/cgroup_keys"
#define POLICIES_MAP EXTKEY_DIR "/policies"
#define DEVICES_MAP EXTKEY_DIR "/devices"
#define ENGINES_MAP EXTKEY_DIR "/engines"

static void close_map(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_maps(struct maps *maps)
{
	close_map(&maps->keys);
	close_map(&maps->cgroup_keys);
	close_map(&maps->policies);
	close_map(&maps->counters);
	close_map(&maps->devices);
}

void installation_close(struct maps *maps)
{
	close_maps(maps);
	lock_release();
}

static int open_maps(struct maps *maps)
{
	close_maps(maps);
	maps->keys = pin_open_map(KEYS_MAP, sizeof(struct extkey_sock));
	if (maps->keys < 0)
		return maps->keys;
	maps->cgroup_keys =
		pin_open_map(CGROUP_KEYS_MAP, sizeof(struct extkey_keys));
	if (maps->cgroup_keys < 0)
		return maps->cgroup_keys;
	maps->policies =
		pin_open_map(POLICIES_MAP, sizeof(struct extkey_policy));
	if (maps->policies < 0)
		return maps->policies;
	maps->counters = counters_open();
	if (maps->counters < 0)
		return maps->counters;
	maps->devices = pin_open_map(DEVICES_MAP, sizeof(struct extkey_device));
	return maps->devices < 0 ? maps->devices : 0;
}

/* Both run for a moment. They make the same masks, so it does not matter which does. */
static int update_hook_link(bool next)
{
	int prog, err;

	prog = programs_open(SET_HOOK, "hook", next);
	if (prog < 0)
		return prog;
	err = link_make(prog, 0, BPF_MODIFY_RETURN, HOOK_LINK);
	close(prog);
	/* To have no memory, say, is no reason to take another engine for good */
	if (err == -ENOMEM || err == -EMFILE || err == -ENFILE ||
	    err == -EINTR || err == -EAGAIN)
		return err;
	if (err)
		return fail(
			-EOPNOTSUPP,
			"cannot attach to the hook '%s': %s; does the kernel have CONFIG_FUNCTION_TRACER and a BPF JIT?",
			EXTKEY_HOOK, strerror(-err));
	return 0;
}

struct carry_over {
	int from, to;
};

static int carry_over(__u64 id, const struct extkey_policy *policy, void *data)
{
	const struct carry_over *maps = data;

	(void)policy;
	return counters_carry_over(maps->from, maps->to, id);
}

/* Before the first program that uses them runs. What is counted meanwhile is lost. */
static int switch_counters(struct maps *maps)
{
	struct carry_over both = { .from = maps->counters };
	int err;

	if (!pin_exists(COUNTERS_NEXT_PATH))
		return 0;
	both.to = bpf_obj_get(COUNTERS_NEXT_PATH);
	if (both.to < 0)
		return fail(-errno, "cannot open %s: %s", COUNTERS_NEXT_PATH,
			    strerror(errno));
	err = policies_visit(maps, carry_over, &both);
	if (!err)
		err = pin_rename(COUNTERS_NEXT_PATH, COUNTERS_PATH);
	if (err) {
		close(both.to);
		return err;
	}
	close_map(&maps->counters);
	maps->counters = both.to;
	return 0;
}

/* All that runs programs of a set gets those in next/, which become programs/ */
static int switch_programs(const struct maps *maps, enum program_set set)
{
	int err = 0;

	switch (set) {
	case SET_CGROUP:
		err = policies_update_links();
		break;
	case SET_HOOK:
		err = update_hook_link(true);
		break;
	case SET_TC:
		err = gate_update_links();
		if (!err)
			err = devices_update(maps);
		break;
	default:
		break;
	}
	return err ? err : programs_publish(set);
}

/* What a killed command has left of a set; without its programs it is nothing */
static int repair_set(const struct maps *maps, enum program_set set)
{
	char path[PIN_PATH_MAX];
	int err = 0;

	if (programs_are_next(set))
		err = switch_programs(maps, set);
	if (!err && !programs_are_there(set))
		return pin_remove(programs_dir(set));
	snprintf(path, sizeof(path), "%s/loading", programs_dir(set));
	if (!err)
		err = pin_remove(path);
	snprintf(path, sizeof(path), "%s/old", programs_dir(set));
	return err ? err : pin_remove(path);
}

int installation_repair(struct maps *maps)
{
	int set, err;

	err = pin_remove(EXTKEY_REMOVED_DIR);
	if (err || !pin_exists(EXTKEY_DIR))
		return err;
	err = installation_is_torn() ? switch_counters(maps) :
				       pin_remove(COUNTERS_NEXT_PATH);
	if (err)
		return err;
	for (set = 0; set < NR_PROGRAM_SETS; set++) {
		err = repair_set(maps, set);
		if (err)
			return err;
	}
	/* Killed before there was anything to run */
	if (!programs_are_there(SET_CGROUP)) {
		close_maps(maps);
		return pin_remove(EXTKEY_DIR);
	}
	err = pin_remove(NEW_HOOK_LINK);
	return err ? err : policies_repair(maps);
}

bool installation_is_torn(void)
{
	int set;

	for (set = 0; set < NR_PROGRAM_SETS; set++)
		if (programs_are_next(set))
			return true;
	return false;
}

static int print_socket(const struct mptcp_socket *socket, void *unused)
{
	(void)unused;
	if (!socket->keyed)
		return 0;
	say("  %s %s of cgroup %llu", socket->role, socket->local,
	    socket->cgroup_id);
	return 0;
}

/* The keys of live sockets cannot be carried over: those have to be made anew */
static int layout_error(const char *layout)
{
	struct maps maps = { -1, -1, -1, -1, -1 };

	maps.keys = bpf_obj_get(KEYS_MAP);
	say("%s has the layout '%s' of another version, this one has '%s'. These sockets hold keys, and their services have to be restarted:",
	    EXTKEY_DIR, *layout ? layout : "1", EXTKEY_LAYOUT);
	if (maps.keys >= 0)
		sockets_visit(&maps, print_socket, NULL);
	close_map(&maps.keys);
	return fail(
		-EEXIST,
		"%s was made by another version of extkey_loader; stop those services, run 'extkey_loader detach --all', attach again, and start them",
		EXTKEY_DIR);
}

static int check_layout(void)
{
	char layout[64];
	int err;

	err = pin_check_owner(EXTKEY_DIR);
	if (err)
		return err;
	pin_read_text(LAYOUT_PATH, layout, sizeof(layout));
	return strcmp(layout, EXTKEY_LAYOUT) ? layout_error(layout) : 0;
}

int installation_open(struct maps *maps, const char *verb)
{
	int err;

	*maps = (struct maps){ -1, -1, -1, -1, -1 };
	err = lock_take(verb);
	if (err || !pin_exists(EXTKEY_DIR) || !rmdir(EXTKEY_DIR))
		return err;
	err = check_layout();
	/* Without programs it is what a first attach has left that was killed */
	if (err ||
	    (!programs_are_there(SET_CGROUP) && !programs_are_next(SET_CGROUP)))
		return err;
	return open_maps(maps);
}

static bool is_current(enum program_set set)
{
	char build[64];

	programs_pinned_build(set, build, sizeof(build));
	return programs_are_there(set) && !strcmp(build, programs_own_build());
}

/* One word in a pinned array */
static int write_word(const char *path, __u32 index, __u32 value)
{
	int fd, err;

	fd = pin_open_map(path, sizeof(value));
	if (fd < 0)
		return fd;
	err = bpf_map_update_elem(fd, &index, &value, BPF_ANY);
	close(fd);
	return err ? fail(-errno, "cannot write to %s: %s", path,
			  strerror(errno)) :
		     0;
}

/* For the sockets of cgroups that were detached */
static int tell_engines(void)
{
	int err;

	err = write_word(ENGINES_MAP, EXTKEY_ENGINE_HOOK,
			 programs_are_there(SET_HOOK));
	return err ? err :
		     write_word(ENGINES_MAP, EXTKEY_ENGINE_TC,
				programs_are_there(SET_TC));
}

int installation_change_engines(void)
{
	return namespaces_set_complete(false);
}

/*
 * Sets of another build or that are not there yet. All are loaded before the first
 * one is switched: what the kernel refuses, or this process may not do, leaves the old
 * build as a whole. SET_CGROUP is the last one, by which an installation is known.
 */
static int bring_up_to_date(struct maps *maps,
			    const bool wanted[NR_PROGRAM_SETS])
{
	bool stale[NR_PROGRAM_SETS], upgraded;
	int set, err = 0;

	for (set = NR_PROGRAM_SETS - 1; set >= 0; set--) {
		stale[set] = wanted[set] && !is_current(set);
		if (stale[set] && !err)
			err = programs_load(set);
	}
	if (!err && stale[SET_TC])
		err = devices_can_update(maps);
	if (!err)
		err = switch_counters(maps);
	for (set = NR_PROGRAM_SETS - 1; set >= 0 && err; set--)
		if (stale[set])
			programs_unload(set);
	if (err)
		pin_remove(COUNTERS_NEXT_PATH);
	for (set = NR_PROGRAM_SETS - 1; set >= 0 && !err; set--) {
		if (!stale[set])
			continue;
		upgraded = programs_are_there(set);
		err = switch_programs(maps, set);
		if (!err && upgraded)
			printf("programs of %s replaced by build %s\n",
			       strrchr(programs_dir(set), '/') + 1,
			       programs_own_build());
	}
	return err ? err : tell_engines();
}

int installation_upgrade(struct maps *maps)
{
	bool wanted[NR_PROGRAM_SETS];
	int set;

	for (set = 0; set < NR_PROGRAM_SETS; set++)
		wanted[set] = programs_are_there(set);
	return bring_up_to_date(maps, wanted);
}

bool installation_is_current(void)
{
	int set;

	for (set = 0; set < NR_PROGRAM_SETS; set++)
		if (programs_are_there(set) && !is_current(set))
			return false;
	return true;
}

int installation_add(struct maps *maps, unsigned int engine)
{
	enum program_set set = set_of_engine(engine), other;
	bool first = !programs_are_there(SET_CGROUP);
	bool new = !programs_are_there(set);
	bool wanted[NR_PROGRAM_SETS];
	int err;

	for (other = 0; other < NR_PROGRAM_SETS; other++)
		wanted[other] = other == set || other == SET_CGROUP ||
				programs_are_there(other);
	err = pin_make_dir(EXTKEY_DIR);
	if (!err && first)
		err = pin_write_text(EXTKEY_LAYOUT, LAYOUT_PATH);
	if (!err)
		err = bring_up_to_date(maps, wanted);
	/* Who is killed before this has all namespaces count, for nothing worse */
	if (!err && first)
		err = namespaces_set_complete(true);
	/* Sockets of cgroups that are attached anew may have keys from the other engine */
	if (!err && new && set == SET_TC && programs_are_there(SET_HOOK))
		err = namespaces_set_complete(false);
	if (!err && set == SET_HOOK && !pin_exists(HOOK_LINK))
		err = update_hook_link(false);
	if (!err)
		err = open_maps(maps);
	if (!err)
		return 0;
	/* One that was there before is that of sockets, whatever the policies say */
	if (first)
		pin_remove(EXTKEY_DIR);
	else if (new && !pin_remove(programs_dir(set)))
		tell_engines();
	return err;
}

bool installation_has(unsigned int engine)
{
	return engine == EXTKEY_ENGINE_HOOK ?
		       pin_exists(HOOK_LINK) :
		       programs_are_there(SET_TC) || programs_are_next(SET_TC);
}

/* The directory as a whole, so that a kill leaves it there or not */
static int remove_dir(const char *dir)
{
	int err;

	err = pin_remove(EXTKEY_REMOVED_DIR);
	if (!err && pin_exists(dir))
		err = pin_rename(dir, EXTKEY_REMOVED_DIR);
	return err ? err : pin_remove(EXTKEY_REMOVED_DIR);
}

static int drop_if_unused(struct maps *maps, unsigned int engine)
{
	enum program_set set = set_of_engine(engine);
	bool alone;
	int err;

	if (!programs_are_there(set) || policies_use(maps, engine))
		return 0;
	/* A program that has seen the policy just now has done with it then */
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	alone = !programs_are_there(engine == EXTKEY_ENGINE_TC ? SET_HOOK :
								 SET_TC);
	if (sockets_need_engine(maps, engine, alone)) {
		printf("engine %s stays loaded: %s; 'extkey_loader detach --all' removes it\n",
		       engine_name(engine), failure());
		return 0;
	}
	/* From here on no socket counts on it, whatever it has stored */
	err = engine == EXTKEY_ENGINE_HOOK ? installation_change_engines() : 0;
	if (!err)
		err = write_word(ENGINES_MAP, engine, 0);
	if (!err && engine == EXTKEY_ENGINE_TC)
		err = devices_detach(maps);
	return err ? err : remove_dir(programs_dir(set));
}

int installation_drop_unused(struct maps *maps)
{
	int err;

	if (maps->policies < 0)
		return 0;
	err = drop_if_unused(maps, EXTKEY_ENGINE_TC);
	return err ? err : drop_if_unused(maps, EXTKEY_ENGINE_HOOK);
}

void installation_abandon(struct maps *maps)
{
	devices_detach(maps);
	close_maps(maps);
	remove_dir(EXTKEY_DIR);
}

int installation_remove(void)
{
	struct maps maps = { -1, -1, -1, -1, -1 };
	int err;

	err = lock_take("detach --all");
	if (err)
		return err;
	maps.policies =
		pin_open_map(POLICIES_MAP, sizeof(struct extkey_policy));
	maps.devices = pin_open_map(DEVICES_MAP, sizeof(struct extkey_device));
	err = policies_clear(&maps);
	if (!err)
		err = devices_detach(&maps);
	close_map(&maps.policies);
	close_map(&maps.devices);
	if (!err)
		err = remove_dir(EXTKEY_DIR);
	/* As long as there are pins, what they hold is not lost */
	if (!err)
		err = leftovers_remove();
	lock_release();
	return err;
}
