/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * extkey as a whole in the kernel: what is loaded, of which build, and how one build
 * takes the place of another. See pins.h for what is kept where. Errors as in error.h.
 */
#ifndef EXTKEY_INSTALLATION_H
#define EXTKEY_INSTALLATION_H

#include <stdbool.h>

#include "policies.h"

/*
 * Takes the lock, and opens the maps; all -1 if nothing is installed. @verb is for who waits for the lock. An installation
 * with another layout of stored keys is an error, and the sockets that hold one are
 * named.
 */
int installation_open(struct maps *maps, const char *verb);
void installation_close(struct maps *maps);

/* Clears away or finishes what killed commands and removed cgroups have left */
int installation_repair(struct maps *maps);

/* Whether a command was killed while it replaced the programs */
bool installation_is_torn(void);

/* Loads what is missing for an engine, and replaces what is of another build */
int installation_add(struct maps *maps, unsigned int engine);

/*
 * Before sockets that have a key of engine hook come to engine tc: it does not know then in
 * which network namespaces they are.
 */
int installation_change_engines(void);

/* Replaces what is loaded with the programs of this build; nothing new is loaded */
int installation_upgrade(struct maps *maps);

/* Whether all that is loaded is of this build */
bool installation_is_current(void);

/* Whether an engine is loaded; for hook, with its link */
bool installation_has(unsigned int engine);

/* Removes an engine that no policy names and no socket needs; says why if it stays */
int installation_drop_unused(struct maps *maps);

/* Removes what a first attach has made before it failed */
void installation_abandon(struct maps *maps);

/* Removes everything, also when it is of another layout, or the pins are lost */
int installation_remove(void);

#endif /* EXTKEY_INSTALLATION_H */
