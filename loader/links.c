// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "error.h"
#include "links.h"
#include "pins.h"

int link_make(int prog, int target, unsigned int attach_type, const char *path)
{
	char new_path[PIN_PATH_MAX + 4];
	int link, err;

	/* The old one, if there is one, goes when the new one has its place */
	snprintf(new_path, sizeof(new_path), "%s_new", path);
	err = pin_remove(new_path);
	if (err)
		return err;
	link = bpf_link_create(prog, target, attach_type, NULL);
	if (link < 0)
		return errno == EINVAL ?
			       -EINVAL :
			       fail(-errno, "cannot make the link %s: %s", path,
				    strerror(errno));
	err = pin_object(link, new_path);
	close(link);
	return err ? err : pin_rename(new_path, path);
}

int link_update(const char *path, int prog)
{
	int link, err = 0;

	link = bpf_obj_get(path);
	if (link < 0)
		return errno == ENOENT ? 0 :
					 fail(-errno, "cannot open %s: %s",
					      path, strerror(errno));
	/* ENOLINK: what it was linked to is gone */
	if (bpf_link_update(link, prog, NULL) && errno != ENOLINK)
		err = fail(-errno, "cannot replace the program of %s: %s", path,
			   strerror(errno));
	close(link);
	return err;
}

bool link_read(const char *path, struct link_state *state)
{
	struct bpf_link_info info = { 0 };
	__u32 len = sizeof(info);
	bool read;
	int link;

	memset(state, 0, sizeof(*state));
	link = bpf_obj_get(path);
	if (link < 0)
		return false;
	read = !bpf_obj_get_info_by_fd(link, &info, &len);
	close(link);
	if (!read)
		return false;
	state->prog_id = info.prog_id;
	state->cgroup_id = info.cgroup.cgroup_id;
	/* That of tcx is in the same place as that of XDP, which older headers have */
	state->ifindex = info.xdp.ifindex;
	return true;
}

__u32 program_id(int prog)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(prog, &info, &len) ? 0 : info.id;
}
