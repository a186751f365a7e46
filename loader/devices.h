/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Engine tc: the interfaces that have programs, in whatever network namespace. Which
 * ones they are, and whether their clsact is ours as well, is in the pinned map
 * "devices".
 */
#ifndef EXTKEY_DEVICES_H
#define EXTKEY_DEVICES_H

#include <net/if.h>

#include "loader.h"
#include "state.h"

/* All return EXIT_OK, or the exit status after they have printed the error */

/* The devices named, or all that are up and no loopback, in options->netns */
int devices_attach(const struct state *state, const struct options *options);

/* Takes all filters away, and clsact where it was not there before */
int devices_detach(const struct state *state);

/* The same for what has no programs yet, and says so; for what is gone, too */
int devices_follow(const struct state *state, const struct options *options);

/* Into options->netns; there is no way back */
int devices_enter(const struct options *options);

enum device_state {
	DEVICE_IN_PLACE, /* both filters are there */
	DEVICE_MISSING, /* not both, or nobody can tell from here */
	DEVICE_GONE, /* the interface or its namespace is not there any more */
};

enum device_state devices_state(const struct extkey_device_key *key,
				const struct extkey_device *device);

/*
 * Interfaces of a namespace with an entry for all that have no programs, at most
 * @max of them; how many.
 */
unsigned int devices_uncovered(const struct state *state,
			       const struct extkey_device_key *all,
			       const struct extkey_device *device,
			       char names[][IF_NAMESIZE], unsigned int max);

#endif /* EXTKEY_DEVICES_H */
