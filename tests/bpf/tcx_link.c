// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcx_link PROGRAM DEVICE LINK [egress]: a link from the ingress (or egress) of DEVICE
 * to the pinned PROGRAM, pinned as LINK. (bpftool and libbpf of Debian 12 know no tcx.)
 */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>

#define TCX_INGRESS 46 /* BPF_TCX_INGRESS, Linux 6.6 */
#define TCX_EGRESS 47

int main(int argc, char **argv)
{
	int prog, link, type = TCX_INGRESS;

	if (argc < 4) {
		fprintf(stderr,
			"usage: tcx_link PROGRAM DEVICE LINK [egress]\n");
		return 2;
	}
	if (argc > 4 && !strcmp(argv[4], "egress"))
		type = TCX_EGRESS;
	prog = bpf_obj_get(argv[1]);
	link = prog < 0 ? -1 :
			  bpf_link_create(prog, if_nametoindex(argv[2]), type,
					  NULL);
	if (link < 0 || bpf_obj_pin(link, argv[3])) {
		perror("tcx_link");
		return 1;
	}
	return 0;
}
