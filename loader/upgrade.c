// SPDX-License-Identifier: GPL-2.0-only
/* upgrade: the programs of this build in the place of those that are loaded */
#include <stdio.h>

#include "error.h"
#include "installation.h"
#include "programs.h"
#include "system.h"
#include "verbs.h"

static int upgrade(struct maps *maps)
{
	int err;

	if (maps->policies < 0) {
		printf("nothing is attached\n");
		return 0;
	}
	if (installation_is_current()) {
		printf("build %s is loaded already, nothing changed\n",
		       programs_own_build());
		return 0;
	}
	err = installation_upgrade(maps);
	return err ? err : devices_repair(maps);
}

int cmd_upgrade(const struct options *options)
{
	struct maps maps;
	int err, status;

	err = check_system();
	if (err)
		return exit_status(err);
	err = installation_open(&maps, options->verb->name);
	if (!err)
		err = installation_repair(&maps);
	if (!err)
		err = upgrade(&maps);
	status = exit_status(err);
	installation_close(&maps);
	return status;
}
