/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the test server and the test client share: addresses, the checksum, and
 * the figures of the subflows.
 */
#ifndef EXTKEY_PEER_H
#define EXTKEY_PEER_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/mptcp.h>
#include <linux/tcp.h> /* and not netinet/tcp.h, whose struct tcp_info is shorter */

#include "extkey.h"

#ifndef SOL_MPTCP
#define SOL_MPTCP 284
#endif

/* Linux 6.6, the oldest that these programs run on; Debian 12 has older headers */
#ifndef MPTCP_FULL_INFO
#define MPTCP_FULL_INFO 4

struct mptcp_subflow_info {
	__u32 id;
	struct mptcp_subflow_addrs addrs;
};

struct mptcp_full_info {
	__u32 size_tcpinfo_kernel;
	__u32 size_tcpinfo_user;
	__u32 size_sfinfo_kernel;
	__u32 size_sfinfo_user;
	__u32 num_subflows;
	__u32 size_arrays_user;
	__aligned_u64 subflow_info;
	__aligned_u64 tcp_info;
	struct mptcp_info mptcp_info;
};
#endif

enum peer_exit {
	PEER_OK,
	PEER_FAILED,
	PEER_USAGE,
	PEER_EPERM, /* bind() or connect(): how a missing key is refused */
	PEER_TIMEOUT, /* not as many subflows as were waited for */
};

#define PEER_TCP_ESTABLISHED 1 /* linux/tcp.h has no states */
#define PEER_MAX_SUBFLOWS 16
#define PEER_ADDR_LEN 64 /* "[IPv6%scope]:port" */

/*
 * The server's answer to a connection that was read to its end: two 64-bit
 * integers in network byte order.
 */
struct peer_answer {
	uint64_t bytes;
	uint64_t checksum;
};

/* 64-bit FNV-1a: enough against errors, and no library needed */
#define PEER_CHECKSUM_INIT 0xcbf29ce484222325ULL

static inline uint64_t peer_checksum(uint64_t sum, const void *data, size_t len)
{
	const unsigned char *byte = data;

	while (len--)
		sum = (sum ^ *byte++) * 0x100000001b3ULL;
	return sum;
}

static inline uint64_t peer_hton64(uint64_t value)
{
	return htonl(1) == 1 ? value : __builtin_bswap64(value);
}

/* Milliseconds of a clock that nobody sets */
static inline int64_t peer_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const char *peer_name;

/* Says what is wrong, and returns the exit status to leave with */
static inline int __attribute__((format(printf, 2, 3)))
peer_error(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "%s: ", peer_name);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	return status;
}

/* The number in @text, up to @max; false if it's anything else */
static inline bool peer_parse_number(const char *text, uint64_t max,
				     uint64_t *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return !errno && !*end && *value <= max;
}

/* An address as connect() and bind() take it, perhaps with a key */
struct peer_addr {
	struct sockaddr_storage ss;
	socklen_t len; /* 0: none was given */
};

/* ADDR:PORT or [ADDR]:PORT, with @any_port without the port as well */
static inline bool peer_parse_addr(const char *text, bool any_port,
				   struct peer_addr *addr)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)&addr->ss;
	struct sockaddr_in *sin = (struct sockaddr_in *)&addr->ss;
	bool ipv6 = *text == '[';
	const char *end = ipv6 ? strchr(++text, ']') :
				 text + strcspn(text, ":");
	const char *colon = end ? end + ipv6 : NULL;
	char host[PEER_ADDR_LEN];
	uint64_t port = 0;

	if (!end || (size_t)(end - text) >= sizeof(host))
		return false;
	if (*colon &&
	    (*colon != ':' || !peer_parse_number(colon + 1, UINT16_MAX, &port)))
		return false;
	if (!port && !any_port)
		return false;

	memcpy(host, text, end - text);
	host[end - text] = 0;
	memset(addr, 0, sizeof(*addr));
	sin->sin_port = htons((uint16_t)port); /* at the same place for both */
	if (ipv6) {
		sin6->sin6_family = AF_INET6;
		addr->len = sizeof(*sin6);
		return inet_pton(AF_INET6, host, &sin6->sin6_addr) == 1;
	}
	sin->sin_family = AF_INET;
	addr->len = sizeof(*sin);
	return inet_pton(AF_INET, host, &sin->sin_addr) == 1;
}

static inline uint16_t peer_port(const struct sockaddr_storage *addr)
{
	/* The port stands at the same place for both families */
	return ntohs(((const struct sockaddr_in *)addr)->sin_port);
}

static inline const char *peer_host(const struct sockaddr_storage *addr,
				    char text[PEER_ADDR_LEN])
{
	const void *ip = &((const struct sockaddr_in *)addr)->sin_addr;

	if (addr->ss_family == AF_INET6)
		ip = &((const struct sockaddr_in6 *)addr)->sin6_addr;
	if (!inet_ntop(addr->ss_family, ip, text, PEER_ADDR_LEN))
		strcpy(text, "?");
	return text;
}

static inline const char *peer_format(const struct sockaddr_storage *addr,
				      char text[PEER_ADDR_LEN])
{
	char host[PEER_ADDR_LEN - 8]; /* leaves room for "[]:65535" */

	peer_host(addr, text);
	memcpy(host, text, sizeof(host) - 1);
	host[sizeof(host) - 1] = 0;
	snprintf(text, PEER_ADDR_LEN,
		 addr->ss_family == AF_INET6 ? "[%s]:%u" : "%s:%u", host,
		 peer_port(addr));
	return text;
}

/* Reads the key in @path and puts it into @addr; 0 or an exit status */
static inline int peer_set_key(struct peer_addr *addr, const char *path)
{
	unsigned char key[EXTKEY_KEY_MAX];
	char text[PEER_ADDR_LEN];
	size_t len;
	int err;

	err = extkey_read_key_file(path, key, &len);
	if (err)
		return peer_error(PEER_FAILED, "cannot use the key file %s: %s",
				  path, extkey_key_file_error(err));

	err = extkey_set_key(&addr->ss, &addr->len, key, len);
	extkey_wipe(key, sizeof(key));
	if (err)
		return peer_error(
			PEER_FAILED,
			"cannot put a key of %zu bytes into the address %s: %s",
			len, peer_format(&addr->ss, text), strerror(-err));
	return PEER_OK;
}

/* With the key gone, what is left is the address alone */
static inline void peer_forget_key(struct peer_addr *addr)
{
	size_t size = sizeof(struct sockaddr_in);

	if (addr->ss.ss_family == AF_INET6)
		size = sizeof(struct sockaddr_in6);
	else
		extkey_wipe(((struct sockaddr_in *)&addr->ss)->sin_zero,
			    EXTKEY_KEY_SHORT);
	extkey_wipe((char *)&addr->ss + size, sizeof(addr->ss) - size);
}

/* "mptcp" or "tcp" to the number that socket() wants; false if neither */
static inline bool peer_parse_protocol(const char *text, int *protocol)
{
	if (!strcmp(text, "mptcp"))
		*protocol = IPPROTO_MPTCP;
	else if (!strcmp(text, "tcp"))
		*protocol = IPPROTO_TCP;
	else
		return false;
	return true;
}

static inline const char *peer_protocol_name(int protocol)
{
	return protocol == IPPROTO_MPTCP ? "mptcp" : "tcp";
}

static inline bool peer_set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags != -1 && !fcntl(fd, F_SETFL, flags | O_NONBLOCK) &&
	       !fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* Whoever waits for an event reads it when it happens, and never half a line */
static inline void peer_flush_lines(void)
{
	static char buf[64 * 1024];

	setvbuf(stdout, buf, _IOLBF, sizeof(buf));
}

/* Hundreds of connections need more files than the usual soft limit allows */
static inline void peer_allow_files(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

struct peer_subflow {
	uint32_t id;
	struct sockaddr_storage local;
	struct sockaddr_storage remote;
	struct tcp_info tcp;
};

struct peer_figures {
	int protocol; /* of the socket: a listener for MPTCP accepts TCP as well */
	bool fallback; /* asked for MPTCP, got TCP */
	unsigned int count;
	unsigned int established; /* how many of them are, seen from here */
	struct peer_subflow subflows[PEER_MAX_SUBFLOWS];
};

static inline int peer_socket_protocol(int fd)
{
	socklen_t len = sizeof(int);
	int protocol = 0;

	getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len);
	return protocol;
}

/* A connection that is TCP counts as one of a single subflow */
static inline int peer_tcp_figures(int fd, struct peer_figures *figures)
{
	struct peer_subflow *subflow = &figures->subflows[0];
	socklen_t len = sizeof(subflow->tcp);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &subflow->tcp, &len))
		return -errno;
	len = sizeof(subflow->local);
	if (getsockname(fd, (struct sockaddr *)&subflow->local, &len))
		return -errno;
	len = sizeof(subflow->remote);
	if (getpeername(fd, (struct sockaddr *)&subflow->remote, &len))
		return -errno;
	figures->count = 1;
	return 0;
}

static inline int peer_mptcp_figures(int fd, struct peer_figures *figures)
{
	struct mptcp_subflow_info info[PEER_MAX_SUBFLOWS] = { 0 };
	struct tcp_info tcp[PEER_MAX_SUBFLOWS] = { 0 };
	struct mptcp_full_info full = {
		.size_tcpinfo_user = sizeof(tcp[0]),
		.size_sfinfo_user = sizeof(info[0]),
		.size_arrays_user = PEER_MAX_SUBFLOWS,
		.subflow_info = (uintptr_t)info,
		.tcp_info = (uintptr_t)tcp,
	};
	socklen_t len = sizeof(full);
	unsigned int i;

	if (getsockopt(fd, SOL_MPTCP, MPTCP_FULL_INFO, &full, &len))
		return -errno;

	figures->fallback = full.mptcp_info.mptcpi_flags &
			    MPTCP_INFO_FLAG_FALLBACK;
	figures->count = full.num_subflows;
	if (figures->count > PEER_MAX_SUBFLOWS)
		figures->count = PEER_MAX_SUBFLOWS;

	/* A kernel with smaller structures packs them by its own sizes */
	for (i = 0; i < figures->count; i++) {
		struct peer_subflow *subflow = &figures->subflows[i];
		struct mptcp_subflow_info one = { 0 };

		memcpy(&one, (char *)info + i * full.size_sfinfo_user,
		       full.size_sfinfo_user);
		memcpy(&subflow->tcp, (char *)tcp + i * full.size_tcpinfo_user,
		       full.size_tcpinfo_user);
		subflow->id = one.id;
		memcpy(&subflow->local, &one.addrs.ss_local,
		       sizeof(subflow->local));
		memcpy(&subflow->remote, &one.addrs.ss_remote,
		       sizeof(subflow->remote));
	}
	return 0;
}

/* The state of a connection, while it is open; 0 or a negative errno */
static inline int peer_get_figures(int fd, int wanted_protocol,
				   struct peer_figures *figures)
{
	unsigned int i;
	int err = -EOPNOTSUPP;

	memset(figures, 0, sizeof(*figures));
	figures->protocol = peer_socket_protocol(fd);
	if (figures->protocol == IPPROTO_MPTCP)
		err = peer_mptcp_figures(fd, figures);
	/* After a fallback a socket of MPTCP hands its options down to TCP */
	if (err == -EOPNOTSUPP || err == -ENOPROTOOPT) {
		figures->fallback = wanted_protocol == IPPROTO_MPTCP;
		err = peer_tcp_figures(fd, figures);
	}

	for (i = 0; i < figures->count; i++)
		figures->established += figures->subflows[i].tcp.tcpi_state ==
					PEER_TCP_ESTABLISHED;
	return err;
}

/* The members "protocol", "fallback" and "subflows" of an event */
static inline void peer_print_figures(const struct peer_figures *figures)
{
	char local[PEER_ADDR_LEN], remote[PEER_ADDR_LEN];
	unsigned int i;

	printf(",\"protocol\":\"%s\",\"fallback\":%s,\"subflows\":[",
	       peer_protocol_name(figures->protocol),
	       figures->fallback ? "true" : "false");
	for (i = 0; i < figures->count; i++) {
		const struct peer_subflow *subflow = &figures->subflows[i];

		printf("%s{\"id\":%u,\"local\":\"%s\",\"remote\":\"%s\",\"state\":%u,"
		       "\"bytes_sent\":%llu,\"bytes_acked\":%llu,\"bytes_received\":%llu,"
		       "\"bytes_retrans\":%llu}",
		       i ? "," : "", subflow->id,
		       peer_format(&subflow->local, local),
		       peer_format(&subflow->remote, remote),
		       subflow->tcp.tcpi_state, subflow->tcp.tcpi_bytes_sent,
		       subflow->tcp.tcpi_bytes_acked,
		       subflow->tcp.tcpi_bytes_received,
		       subflow->tcp.tcpi_bytes_retrans);
	}
	printf("]");
}

#endif /* EXTKEY_PEER_H */
