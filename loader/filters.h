/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The programs of engine tc on one interface of the network namespace in which this
 * process is: filters of clsact, known by their priority and handle, and by the
 * program that they run.
 */
#ifndef EXTKEY_FILTERS_H
#define EXTKEY_FILTERS_H

#include <linux/types.h>
#include <stdbool.h>

#define EXTKEY_TC_PRIORITY 49
#define EXTKEY_TC_HANDLE 1

#define FILTERS_GONE (-1) /* for an exit status: the interface is */

/* Interfaces go away at any time, also while they are being attached to */
bool filters_gone(__u32 ifindex);

bool filters_has_clsact(__u32 ifindex);

/* EXIT_OK, FILTERS_GONE, or an exit status after the error is printed */
int filters_attach(__u32 ifindex, const char *name);

/* Takes ours away; and clsact, if @clsact says that it is ours and nobody uses it */
void filters_detach(__u32 ifindex, bool clsact);

bool filters_in_place(__u32 ifindex);

#endif /* EXTKEY_FILTERS_H */
