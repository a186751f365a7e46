// SPDX-License-Identifier: GPL-2.0-only
/* attach and detach */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "devices.h"
#include "loader.h"
#include "state.h"
#include "system.h"

static int choose_engine(const struct options *options,
			 struct extkey_policy *policy)
{
	if (options->engine_auto)
		policy->engine = has_hook() ? EXTKEY_ENGINE_HOOK :
					      EXTKEY_ENGINE_TC;
	if (policy->engine == EXTKEY_ENGINE_HOOK && !has_hook())
		return report(
			EXIT_UNSUPPORTED,
			"this kernel has no hook '%s'; boot one with kernel/mptcp_join_bpf_hook.patch, or take '--engine tc'; nothing was attached",
			EXTKEY_HOOK);
	if (policy->engine == EXTKEY_ENGINE_HOOK &&
	    (options->netns || options->nr_devs))
		return report(EXIT_USAGE,
			      "--netns and --dev go with '--engine tc'");
	return EXIT_OK;
}

int cmd_attach(const struct options *options)
{
	struct extkey_policy policy = options->policy, old;
	struct state state;
	bool known, linked = false, installed = false;
	int fd, err;
	__u64 id;

	err = check_system();
	if (!err)
		err = open_cgroup(options->cgroup, &fd, &id, policy.cgroup);
	if (err)
		return err;

	err = choose_engine(options, &policy);
	if (err)
		goto close_cgroup;
	err = state_open(&state);
	if (!err)
		err = state_repair(&state);
	if (!err && state.policies < 0) {
		err = state_install(&state);
		installed = !err;
	}
	if (err)
		goto close_state;
	known = !bpf_map_lookup_elem(state.policies, &id, &old);
	/* First what may find a map full: then no device is touched */
	err = state_link(&state, fd, id, policy.cgroup);
	linked = !err && !known;
	/* Before the policy is there, and with it sockets that count on them */
	if (!err && policy.engine == EXTKEY_ENGINE_TC)
		err = devices_attach(&state, options);
	if (!err && policy.engine == EXTKEY_ENGINE_TC)
		err = state_link_gate(fd);
	if (err)
		goto close_state;

	if (!has_address_length())
		fprintf(stderr,
			"extkey_loader: warning: this kernel does not show keys behind an address, which takes Linux 6.7: a socket with such a key is as one without; --require-key refuses it\n");
	if (known && !memcmp(&old, &policy, sizeof(old))) {
		printf("%s: attached already, nothing changed\n",
		       policy.cgroup);
		goto close_state;
	}
	err = state_set_policy(&state, id, &policy);
	if (!err)
		printf("%s: %s, engine %s, scheme %s, key %s\n", policy.cgroup,
		       known ? "policy updated" : "attached",
		       engine_name(policy.engine), scheme_name(policy.scheme),
		       policy.require_key ? "required" : "optional");
close_state:
	if (err && linked)
		state_detach(&state, id);
	if (err && installed) {
		devices_detach(&state);
		state_remove();
	}
	state_close(&state);
close_cgroup:
	close(fd);
	return err;
}

static int detach_one(const char *cgroup, struct state *state)
{
	char path[EXTKEY_PATH_SIZE];
	struct extkey_policy policy;
	int fd, err;
	__u64 id;

	err = open_cgroup(cgroup, &fd, &id, path);
	if (err)
		return err;
	close(fd);

	if (state->policies < 0 ||
	    bpf_map_lookup_elem(state->policies, &id, &policy))
		return report(
			EXIT_FAILED,
			"'%s' is not attached; 'extkey_loader status' shows what is",
			cgroup);
	err = state_detach(state, id);
	if (!err)
		printf("%s: detached; sockets that hold a key keep it\n", path);
	return err;
}

/*
 * With the last policy of engine tc its programs go as well; but not before the last
 * socket that has a key.
 */
static int release_devices(const struct state *state)
{
	int err;

	if (state->policies < 0 || state_uses_engine(state, EXTKEY_ENGINE_TC) ||
	    !state_has_gate())
		return EXIT_OK;
	if (state_has_sockets()) {
		printf("programs stay on the interfaces, as there are sockets that hold a key; 'extkey_loader detach --all' removes them\n");
		return EXIT_OK;
	}
	err = devices_detach(state);
	return err ? err : state_unlink_gate();
}

int cmd_detach(const struct options *options)
{
	struct state state;
	int err, released;

	err = check_system();
	if (err)
		return err;
	if (options->all) {
		err = state_lock(&state);
		if (!err)
			err = state_detach_all();
		if (!err)
			err = devices_detach(&state);
		if (!err)
			err = state_remove();
	} else {
		err = state_open(&state);
		if (!err)
			err = state_repair(&state);
		if (!err) {
			err = detach_one(options->cgroup, &state);
			/* Also where a killed command has not come to it */
			released = release_devices(&state);
			err = err ? err : released;
		}
	}
	state_close(&state);
	return err;
}
