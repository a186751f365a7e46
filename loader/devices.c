// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "devices.h"
#include "filters.h"
#include "netns.h"

/* Enters its namespace, if it can: 0, -ENOENT if one of both is gone, or -errno */
static int visit(const struct extkey_device_key *key,
		 const struct extkey_device *device)
{
	int err = netns_enter(device->netns, key->netns);

	if (!err && key->ifindex != EXTKEY_ALL_DEVICES &&
	    filters_gone(key->ifindex))
		err = -ENOENT;
	return err;
}

enum device_state devices_state(const struct extkey_device_key *key,
				const struct extkey_device *device)
{
	int err = visit(key, device);

	if (err)
		return err == -ENOENT ? DEVICE_GONE : DEVICE_MISSING;
	return key->ifindex == EXTKEY_ALL_DEVICES ||
			       filters_in_place(key->ifindex) ?
		       DEVICE_IN_PLACE :
		       DEVICE_MISSING;
}

static int remember(const struct state *state,
		    const struct extkey_device_key *key,
		    const struct extkey_device *device)
{
	if (!bpf_map_update_elem(state->devices, key, device, BPF_ANY))
		return EXIT_OK;
	return report(
		EXIT_FAILED,
		"cannot attach to %s: map devices: %s; at most %d devices can be attached",
		device->name, errno == E2BIG ? "it is full" : strerror(errno),
		EXTKEY_MAX_DEVICES);
}

static int attach_device(const struct state *state,
			 const struct extkey_device_key *key,
			 struct extkey_device *device)
{
	struct extkey_device old;
	int err;

	/* The number may be that of another interface by now */
	if (!bpf_map_lookup_elem(state->devices, key, &old) &&
	    !strcmp(old.name, device->name))
		device->clsact = old.clsact;
	else
		device->clsact = !filters_has_clsact(key->ifindex);
	/* Written before anything is there: what is killed is cleared */
	err = remember(state, key, device);
	if (!err)
		err = filters_attach(key->ifindex, device->name);
	if (err) {
		filters_detach(key->ifindex, device->clsact);
		bpf_map_delete_elem(state->devices, key);
	}
	return err;
}

static bool wanted(const struct options *options, const char *name)
{
	struct ifreq req = { 0 };
	unsigned int i;
	bool up;
	int fd;

	for (i = 0; i < options->nr_devs; i++)
		if (!strcmp(options->devs[i], name))
			return true;
	if (options->nr_devs)
		return false;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	strncpy(req.ifr_name, name, sizeof(req.ifr_name) - 1);
	up = fd >= 0 && !ioctl(fd, SIOCGIFFLAGS, &req) &&
	     req.ifr_flags & IFF_UP && !(req.ifr_flags & IFF_LOOPBACK);
	if (fd >= 0)
		close(fd);
	return up;
}

static int enter(const struct options *options, struct extkey_device_key *key,
		 struct extkey_device *device)
{
	int err;

	err = netns_resolve(options->netns, &key->netns, device->netns,
			    sizeof(device->netns));
	if (err == -EINVAL)
		return report(
			EXIT_FAILED,
			"'%s' is no network namespace; 'ip netns' lists those with a name",
			device->netns);
	if (!err)
		err = netns_enter(device->netns, key->netns);
	if (err)
		return report(
			EXIT_FAILED,
			"cannot enter the network namespace '%s': %s; 'ip netns' lists those with a name",
			device->netns, strerror(-err));
	return EXIT_OK;
}

int devices_enter(const struct options *options)
{
	struct extkey_device_key key = { 0 };
	struct extkey_device device = { 0 };

	return enter(options, &key, &device);
}

/* What went away with its interface or its namespace; ends in the namespace @own */
static void forget_gone(const struct state *state,
			const struct extkey_device_key *own,
			const struct extkey_device *device, bool tell)
{
	struct extkey_device_key key, next;
	struct extkey_device found;
	int more;

	more = !bpf_map_get_next_key(state->devices, NULL, &next);
	while (more) {
		key = next;
		more = !bpf_map_get_next_key(state->devices, &key, &next);
		if (bpf_map_lookup_elem(state->devices, &key, &found) ||
		    visit(&key, &found) != -ENOENT ||
		    bpf_map_delete_elem(state->devices, &key))
			continue;
		if (tell && key.netns == own->netns)
			printf("%s: gone\n", found.name);
	}
	netns_enter(device->netns, own->netns);
}

/* Each interface that is wanted and has no programs; @nr counts all that have */
static int cover(const struct state *state, const struct options *options,
		 struct extkey_device_key *key, struct extkey_device *device,
		 unsigned int *nr)
{
	struct if_nameindex *list = if_nameindex();
	int status = EXIT_OK, err;
	unsigned int i;

	if (!list)
		return report(EXIT_FAILED, "cannot list the interfaces: %s",
			      strerror(errno));
	for (i = 0; list[i].if_index; i++) {
		struct extkey_device old;

		if (!wanted(options, list[i].if_name))
			continue;
		key->ifindex = list[i].if_index;
		if (!bpf_map_lookup_elem(state->devices, key, &old) &&
		    filters_in_place(key->ifindex) &&
		    !strcmp(old.name, list[i].if_name)) {
			++*nr;
			continue;
		}
		device->clsact = 0;
		memset(device->name, 0, sizeof(device->name));
		strncpy(device->name, list[i].if_name,
			sizeof(device->name) - 1);
		err = attach_device(state, key, device);
		if (err && err != FILTERS_GONE)
			status = err;
		if (err)
			continue;
		++*nr;
		printf("%s: attached\n", device->name);
	}
	if_freenameindex(list);
	return status;
}

int devices_attach(const struct state *state, const struct options *options)
{
	struct extkey_device_key key = { 0 };
	struct extkey_device device = { 0 };
	unsigned int i, nr = 0;
	int err;

	err = enter(options, &key, &device);
	if (err)
		return err;
	for (i = 0; i < options->nr_devs; i++)
		if (!if_nametoindex(options->devs[i]))
			return report(
				EXIT_FAILED,
				"there is no interface '%s' here; see 'ip link'",
				options->devs[i]);
	forget_gone(state, &key, &device, false);
	if (!options->nr_devs) {
		key.ifindex = EXTKEY_ALL_DEVICES;
		strcpy(device.name, "all interfaces");
		err = remember(state, &key, &device);
		if (err)
			return err;
	}
	err = cover(state, options, &key, &device, &nr);
	if (!err && !nr)
		fprintf(stderr,
			"extkey_loader: warning: no interface of %s is up, and none has programs; 'extkey_loader watch' attaches to those to come\n",
			device.netns);
	return err;
}

int devices_follow(const struct state *state, const struct options *options)
{
	struct extkey_device_key key = { 0 };
	struct extkey_device device = { 0 };
	unsigned int nr = 0;
	int err;

	err = enter(options, &key, &device);
	if (err)
		return err;
	forget_gone(state, &key, &device, true);
	return cover(state, options, &key, &device, &nr);
}

unsigned int devices_uncovered(const struct state *state,
			       const struct extkey_device_key *all,
			       const struct extkey_device *device,
			       char names[][IF_NAMESIZE], unsigned int max)
{
	static const struct options every = { 0 };
	struct extkey_device_key key = *all;
	struct extkey_device found;
	struct if_nameindex *list;
	unsigned int i, n = 0;

	if (netns_enter(device->netns, all->netns))
		return 0;
	list = if_nameindex();
	for (i = 0; list && list[i].if_index && n < max; i++) {
		key.ifindex = list[i].if_index;
		if (wanted(&every, list[i].if_name) &&
		    bpf_map_lookup_elem(state->devices, &key, &found))
			strcpy(names[n++], list[i].if_name);
	}
	if (list)
		if_freenameindex(list);
	return n;
}

/* False if it has to stay: then it is said why */
static bool detach_device(const struct extkey_device_key *key,
			  const struct extkey_device *device)
{
	int err;

	if (key->ifindex == EXTKEY_ALL_DEVICES)
		return true;
	err = visit(key, device);
	/* With its namespace or interface, a filter is gone as well */
	if (err && err != -ENOENT) {
		report(EXIT_FAILED,
		       "cannot detach from %s: cannot enter the network namespace %s: %s; run as root",
		       device->name, device->netns, strerror(-err));
		return false;
	}
	if (!err)
		filters_detach(key->ifindex, device->clsact);
	return true;
}

int devices_detach(const struct state *state)
{
	struct extkey_device_key key, next;
	struct extkey_device device;
	int more, status = EXIT_OK;

	if (state->devices < 0)
		return EXIT_OK;
	more = !bpf_map_get_next_key(state->devices, NULL, &next);
	while (more) {
		key = next;
		more = !bpf_map_get_next_key(state->devices, &key, &next);
		if (bpf_map_lookup_elem(state->devices, &key, &device))
			continue;
		if (!detach_device(&key, &device))
			status = EXIT_FAILED;
		else if (bpf_map_delete_elem(state->devices, &key))
			status = report(EXIT_FAILED, "cannot forget %s: %s",
					device.name, strerror(errno));
	}
	return status;
}
