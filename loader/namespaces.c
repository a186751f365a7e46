// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/types.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "error.h"
#include "namespaces.h"
#include "pins.h"

#define NAMESPACES_MAP EXTKEY_DIR "/namespaces"

int namespaces_set_complete(bool complete)
{
	__u64 all = 0; /* bpf/namespaces.bpf.h */
	__u32 yes = 1;
	int fd, err;

	fd = pin_open_map(NAMESPACES_MAP, sizeof(yes));
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	err = complete ? bpf_map_update_elem(fd, &all, &yes, BPF_ANY) :
			 bpf_map_delete_elem(fd, &all);
	if (err)
		err = !complete && errno == ENOENT ?
			      0 :
			      fail(-errno, "cannot write to %s: %s",
				   NAMESPACES_MAP, strerror(errno));
	close(fd);
	return err;
}
