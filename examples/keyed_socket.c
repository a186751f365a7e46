// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* An MPTCP socket that has a key, for connect() or listen(); or -1 and errno */
#include <extkey.h>

int keyed_socket(int family, const void *key, socklen_t len)
{
	int fd = socket(family, SOCK_STREAM, IPPROTO_MPTCP);

	if (fd < 0 || !setsockopt(fd, EXTKEY_SOL, EXTKEY_SO_KEY, key, len))
		return fd;
	close(fd);
	return -1;
}
