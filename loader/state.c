// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "extkey.skel.h"
#include "loader.h"
#include "state.h"
#include "system.h"

/* bpffs takes no dot in a name */
#define NEW_DIR BPFFS "/extkey_new"
#define OLD_DIR BPFFS "/extkey_old"
#define CGROUPS_DIR EXTKEY_DIR "/cgroups"
#define ROOT_DIR EXTKEY_DIR "/root"

struct cgroup_program {
	const char *name; /* of its pin, and of that of its link */
	enum bpf_attach_type type;
};

static const struct cgroup_program cgroup_programs[] = {
	{ "connect4", BPF_CGROUP_INET4_CONNECT },
	{ "connect6", BPF_CGROUP_INET6_CONNECT },
	{ "bind4", BPF_CGROUP_INET4_BIND },
	{ "bind6", BPF_CGROUP_INET6_BIND },
};

/*
 * On all sockets there are: those of a cgroup that was detached have their keys
 * still, and a listener without a key may be in any cgroup
 */
static const struct cgroup_program gate_programs[] = {
	{ "gate", BPF_CGROUP_INET_INGRESS },
	{ "accepted", BPF_CGROUP_SOCK_OPS },
};

#define NR_GATE_PROGRAMS (sizeof(gate_programs) / sizeof(gate_programs[0]))
#define NR_CGROUP_PROGRAMS \
	(sizeof(cgroup_programs) / sizeof(cgroup_programs[0]))

/* What libbpf and the verifier say is of interest only if a load fails */
static char libbpf_log[4096];

static int collect_libbpf_log(enum libbpf_print_level level, const char *format,
			      va_list args)
{
	char *text;
	size_t len, used = strlen(libbpf_log), room = sizeof(libbpf_log) - 1;

	if (level != LIBBPF_WARN || vasprintf(&text, format, args) < 0)
		return 0;
	/* The verdict stands at the end of a long text */
	len = strlen(text);
	if (len > room) {
		memcpy(libbpf_log, text + len - room, room);
	} else {
		if (used + len > room) {
			memmove(libbpf_log, libbpf_log + used + len - room,
				room - len);
			used = room - len;
		}
		memcpy(libbpf_log + used, text, len + 1);
	}
	free(text);
	return 0;
}

static int unlink_entry(const char *path, const struct stat *st, int type,
			struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	return type == FTW_DP ? rmdir(path) : unlink(path);
}

static int remove_tree(const char *dir)
{
	if (nftw(dir, unlink_entry, 8, FTW_DEPTH | FTW_PHYS) && errno != ENOENT)
		return report(EXIT_FAILED,
			      "cannot remove %s: %s; remove it by hand", dir,
			      strerror(errno));
	return EXIT_OK;
}

static int pin(int fd, const char *dir, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (fd < 0 || bpf_obj_pin(fd, path))
		return report(EXIT_FAILED, "cannot pin %s: %s", path,
			      strerror(errno));
	return EXIT_OK;
}

static void cgroup_dir(__u64 id, char *path, size_t size)
{
	snprintf(path, size, CGROUPS_DIR "/%" PRIu64, (uint64_t)id);
}

/* A pinned map with values of @value_size, or -1: this is another version's */
static int open_map(const char *name, __u32 value_size)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);
	char path[256];
	int fd;

	snprintf(path, sizeof(path), EXTKEY_DIR "/%s", name);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return -1;
	if (bpf_obj_get_info_by_fd(fd, &info, &len) ||
	    info.value_size != value_size) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The links die with the cgroup, the pins do not */
static bool link_alive(const char *path)
{
	struct bpf_link_info info = { 0 };
	__u32 len = sizeof(info);
	bool alive = false;
	int fd;

	fd = bpf_obj_get(path);
	if (fd < 0)
		return false;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len))
		alive = info.cgroup.cgroup_id != 0;
	close(fd);
	return alive;
}

static bool links_alive(const char *dir, const struct cgroup_program *programs,
			unsigned int nr)
{
	char path[256];
	unsigned int i;

	for (i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, programs[i].name);
		if (!link_alive(path))
			return false;
	}
	return true;
}

bool state_linked(__u64 id)
{
	char dir[128];

	cgroup_dir(id, dir, sizeof(dir));
	return links_alive(dir, cgroup_programs, NR_CGROUP_PROGRAMS);
}

bool state_gate_linked(void)
{
	return links_alive(ROOT_DIR, gate_programs, NR_GATE_PROGRAMS);
}

/* Links and counters without a policy: a killed attach or detach */
static int remove_orphans(struct state *state)
{
	struct extkey_policy policy;
	struct dirent *entry;
	int err = EXIT_OK;
	__u64 id;
	DIR *dir;

	dir = opendir(CGROUPS_DIR);
	if (!dir)
		return report(EXIT_FAILED, "cannot read %s: %s", CGROUPS_DIR,
			      strerror(errno));
	while (!err && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		id = strtoull(entry->d_name, NULL, 10);
		if (bpf_map_lookup_elem(state->policies, &id, &policy))
			err = state_detach(state, id);
	}
	closedir(dir);
	return err;
}

/* Policies whose links are dead: the cgroup was removed */
static int remove_dead(struct state *state)
{
	__u64 id, next;
	int more, err = EXIT_OK;

	more = !bpf_map_get_next_key(state->policies, NULL, &next);
	while (more && !err) {
		id = next;
		more = !bpf_map_get_next_key(state->policies, &id, &next);
		if (!state_linked(id))
			err = state_detach(state, id);
	}
	return err;
}

int state_lock(struct state *state)
{
	*state = (struct state){
		.lock = -1, .policies = -1, .counters = -1, .devices = -1
	};
	libbpf_set_print(collect_libbpf_log);

	state->lock = open(BPFFS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (state->lock < 0 || flock(state->lock, LOCK_EX))
		return report(EXIT_FAILED, "cannot lock %s: %s", BPFFS,
			      strerror(errno));
	state->devices = open_map("devices", sizeof(struct extkey_device));
	return EXIT_OK;
}

int state_open(struct state *state)
{
	int err;

	err = state_lock(state);
	if (err || access(EXTKEY_DIR, F_OK))
		return err;

	state->policies = open_map("policies", sizeof(struct extkey_policy));
	state->counters = open_map("counters", sizeof(struct extkey_counters));
	if (state->policies < 0 || state->counters < 0 || state->devices < 0)
		return report(
			EXIT_FAILED,
			"%s was made by another version of extkey_loader; run 'extkey_loader detach --all' first",
			EXTKEY_DIR);
	return EXIT_OK;
}

int state_repair(struct state *state)
{
	int err;

	err = remove_tree(NEW_DIR);
	if (!err)
		err = remove_tree(OLD_DIR);
	if (err || state->policies < 0)
		return err;
	err = remove_dead(state);
	return err ? err : remove_orphans(state);
}

void state_close(struct state *state)
{
	if (state->devices >= 0)
		close(state->devices);
	if (state->counters >= 0)
		close(state->counters);
	if (state->policies >= 0)
		close(state->policies);
	if (state->lock >= 0)
		close(state->lock);
}

static int pin_all(struct extkey_bpf *skel, int hook, int sockets)
{
	const struct {
		const char *name;
		int fd;
	} pins[] = {
		{ "keys", bpf_map__fd(skel->maps.keys) },
		{ "policies", bpf_map__fd(skel->maps.policies) },
		{ "counters", bpf_map__fd(skel->maps.counters) },
		{ "connect4", bpf_program__fd(skel->progs.extkey_connect4) },
		{ "connect6", bpf_program__fd(skel->progs.extkey_connect6) },
		{ "bind4", bpf_program__fd(skel->progs.extkey_bind4) },
		{ "bind6", bpf_program__fd(skel->progs.extkey_bind6) },
		{ "accepted", bpf_program__fd(skel->progs.extkey_accepted) },
		{ "gate", bpf_program__fd(skel->progs.extkey_gate) },
		{ "ingress", bpf_program__fd(skel->progs.extkey_ingress) },
		{ "egress", bpf_program__fd(skel->progs.extkey_egress) },
		{ "devices", bpf_map__fd(skel->maps.devices) },
		{ "sockets", sockets },
		{ "hook", hook },
	};
	unsigned int i;
	int err;

	if (mkdir(NEW_DIR, 0700) || mkdir(NEW_DIR "/cgroups", 0700))
		return report(EXIT_FAILED, "cannot make %s: %s", NEW_DIR,
			      strerror(errno));
	for (i = 0; i < sizeof(pins) / sizeof(pins[0]); i++) {
		if (pins[i].fd < 0)
			continue; /* a kernel without the hook */
		err = pin(pins[i].fd, NEW_DIR, pins[i].name);
		if (err)
			return err;
	}
	if (rename(NEW_DIR, EXTKEY_DIR))
		return report(EXIT_FAILED, "cannot rename %s to %s: %s",
			      NEW_DIR, EXTKEY_DIR, strerror(errno));
	return EXIT_OK;
}

bool state_has_engine(unsigned int engine)
{
	return !access(engine == EXTKEY_ENGINE_HOOK ? EXTKEY_DIR "/hook" :
						      EXTKEY_DIR "/ingress",
		       F_OK);
}

int state_install(struct state *state)
{
	LIBBPF_OPTS(bpf_iter_attach_opts, iter_opts);
	union bpf_iter_link_info iter_info = { 0 };
	struct bpf_link *hook = NULL, *sockets = NULL;
	struct extkey_bpf *skel;
	int err;

	skel = extkey_bpf__open();
	if (!skel)
		return report(EXIT_FAILED,
			      "cannot open the BPF programs: %s\n%s",
			      strerror(errno), libbpf_log);
	bpf_program__set_autoload(skel->progs.extkey_hook, has_hook());
	if (extkey_bpf__load(skel)) {
		err = report(EXIT_UNSUPPORTED,
			     "the kernel refuses the BPF programs: %s\n%s",
			     strerror(errno), libbpf_log);
		goto destroy;
	}

	if (has_hook())
		hook = bpf_program__attach(skel->progs.extkey_hook);
	if (has_hook() && !hook) {
		err = report(
			EXIT_UNSUPPORTED,
			"cannot attach to the hook '%s': %s; does the kernel have CONFIG_FUNCTION_TRACER and a BPF JIT?\n%s",
			EXTKEY_HOOK, strerror(errno), libbpf_log);
		goto destroy;
	}

	iter_info.map.map_fd = bpf_map__fd(skel->maps.keys);
	iter_opts.link_info = &iter_info;
	iter_opts.link_info_len = sizeof(iter_info);
	sockets = bpf_program__attach_iter(skel->progs.extkey_sockets,
					   &iter_opts);
	if (!sockets) {
		err = report(EXIT_UNSUPPORTED,
			     "cannot make the iterator of sockets: %s\n%s",
			     strerror(errno), libbpf_log);
		goto destroy;
	}

	err = pin_all(skel, hook ? bpf_link__fd(hook) : -1,
		      bpf_link__fd(sockets));
	if (err) {
		remove_tree(NEW_DIR);
		goto destroy;
	}
	state->policies = open_map("policies", sizeof(struct extkey_policy));
	state->counters = open_map("counters", sizeof(struct extkey_counters));
	state->devices = open_map("devices", sizeof(struct extkey_device));
	if (state->policies < 0 || state->counters < 0 || state->devices < 0)
		err = report(EXIT_FAILED, "cannot open the maps in %s: %s",
			     EXTKEY_DIR, strerror(errno));
destroy:
	bpf_link__destroy(sockets);
	bpf_link__destroy(hook);
	extkey_bpf__destroy(skel);
	return err;
}

bool state_uses_engine(const struct state *state, unsigned int engine)
{
	struct extkey_policy policy;
	__u64 id, *previous = NULL;

	while (state->policies >= 0 &&
	       !bpf_map_get_next_key(state->policies, previous, &id)) {
		previous = &id;
		if (!bpf_map_lookup_elem(state->policies, &id, &policy) &&
		    policy.engine == engine)
			return true;
	}
	return false;
}

int state_detach_all(void)
{
	int fd, err = EXIT_OK;
	__u64 id;

	/* Another version's programs end with their links */
	fd = open_map("policies", sizeof(struct extkey_policy));
	if (fd < 0)
		return EXIT_OK;
	while (!err && !bpf_map_get_next_key(fd, NULL, &id))
		if (bpf_map_delete_elem(fd, &id))
			err = report(
				EXIT_FAILED,
				"cannot delete the policy of cgroup %" PRIu64
				": %s",
				(uint64_t)id, strerror(errno));
	close(fd);
	return err;
}

int state_remove(void)
{
	int err;

	err = remove_tree(NEW_DIR);
	if (!err)
		err = remove_tree(OLD_DIR);
	if (err)
		return err;

	/* From here on there is nothing to attach to, only what is to be cleared */
	if (rename(EXTKEY_DIR, OLD_DIR) && errno != ENOENT)
		return report(EXIT_FAILED, "cannot rename %s: %s", EXTKEY_DIR,
			      strerror(errno));
	return remove_tree(OLD_DIR);
}

static int link_program(int cgroup_fd, const char *dir,
			const struct cgroup_program *program)
{
	char path[256];
	int prog, link, err;

	snprintf(path, sizeof(path), EXTKEY_DIR "/%s", program->name);
	prog = bpf_obj_get(path);
	if (prog < 0)
		return report(
			EXIT_FAILED,
			"cannot open %s: %s; run 'extkey_loader detach --all' and attach again",
			path, strerror(errno));
	link = bpf_link_create(prog, cgroup_fd, program->type, NULL);
	if (link < 0)
		err = report(
			EXIT_FAILED,
			"cannot link %s to the cgroup: %s; a program attached there without BPF_F_ALLOW_MULTI keeps others out, see 'bpftool cgroup tree'",
			path, strerror(errno));
	else
		err = pin(link, dir, program->name);
	if (link >= 0)
		close(link);
	close(prog);
	return err;
}

int state_link_gate(int cgroup_fd)
{
	unsigned int i;
	int root, err;

	if (state_gate_linked())
		return EXIT_OK;
	err = open_root_cgroup(cgroup_fd, &root);
	if (err)
		return err;
	/* A killed command may have left a part of it */
	err = remove_tree(ROOT_DIR);
	if (!err && mkdir(ROOT_DIR, 0700))
		err = report(EXIT_FAILED, "cannot make %s: %s", ROOT_DIR,
			     strerror(errno));
	for (i = 0; i < NR_GATE_PROGRAMS && !err; i++)
		err = link_program(root, ROOT_DIR, &gate_programs[i]);
	close(root);
	return err;
}

bool state_has_gate(void)
{
	return !access(ROOT_DIR, F_OK);
}

int state_unlink_gate(void)
{
	return remove_tree(ROOT_DIR);
}

bool state_has_sockets(void)
{
	FILE *file = fopen(EXTKEY_SOCKETS, "re");
	/* Not to know is no reason to leave a socket without its programs */
	bool found = !file || getc(file) != EOF;

	if (file)
		fclose(file);
	return found;
}

static int map_error(const char *map, const char *cgroup)
{
	if (errno == E2BIG)
		return report(
			EXIT_FAILED,
			"cannot attach '%s': the map %s is full, at most %d cgroups can be attached; 'extkey_loader status' shows which are",
			cgroup, map, EXTKEY_MAX_CGROUPS);
	return report(EXIT_FAILED, "cannot attach '%s': map %s: %s", cgroup,
		      map, strerror(errno));
}

int state_link(struct state *state, int cgroup_fd, __u64 id, const char *cgroup)
{
	struct extkey_counters zero = { 0 };
	char dir[128];
	unsigned int i;
	int err = EXIT_OK;

	if (state_linked(id))
		return EXIT_OK;
	cgroup_dir(id, dir, sizeof(dir));
	if (mkdir(dir, 0700))
		return report(EXIT_FAILED, "cannot make %s: %s", dir,
			      strerror(errno));
	if (bpf_map_update_elem(state->counters, &id, &zero, BPF_ANY))
		err = map_error("counters", cgroup);
	for (i = 0; i < NR_CGROUP_PROGRAMS && !err; i++)
		err = link_program(cgroup_fd, dir, &cgroup_programs[i]);
	if (err)
		state_detach(state, id);
	return err;
}

int state_set_policy(struct state *state, __u64 id,
		     const struct extkey_policy *policy)
{
	if (bpf_map_update_elem(state->policies, &id, policy, BPF_ANY))
		return map_error("policies", policy->cgroup);
	return EXIT_OK;
}

int state_detach(struct state *state, __u64 id)
{
	char dir[128];

	if (bpf_map_delete_elem(state->policies, &id) && errno != ENOENT)
		return report(EXIT_FAILED,
			      "cannot delete the policy of cgroup %" PRIu64
			      ": %s",
			      (uint64_t)id, strerror(errno));
	bpf_map_delete_elem(state->counters, &id);
	cgroup_dir(id, dir, sizeof(dir));
	return remove_tree(dir);
}
