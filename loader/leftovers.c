// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "clsact.h"
#include "error.h"
#include "leftovers.h"
#include "netns.h"
#include "programs.h"
#include "system.h"

/* The kernel frees a link some time after the last pin of it is gone */
#define FREE_MS 3000
#define POLL_MS 20

/* One that is ours, with what it is linked to still there; -1 if it is not */
static int open_link(__u32 id, struct bpf_link_info *info)
{
	__u32 len = sizeof(*info);
	int link;

	memset(info, 0, sizeof(*info));
	link = bpf_link_get_fd_by_id(id);
	if (link < 0)
		return -1;
	/* Of a dead one the first word of all that it can be linked to is 0 */
	if (bpf_obj_get_info_by_fd(link, info, &len) || !info->xdp.ifindex ||
	    !programs_are_ours(info->prog_id)) {
		close(link);
		return -1;
	}
	return link;
}

static bool are_there_links(void)
{
	struct bpf_link_info info;
	__u32 id = 0;
	int link;

	while (!bpf_link_get_next_id(id, &id)) {
		link = open_link(id, &info);
		if (link >= 0) {
			close(link);
			return true;
		}
	}
	return false;
}

static int detach_links(void)
{
	struct bpf_link_info info;
	int link, result = 0;
	__u32 id = 0;

	while (!bpf_link_get_next_id(id, &id)) {
		link = open_link(id, &info);
		if (link < 0)
			continue;
		if (!bpf_link_detach(link)) {
			printf("link %u, whose pin is lost: detached\n", id);
		} else {
			result = fail(
				-errno,
				"link %u still runs program %u, and cannot be detached: %s; end who holds it, see 'bpftool link show id %u'",
				id, info.prog_id, strerror(errno), id);
			print_failure();
		}
		close(link);
	}
	return result;
}

static int remove_links(void)
{
	const struct timespec wait = { .tv_nsec = POLL_MS * 1000000 };
	unsigned int i;

	for (i = 0; are_there_links(); i++) {
		if (i == FREE_MS / POLL_MS)
			return detach_links();
		nanosleep(&wait, NULL);
	}
	return 0;
}

static int remove_filters(__u32 inode, const char *path, void *data)
{
	struct if_nameindex *list = if_nameindex();
	int removed, *result = data;
	unsigned int i;

	(void)inode;
	for (i = 0; list && list[i].if_index; i++) {
		if (!clsact_is_there(list[i].if_index))
			continue;
		removed =
			clsact_detach(list[i].if_index, list[i].if_name, false);
		if (removed > 0) {
			printf("%s in %s: %d filters that nobody knew of removed; clsact stays, as nobody knows whose it is\n",
			       list[i].if_name, path, removed);
		} else if (removed < 0) {
			say("%s in %s: %s", list[i].if_name, path, failure());
			*result = removed;
		}
	}
	if (list)
		if_freenameindex(list);
	return 0;
}

int leftovers_remove(void)
{
	int links, filters = 0;

	/* Who may not look at programs by their number finds nothing */
	if (!has_sys_admin()) {
		say("warning: links and filters without a pin, if there are any, stay: to look for them takes CAP_SYS_ADMIN");
		return 0;
	}
	links = remove_links();
	if (netns_visit_all(remove_filters, &filters))
		say("warning: filters without a pin, if there are any, stay where this cannot look: %s",
		    failure());
	if (links || filters)
		return fail(
			links ? links : filters,
			"there are links or filters that still run programs of extkey");
	return 0;
}
