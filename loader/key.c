// SPDX-License-Identifier: GPL-2.0-only
/* key: the steps by which a cgroup gets another key while joins go on */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cgroup_keys.h"
#include "cgroups.h"
#include "error.h"
#include "installation.h"
#include "system.h"
#include "verbs.h"

static int step(const struct options *options, __u32 scheme,
		struct extkey_keys *keys)
{
	struct extkey_secret secret;
	int err;

	switch (options->key_step) {
	case KEY_USE_NEW:
		return keys_use_new(keys);
	case KEY_DROP_OLD:
		return keys_drop_old(keys);
	case KEY_DROP_NEW:
		return keys_drop_new(keys);
	default:
		err = key_file_read(options->key_file, &secret);
		if (!err)
			err = key_check(scheme, &secret, options->key_file);
		if (!err)
			err = keys_add(keys, &secret);
		explicit_bzero(&secret, sizeof(secret));
		return err;
	}
}

static void print_keys(const char *cgroup, const struct extkey_keys *keys)
{
	printf("%s: key %08x", cgroup, keys->sending.fingerprint);
	if (keys->has_accepted)
		printf(", and %08x: %s", keys->accepted.fingerprint,
		       keys_step(keys));
	printf("\n");
}

static int change_key(const struct options *options, const struct maps *maps,
		      int cgroup_fd, __u64 id, const char *path)
{
	struct extkey_policy policy;
	struct extkey_keys keys;
	int err;

	if (!policy_read(maps, id, &policy))
		return fail(-ENOENT, "'%s' is not attached", path);
	if (!cgroup_key_read(maps->cgroup_keys, cgroup_fd, &keys))
		return fail(
			-ENOENT,
			"'%s' has no key of its own; 'extkey_loader attach %s --key-file FILE' gives it one",
			path, path);
	err = step(options, policy.scheme, &keys);
	if (!err)
		err = cgroup_key_write(maps->cgroup_keys, cgroup_fd, &keys);
	if (!err)
		print_keys(path, &keys);
	explicit_bzero(&keys, sizeof(keys));
	return err;
}

int cmd_key(const struct options *options)
{
	char path[EXTKEY_PATH_SIZE];
	struct maps maps;
	int err, fd;
	__u64 id;

	err = check_system();
	if (!err)
		err = cgroup_open(options->cgroup, &fd, &id, path);
	if (err)
		return exit_status(err);
	err = installation_open(&maps, options->verb->name);
	if (!err)
		err = change_key(options, &maps, fd, id, path);
	installation_close(&maps);
	close(fd);
	return exit_status(err);
}
