/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * For applications: giving an external key to an MPTCP connection.
 *
 * The key is EXTKEY_KEY_SIZE bytes which both hosts know and which never go on
 * the wire. It is handed to the kernel inside of the socket address of
 * connect() at the client, and of bind() at the server before its listen().
 * Where no extkey policy covers the process the kernel ignores those bytes, so
 * the same program runs anywhere, then with plain MPTCP.
 *
 *	unsigned char key[EXTKEY_KEY_SIZE];
 *	struct sockaddr_in addr = { .sin_family = AF_INET };
 *	int fd, err;
 *
 *	addr.sin_port = htons(443);
 *	inet_pton(AF_INET, "192.0.2.1", &addr.sin_addr);
 *
 *	err = extkey_read_key_file("/etc/example/peer.key", key);
 *	if (!err)
 *		err = extkey_set_key(&addr, key, sizeof(key));
 *	extkey_wipe(key, sizeof(key));
 *	if (err)
 *		return err;
 *
 *	fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
 *	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == -1)
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

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

/*
 * Size of a key in bytes. A key is a string of bytes: it has no byte order of
 * its own, and byte 0 is the first of a key file on either host.
 */
#define EXTKEY_KEY_SIZE 8

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
 * Puts a key into an IPv4 address for connect() or bind(): it fills sin_zero
 * and leaves the other members alone. Set sin_family first. Filling the address
 * with memset() or an initializer afterwards takes the key out again.
 *
 * Returns 0, or -EINVAL and @addr unchanged, if
 *	@len is not EXTKEY_KEY_SIZE,
 *	@addr is not of the family AF_INET, or
 *	the key is all zero, which would mean "no key".
 */
static inline int extkey_set_key(struct sockaddr_in *addr, const void *key,
				 size_t len)
{
	if (len != EXTKEY_KEY_SIZE || addr->sin_family != AF_INET ||
	    extkey_is_zero(key, len))
		return -EINVAL;

	memcpy(addr->sin_zero, key, EXTKEY_KEY_SIZE);
	return 0;
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

/*
 * A key out of the content of a key file, whose length decides between the two
 * forms. Errors as of extkey_read_key_file().
 */
static inline int extkey_parse_key(const unsigned char *text, size_t len,
				   unsigned char key[EXTKEY_KEY_SIZE])
{
	size_t i;

	if (len == EXTKEY_KEY_SIZE) {
		memcpy(key, text, EXTKEY_KEY_SIZE);
	} else {
		if (len == 2 * EXTKEY_KEY_SIZE + 1 && text[len - 1] == '\n')
			len--;
		if (len != 2 * EXTKEY_KEY_SIZE)
			return -EINVAL;
		for (i = 0; i < EXTKEY_KEY_SIZE; i++) {
			int high = extkey_hex_digit(text[2 * i]);
			int low = extkey_hex_digit(text[2 * i + 1]);

			if (high < 0 || low < 0) {
				extkey_wipe(key, EXTKEY_KEY_SIZE);
				return -EINVAL;
			}
			key[i] = (unsigned char)(high << 4 | low);
		}
	}
	return extkey_is_zero(key, EXTKEY_KEY_SIZE) ? -EINVAL : 0;
}

/*
 * Reads a key from a file, which holds nothing but
 *	16 hex digits, first byte first, perhaps with a newline behind them, or
 *	the 8 bytes of the key as they are.
 * So a file of eight digits is a key of eight characters, and a weak one.
 * A pipe will do as well as a file.
 *
 * Returns 0, or with @key all zero
 *	-EACCES	  others than owner and group may read or write the file: chmod
 *		  it to 0600; or this process may not open it,
 *	-EINVAL	  its content is neither of the two, or the key is all zero,
 *	or what open(), fstat() or read() failed with, such as -ENOENT.
 */
static inline int extkey_read_key_file(const char *path,
				       unsigned char key[EXTKEY_KEY_SIZE])
{
	/* Room for one byte too many, so that longer files are noticed */
	unsigned char text[2 * EXTKEY_KEY_SIZE + 2];
	size_t len = 0;
	struct stat st;
	ssize_t got;
	int fd, err;

	memset(key, 0, EXTKEY_KEY_SIZE);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd == -1)
		return -errno;

	/* Of the file that was opened: at the path there may be another by now */
	if (fstat(fd, &st) == -1) {
		err = -errno;
		goto out;
	}
	if (st.st_mode & (S_IROTH | S_IWOTH)) {
		err = -EACCES;
		goto out;
	}

	do {
		got = read(fd, text + len, sizeof(text) - len);
		if (got == -1 && errno != EINTR) {
			err = -errno;
			goto out;
		}
		if (got > 0)
			len += (size_t)got;
	} while (got && len < sizeof(text));

	err = extkey_parse_key(text, len, key);
out:
	extkey_wipe(text, sizeof(text));
	close(fd);
	return err;
}

#endif /* EXTKEY_H */
