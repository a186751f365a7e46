// SPDX-License-Identifier: GPL-2.0-only
/*
 * For applications that cannot be changed: gives a key to all MPTCP sockets of a
 * process that call connect() or bind() with no key of their own.
 *
 *	EXTKEY_KEY_FILE=/etc/example/key \
 *	LD_PRELOAD=/usr/local/lib/libextkey_preload.so PROGRAM
 *
 * The key file is as for extkey_read_key_file(), and read once, when the program
 * starts. If it cannot be used, there is one line on stderr, and connect() and
 * bind() of MPTCP sockets fail with that error: who asked for a key does not go
 * without. Other sockets are left alone.
 *
 * Does not reach programs that are linked statically or run setuid, nor
 * sendto() with MSG_FASTOPEN.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "extkey.h"

typedef int with_address(int fd, const struct sockaddr *addr, socklen_t len);

static struct {
	unsigned char bytes[EXTKEY_KEY_MAX];
	size_t len;
	int err;
} key;

__attribute__((constructor)) static void read_key(void)
{
	const char *path = getenv("EXTKEY_KEY_FILE");

	key.err = path ? extkey_read_key_file(path, key.bytes, &key.len) :
			 -ENOENT;
	if (key.err)
		fprintf(stderr,
			"extkey_preload: cannot take a key from the file in EXTKEY_KEY_FILE, %s: %s\n",
			path ? path : "which is not set", strerror(-key.err));
}

static int wants_key(int fd, const struct sockaddr *addr, socklen_t len)
{
	socklen_t size = sizeof(int);
	int protocol;

	if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) ||
	    protocol != IPPROTO_MPTCP || !addr)
		return 0;
	if (addr->sa_family == AF_INET)
		return len == sizeof(struct sockaddr_in) &&
		       extkey_is_zero(
			       ((const struct sockaddr_in *)addr)->sin_zero, 8);
	return addr->sa_family == AF_INET6 &&
	       len == sizeof(struct sockaddr_in6);
}

static int call(const char *name, int fd, const struct sockaddr *addr,
		socklen_t len)
{
	with_address *next = (with_address *)dlsym(RTLD_NEXT, name);
	struct sockaddr_storage keyed;
	int err, saved = errno;

	if (!next) {
		errno = ENOSYS;
		return -1;
	}
	if (!wants_key(fd, addr, len)) {
		errno = saved;
		return next(fd, addr, len);
	}

	memset(&keyed, 0, sizeof(keyed));
	memcpy(&keyed, addr, len);
	err = key.err ?: extkey_set_key(&keyed, &len, key.bytes, key.len);
	if (err) {
		errno = -err;
		return -1;
	}
	err = next(fd, (struct sockaddr *)&keyed, len);
	saved = errno;
	extkey_wipe(&keyed, sizeof(keyed));
	errno = saved;
	return err;
}

int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	return call("connect", fd, addr, len);
}

int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	return call("bind", fd, addr, len);
}
