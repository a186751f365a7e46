// SPDX-License-Identifier: GPL-2.0-only
/*
 * For programs that cannot be changed: gives a key to each MPTCP socket that a process makes,
 * by the option of the socket (extkey.h). 'extkey_loader run' sets this up, or
 *
 *	EXTKEY_KEY_FILE=/etc/example/key \
 *	LD_PRELOAD=/usr/local/lib/libextkey_preload.so PROGRAM
 *
 * socket() alone is intercepted: whatever comes then, the socket has its key. The key file is
 * read when the process makes its first MPTCP socket. If it cannot be used, or if no policy
 * covers the process, socket() fails for MPTCP, and one line on stderr says what to do: who
 * asked for a key does not go without. With EXTKEY_OPTIONAL=1 the socket goes on without one
 * where no policy covers the process. Other sockets are left alone.
 *
 * Does not reach programs that are linked statically, run setuid or call the kernel by
 * themselves, as those in Go do, nor sockets that were passed on: give their cgroup a key.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "extkey.h"

struct key {
	unsigned char bytes[EXTKEY_KEY_MAX];
	size_t len;
};

static int (*next_socket)(int family, int type, int protocol);
static struct key *key;
static int key_error;
static int has_complained;

static void complain(const char *what, const char *name, const char *why)
{
	/* One line, however many sockets there are */
	if (!__atomic_exchange_n(&has_complained, 1, __ATOMIC_RELAXED))
		fprintf(stderr, "extkey_preload: %s%s: %s\n", what, name, why);
}

__attribute__((constructor)) static void find_socket(void)
{
	next_socket = (int (*)(int, int, int))dlsym(RTLD_NEXT, "socket");
}

/* Where no core dump has it */
static struct key *get_memory(void)
{
	void *memory = mmap(NULL, sizeof(struct key), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED ||
	    madvise(memory, sizeof(struct key), MADV_DONTDUMP))
		return NULL;
	return memory;
}

static void read_key(void)
{
	const char *path = getenv("EXTKEY_KEY_FILE");

	if (!path) {
		key_error = -ENOENT;
		complain("EXTKEY_KEY_FILE", "",
			 "is not set; it names the key file");
		return;
	}
	key = get_memory();
	key_error = key ? extkey_read_key_file(path, key->bytes, &key->len) :
			  -ENOMEM;
	if (key_error)
		complain("cannot use the key file ", path,
			 extkey_key_file_error(key_error));
}

/* No policy covers the process, and that will do */
static int is_optional(int err)
{
	const char *optional = getenv("EXTKEY_OPTIONAL");

	return (err == -ENOPROTOOPT || err == -EOPNOTSUPP) && optional &&
	       !strcmp(optional, "1");
}

static int give_key(int fd)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	int err;

	pthread_once(&once, read_key);
	if (key_error)
		return key_error;
	err = extkey_set_socket_key(fd, key->bytes, key->len);
	if (is_optional(err))
		return 0;
	if (err == -ENOPROTOOPT || err == -EOPNOTSUPP)
		complain(
			"no policy covers this process", "",
			"run 'extkey_loader attach' for its cgroup first, or set EXTKEY_OPTIONAL=1 to go on without a key");
	else if (err)
		complain("the key was not taken", "", strerror(-err));
	return err;
}

static int is_mptcp(int fd)
{
	socklen_t size = sizeof(int);
	int protocol;

	return !getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) &&
	       protocol == IPPROTO_MPTCP;
}

int socket(int family, int type, int protocol)
{
	int fd, err, saved = errno;

	if (!next_socket)
		find_socket(); /* the constructor of another library may be first */
	if (!next_socket) {
		errno = ENOSYS;
		return -1;
	}
	fd = next_socket(family, type, protocol);
	if (fd == -1 || (family != AF_INET && family != AF_INET6))
		return fd;
	/* Another library may have made it one of MPTCP, such as that of mptcpize */
	err = is_mptcp(fd) ? give_key(fd) : 0;
	if (err) {
		close(fd);
		errno = -err;
		return -1;
	}
	errno = saved;
	return fd;
}
