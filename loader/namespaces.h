/* SPDX-License-Identifier: GPL-2.0-only */
/* The map of network namespaces that have had a key of engine tc. Errors as in error.h. */
#ifndef EXTKEY_NAMESPACES_H
#define EXTKEY_NAMESPACES_H

#include <stdbool.h>

/*
 * Whether the map is complete, and so is that of their connections: every key of engine tc was
 * taken as one, with the maps there. If not, all namespaces count, and T may lead to a
 * connection that is not known. A map that is not there yet is none: 0.
 */
int namespaces_set_complete(bool complete);

#endif /* EXTKEY_NAMESPACES_H */
