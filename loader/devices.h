/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Engine tc: the programs on the interfaces, as filters of clsact. A filter of
 * ours is known by its priority and handle; which ones there are, and whether
 * the clsact is ours as well, is in the pinned map "devices".
 */
#ifndef EXTKEY_DEVICES_H
#define EXTKEY_DEVICES_H

#include "loader.h"
#include "state.h"

#define EXTKEY_TC_PRIORITY 49
#define EXTKEY_TC_HANDLE 1

/* All return EXIT_OK, or the exit status after they have printed the error */

/* The devices named, or all that are up and no loopback, in options->netns */
int devices_attach(const struct state *state, const struct options *options);

/* Takes all filters away, and clsact where it was not there before */
int devices_detach(const struct state *state);

/* Whether both filters are on this device */
bool devices_in_place(const struct extkey_device_key *key,
		      const struct extkey_device *device);

#endif /* EXTKEY_DEVICES_H */
