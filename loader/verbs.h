/* SPDX-License-Identifier: GPL-2.0-only */
/* What the command can be told to do; each returns an exit status of error.h */
#ifndef EXTKEY_VERBS_H
#define EXTKEY_VERBS_H

#include "options.h"

extern const struct verb verbs[];

int cmd_attach(const struct options *options);
int cmd_check(const struct options *options);
int cmd_key(const struct options *options);
int cmd_run(const struct options *options);
int cmd_genkey(const struct options *options);
int cmd_fingerprint(const struct options *options);
int cmd_detach(const struct options *options);
int cmd_status(const struct options *options);
int cmd_upgrade(const struct options *options);
int cmd_watch(const struct options *options);

/* The help of one verb */
void print_verb_help(const struct verb *verb);

#endif /* EXTKEY_VERBS_H */
