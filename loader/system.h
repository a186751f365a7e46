/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What extkey needs of the process, the kernel and the file systems. Each is looked
 * at once in a run. Errors as in error.h.
 */
#ifndef EXTKEY_SYSTEM_H
#define EXTKEY_SYSTEM_H

#include <stdbool.h>

#define BPFFS "/sys/fs/bpf"

int check_privileges(void); /* the three capabilities */
int check_btf(void);
int check_mptcp(void);
int check_bpffs(void); /* mounted, and writable */
int check_system(void); /* all of these */

/* Whether the running kernel has the hook of the kernel patch */
bool has_hook(void);

/* Whether the kernel verifies its own MPTCP key with SYN cookies */
bool has_verified_keys(void);

/* Whether programs can see how long an address is, and so keys behind one: Linux 6.7 */
bool has_address_length(void);

/*
 * Whether a half-open connection of MPTCP can be handed over to another listener. A kernel
 * that does not know how does it all the same, and then frees what is still in use.
 */
bool has_request_migration(void);

/* Whether this is a kernel with PREEMPT_RT, on which engine tc may be unsafe */
bool is_realtime(void);

/*
 * Whether an address that was announced (ADD_ADDR) before there is a key may be announced again
 * too late: what to say then
 */
bool has_late_announcements(void);
#define LATE_ANNOUNCEMENTS \
	"an address that is announced before there is a key is announced again three times: after net.mptcp.add_addr_timeout, 120 s by default, or on newer kernels within two seconds; 'sysctl net.mptcp.add_addr_timeout=1', or better, endpoints of type subflow"

/* Whether this process may look at all namespaces, programs and links there are */
bool has_sys_admin(void);

#endif /* EXTKEY_SYSTEM_H */
