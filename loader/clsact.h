/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Engine tc on kernels without tcx links, before Linux 6.6: filters of clsact on one
 * interface of the network namespace in which this process is. Ours have a priority
 * and a handle of their own, but anybody can take them away. Errors as in error.h;
 * -ENODEV, without a message, if the interface is gone.
 */
#ifndef EXTKEY_CLSACT_H
#define EXTKEY_CLSACT_H

#include <linux/types.h>
#include <stdbool.h>

#define CLSACT_PRIORITY 49
#define CLSACT_HANDLE 1

bool clsact_is_there(__u32 ifindex);

/* With the programs in next/, if @next */
int clsact_attach(__u32 ifindex, const char *name, bool next);

/*
 * Takes our filters away, whatever their programs are now; and clsact, if @qdisc says
 * that it is ours and nobody uses it. How many filters there were, or why one stays.
 */
int clsact_detach(__u32 ifindex, const char *name, bool qdisc);

/* Whether both filters run the programs that are pinned */
bool clsact_in_place(__u32 ifindex);

#endif /* EXTKEY_CLSACT_H */
