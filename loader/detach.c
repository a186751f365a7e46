// SPDX-License-Identifier: GPL-2.0-only
/* detach: of one cgroup, or all at once */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cgroups.h"
#include "error.h"
#include "installation.h"
#include "system.h"
#include "verbs.h"

static int detach(const char *cgroup, const struct maps *maps)
{
	char path[EXTKEY_PATH_SIZE];
	struct extkey_policy policy;
	int fd, err;
	__u64 id;

	err = cgroup_open(cgroup, &fd, &id, path);
	if (err)
		return err;
	close(fd);
	if (!policy_read(maps, id, &policy))
		return fail(
			-ENOENT,
			"'%s' is not attached; 'extkey_loader status' shows what is",
			cgroup);
	err = policy_remove(maps, id);
	if (!err)
		printf("%s: detached; sockets that hold a key keep it\n", path);
	return err;
}

int cmd_detach(const struct options *options)
{
	struct maps maps;
	int err, status;

	err = check_system();
	if (err)
		return exit_status(err);
	if (options->all)
		return exit_status(installation_remove());

	err = installation_open(&maps, options->verb->name);
	if (!err)
		err = installation_repair(&maps);
	if (!err) {
		status = exit_status(detach(options->cgroup, &maps));
		/* Also where a killed command has not come to it */
		err = installation_drop_unused(&maps);
		status = status ? status : exit_status(err);
	} else {
		status = exit_status(err);
	}
	installation_close(&maps);
	return status;
}
