/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is still in the kernel when its pins are lost: links and filters, found by
 * the programs that they run. Errors as in error.h.
 */
#ifndef EXTKEY_LEFTOVERS_H
#define EXTKEY_LEFTOVERS_H

/*
 * Removes all that runs a program of this bpf file system's extkey. What it finds and
 * cannot remove is an error, after all else is done.
 */
int leftovers_remove(void);

#endif /* EXTKEY_LEFTOVERS_H */
