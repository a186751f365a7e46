/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The socket options of extkey, which its programs at the cgroup answer in the place of the
 * kernel. For applications, include extkey.h.
 */
#ifndef EXTKEY_SOCKOPT_H
#define EXTKEY_SOCKOPT_H

#include <linux/types.h>

#define EXTKEY_SOL 25976 /* level: "ex", and none of the kernel's */

/*
 * set: the key, 8 bytes or 16 to 32. Before connect() or listen(), or on an established connection
 * that waits for one.
 */
#define EXTKEY_SO_KEY 1
#define EXTKEY_SO_INFO 2 /* get: struct extkey_info */
#define EXTKEY_SO_TLS_KEY \
	3 /* as EXTKEY_SO_KEY, and the key is out of TLS: extkey_tls.h */

enum extkey_source {
	EXTKEY_SOURCE_NONE, /* no key */
	EXTKEY_SOURCE_ADDRESS, /* of connect() or bind() */
	EXTKEY_SOURCE_SOCKET, /* EXTKEY_SO_KEY before connect() or listen() */
	EXTKEY_SOURCE_CGROUP,
	EXTKEY_SOURCE_CONNECTION, /* EXTKEY_SO_KEY on an established connection */
	EXTKEY_SOURCE_TLS, /* EXTKEY_SO_TLS_KEY, there as well */
};

/* All in host byte order */
struct extkey_info {
	__u32 fingerprint; /* of the key: the same on both hosts if that is. 0 without */
	__u8 source; /* enum extkey_source */
	__u8 engine; /* enum extkey_engine: 0 hook, 1 tc */
	__u8 scheme; /* enum extkey_scheme: 0 siphash, 1 xor */
	__u8 waiting; /* 1: no key yet, and until there is one, no further subflows */
	__u8 covered; /* 0: engine tc has no programs on the interfaces that this socket uses */
	__u8 unused[7]; /* 0 */
};

#endif /* EXTKEY_SOCKOPT_H */
