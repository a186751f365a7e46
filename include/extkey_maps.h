/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the BPF programs and the command share: the layout of the maps pinned
 * below /sys/fs/bpf/extkey/. All integers are in host byte order. Names of the
 * members are what `bpftool map dump` and `extkey_loader status` print.
 */
#ifndef EXTKEY_MAPS_H
#define EXTKEY_MAPS_H

#include <linux/types.h>

#include "extkey_choice.h"
#include "extkey_mask.h"
#include "extkey_verdict.h"

/* Another one for each change of what is stored: with live sockets, policies, devices */
#define EXTKEY_LAYOUT "5"

#define EXTKEY_HOOK "mptcp_auth_mask" /* kernel/mptcp_join_bpf_hook.patch */
#define EXTKEY_KEY_CHECK \
	"mptcp_cookie_key_valid" /* kernel/mptcp_verify_cookie_key.patch */
#define EXTKEY_MAX_CGROUPS 1024
#define EXTKEY_MAX_DEVICES 4096
/* With keys, all of a user as one; if there are more, all count */
#define EXTKEY_MAX_NAMESPACES 4096
#define EXTKEY_PATH_SIZE 240

/* Who applies the mask */
enum extkey_engine {
	EXTKEY_ENGINE_HOOK, /* the patched kernel */
	EXTKEY_ENGINE_TC, /* programs on the interfaces */
};

/* Where a socket may have its key from; of these the first one that gives one */
#define EXTKEY_FROM_ADDRESS 1 /* of connect() or bind() */
#define EXTKEY_FROM_CGROUP 2 /* map cgroup_keys */

/* Map policies, key: id of the cgroup (its inode number in cgroup2) */
struct extkey_policy {
	__u32 scheme; /* enum extkey_scheme */
	__u32 engine; /* enum extkey_engine */
	__u32 require_key; /* 1: MPTCP sockets without a key get EPERM */
	__u32 bind_addresses; /* 1: masks of joins depend on the addresses */
	__u32 sources; /* EXTKEY_FROM_* */
	__u32 wait_key; /* 1: those have no subflows until they get one; not both */
	char cgroup[EXTKEY_PATH_SIZE]; /* as given to attach; for people only */
};

#define EXTKEY_DROP_COUNTER(name, counter) __u64 counter;

/*
 * Map counters, key: id of the cgroup. A join is counted for the cgroup of the
 * socket that holds the key, or of the keyless one that would have needed it. Names that
 * are in the kernel's MIB as well (MPTcpExtMPJoinSynTx and so on) mean the same here, of
 * connections with a key. All are __u64.
 */
struct extkey_counters {
	__u64 keys_taken; /* calls that set or changed a key */
	__u64 keys_weak; /* of these: scheme xor makes mask 0 of the key */
	__u64 keys_given; /* sockets that got the key of their cgroup */
	__u64 keys_malformed; /* refused with EINVAL: behind an address, not valid */
	__u64 keys_missing; /* refused with EPERM: no key, but one required */
	__u64 keys_failed; /* refused with ENOMEM: no memory for the key */
	/* MP_CAPABLE SYN answered as TCP: no key at listen(), but one required */
	__u64 capable_declined;
	__u64 join_syn_tx; /* MP_JOIN SYN sent, with retransmissions */
	__u64 join_synack_rx; /* MP_JOIN SYN/ACK received for those */
	__u64 join_syn_rx; /* MP_JOIN SYN received by a keyed listener */
	__u64 join_synack_tx; /* of these: token and key led to a connection */
	__u64 join_ack_rx; /* of these: the MP_JOIN ACK came, HMAC checked next */
	__u64 join_syn_tx_plain; /* MP_JOIN SYN sent without a key */
	__u64 join_syn_rx_plain; /* MP_JOIN SYN received by a keyless listener */
	__u64 join_syn_rx_pm; /* the same, listener of the path manager */
	/* Engine tc alone: packets that do not leave */
	__u64 join_refused; /* MP_JOIN SYN/ACK: listener without the connection's key */
	__u64 drop_unmasked; /* a field has no mask, or it could not be written */
	/* and those that TCP does not get, by include/extkey_verdict.h */
	EXTKEY_DROPS(EXTKEY_DROP_COUNTER)
};

/* Map devices: where engine tc has its programs */
#define EXTKEY_ALL_DEVICES \
	0 /* ifindex: all of the namespace are to have them */

struct extkey_device_key {
	__u32 netns; /* inode number of the network namespace */
	__u32 ifindex;
};

struct extkey_device {
	char name[16]; /* IFNAMSIZ, when it was attached */
	char netns[EXTKEY_PATH_SIZE]; /* path to enter it by */
	__u64 cookie; /* of that: its number goes to the next one when it is gone */
	__u32 filters; /* 1: by filters of clsact, 0: by tcx links */
	__u32 clsact; /* 1: the qdisc is ours as well */
};

/*
 * Map keys, a socket storage on the MPTCP socket. Written only while the socket
 * is neither connected nor listening, so that all can read without a lock; but for
 * @proven, which is written when the connection is established, EXTKEY_SOCK_HOOKED, and the
 * connection key. That is written once for each connection, before @connection_key_of; who
 * reads it meanwhile has zeros, or a key that nobody knows.
 */
struct extkey_sock {
	__u64 cgroup_id;
	__u32 connection_key_of; /* low half of the own MPTCP key of the connection that has one */
	__u32 proven; /* low half of the own MPTCP key, if this host has chosen it; or 0 */
	struct extkey_keys
		keys; /* without EXTKEY_SOCK_CGROUP; has_connection is 0 */
	__u8 scheme; /* enum extkey_scheme, of the policy at that time */
	__u8 engine; /* enum extkey_engine, the same; the policy of now counts more */
	__u8 bind_addresses; /* bind_addresses, the same */
	__u8 flags; /* EXTKEY_SOCK_* */
};

#define EXTKEY_SOCK_CLIENT 1 /* the key came with connect() */
#define EXTKEY_SOCK_HOOKED \
	2 /* the hook gave a mask: without the hook the kernel refuses its fields */
#define EXTKEY_SOCK_CGROUP \
	4 /* the listener key is the one of its cgroup, as it is now */
#define EXTKEY_SOCK_OPTION 16 /* the key came with the option of the socket */
#define EXTKEY_SOCK_KEYLESS \
	8 /* was made where a key is required, and has not got one: nobody joins */
#define EXTKEY_SOCK_WAITS \
	32 /* besides KEYLESS: each connection may get a key of its own, and then it has that */
#define EXTKEY_SOCK_TLS 64 /* that key came out of a TLS session */

#endif /* EXTKEY_MAPS_H */
