// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "clsact.h"
#include "devices.h"
#include "error.h"
#include "links.h"
#include "netns.h"
#include "programs.h"

#define LINKS_DIR TC_DIR "/links"

static const struct {
	const char *name;
	unsigned int type;
} directions[] = {
	{ "ingress", LINK_TCX_INGRESS },
	{ "egress", LINK_TCX_EGRESS },
};

#define NR_DIRECTIONS (sizeof(directions) / sizeof(directions[0]))

static void dir_of(const struct extkey_device_key *key, char *path)
{
	snprintf(path, PIN_PATH_MAX, LINKS_DIR "/%u_%u", key->netns,
		 key->ifindex);
}

static void link_path(const struct extkey_device_key *key, unsigned int i,
		      char *path)
{
	snprintf(path, PIN_PATH_MAX, LINKS_DIR "/%u_%u/%s", key->netns,
		 key->ifindex, directions[i].name);
}

static bool is_all(const struct extkey_device_key *key)
{
	return key->ifindex == EXTKEY_ALL_DEVICES;
}

/* Its namespace, if it is there: 0, -ENOENT if that or the interface is gone, or -EPERM */
static int enter(const struct extkey_device_key *key,
		 const struct extkey_device *device)
{
	char name[IF_NAMESIZE];
	__u64 cookie;
	int err = netns_enter(device->netns, key->netns);

	if (err)
		return err;
	err = netns_cookie(&cookie);
	/* Not to know which one it is says nothing of whether it is gone */
	if (!err && device->cookie != cookie)
		err = fail(-ENOENT, "the network namespace %s is gone",
			   device->netns);
	else if (!err && !is_all(key) && !if_indextoname(key->ifindex, name))
		err = fail(-ENOENT, "the interface %s is gone", device->name);
	if (err)
		netns_leave();
	return err;
}

/*
 * By its links alone. They tell when the interface is gone, whatever this process may
 * look at; one that was moved has another number, or its old one somewhere else.
 */
static enum device_state link_state_of(const struct extkey_device_key *key)
{
	enum device_state state = DEVICE_IN_PLACE;
	char path[PIN_PATH_MAX];
	struct link_state link;
	unsigned int i;

	for (i = 0; i < NR_DIRECTIONS; i++) {
		link_path(key, i, path);
		if (!link_read(path, &link))
			state = DEVICE_MISSING;
		else if (link.ifindex != key->ifindex)
			return DEVICE_GONE;
		else if (!programs_have(SET_TC, directions[i].name,
					link.prog_id))
			state = DEVICE_MISSING;
	}
	return state;
}

enum device_state device_state(const struct extkey_device_key *key,
			       const struct extkey_device *device)
{
	enum device_state state = DEVICE_IN_PLACE;
	bool links = !is_all(key) && !device->filters;
	int err;

	if (links)
		state = link_state_of(key);
	if (state == DEVICE_GONE)
		return state;
	err = enter(key, device);
	if (err)
		return err == -ENOENT ? DEVICE_GONE :
		       links	      ? state :
					DEVICE_UNKNOWN;
	if (device->filters && !clsact_in_place(key->ifindex))
		state = DEVICE_MISSING;
	netns_leave();
	return state;
}

int devices_visit(const struct maps *maps,
		  int (*visit)(const struct extkey_device_key *key,
			       const struct extkey_device *device, void *data),
		  void *data)
{
	struct extkey_device_key key, next;
	struct extkey_device device;
	int more, result = 0;

	if (maps->devices < 0)
		return 0;
	more = !bpf_map_get_next_key(maps->devices, NULL, &next);
	while (more && !result) {
		key = next;
		more = !bpf_map_get_next_key(maps->devices, &key, &next);
		if (!bpf_map_lookup_elem(maps->devices, &key, &device))
			result = visit(&key, &device, data);
	}
	return result;
}

static int record(const struct maps *maps, const struct extkey_device_key *key,
		  const struct extkey_device *device)
{
	if (!bpf_map_update_elem(maps->devices, key, device, BPF_ANY))
		return 0;
	return fail(
		-errno,
		"cannot attach to %s: map devices: %s; at most %d devices can be attached",
		device->name, errno == E2BIG ? "it is full" : strerror(errno),
		EXTKEY_MAX_DEVICES);
}

int devices_have_links(int prog)
{
	static int known = -1;

	/* There is no interface 0, and a kernel that looks for it has such links */
	if (known < 0 && bpf_link_create(prog, 0, LINK_TCX_INGRESS, NULL) < 0) {
		if (errno == ENODEV)
			known = 1;
		else if (errno == EINVAL || errno == EOPNOTSUPP)
			known = 0;
		else
			return fail(
				-errno,
				"cannot find out whether the kernel has tcx links: %s",
				strerror(errno));
	}
	return known;
}

static int attach_link(const struct extkey_device_key *key, unsigned int i,
		       const char *name)
{
	char path[PIN_PATH_MAX], now[IF_NAMESIZE];
	struct link_state link;
	int prog, err;

	link_path(key, i, path);
	prog = programs_open(SET_TC, directions[i].name, false);
	if (prog < 0)
		return prog;
	/* There must be no moment without a program where there was one */
	if (link_read(path, &link) && link.ifindex == key->ifindex)
		err = link_update(path, prog);
	else
		err = link_make(prog, key->ifindex, directions[i].type, path);
	close(prog);
	if (err && !if_indextoname(key->ifindex, now))
		return -ENODEV;
	return err == -EINVAL ? fail(err, "cannot link to %s, %s: %s", name,
				     directions[i].name, strerror(EINVAL)) :
				err;
}

static int attach_links(const struct extkey_device_key *key, const char *name)
{
	char dir[PIN_PATH_MAX];
	unsigned int i;
	int err;

	dir_of(key, dir);
	err = pin_make_dir(LINKS_DIR);
	if (!err)
		err = pin_make_dir(dir);
	for (i = 0; i < NR_DIRECTIONS && !err; i++)
		err = attach_link(key, i, name);
	return err;
}

static int have_links(void)
{
	int prog = programs_open(SET_TC, directions[0].name, false), found;

	if (prog < 0)
		return prog;
	found = devices_have_links(prog);
	close(prog);
	return found;
}

/* Whether the entry is of this interface, and not of another that had its number */
static bool is_same_device(const struct extkey_device *old,
			   const struct extkey_device_key *key,
			   const struct extkey_device *device)
{
	/* One that has another name now has our filters all the same */
	return old->filters && old->cookie == device->cookie &&
	       (!strcmp(old->name, device->name) ||
		clsact_in_place(key->ifindex));
}

/* In its namespace; what cannot be attached is not there at all */
static int attach_device(const struct maps *maps,
			 const struct extkey_device_key *key,
			 struct extkey_device *device)
{
	struct extkey_device old;
	char dir[PIN_PATH_MAX];
	int err, undone;

	err = have_links();
	if (err < 0)
		return err;
	device->filters = !err;
	device->clsact = device->filters && !clsact_is_there(key->ifindex);
	if (device->filters && !bpf_map_lookup_elem(maps->devices, key, &old) &&
	    is_same_device(&old, key, device))
		device->clsact |= old.clsact;
	/* Written before anything is there: what is killed is cleared */
	err = record(maps, key, device);
	if (!err)
		err = device->filters ?
			      clsact_attach(key->ifindex, device->name, false) :
			      attach_links(key, device->name);
	if (!err)
		return 0;
	undone = device->filters ? clsact_detach(key->ifindex, device->name,
						 device->clsact) :
				   0;
	/* What stays in spite of that has an entry, for detach to find */
	if (undone < 0)
		return undone;
	dir_of(key, dir);
	pin_remove(dir);
	bpf_map_delete_elem(maps->devices, key);
	return err;
}

static bool is_wanted(const struct device_choice *choice, const char *name)
{
	struct ifreq req = { 0 };
	unsigned int i;
	bool up;
	int fd;

	for (i = 0; i < choice->nr_devs; i++)
		if (!strcmp(choice->devs[i], name))
			return true;
	if (choice->nr_devs)
		return false;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	strncpy(req.ifr_name, name, sizeof(req.ifr_name) - 1);
	up = fd >= 0 && !ioctl(fd, SIOCGIFFLAGS, &req) &&
	     req.ifr_flags & IFF_UP && !(req.ifr_flags & IFF_LOOPBACK);
	if (fd >= 0)
		close(fd);
	return up;
}

static int forget(const struct maps *maps, const struct extkey_device_key *key)
{
	char dir[PIN_PATH_MAX];
	int err;

	dir_of(key, dir);
	err = pin_remove(dir);
	if (!err && bpf_map_delete_elem(maps->devices, key) && errno != ENOENT)
		return fail(-errno, "cannot forget an interface: %s",
			    strerror(errno));
	return err;
}

struct forgetting {
	const struct maps *maps;
	__u32 tell; /* of this namespace */
};

static int forget_if_gone(const struct extkey_device_key *key,
			  const struct extkey_device *device, void *data)
{
	const struct forgetting *forgetting = data;

	if (device_state(key, device) != DEVICE_GONE ||
	    forget(forgetting->maps, key))
		return 0;
	if (key->netns == forgetting->tell && !is_all(key))
		printf("%s: gone\n", device->name);
	return 0;
}

/* Each interface that is wanted and has no programs; @nr counts all that have */
static int cover(const struct maps *maps, const struct device_choice *choice,
		 struct extkey_device_key *key, struct extkey_device *device,
		 unsigned int *nr)
{
	struct if_nameindex *list = if_nameindex();
	struct extkey_device old;
	int result = 0, err;
	unsigned int i;

	if (!list)
		return fail(-errno, "cannot list the interfaces: %s",
			    strerror(errno));
	for (i = 0; list[i].if_index; i++) {
		if (!is_wanted(choice, list[i].if_name))
			continue;
		key->ifindex = list[i].if_index;
		if (!bpf_map_lookup_elem(maps->devices, key, &old) &&
		    device_state(key, &old) == DEVICE_IN_PLACE &&
		    !strcmp(old.name, list[i].if_name)) {
			++*nr;
			continue;
		}
		memset(device->name, 0, sizeof(device->name));
		strncpy(device->name, list[i].if_name,
			sizeof(device->name) - 1);
		err = attach_device(maps, key, device);
		/* One that went away meanwhile is none that was wanted */
		if (err == -ENODEV)
			continue;
		if (err) {
			/* All but the last, which is for the caller */
			if (result)
				print_failure();
			result = err;
			continue;
		}
		++*nr;
		printf("%s: attached\n", device->name);
	}
	if_freenameindex(list);
	return result;
}

static int resolve(const struct device_choice *choice,
		   struct extkey_device_key *key, struct extkey_device *device)
{
	return netns_resolve(choice->netns, &key->netns, device->netns,
			     sizeof(device->netns));
}

/* In the namespace of @key */
static int attach_chosen(const struct maps *maps,
			 const struct device_choice *choice,
			 struct extkey_device_key *key,
			 struct extkey_device *device)
{
	unsigned int i, nr = 0;
	int err = 0;

	for (i = 0; i < choice->nr_devs; i++)
		if (!if_nametoindex(choice->devs[i]))
			return fail(
				-ENODEV,
				"there is no interface '%s' here; see 'ip link'",
				choice->devs[i]);
	if (!choice->nr_devs) {
		key->ifindex = EXTKEY_ALL_DEVICES;
		strcpy(device->name, "all interfaces");
		err = record(maps, key, device);
	}
	if (!err)
		err = cover(maps, choice, key, device, &nr);
	if (!err && !nr)
		say("warning: no interface of %s is up, and none has programs; 'extkey_loader watch' attaches to those to come",
		    device->netns);
	return err;
}

int devices_attach(const struct maps *maps, const struct device_choice *choice)
{
	struct forgetting forgetting = { .maps = maps };
	struct extkey_device_key key = { 0 };
	struct extkey_device device = { 0 };
	int err;

	devices_visit(maps, forget_if_gone, &forgetting);
	err = resolve(choice, &key, &device);
	if (!err)
		err = netns_enter(device.netns, key.netns);
	if (err)
		return err;
	err = netns_cookie(&device.cookie);
	if (!err)
		err = attach_chosen(maps, choice, &key, &device);
	netns_leave();
	return err;
}

static int repair_device(const struct extkey_device_key *key,
			 const struct extkey_device *device, void *data)
{
	static const struct device_choice every;
	const struct maps *maps = data;
	struct extkey_device_key own = *key;
	struct extkey_device copy = *device;
	unsigned int nr = 0;
	int err;

	if (!is_all(key) && device_state(key, device) != DEVICE_MISSING)
		return 0;
	err = enter(key, device);
	/* Of another namespace, where a change of the policy here needs nothing */
	if (err == -EPERM) {
		say("warning: %s in %s: programs stay as they are: %s",
		    device->name, device->netns, failure());
		return 0;
	}
	if (err)
		return err == -ENOENT ? 0 : err;
	err = is_all(key) ? cover(maps, &every, &own, &copy, &nr) :
			    attach_device(maps, &own, &copy);
	netns_leave();
	return err == -ENODEV ? 0 : err;
}

int devices_repair(const struct maps *maps)
{
	struct forgetting forgetting = { .maps = maps };

	devices_visit(maps, forget_if_gone, &forgetting);
	return devices_visit(maps, repair_device, (void *)maps);
}

int devices_follow(const struct maps *maps, const struct device_choice *choice)
{
	struct forgetting forgetting = { .maps = maps };
	struct extkey_device_key key = { 0 };
	struct extkey_device device = { 0 };
	unsigned int nr = 0;
	int err;

	err = resolve(choice, &key, &device);
	if (err)
		return err;
	forgetting.tell = key.netns;
	devices_visit(maps, forget_if_gone, &forgetting);
	err = netns_enter(device.netns, key.netns);
	if (err)
		return err;
	err = netns_cookie(&device.cookie);
	if (!err)
		err = cover(maps, choice, &key, &device, &nr);
	netns_leave();
	return err;
}

unsigned int devices_uncovered(const struct maps *maps,
			       const struct extkey_device_key *all,
			       const struct extkey_device *device,
			       char names[][IF_NAMESIZE], unsigned int max)
{
	static const struct device_choice every;
	struct extkey_device_key key = *all;
	struct extkey_device found;
	struct if_nameindex *list;
	unsigned int i, n = 0;

	if (netns_enter(device->netns, all->netns))
		return 0;
	list = if_nameindex();
	for (i = 0; list && list[i].if_index && n < max; i++) {
		key.ifindex = list[i].if_index;
		if (is_wanted(&every, list[i].if_name) &&
		    bpf_map_lookup_elem(maps->devices, &key, &found))
			strcpy(names[n++], list[i].if_name);
	}
	if (list)
		if_freenameindex(list);
	netns_leave();
	return n;
}

static int detach_device(const struct extkey_device_key *key,
			 const struct extkey_device *device, void *data)
{
	const struct maps *maps = data;
	int err = 0;

	/* With its interface or namespace, a filter is gone as well */
	if (device->filters && !is_all(key)) {
		err = enter(key, device);
		if (err == -ENOENT) {
			err = 0;
		} else if (!err) {
			err = clsact_detach(key->ifindex, device->name,
					    device->clsact);
			err = err < 0 ? err : 0;
			netns_leave();
		}
	}
	return err ? err : forget(maps, key);
}

struct detaching {
	const struct maps *maps;
	int err;
};

/* Those that can be detached are, whatever becomes of the others */
static int detach_and_go_on(const struct extkey_device_key *key,
			    const struct extkey_device *device, void *data)
{
	struct detaching *detaching = data;
	int err = detach_device(key, device, (void *)detaching->maps);

	if (err) {
		say("cannot detach from %s: %s", device->name, failure());
		detaching->err = fail(
			err, "there are interfaces that still have programs");
	}
	return 0;
}

int devices_detach(const struct maps *maps)
{
	struct detaching detaching = { .maps = maps };

	devices_visit(maps, detach_and_go_on, &detaching);
	return detaching.err;
}

static int reach_device(const struct extkey_device_key *key,
			const struct extkey_device *device, void *unused)
{
	int err;

	(void)unused;
	if (is_all(key) || !device->filters)
		return 0;
	err = enter(key, device);
	if (!err)
		netns_leave();
	return err == -ENOENT ? 0 : err;
}

int devices_can_update(const struct maps *maps)
{
	return devices_visit(maps, reach_device, NULL);
}

static int update_device(const struct extkey_device_key *key,
			 const struct extkey_device *device, void *unused)
{
	char path[PIN_PATH_MAX];
	unsigned int i;
	int prog, err = 0;

	(void)unused;
	if (is_all(key))
		return 0;
	if (device->filters) {
		err = enter(key, device);
		/* Those go on with the programs that they have, which still work */
		if (err == -EPERM)
			say("warning: %s in %s: filters stay as they are: %s",
			    device->name, device->netns, failure());
		if (err)
			return err == -ENOENT || err == -EPERM ? 0 : err;
		err = clsact_attach(key->ifindex, device->name, true);
		netns_leave();
		/* One that has taken our place must not keep all others waiting */
		if (err == -EBUSY)
			say("warning: %s", failure());
		return err == -ENODEV || err == -EBUSY ? 0 : err;
	}
	for (i = 0; i < NR_DIRECTIONS && !err; i++) {
		prog = programs_open(SET_TC, directions[i].name, true);
		if (prog < 0)
			return prog;
		link_path(key, i, path);
		err = link_update(path, prog);
		close(prog);
	}
	return err;
}

int devices_update(const struct maps *maps)
{
	return devices_visit(maps, update_device, NULL);
}
