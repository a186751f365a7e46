// SPDX-License-Identifier: GPL-2.0-only
/*
 * hold_programs OBJECT: attaches all programs of a BPF object to where their
 * sections say, says "attached" and holds them until its stdin ends. (bpftool
 * has "autoattach" for this only since 7.2.)
 */
#include <stdio.h>
#include <unistd.h>

#include <bpf/libbpf.h>

int main(int argc, char **argv)
{
	struct bpf_program *prog;
	struct bpf_object *obj;
	char c;

	if (argc != 2) {
		fprintf(stderr, "usage: hold_programs OBJECT\n");
		return 2;
	}
	obj = bpf_object__open_file(argv[1], NULL);
	if (!obj || bpf_object__load(obj))
		return 1;
	bpf_object__for_each_program(prog, obj)
		if (!bpf_program__attach(prog))
			return 1;
	puts("attached");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return 0;
}
