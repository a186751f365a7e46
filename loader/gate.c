// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "cgroups.h"
#include "error.h"
#include "gate.h"
#include "links.h"
#include "programs.h"

#define ROOT_DIR TC_DIR "/root"

static const struct {
	const char *name; /* of its pin, and of that of its link */
	const char *path;
	enum bpf_attach_type type;
} gate_programs[] = {
	{ "gate", ROOT_DIR "/gate", BPF_CGROUP_INET_INGRESS },
	{ "established", ROOT_DIR "/established", BPF_CGROUP_SOCK_OPS },
};

#define NR_GATE_PROGRAMS (sizeof(gate_programs) / sizeof(gate_programs[0]))

static bool is_linked(unsigned int i)
{
	struct link_state state;

	return link_read(gate_programs[i].path, &state) && state.cgroup_id &&
	       programs_have(SET_TC, gate_programs[i].name, state.prog_id);
}

bool gate_linked(void)
{
	unsigned int i;

	for (i = 0; i < NR_GATE_PROGRAMS; i++)
		if (!is_linked(i))
			return false;
	return true;
}

int gate_link(void)
{
	unsigned int i;
	int root, prog, err;

	if (gate_linked())
		return 0;
	err = cgroup_open_root(&root);
	if (err)
		return err;
	err = pin_make_dir(ROOT_DIR);
	for (i = 0; i < NR_GATE_PROGRAMS && !err; i++) {
		if (is_linked(i))
			continue;
		prog = programs_open(SET_TC, gate_programs[i].name, false);
		if (prog < 0) {
			err = prog;
			break;
		}
		err = link_make(prog, root, gate_programs[i].type,
				gate_programs[i].path);
		if (err)
			err = fail(
				err == -EPERM ? -EBUSY : err,
				"cannot link %s to the root of all cgroups; a program attached there without BPF_F_ALLOW_MULTI keeps others out, see 'bpftool cgroup tree'",
				gate_programs[i].name);
		close(prog);
	}
	close(root);
	return err;
}

int gate_update_links(void)
{
	unsigned int i;
	int prog, err = 0;

	for (i = 0; i < NR_GATE_PROGRAMS && !err; i++) {
		prog = programs_open(SET_TC, gate_programs[i].name, true);
		if (prog < 0)
			return prog;
		err = link_update(gate_programs[i].path, prog);
		close(prog);
	}
	return err;
}
