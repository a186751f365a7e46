/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The BPF programs: one object for what is at cgroups, one for each engine. Loads
 * them and pins them; what they are linked to is the business of others. Errors as in
 * error.h.
 */
#ifndef EXTKEY_PROGRAMS_H
#define EXTKEY_PROGRAMS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "extkey_maps.h"
#include "pins.h"

enum program_set {
	SET_CGROUP,
	SET_HOOK,
	SET_TC,
	NR_PROGRAM_SETS,
};

#define CGROUP_DIR EXTKEY_DIR "/cgroup"
#define HOOK_DIR EXTKEY_DIR "/hook"
#define TC_DIR EXTKEY_DIR "/tc"

static inline enum program_set set_of_engine(unsigned int engine)
{
	return engine == EXTKEY_ENGINE_HOOK ? SET_HOOK : SET_TC;
}

/* The directory of a set in bpffs */
const char *programs_dir(enum program_set set);

/*
 * Loads a set and leaves it in next/, with the maps that are there already. Nothing
 * runs it yet. A map that is another one in this build is an empty one then.
 */
int programs_load(enum program_set set);

/* Takes back what programs_load() has left, before anything runs it */
void programs_unload(enum program_set set);

/* The same, but nothing is left: to find out whether the kernel takes it */
int programs_try(enum program_set set);

/* programs/ of the set becomes next/, after all links have been given those */
int programs_publish(enum program_set set);

/* A pinned set: in programs/, or in next/, which a killed command has left */
bool programs_are_there(enum program_set set);
bool programs_are_next(enum program_set set);

/* A descriptor of one of them, of next/ if @next */
int programs_open(enum program_set set, const char *name, bool next);

/*
 * Whether a program, by its number, is one of them: of programs/ or, as a command was
 * killed while it switched, of next/
 */
bool programs_have(enum program_set set, const char *name, __u32 prog_id);

/* "VERSION BUILD" of what this command has, and of what is pinned ("" if nothing) */
const char *programs_own_build(void);
void programs_pinned_build(enum program_set set, char *text, size_t size);

/* Whether a program, by its number, was loaded for this bpf file system */
bool programs_are_ours(__u32 prog_id);

/* The bpf file system, as programs_are_ours() tells them apart */
__u64 programs_installation(void);

#endif /* EXTKEY_PROGRAMS_H */
