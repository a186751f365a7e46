/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Engine tc: the programs that look at all sockets there are, linked to the root of
 * all cgroups. Those of a cgroup that was detached have their keys still, and a
 * listener without a key may be in any cgroup. Errors as in error.h.
 */
#ifndef EXTKEY_GATE_H
#define EXTKEY_GATE_H

#include <stdbool.h>

int gate_link(void);

/* Whether it is in place, with the programs that are pinned */
bool gate_linked(void);

/* Has the links run the programs in next/ */
int gate_update_links(void);

#endif /* EXTKEY_GATE_H */
