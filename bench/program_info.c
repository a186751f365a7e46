// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints as JSON what the kernel knows of the pinned programs given, or of those of
 * pinned links: how often each ran and for how long (if kernel.bpf_stats_enabled is
 * set), how many instructions the verifier went through, and the size of the machine
 * code. bpftool of Debian 12 does not print the third.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

/* What a descriptor is of, only its name in /proc tells */
static bool is_a(const char *kind, int fd)
{
	char path[32], name[32] = "";

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, name, sizeof(name) - 1) > 0 && strstr(name, kind);
}

static int open_program(const char *path)
{
	struct bpf_link_info info = {};
	__u32 len = sizeof(info);
	int fd = bpf_obj_get(path), program = -1;

	if (fd < 0 || is_a("prog", fd))
		return fd;
	if (!is_a("link", fd))
		errno = EINVAL;
	else if (!bpf_obj_get_info_by_fd(fd, &info, &len))
		program = bpf_prog_get_fd_by_id(info.prog_id);
	close(fd);
	return program;
}

int main(int argc, char **argv)
{
	printf("[");
	for (int i = 1; i < argc; i++) {
		struct bpf_prog_info info = {};
		__u32 len = sizeof(info);
		int fd = open_program(argv[i]);

		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len)) {
			fprintf(stderr, "program_info: %s: %s\n", argv[i],
				strerror(errno));
			return 1;
		}
		close(fd);
		printf("%s{\"name\":\"%s\",\"runs\":%llu,\"ns\":%.1f,\"verified_insns\":%u,\"bytes\":%u}",
		       i > 1 ? "," : "", info.name,
		       (unsigned long long)info.run_cnt,
		       info.run_cnt ?
			       (double)info.run_time_ns / (double)info.run_cnt :
			       0.0,
		       info.verified_insns, info.jited_prog_len);
	}
	printf("]\n");
	return 0;
}
