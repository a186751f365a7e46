/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * For applications: giving an external key to an MPTCP connection.
 *
 * The key is 8 bytes, or 16 to 32, which both hosts know and which never go on
 * the wire. It is handed to the kernel with the socket address of connect() at
 * the client, and of bind() at the server before its listen(). Where no extkey
 * policy covers the process the kernel ignores it, so the same program runs
 * anywhere, then with plain MPTCP.
 *
 *	struct sockaddr_storage addr = { 0 };
 *	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)&addr;
 *	unsigned char key[EXTKEY_KEY_MAX];
 *	socklen_t addrlen;
 *	size_t len;
 *	int fd, err;
 *
 *	sin6->sin6_family = AF_INET6;
 *	sin6->sin6_port = htons(443);
 *	inet_pton(AF_INET6, "2001:db8::1", &sin6->sin6_addr);
 *
 *	err = extkey_read_key_file("/etc/example/peer.key", key, &len);
 *	if (!err)
 *		err = extkey_set_key(&addr, &addrlen, key, len);
 *	extkey_wipe(key, sizeof(key));
 *	if (err)
 *		return err;
 *
 *	fd = socket(AF_INET6, SOCK_STREAM, IPPROTO_MPTCP);
 *	if (connect(fd, (struct sockaddr *)&addr, addrlen) == -1)
 *		err = -errno;
 *	extkey_wipe(&addr, sizeof(addr));
 *
 * connect() and bind() fail with EPERM if a key is required and none was given.
 * getsockname(), getpeername() and accept() never give a key back.
 *
 * C and C++. With a strict -std= this header wants _POSIX_C_SOURCE 200809L.
 */
#ifndef EXTKEY_H
#define EXTKEY_H

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "extkey_sockopt.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

/*
 * Sizes of a key in bytes: the short form, which IPv4 alone has, and the long
 * one. Take a long one if you can: 64 bits are in reach of who can spend enough.
 * A key is a string of bytes: it has no byte order of its own.
 */
#define EXTKEY_KEY_SHORT 8
#define EXTKEY_KEY_MIN 16
#define EXTKEY_KEY_MAX 32

/* Behind the address: magic with the version, length of the key, three zeros */
#define EXTKEY_MAGIC { 0x89, 'e', 'x', 't', 'k', 'e', 'y', 1 }
#define EXTKEY_HEAD_SIZE 12

/* Overwrites a key that is not needed any more; the compiler can't drop it */
static inline void extkey_wipe(void *buf, size_t len)
{
	volatile unsigned char *byte = (volatile unsigned char *)buf;

	while (len--)
		*byte++ = 0;
}

/* Whether all bytes are zero, which is what "no key" looks like to the kernel */
static inline int extkey_is_zero(const void *key, size_t len)
{
	const unsigned char *byte = (const unsigned char *)key;
	unsigned char any = 0;

	while (len--)
		any |= *byte++;
	return !any;
}

/*
 * Puts a key into an address for connect() or bind(), and their length of it
 * into @addrlen, in bytes. Set family, address and port first. A key of
 * EXTKEY_KEY_SHORT bytes goes into sin_zero of struct sockaddr_in, one of
 * EXTKEY_KEY_MIN to EXTKEY_KEY_MAX bytes behind struct sockaddr_in or
 * sockaddr_in6, which is why @addr has to be a struct sockaddr_storage.
 *
 * Returns 0, or -EINVAL and @addr unchanged, if
 *	@len is neither of these, or the short one with IPv6,
 *	@addr is neither of AF_INET nor of AF_INET6, or
 *	the key is all zero, which would mean "no key".
 */
static inline int extkey_set_key(struct sockaddr_storage *addr,
				 socklen_t *addrlen, const void *key,
				 size_t len)
{
	static const unsigned char magic[8] = EXTKEY_MAGIC;
	struct sockaddr_in *sin = (struct sockaddr_in *)addr;
	unsigned char *tail = (unsigned char *)addr;
	size_t size = sizeof(struct sockaddr_in);

	if (addr->ss_family == AF_INET6)
		size = sizeof(struct sockaddr_in6);
	else if (addr->ss_family != AF_INET)
		return -EINVAL;
	if (extkey_is_zero(key, len))
		return -EINVAL;

	if (len == EXTKEY_KEY_SHORT && addr->ss_family == AF_INET) {
		memcpy(sin->sin_zero, key, len);
		*addrlen = (socklen_t)size;
		return 0;
	}
	if (len < EXTKEY_KEY_MIN || len > EXTKEY_KEY_MAX)
		return -EINVAL;

	if (addr->ss_family == AF_INET)
		memset(sin->sin_zero, 0, sizeof(sin->sin_zero));
	tail += size;
	memset(tail, 0, EXTKEY_HEAD_SIZE);
	memcpy(tail, magic, sizeof(magic));
	tail[sizeof(magic)] = (unsigned char)len;
	memcpy(tail + EXTKEY_HEAD_SIZE, key, len);
	*addrlen = (socklen_t)(size + EXTKEY_HEAD_SIZE + len);
	return 0;
}

/*
 * Gives the MPTCP socket @fd a key of its own, before its connect() or listen(). It goes before
 * one in an address or that of the cgroup. What a listener has, so do the sockets that it
 * accepts.
 *
 * Or gives it to the connection of @fd, once, if the policy has connections wait for a key
 * ('extkey_loader attach --wait-key'). The other end does the same, sooner or later. Each peer of
 * one listener can have a key of its own.
 *
 * Returns 0 or
 *	-EINVAL		@len is not that of a key, the key is all zero, or one of which the
 *			policy's scheme xor makes no mask
 *	-EBUSY		the socket is connected, is connecting, or listens, and it does not wait; or
 *			it has got its key
 *	-ENOMEM		no memory for the key
 *	-ENOPROTOOPT, -EOPNOTSUPP  no policy applies: this is no MPTCP socket (any more), its cgroup
 *			is not attached, or a program of 32 bits asks a kernel of 64
 */
static inline int extkey_set_socket_key(int fd, const void *key, size_t len)
{
	return setsockopt(fd, EXTKEY_SOL, EXTKEY_SO_KEY, key, (socklen_t)len) ?
		       -errno :
		       0;
}

/*
 * What the socket @fd has: see struct extkey_info. Returns 0, or -ENOPROTOOPT or -EOPNOTSUPP
 * as extkey_set_socket_key().
 */
static inline int extkey_get_info(int fd, struct extkey_info *info)
{
	socklen_t len = sizeof(*info);

	return getsockopt(fd, EXTKEY_SOL, EXTKEY_SO_INFO, info, &len) ? -errno :
									0;
}

/* Value of a hex digit in ASCII, or -1 */
static inline int extkey_hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static inline int extkey_is_blank(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A key out of the text of a key file; errors as of extkey_read_key_file() */
static inline int extkey_parse_key(const unsigned char *text, size_t text_len,
				   unsigned char key[EXTKEY_KEY_MAX],
				   size_t *len)
{
	size_t i;

	memset(key, 0, EXTKEY_KEY_MAX);
	*len = 0;
	while (text_len && extkey_is_blank(text[text_len - 1]))
		text_len--;
	while (text_len && extkey_is_blank(*text))
		text++, text_len--;
	if (!text_len)
		return -ENODATA;
	for (i = 0; i < text_len; i++)
		if (extkey_hex_digit(text[i]) < 0)
			return -EILSEQ;
	if (text_len % 2 || text_len / 2 > EXTKEY_KEY_MAX ||
	    (text_len / 2 != EXTKEY_KEY_SHORT && text_len / 2 < EXTKEY_KEY_MIN))
		return -EMSGSIZE;

	*len = text_len / 2;
	for (i = 0; i < *len; i++)
		key[i] = (unsigned char)(extkey_hex_digit(text[2 * i]) << 4 |
					 extkey_hex_digit(text[2 * i + 1]));
	return extkey_is_zero(key, *len) ? -EKEYREJECTED : 0;
}

#define EXTKEY_FILE_MAX 255 /* bytes of a key file */

/*
 * Reads a key from a file, which holds nothing but its bytes as hex digits, 16
 * of them or 32 to 64, and blanks and ends of lines around them: what
 * "openssl rand -hex 32" prints. A pipe will do as well as a file.
 *
 * Returns 0 with the number of bytes in @len, or with @key all zero an error, of which
 * extkey_key_file_error() tells what is wrong:
 *	-EPERM		others than owner and group may read or write the file
 *	-ENODATA	it is empty
 *	-EILSEQ		it has something else than hex digits
 *	-EMSGSIZE	it has another number of them
 *	-EKEYREJECTED	the key is all zero
 *	or what open(), fstat() or read() failed with, such as -ENOENT.
 */
static inline int extkey_read_key_file(const char *path,
				       unsigned char key[EXTKEY_KEY_MAX],
				       size_t *len)
{
	/* Room for one byte too many, so that longer files are noticed */
	unsigned char text[EXTKEY_FILE_MAX + 1];
	size_t text_len = 0;
	struct stat st;
	ssize_t got;
	int fd, err;

	memset(key, 0, EXTKEY_KEY_MAX);
	*len = 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd == -1)
		return -errno;

	/* Of the file that was opened: at the path there may be another by now */
	if (fstat(fd, &st) == -1) {
		err = -errno;
		goto out;
	}
	if (st.st_mode & (S_IROTH | S_IWOTH)) {
		err = -EPERM;
		goto out;
	}

	do {
		got = read(fd, text + text_len, sizeof(text) - text_len);
		if (got == -1 && errno != EINTR) {
			err = -errno;
			goto out;
		}
		if (got > 0)
			text_len += (size_t)got;
	} while (got && text_len < sizeof(text));

	err = text_len > EXTKEY_FILE_MAX ?
		      -EMSGSIZE :
		      extkey_parse_key(text, text_len, key, len);
out:
	extkey_wipe(text, sizeof(text));
	close(fd);
	return err;
}

/* What is wrong with a key file, and what to do, in words: of what the above returned */
static inline const char *extkey_key_file_error(int err)
{
	switch (err) {
	case -EPERM:
		return "others than its owner and group may read or write it; chmod it to 600";
	case -ENODATA:
		return "it is empty; 'openssl rand -hex 32' prints a key";
	case -EILSEQ:
		return "it holds something else than hex digits; 'openssl rand -hex 32' prints a key";
	case -EMSGSIZE:
		return "it does not hold 16 hex digits, or 32 to 64; 'openssl rand -hex 32' prints a key";
	case -EKEYREJECTED:
		return "its key is all zero; 'openssl rand -hex 32' prints one";
	default:
		return strerror(-err);
	}
}

#endif /* EXTKEY_H */
