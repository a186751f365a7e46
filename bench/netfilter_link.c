// SPDX-License-Identifier: GPL-2.0-only
/*
 * netfilter_link LINK: a program that accepts every packet of IPv4, at NF_INET_LOCAL_IN of
 * this network namespace (Linux 6.4), by a link that is pinned as LINK. The other place
 * where a packet can be refused before TCP. (libbpf of Debian 12 knows no such programs.)
 */
#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>

#define PROG_TYPE_NETFILTER 32 /* BPF_PROG_TYPE_NETFILTER */
#define ATTACH_NETFILTER 45 /* BPF_NETFILTER */

/* That part of union bpf_attr */
struct link_create {
	__u32 prog_fd;
	__u32 target_fd;
	__u32 attach_type;
	__u32 flags;
	__u32 pf;
	__u32 hooknum;
	__s32 priority;
	__u32 netfilter_flags;
};

int main(int argc, char **argv)
{
	const struct bpf_insn accept[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = NF_ACCEPT },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = ATTACH_NETFILTER);
	struct link_create attr = {
		.attach_type = ATTACH_NETFILTER,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = -1,
	};
	int prog, link;

	if (argc != 2) {
		fprintf(stderr, "usage: netfilter_link LINK\n");
		return 2;
	}
	prog = bpf_prog_load(PROG_TYPE_NETFILTER, "accept", "GPL", accept, 2,
			     &opts);
	attr.prog_fd = prog;
	link = prog < 0 ? -1 :
			  (int)syscall(SYS_bpf, BPF_LINK_CREATE, &attr,
				       sizeof(attr));
	if (link < 0 || bpf_obj_pin(link, argv[1])) {
		perror("netfilter_link");
		return 1;
	}
	return 0;
}
