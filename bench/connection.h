/* SPDX-License-Identifier: GPL-2.0-only */
/* MPTCP connections that can be joined. For join.c. */
#ifndef EXTKEY_BENCH_CONNECTION_H
#define EXTKEY_BENCH_CONNECTION_H

#include "bench.h"

#define CONNECTION_TIMEOUT_MS 10000

struct connection {
	int fd;
	uint32_t token;
};

static uint64_t connection_fallbacks; /* to TCP */

/* Linux opens more subflows only when the server has acknowledged data */
static inline int connection_try(const struct peer_addr *to,
				 struct connection *connection)
{
	uint64_t until = bench_now_ns() + CONNECTION_TIMEOUT_MS * 1000000ULL;
	struct mptcp_info info;
	socklen_t len = sizeof(info);
	int unacked = 1;

	connection->fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	if (connection->fd == -1 ||
	    connect(connection->fd, (const struct sockaddr *)&to->ss,
		    to->len) ||
	    write(connection->fd, "x", 1) != 1)
		return -errno;
	while (!ioctl(connection->fd, SIOCOUTQ, &unacked) && unacked)
		if (bench_now_ns() > until)
			return -ETIMEDOUT;
	if (getsockopt(connection->fd, SOL_MPTCP, MPTCP_INFO, &info, &len))
		return -errno;
	connection->token = info.mptcpi_token;
	return 0;
}

/*
 * With tens of thousands of connections the kernel finds no free token for some,
 * which become TCP: its table has a slot for each MiB of memory, with room for four.
 */
static inline int connection_open(const struct peer_addr *to,
				  struct connection *connection)
{
	int err;

	while ((err = connection_try(to, connection)) == -EOPNOTSUPP) {
		close(connection->fd);
		connection_fallbacks++;
	}
	if (err)
		return peer_error(PEER_FAILED, "no connection of MPTCP: %s",
				  strerror(-err));
	return PEER_OK;
}

#endif /* EXTKEY_BENCH_CONNECTION_H */
