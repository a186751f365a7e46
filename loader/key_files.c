// SPDX-License-Identifier: GPL-2.0-only
/* genkey and fingerprint: keys in files */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "cgroup_keys.h"
#include "error.h"
#include "extkey.h"
#include "verbs.h"

int cmd_genkey(const struct options *options)
{
	__u8 key[EXTKEY_KEY_MAX];
	unsigned int i;

	(void)options;
	if (getrandom(key, sizeof(key), 0) != sizeof(key))
		return exit_status(
			fail(-EIO, "no random bytes: %s", strerror(errno)));
	for (i = 0; i < sizeof(key); i++)
		printf("%02x", key[i]);
	printf("\n");
	explicit_bzero(key, sizeof(key));
	return EXIT_OK;
}

int cmd_fingerprint(const struct options *options)
{
	struct extkey_secret secret = { 0 };
	int err;

	err = key_file_read(options->key_file, &secret);
	if (!err)
		printf("%08x\n", secret.fingerprint);
	explicit_bzero(&secret, sizeof(secret));
	return exit_status(err);
}
