/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The key of a cgroup, and the file that it comes from. One system call changes it, for all
 * sockets of the cgroup at once. Errors as in error.h. No key is printed, but its fingerprint.
 */
#ifndef EXTKEY_CGROUP_KEYS_H
#define EXTKEY_CGROUP_KEYS_H

#include <stdbool.h>

#include "extkey_maps.h"

/* What is derived from the key in the file @path; "-" is standard input */
int key_file_read(const char *path, struct extkey_secret *secret);

/* Whether it masks anything with enum extkey_scheme @scheme: 0 or an error */
int key_check(__u32 scheme, const struct extkey_secret *secret,
	      const char *path);

/* False if the cgroup has no key */
bool cgroup_key_read(int map, int cgroup_fd, struct extkey_keys *keys);
int cgroup_key_write(int map, int cgroup_fd, const struct extkey_keys *keys);

/* The first key of a cgroup, or another one in the place of what it has */
void keys_set(struct extkey_keys *keys, const struct extkey_secret *secret);

/* Whether this is the key that is sent, or the old one, which is still accepted */
bool keys_send(const struct extkey_keys *keys,
	       const struct extkey_secret *secret);
bool keys_sent_before(const struct extkey_keys *keys,
		      const struct extkey_secret *secret);

/*
 * The steps of a rotation, docs/operations.md. An error, with what to do, if it is not the
 * one that comes next.
 */
int keys_add(struct extkey_keys *keys, const struct extkey_secret *secret);
int keys_use_new(struct extkey_keys *keys);
int keys_drop_old(struct extkey_keys *keys);
int keys_drop_new(struct extkey_keys *keys);

/* "in use", or which step the rotation is at */
const char *keys_step(const struct extkey_keys *keys);

#endif /* EXTKEY_CGROUP_KEYS_H */
