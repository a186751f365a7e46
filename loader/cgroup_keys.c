// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>

#include "cgroup_keys.h"
#include "error.h"
#include "extkey.h"

int key_file_read(const char *path, struct extkey_secret *secret)
{
	const char *name = strcmp(path, "-") ? path : "/dev/stdin";
	__u8 key[EXTKEY_KEY_MAX];
	size_t len;
	int err;

	err = extkey_read_key_file(name, key, &len);
	if (!err)
		extkey_derive(key, len, secret);
	explicit_bzero(key, sizeof(key));
	return err ? fail(err == -EACCES ? -EPERM : -EINVAL,
			  "cannot use the key file '%s': %s", path,
			  extkey_key_file_error(err)) :
		     0;
}

int key_check(__u32 scheme, const struct extkey_secret *secret,
	      const char *path)
{
	if (scheme != EXTKEY_SCHEME_XOR || secret->pad)
		return 0;
	return fail(
		-EINVAL,
		"scheme xor makes mask 0 of the key in '%s', which protects nothing; take another key",
		path);
}

bool cgroup_key_read(int map, int cgroup_fd, struct extkey_keys *keys)
{
	memset(keys, 0, sizeof(*keys));
	return map >= 0 && !bpf_map_lookup_elem(map, &cgroup_fd, keys) &&
	       keys->has_sending;
}

int cgroup_key_write(int map, int cgroup_fd, const struct extkey_keys *keys)
{
	if (bpf_map_update_elem(map, &cgroup_fd, keys, BPF_ANY))
		return fail(-errno, "cannot give the cgroup a key: %s",
			    strerror(errno));
	return 0;
}

void keys_set(struct extkey_keys *keys, const struct extkey_secret *secret)
{
	memset(keys, 0, sizeof(*keys));
	keys->sending = *secret;
	keys->has_sending = 1;
}

bool keys_send(const struct extkey_keys *keys,
	       const struct extkey_secret *secret)
{
	return keys->has_sending &&
	       !memcmp(&keys->sending, secret, sizeof(*secret));
}

bool keys_sent_before(const struct extkey_keys *keys,
		      const struct extkey_secret *secret)
{
	return keys->has_accepted && keys->sends_new &&
	       !memcmp(&keys->accepted, secret, sizeof(*secret));
}

int keys_add(struct extkey_keys *keys, const struct extkey_secret *secret)
{
	if (keys->has_accepted)
		return fail(
			-EBUSY,
			"there are two keys already, %s; finish that rotation first, by --use-new and --drop-old, or take it back by --drop-new",
			keys_step(keys));
	if (!memcmp(&keys->sending, secret, sizeof(*secret)))
		return fail(-EEXIST, "that is the key which is in use");
	keys->accepted = *secret;
	keys->has_accepted = 1;
	keys->sends_new = 0;
	return 0;
}

static void swap_keys(struct extkey_keys *keys)
{
	struct extkey_secret sending = keys->sending;

	keys->sending = keys->accepted;
	keys->accepted = sending;
	keys->sends_new = !keys->sends_new;
	explicit_bzero(&sending, sizeof(sending));
}

static void drop_accepted(struct extkey_keys *keys)
{
	memset(&keys->accepted, 0, sizeof(keys->accepted));
	keys->has_accepted = 0;
	keys->sends_new = 0;
}

int keys_use_new(struct extkey_keys *keys)
{
	if (!keys->has_accepted)
		return fail(-EINVAL,
			    "there is no new key; --add FILE comes first");
	if (keys->sends_new)
		return fail(
			-EALREADY,
			"the new key is in use already; --drop-old is next");
	swap_keys(keys);
	return 0;
}

int keys_drop_old(struct extkey_keys *keys)
{
	if (!keys->has_accepted)
		return fail(-EALREADY, "there is one key only");
	if (!keys->sends_new)
		return fail(
			-EINVAL,
			"the old key is the one that is sent; --use-new comes first, on all hosts");
	drop_accepted(keys);
	return 0;
}

int keys_drop_new(struct extkey_keys *keys)
{
	if (!keys->has_accepted)
		return fail(-EALREADY, "there is one key only");
	if (keys->sends_new)
		return fail(
			-EINVAL,
			"the new key is the one that is sent; nothing but --drop-old is left");
	drop_accepted(keys);
	return 0;
}

const char *keys_step(const struct extkey_keys *keys)
{
	return !keys->has_accepted ? "in use" :
	       keys->sends_new ? "the new one is sent, the old one accepted" :
				 "the old one is sent, the new one accepted";
}
