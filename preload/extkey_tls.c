// SPDX-License-Identifier: GPL-2.0-only
/*
 * For programs that cannot be changed, and use OpenSSL 3 as a shared library: gives each MPTCP
 * connection the key of the TLS session on it, when the first handshake is over, at the client and
 * at the server:
 *
 *	LD_PRELOAD=/usr/local/lib/libextkey_tls.so PROGRAM
 *
 * in a cgroup that is attached with --wait-key. Each call of libssl that can complete a handshake
 * comes by here, and each of libcrypto whose BIO is a session. So do the calls of libc that read
 * and write: a session's socket is the one that they get while the innermost call of libssl is for
 * this session. The kind of BIO that a program has does not matter. A session inside of another one
 * reads and writes by calls for the outer one, so it gets no socket.
 *
 * Sockets that are not of MPTCP are left alone, as are connections that have fallen back to TCP,
 * and those with a key already. An MPTCP connection that can be given none, as no policy has it
 * wait, is shut down, and one line on stderr says what to do: who asked for a key does not go
 * without. With EXTKEY_OPTIONAL=1 it goes on.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

/* What is called of libssl and libcrypto: this library is there before they are, or without them */
#define LIBRARY_CALLS(CALL)              \
	CALL(SSL_is_init_finished)       \
	CALL(SSL_version)                \
	CALL(SSL_ctrl)                   \
	CALL(SSL_export_keying_material) \
	CALL(SSL_get_ex_data)            \
	CALL(SSL_set_ex_data)            \
	CALL(CRYPTO_get_ex_new_index)    \
	CALL(BIO_ctrl)                   \
	CALL(ERR_set_mark)               \
	CALL(ERR_pop_to_mark)

#define DECLARE(name) __typeof__(name) *name##_;
static struct {
	LIBRARY_CALLS(DECLARE)
} next;

#define SSL_version next.SSL_version_
#define SSL_ctrl next.SSL_ctrl_
#define SSL_export_keying_material next.SSL_export_keying_material_
#define ERR_set_mark next.ERR_set_mark_
#define ERR_pop_to_mark next.ERR_pop_to_mark_

#include "extkey_tls.h"

#ifndef SOL_MPTCP
#define SOL_MPTCP 284
#endif
#define INFO_OF_MPTCP 1 /* include/uapi/linux/mptcp.h: MPTCP_INFO */
#define INFO_SIZE 12 /* of it: what is in front of the token */
#define INFO_FLAGS_AT 8
#define INFO_FELL_BACK 1 /* MPTCP_INFO_FLAG_FALLBACK */

/* What is known of a session, as a number in its ex_data: a socket and one more, or one of these */
enum {
	STATE_NEW, /* no socket yet */
	STATE_DONE = -1, /* its first handshake is over */
	STATE_NONE = -2, /* it has none, or more than one */
};

/* Sessions for which libssl is at work in this thread, the innermost first */
struct frame {
	SSL *ssl;
	struct frame *outer;
};

static __thread struct frame *working;
static int state_index = -1;
static int has_complained;

static void *find(const char *name)
{
	static const char *const libraries[] = { "libssl.so.3",
						 "libcrypto.so.3" };
	void *found = dlsym(RTLD_NEXT, name), *library;
	unsigned int i;

	/* One that was loaded with RTLD_LOCAL, as that of a module of Python */
	for (i = 0; i < 2 && !found; i++) {
		library = dlopen(libraries[i], RTLD_LAZY | RTLD_NOLOAD);
		if (library)
			found = dlsym(library, name);
	}
	return found;
}

/* libcrypto may be there long before libssl */
static void prepare(void)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	int index;

	if (__atomic_load_n(&state_index, __ATOMIC_ACQUIRE) >= 0)
		return;
	pthread_mutex_lock(&lock);
#define FIND(name) next.name##_ = (__typeof__(next.name##_))find(#name);
	LIBRARY_CALLS(FIND)
#define CHECK(name) &&next.name##_
	if (state_index < 0 LIBRARY_CALLS(CHECK)) {
		index = next.CRYPTO_get_ex_new_index_(CRYPTO_EX_INDEX_SSL, 0,
						      NULL, NULL, NULL, NULL);
		__atomic_store_n(&state_index, index, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&lock);
}

static intptr_t state_of(SSL *ssl)
{
	return state_index < 0 ?
		       STATE_DONE :
		       (intptr_t)next.SSL_get_ex_data_(ssl, state_index);
}

static void set_state(SSL *ssl, intptr_t state)
{
	next.SSL_set_ex_data_(ssl, state_index, (void *)state);
}

/* Goes on without a key, or ends the connection */
static void refuse(int fd, const char *why)
{
	const char *optional = getenv("EXTKEY_OPTIONAL");

	if (optional && !strcmp(optional, "1"))
		return;
	if (!__atomic_exchange_n(&has_complained, 1, __ATOMIC_RELAXED))
		fprintf(stderr, "extkey_tls: %s\n", why);
	shutdown(fd, SHUT_RDWR);
}

static int is_mptcp(int fd)
{
	socklen_t size = sizeof(int);
	int protocol;

	return !getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) &&
	       protocol == IPPROTO_MPTCP;
}

/* What has become TCP has no subflows to protect */
static int has_subflows(int fd)
{
	unsigned char info[INFO_SIZE];
	socklen_t size = sizeof(info);
	uint32_t flags;

	if (getsockopt(fd, SOL_MPTCP, INFO_OF_MPTCP, info, &size))
		return 0;
	memcpy(&flags, info + INFO_FLAGS_AT, sizeof(flags));
	return !(flags & INFO_FELL_BACK);
}

static void give_key(SSL *ssl, int fd)
{
	struct extkey_info info;
	int err;

	if (!has_subflows(fd))
		return;
	err = extkey_set_fd_key_from_tls(fd, ssl);
	if (!err || (err == -EBUSY && !extkey_get_info(fd, &info) &&
		     info.source != EXTKEY_SOURCE_NONE))
		return;
	if (err == -EBUSY)
		refuse(fd,
		       "the connection does not wait for a key: attach its cgroup by 'extkey_loader attach --wait-key' first, or set EXTKEY_OPTIONAL=1 to go on without");
	else if (err == -ENOPROTOOPT)
		refuse(fd,
		       "no policy covers this process: run 'extkey_loader attach --wait-key' for its cgroup first, or set EXTKEY_OPTIONAL=1 to go on without a key");
	else if (err == -EOPNOTSUPP)
		refuse(fd,
		       "the TLS session has no key to give: have both ends use TLS 1.3, or 1.2 with extended master secret, or set EXTKEY_OPTIONAL=1 to go on without a key");
	else
		refuse(fd, strerror(-err));
}

static void enter(struct frame *frame, SSL *ssl)
{
	prepare();
	frame->ssl = ssl;
	frame->outer = working;
	working = frame;
}

static void leave(struct frame *frame)
{
	SSL *ssl = frame->ssl;
	intptr_t state = state_of(ssl);
	int saved = errno;

	working = frame->outer;
	if (state == STATE_DONE || !next.SSL_is_init_finished_(ssl))
		return;
	set_state(ssl, STATE_DONE);
	if (state > 0)
		give_key(ssl, (int)state - 1);
	errno = saved;
}

/* A socket that is read or written now is that of the session that libssl is at work for */
static void note(int fd)
{
	intptr_t state;
	int saved = errno;

	if (!working)
		return;
	state = state_of(working->ssl);
	if (state < 0 || state == (intptr_t)fd + 1 || !is_mptcp(fd)) {
		errno = saved;
		return;
	}
	set_state(working->ssl,
		  state == STATE_NEW ? (intptr_t)fd + 1 : STATE_NONE);
	errno = saved;
}

#define NEXT(name)                     \
	static __typeof__(name) *real; \
                                       \
	if (!real)                     \
		real = (__typeof__(name) *)find(#name);

#define OF_SESSION(name, params, ...)        \
	int name params                      \
	{                                    \
		struct frame frame;          \
		int ret;                     \
		NEXT(name)                   \
                                             \
		enter(&frame, ssl);          \
		ret = real(ssl __VA_ARGS__); \
		leave(&frame);               \
		return ret;                  \
	}

OF_SESSION(SSL_do_handshake, (SSL * ssl))
OF_SESSION(SSL_connect, (SSL * ssl))
OF_SESSION(SSL_accept, (SSL * ssl))
OF_SESSION(SSL_shutdown, (SSL * ssl))
OF_SESSION(SSL_read, (SSL * ssl, void *buf, int num), , buf, num)
OF_SESSION(SSL_peek, (SSL * ssl, void *buf, int num), , buf, num)
OF_SESSION(SSL_write, (SSL * ssl, const void *buf, int num), , buf, num)
OF_SESSION(SSL_read_ex, (SSL * ssl, void *buf, size_t num, size_t *done), , buf,
	   num, done)
OF_SESSION(SSL_peek_ex, (SSL * ssl, void *buf, size_t num, size_t *done), , buf,
	   num, done)
OF_SESSION(SSL_write_ex, (SSL * ssl, const void *buf, size_t num, size_t *done),
	   , buf, num, done)
OF_SESSION(SSL_read_early_data,
	   (SSL * ssl, void *buf, size_t num, size_t *done), , buf, num, done)
OF_SESSION(SSL_write_early_data,
	   (SSL * ssl, const void *buf, size_t num, size_t *done), , buf, num,
	   done)

/* The session that a BIO is, or NULL: then libssl is at work for it by calls of its own */
static SSL *session_of(BIO *bio)
{
	SSL *ssl = NULL;
	NEXT(BIO_method_type)

	if (!bio || real(bio) != BIO_TYPE_SSL)
		return NULL;
	prepare();
	if (state_index >= 0)
		next.BIO_ctrl_(bio, BIO_C_GET_SSL, 0, &ssl);
	return ssl;
}

#define OF_BIO(name, params, ...)                      \
	int name params                                \
	{                                              \
		SSL *ssl = session_of(bio);            \
		struct frame frame;                    \
		int ret;                               \
		NEXT(name)                             \
                                                       \
		if (!ssl)                              \
			return real(bio, __VA_ARGS__); \
		enter(&frame, ssl);                    \
		ret = real(bio, __VA_ARGS__);          \
		leave(&frame);                         \
		return ret;                            \
	}

OF_BIO(BIO_read, (BIO * bio, void *buf, int num), buf, num)
OF_BIO(BIO_write, (BIO * bio, const void *buf, int num), buf, num)
OF_BIO(BIO_puts, (BIO * bio, const char *text), text)
OF_BIO(BIO_read_ex, (BIO * bio, void *buf, size_t num, size_t *done), buf, num,
       done)
OF_BIO(BIO_write_ex, (BIO * bio, const void *buf, size_t num, size_t *done),
       buf, num, done)

/* The next handshake is that of another session */
int SSL_clear(SSL *ssl)
{
	NEXT(SSL_clear)

	if (state_index >= 0)
		set_state(ssl, STATE_NEW);
	return real(ssl);
}

#define OF_SOCKET(type, name, params, ...)    \
	type name params                      \
	{                                     \
		NEXT(name)                    \
                                              \
		note(fd);                     \
		return real(fd, __VA_ARGS__); \
	}

OF_SOCKET(ssize_t, read, (int fd, void *buf, size_t len), buf, len)
OF_SOCKET(ssize_t, write, (int fd, const void *buf, size_t len), buf, len)
OF_SOCKET(ssize_t, readv, (int fd, const struct iovec *iov, int nr), iov, nr)
OF_SOCKET(ssize_t, writev, (int fd, const struct iovec *iov, int nr), iov, nr)
OF_SOCKET(ssize_t, recv, (int fd, void *buf, size_t len, int flags), buf, len,
	  flags)
OF_SOCKET(ssize_t, send, (int fd, const void *buf, size_t len, int flags), buf,
	  len, flags)
OF_SOCKET(ssize_t, recvmsg, (int fd, struct msghdr *msg, int flags), msg, flags)
OF_SOCKET(ssize_t, sendmsg, (int fd, const struct msghdr *msg, int flags), msg,
	  flags)
