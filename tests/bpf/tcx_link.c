// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcx_link PROGRAM DEVICE LINK: a link from the ingress of DEVICE to the pinned
 * PROGRAM, pinned as LINK. (bpftool and libbpf of Debian 12 know no tcx.)
 */
#include <net/if.h>
#include <stdio.h>

#include <bpf/bpf.h>

#define TCX_INGRESS 46 /* BPF_TCX_INGRESS, Linux 6.6 */

int main(int argc, char **argv)
{
	int prog, link;

	if (argc != 4) {
		fprintf(stderr, "usage: tcx_link PROGRAM DEVICE LINK\n");
		return 2;
	}
	prog = bpf_obj_get(argv[1]);
	link = prog < 0 ? -1 :
			  bpf_link_create(prog, if_nametoindex(argv[2]),
					  TCX_INGRESS, NULL);
	if (link < 0 || bpf_obj_pin(link, argv[3])) {
		perror("tcx_link");
		return 1;
	}
	return 0;
}
