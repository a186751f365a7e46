// SPDX-License-Identifier: GPL-2.0-only
/*
 * only_families FAMILY... -- CMD...: runs CMD, for which there are no sockets but those
 * of these families, as RestrictAddressFamilies= of systemd has it.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_FAMILIES 8

static const struct {
	const char *name;
	unsigned int number;
} families[] = {
	{ "AF_UNIX", AF_UNIX },
	{ "AF_INET", AF_INET },
	{ "AF_INET6", AF_INET6 },
	{ "AF_NETLINK", AF_NETLINK },
};

static struct sock_filter filter[MAX_FAMILIES + 6];
static unsigned short len;

static void add(unsigned short code, unsigned char jt, unsigned char jf,
		__u32 k)
{
	filter[len++] = (struct sock_filter)BPF_JUMP(code, k, jt, jf);
}

static int number_of(const char *name)
{
	unsigned int i;

	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (!strcmp(name, families[i].name))
			return families[i].number;
	return -1;
}

static int restrict_to(char **names, int nr)
{
	struct sock_fprog prog = { .filter = filter };
	int i, number;

	add(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
	add(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, SYS_socket);
	add(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
	add(BPF_LD | BPF_W | BPF_ABS, 0, 0,
	    offsetof(struct seccomp_data, args[0]));
	for (i = 0; i < nr; i++) {
		number = number_of(names[i]);
		if (number < 0) {
			fprintf(stderr, "only_families: no family '%s'\n",
				names[i]);
			return -1;
		}
		add(BPF_JMP | BPF_JEQ | BPF_K, nr - i, 0, number);
	}
	add(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EAFNOSUPPORT);
	add(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
	prog.len = len;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog)) {
		perror("only_families");
		return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--"); i++)
		;
	if (i + 1 >= argc || i - 1 > MAX_FAMILIES) {
		fprintf(stderr, "usage: only_families FAMILY... -- CMD...\n");
		return 2;
	}
	if (restrict_to(argv + 1, i - 1))
		return 125;
	execvp(argv[i + 1], argv + i + 1);
	perror("only_families");
	return 127;
}
