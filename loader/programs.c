// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "build_id.h"
#include "counters.h"
#include "error.h"
#include "extkey.skel.h"
#include "hook.skel.h"
#include "links.h"
#include "names.h"
#include "namespaces.h"
#include "programs.h"
#include "tc.skel.h"

#define PREFIX "extkey_" /* of the programs' names, not of their pins' */
#define ID_MAP ".rodata.id" /* bpf/keys.bpf.h */
#define KERNEL_MAP ".rodata.kernel" /* bpf/own_key.bpf.h */

static const struct set {
	const char *dir;
	const void *(*elf)(size_t *size);
} sets[NR_PROGRAM_SETS] = {
	[SET_CGROUP] = { CGROUP_DIR, extkey_bpf__elf_bytes },
	[SET_HOOK] = { HOOK_DIR, hook_bpf__elf_bytes },
	[SET_TC] = { TC_DIR, tc_bpf__elf_bytes },
};

/* Maps of more than one object */
static const char *const shared_maps[] = { "keys",     "cgroup_keys",
					   "policies", "counters",
					   "engines",  "namespaces",
					   "devices" };

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

const char *programs_dir(enum program_set set)
{
	return sets[set].dir;
}

static void path_of(enum program_set set, const char *name, char *path)
{
	snprintf(path, PIN_PATH_MAX, "%s/%s", sets[set].dir, name);
}

__u64 programs_installation(void)
{
	struct stat st;

	return stat(BPFFS, &st) ? 0 : st.st_dev;
}

static bool is_shared(const char *map)
{
	unsigned int i;

	for (i = 0; i < sizeof(shared_maps) / sizeof(shared_maps[0]); i++)
		if (!strcmp(map, shared_maps[i]))
			return true;
	return false;
}

static void map_path(enum program_set set, const char *map, char *path)
{
	if (is_shared(map))
		snprintf(path, PIN_PATH_MAX, "%s/%s", EXTKEY_DIR, map);
	else
		snprintf(path, PIN_PATH_MAX, "%s/maps/%s", sets[set].dir, map);
}

static bool is_counters(const char *map)
{
	return !strcmp(map, "counters");
}

/*
 * What cannot be lost: with EXTKEY_LAYOUT these are the same in all builds. Counters and
 * tables of engine tc alone may be others.
 */
static bool is_kept(const char *map)
{
	return is_shared(map) && !is_counters(map);
}

/* A descriptor of a pinned map, -ENOENT if there is none, or another negative errno */
static int open_pinned(const char *path)
{
	int fd = bpf_obj_get(path);

	if (fd >= 0)
		return fd;
	return fail(-errno, "cannot open %s: %s", path, strerror(errno));
}

/* Whether the pinned map at @fd is what @map asks for; else a new one takes its place */
static bool same_map(int fd, const struct bpf_map *map)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);

	return !bpf_obj_get_info_by_fd(fd, &info, &len) &&
	       info.type == bpf_map__type(map) &&
	       info.key_size == bpf_map__key_size(map) &&
	       info.value_size == bpf_map__value_size(map) &&
	       info.max_entries == bpf_map__max_entries(map) &&
	       info.map_flags == bpf_map__map_flags(map);
}

/*
 * As open_pinned(). Other counters are not for the programs that run now: until those are
 * switched the new ones have a pin of their own.
 */
static int open_map_of(enum program_set set, const struct bpf_map *map,
		       char *path)
{
	int fd;

	map_path(set, bpf_map__name(map), path);
	fd = open_pinned(path);
	if (fd < 0 || !is_counters(bpf_map__name(map)) || same_map(fd, map))
		return fd;
	close(fd);
	snprintf(path, PIN_PATH_MAX, "%s", COUNTERS_NEXT_PATH);
	return open_pinned(path);
}

static int reuse_maps(enum program_set set, struct bpf_object *object)
{
	char path[PIN_PATH_MAX];
	struct bpf_map *map;
	int fd, err;

	bpf_object__for_each_map(map, object) {
		if (bpf_map__is_internal(map))
			continue;
		fd = open_map_of(set, map, path);
		if (fd == -ENOENT)
			continue;
		/* All else says nothing of whether it is there */
		if (fd < 0)
			return fd;
		err = 0;
		if (same_map(fd, map))
			err = bpf_map__reuse_fd(map, fd);
		else if (is_kept(bpf_map__name(map)))
			err = -EEXIST;
		close(fd);
		if (err)
			return fail(err, "cannot use the map %s: %s", path,
				    strerror(-err));
	}
	return 0;
}

static int set_constant(struct bpf_object *object, const char *name,
			__u64 value)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
		if (bpf_map__is_internal(map) &&
		    strstr(bpf_map__name(map), name))
			return bpf_map__set_initial_value(map, &value,
							  sizeof(value));
	return -ENOENT;
}

/* What the programs cannot find out by themselves */
static int set_constants(enum program_set set, struct bpf_object *object)
{
	int err = set_constant(object, ID_MAP, programs_installation());

	if (!err && set == SET_TC)
		err = set_constant(object, KERNEL_MAP, has_verified_keys());
	return err;
}

static int load_error(int err)
{
	/* Why the kernel has no more of something says nothing about what it can do */
	if (err == -EMFILE || err == -ENFILE || err == -ENOMEM ||
	    err == -ENOSPC)
		return fail(err, "cannot load the BPF programs: %s",
			    strerror(-err));
	return fail(-EOPNOTSUPP, "the kernel refuses the BPF programs: %s\n%s",
		    strerror(-err), libbpf_log);
}

static int load_object(enum program_set set, struct bpf_object **loaded)
{
	struct bpf_object *object;
	const void *elf;
	size_t size;
	int err;

	libbpf_set_print(collect_libbpf_log);
	libbpf_log[0] = 0;
	elf = sets[set].elf(&size);
	object = bpf_object__open_mem(elf, size, NULL);
	if (!object)
		return fail(-errno, "cannot open the BPF programs: %s\n%s",
			    strerror(errno), libbpf_log);
	err = set_constants(set, object);
	if (err)
		err = fail(err, "cannot prepare the BPF programs: %s",
			   strerror(-err));
	if (!err)
		err = reuse_maps(set, object);
	if (!err) {
		err = bpf_object__load(object);
		err = err ? load_error(err) : 0;
	}
	if (err)
		bpf_object__close(object);
	else
		*loaded = object;
	return err;
}

static int pin_maps(enum program_set set, struct bpf_object *object)
{
	char path[PIN_PATH_MAX], new_path[PIN_PATH_MAX + 4];
	struct bpf_map *map;
	int fd, err = 0;

	bpf_object__for_each_map(map, object) {
		if (err || bpf_map__is_internal(map))
			continue;
		fd = open_map_of(set, map, path);
		if (fd < 0 && fd != -ENOENT)
			return fd;
		if (fd >= 0 && same_map(fd, map)) {
			close(fd);
			continue;
		}
		if (fd >= 0)
			close(fd);
		/* Before programs run with one that knows of no connection */
		if (!strcmp(bpf_map__name(map), "connections"))
			err = namespaces_set_complete(false);
		if (err)
			return err;
		/* There is one at any time, as there is when the command is killed */
		snprintf(new_path, sizeof(new_path), "%s_new", path);
		err = pin_remove(new_path);
		if (!err)
			err = pin_object(bpf_map__fd(map), new_path);
		if (!err)
			err = pin_rename(new_path, path);
	}
	return err;
}

static int pin_programs(enum program_set set, struct bpf_object *object)
{
	char dir[PIN_PATH_MAX], path[PIN_PATH_MAX + 32];
	struct bpf_program *program;
	int err;

	path_of(set, "loading", dir);
	err = pin_remove(dir);
	if (!err)
		err = pin_make_dir(dir);
	bpf_object__for_each_program(program, object) {
		snprintf(path, sizeof(path), "%s/%s", dir,
			 bpf_program__name(program) + strlen(PREFIX));
		if (!err)
			err = pin_object(bpf_program__fd(program), path);
	}
	snprintf(path, sizeof(path), "%s/build", dir);
	if (!err)
		err = pin_write_text(programs_own_build(), path);
	path_of(set, "next", path);
	return err ? err : pin_rename(dir, path);
}

int programs_load(enum program_set set)
{
	struct bpf_object *object;
	char path[PIN_PATH_MAX];
	int err;

	err = load_object(set, &object);
	if (err)
		return err;
	path_of(set, "maps", path);
	err = pin_make_dir(sets[set].dir);
	if (!err && set == SET_TC)
		err = pin_make_dir(path);
	if (!err)
		err = pin_maps(set, object);
	if (!err)
		err = pin_programs(set, object);
	bpf_object__close(object);
	return err;
}

void programs_unload(enum program_set set)
{
	char path[PIN_PATH_MAX];

	path_of(set, "next", path);
	pin_remove(path);
}

int programs_try(enum program_set set)
{
	struct bpf_object *object;
	int err;

	err = load_object(set, &object);
	if (!err)
		bpf_object__close(object);
	return err;
}

int programs_publish(enum program_set set)
{
	char now[PIN_PATH_MAX], next[PIN_PATH_MAX], old[PIN_PATH_MAX];
	int err = 0;

	path_of(set, "programs", now);
	path_of(set, "next", next);
	path_of(set, "old", old);
	if (pin_exists(now)) {
		err = pin_remove(old);
		if (!err)
			err = pin_rename(now, old);
	}
	if (!err)
		err = pin_rename(next, now);
	return err ? err : pin_remove(old);
}

bool programs_are_there(enum program_set set)
{
	char path[PIN_PATH_MAX];

	path_of(set, "programs", path);
	return pin_exists(path);
}

bool programs_are_next(enum program_set set)
{
	char path[PIN_PATH_MAX];

	path_of(set, "next", path);
	return pin_exists(path);
}

static void program_path(enum program_set set, const char *name, bool next,
			 char *path)
{
	snprintf(path, PIN_PATH_MAX, "%s/%s/%s", sets[set].dir,
		 next ? "next" : "programs", name);
}

int programs_open(enum program_set set, const char *name, bool next)
{
	char path[PIN_PATH_MAX];
	int fd;

	program_path(set, name, next, path);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return fail(
			-errno,
			"cannot open %s: %s; run 'extkey_loader detach --all' and attach again",
			path, strerror(errno));
	return fd;
}

/* 0 if there is none */
static __u32 pinned_id(enum program_set set, const char *name, bool next)
{
	char path[PIN_PATH_MAX];
	__u32 id = 0;
	int fd;

	program_path(set, name, next, path);
	fd = bpf_obj_get(path);
	if (fd >= 0) {
		id = program_id(fd);
		close(fd);
	}
	return id;
}

bool programs_have(enum program_set set, const char *name, __u32 prog_id)
{
	return prog_id && (prog_id == pinned_id(set, name, false) ||
			   prog_id == pinned_id(set, name, true));
}

const char *programs_own_build(void)
{
	return EXTKEY_VERSION " " EXTKEY_BUILD_ID;
}

void programs_pinned_build(enum program_set set, char *text, size_t size)
{
	char path[PIN_PATH_MAX];

	path_of(set, "programs/build", path);
	pin_read_text(path, text, size);
}

/* Whether this is the map that holds the installation: then it is in @installation */
static bool read_id_map(__u32 map_id, __u64 *installation)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info), zero = 0;
	bool found;
	int fd;

	fd = bpf_map_get_fd_by_id(map_id);
	if (fd < 0)
		return false;
	found = !bpf_obj_get_info_by_fd(fd, &info, &len) &&
		!strcmp(info.name, ID_MAP) &&
		info.value_size == sizeof(*installation) &&
		!bpf_map_lookup_elem(fd, &zero, installation);
	close(fd);
	return found;
}

#define PROGRAM_MAPS 32 /* more than any of ours has */

bool programs_are_ours(__u32 prog_id)
{
	__u32 maps[PROGRAM_MAPS];
	struct bpf_prog_info info = {
		.map_ids = (__u64)(unsigned long)maps,
		.nr_map_ids = PROGRAM_MAPS,
	};
	__u32 len = sizeof(info), i;
	bool ours = false, known = false;
	__u64 installation;
	int fd;

	fd = bpf_prog_get_fd_by_id(prog_id);
	if (fd < 0)
		return false;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len) &&
	    !strncmp(info.name, PREFIX, strlen(PREFIX)))
		ours = true;
	for (i = 0; ours && i < info.nr_map_ids && i < PROGRAM_MAPS && !known;
	     i++)
		known = read_id_map(maps[i], &installation);
	close(fd);
	/* Before 0.2.0 programs did not have it: those are nobody else's */
	return ours && (!known || installation == programs_installation());
}
