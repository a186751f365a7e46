/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Engine tc: the interfaces that have programs, in whatever network namespace, by tcx
 * links, or by filters where the kernel has no such links. Which ones they are is in
 * the pinned map "devices". Errors as in error.h.
 */
#ifndef EXTKEY_DEVICES_H
#define EXTKEY_DEVICES_H

#include <net/if.h>
#include <stdbool.h>

#include "policies.h"

#define MAX_DEVS 64

/* What --netns and --dev say */
struct device_choice {
	const char *netns; /* NAME or PATH, NULL for the one of this process */
	const char *devs[MAX_DEVS];
	unsigned int nr_devs; /* 0: all that are up and no loopback */
};

/* Programs for the interfaces that were chosen, and for no others of the namespace */
int devices_attach(const struct maps *maps, const struct device_choice *choice);

/* Again for those that have an entry already, wherever they are */
int devices_repair(const struct maps *maps);

/* The same as devices_attach(), and says what is gone, for watch */
int devices_follow(const struct maps *maps, const struct device_choice *choice);

/* Takes all programs away, and clsact where it was not there before */
int devices_detach(const struct maps *maps);

/* Has all interfaces run the programs in next/ */
int devices_update(const struct maps *maps);

/* Whether this process may do that: filters are in namespaces to be entered */
int devices_can_update(const struct maps *maps);

enum device_state {
	DEVICE_IN_PLACE, /* both programs are there, and are those that are pinned */
	DEVICE_MISSING, /* not both, or others */
	DEVICE_UNKNOWN, /* this process may not look into the namespace */
	DEVICE_GONE, /* the interface or its namespace is not there any more */
};

enum device_state device_state(const struct extkey_device_key *key,
			       const struct extkey_device *device);

/* Calls @visit for each entry of the map, until it returns something else than 0 */
int devices_visit(const struct maps *maps,
		  int (*visit)(const struct extkey_device_key *key,
			       const struct extkey_device *device, void *data),
		  void *data);

/*
 * Interfaces of a namespace with an entry for all that have no programs, at most
 * @max of them; how many.
 */
unsigned int devices_uncovered(const struct maps *maps,
			       const struct extkey_device_key *all,
			       const struct extkey_device *device,
			       char names[][IF_NAMESIZE], unsigned int max);

/*
 * 1 if the kernel has tcx links, 0 if not, or a negative errno; @prog is a program of
 * type SCHED_CLS.
 */
int devices_have_links(int prog);

#endif /* EXTKEY_DEVICES_H */
