// SPDX-License-Identifier: GPL-2.0-only
/* attach: a policy for a cgroup, and all that it takes */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cgroup_keys.h"
#include "cgroups.h"
#include "error.h"
#include "gate.h"
#include "installation.h"
#include "names.h"
#include "requirements.h"
#include "system.h"
#include "verbs.h"

struct attachment {
	int fd; /* of the cgroup */
	__u64 id;
	bool known; /* there is a policy already */
	struct extkey_policy old, policy;
	struct extkey_secret secret; /* of the key file, if there is one */
	struct maps maps;
};

static bool chose_devices(const struct options *options)
{
	return options->devices.netns || options->devices.nr_devs;
}

/* Whether the engine is for this command to choose */
static bool chooses_engine(const struct options *options,
			   const struct attachment *attachment)
{
	return options->engine_auto ||
	       (options->engine < 0 && !attachment->known);
}

/*
 * Its sockets have needed a key so far if the nearest policy around it wants one. A policy
 * of its own is no reason to do without.
 */
static void take_need_from_outer(struct attachment *attachment)
{
	struct extkey_policy outer;
	__u64 id = attachment->id;
	int fd = dup(attachment->fd);

	while (fd >= 0 && cgroup_go_up(&fd, &id)) {
		if (!policy_read(&attachment->maps, id, &outer))
			continue;
		close(fd);
		attachment->policy.require_key = outer.require_key;
		attachment->policy.wait_key = outer.wait_key;
		return;
	}
}

/* One takes the place of the other; and where there is a key, nobody waits for one */
static int merge_need(const struct options *options,
		      struct extkey_policy *policy)
{
	if (options->require_key == 1 && options->wait_key == 1)
		return usage_error(
			"--require-key and --wait-key do not go together");
	if (options->require_key == 1 || options->wait_key == 1)
		policy->require_key = policy->wait_key = 0;
	if (options->require_key >= 0)
		policy->require_key = options->require_key;
	if (policy->sources & EXTKEY_FROM_CGROUP)
		policy->wait_key = 0;
	if (options->wait_key >= 0)
		policy->wait_key = options->wait_key;
	if (!policy->wait_key)
		return EXIT_OK;
	if (policy->sources & EXTKEY_FROM_CGROUP)
		return usage_error(
			"--wait-key is for cgroups without a key: it goes with '--sources address'");
	if (policy->scheme == EXTKEY_SCHEME_XOR)
		return usage_error("--wait-key goes with --scheme siphash");
	return EXIT_OK;
}

/* What was asked for, on top of what there is */
static int merge_policy(const struct options *options,
			struct attachment *attachment)
{
	struct extkey_policy *policy = &attachment->policy;

	if (attachment->known) {
		policy->scheme = attachment->old.scheme;
		policy->engine = attachment->old.engine;
		policy->require_key = attachment->old.require_key;
		policy->wait_key = attachment->old.wait_key;
		policy->bind_addresses = attachment->old.bind_addresses;
		policy->sources = attachment->old.sources;
	} else {
		take_need_from_outer(attachment);
		policy->sources = EXTKEY_FROM_ADDRESS;
	}
	/* What stands in sin_zero by accident is not to take the key's place */
	if (options->key_file)
		policy->sources = EXTKEY_FROM_CGROUP;
	if (options->sources >= 0)
		policy->sources = options->sources;
	if (options->key_file && !(policy->sources & EXTKEY_FROM_CGROUP))
		return usage_error("--key-file goes with '--sources cgroup'");
	if (options->scheme >= 0)
		policy->scheme = options->scheme;
	if (options->bind_addresses >= 0)
		policy->bind_addresses = options->bind_addresses;
	if (options->engine >= 0)
		policy->engine = options->engine;
	if (policy->bind_addresses && policy->scheme == EXTKEY_SCHEME_XOR)
		return usage_error(
			"--bind-addresses goes with --scheme siphash");
	if (chose_devices(options) && !chooses_engine(options, attachment) &&
	    policy->engine == EXTKEY_ENGINE_HOOK)
		return usage_error("--netns and --dev go with '--engine tc'");
	return merge_need(options, policy);
}

/* The engine is loaded then. With "auto" it is the first that the kernel takes. */
static int add_engine(const struct options *options,
		      struct attachment *attachment)
{
	struct extkey_policy *policy = &attachment->policy;
	bool open = chooses_engine(options, attachment);
	int err;

	if (open)
		policy->engine = has_hook() && !chose_devices(options) ?
					 EXTKEY_ENGINE_HOOK :
					 EXTKEY_ENGINE_TC;
	if (policy->engine == EXTKEY_ENGINE_HOOK && !has_hook())
		return fail(
			-EOPNOTSUPP,
			"this kernel has no hook '%s'; boot one with kernel/mptcp_join_bpf_hook.patch, or take '--engine tc'; nothing was attached",
			EXTKEY_HOOK);
	err = installation_add(&attachment->maps, policy->engine);
	if (err == -EOPNOTSUPP && open &&
	    policy->engine == EXTKEY_ENGINE_HOOK) {
		say("engine hook does not work here, so this takes engine tc: %s",
		    failure());
		policy->engine = EXTKEY_ENGINE_TC;
		err = installation_add(&attachment->maps, policy->engine);
	}
	if (err == -EOPNOTSUPP) {
		print_failure();
		requirements_explain(policy->engine);
		return fail(err, "nothing was attached");
	}
	return err;
}

static int replace_key(struct attachment *attachment, struct extkey_keys *keys,
		       bool has_key)
{
	/* A service may attach with its file at each start, also while keys change */
	if (has_key && keys_send(keys, &attachment->secret))
		return 0;
	if (has_key && keys_sent_before(keys, &attachment->secret)) {
		say("the key %08x in the file is the old one of %s, and stays accepted; put the new one, %08x, into the file",
		    attachment->secret.fingerprint, attachment->policy.cgroup,
		    keys->sending.fingerprint);
		return 0;
	}
	if (has_key)
		say("the key %08x of %s is replaced at once, for its live sockets as well; 'extkey_loader key' does it in steps",
		    keys->sending.fingerprint, attachment->policy.cgroup);
	keys_set(keys, &attachment->secret);
	return cgroup_key_write(attachment->maps.cgroup_keys, attachment->fd,
				keys);
}

/* Before the policy says that sockets have it */
static int set_key(const struct options *options, struct attachment *attachment)
{
	const struct extkey_policy *policy = &attachment->policy;
	struct extkey_keys keys;
	bool has_key;
	int err = 0;

	has_key = cgroup_key_read(attachment->maps.cgroup_keys, attachment->fd,
				  &keys);
	if (options->key_file) {
		err = key_check(policy->scheme, &attachment->secret,
				options->key_file);
		if (!err)
			err = replace_key(attachment, &keys, has_key);
	} else if (policy->sources & EXTKEY_FROM_CGROUP && !has_key) {
		err = fail(-EINVAL,
			   "'%s' has no key of its own; give one by --key-file",
			   policy->cgroup);
	} else if (policy->sources & EXTKEY_FROM_CGROUP) {
		/* One that was given for another scheme */
		err = key_check(policy->scheme, &keys.sending, policy->cgroup);
		if (!err && keys.has_accepted)
			err = key_check(policy->scheme, &keys.accepted,
					policy->cgroup);
	}
	explicit_bzero(&keys, sizeof(keys));
	return err;
}

/* All before the policy is there, and with it sockets that count on them */
static int make_ready(const struct options *options,
		      struct attachment *attachment)
{
	struct extkey_policy *policy = &attachment->policy;
	struct maps *maps = &attachment->maps;
	int err;

	/* First what may find a map full: then no device is touched */
	err = policy_link(maps, attachment->fd, attachment->id, policy);
	if (err || policy->engine != EXTKEY_ENGINE_TC)
		return err;
	/* A policy that changes is no reason to go to other interfaces */
	if (attachment->known && !chose_devices(options) &&
	    attachment->old.engine == EXTKEY_ENGINE_TC)
		err = devices_repair(maps);
	else
		err = devices_attach(maps, &options->devices);
	return err ? err : gate_link();
}

static void print_change(const char *what, const char *old, const char *new)
{
	if (strcmp(old, new))
		printf(", %s %s -> %s", what, old, new);
}

static const char *addresses_word(const struct extkey_policy *policy)
{
	return policy->bind_addresses ? "bound" : "free";
}

static void print_result(const struct attachment *attachment)
{
	const struct extkey_policy *old = &attachment->old;
	const struct extkey_policy *policy = &attachment->policy;

	if (!attachment->known) {
		printf("%s: attached, engine %s, scheme %s, key %s, from %s, addresses %s\n",
		       policy->cgroup, engine_name(policy->engine),
		       scheme_name(policy->scheme), key_word(policy),
		       sources_name(policy->sources), addresses_word(policy));
		return;
	}
	printf("%s: policy updated", policy->cgroup);
	print_change("engine", engine_name(old->engine),
		     engine_name(policy->engine));
	print_change("scheme", scheme_name(old->scheme),
		     scheme_name(policy->scheme));
	print_change("key", key_word(old), key_word(policy));
	print_change("from", sources_name(old->sources),
		     sources_name(policy->sources));
	print_change("addresses", addresses_word(old), addresses_word(policy));
	printf("\n");
}

static int attach(const struct options *options, struct attachment *attachment)
{
	struct extkey_policy *policy = &attachment->policy;
	int err;

	err = add_engine(options, attachment);
	if (err)
		return err;
	err = make_ready(options, attachment);
	if (!err)
		err = set_key(options, attachment);
	if (err)
		return err;
	if (policy->engine == EXTKEY_ENGINE_TC && is_realtime())
		say("warning: this kernel has PREEMPT_RT, and may be one on which engine tc is not safe: see 'extkey_loader check'");
	if (policy->sources & EXTKEY_FROM_ADDRESS && !has_address_length())
		say("warning: this kernel does not show keys behind an address, which takes Linux 6.7: a socket with such a key is as one without; --require-key refuses it");
	if (policy->wait_key && has_late_announcements())
		say("warning: %s", LATE_ANNOUNCEMENTS);
	/* The path is for people alone; by another name it is the same cgroup */
	if (attachment->known &&
	    !memcmp(&attachment->old, policy,
		    offsetof(struct extkey_policy, cgroup))) {
		printf("%s: attached already, nothing changed in its policy\n",
		       policy->cgroup);
		return 0;
	}
	if (attachment->known && policy->engine == EXTKEY_ENGINE_TC &&
	    attachment->old.engine != EXTKEY_ENGINE_TC)
		err = installation_change_engines();
	if (!err)
		err = policy_write(&attachment->maps, attachment->id, policy);
	if (!err)
		print_result(attachment);
	return err;
}

int cmd_attach(const struct options *options)
{
	struct attachment attachment = { 0 };
	struct maps *maps = &attachment.maps;
	bool installed;
	int err, status;

	err = check_system();
	/* Standard input may be slow: not while others wait for the lock */
	if (!err && options->key_file)
		err = key_file_read(options->key_file, &attachment.secret);
	if (!err)
		err = cgroup_open(options->cgroup, &attachment.fd,
				  &attachment.id, attachment.policy.cgroup);
	if (err) {
		explicit_bzero(&attachment.secret, sizeof(attachment.secret));
		return exit_status(err);
	}
	err = installation_open(maps, options->verb->name);
	if (!err)
		err = installation_repair(maps);
	if (err) {
		status = exit_status(err);
		goto close;
	}

	installed = maps->policies >= 0;
	attachment.known = policy_read(maps, attachment.id, &attachment.old);
	status = merge_policy(options, &attachment);
	if (status)
		goto close;
	err = attach(options, &attachment);
	status = exit_status(err);
	if (err && !installed)
		installation_abandon(maps);
	else if (err && !attachment.known)
		policy_remove(maps, attachment.id);
	/* The engine of before, or the one that could not be made ready */
	err = installation_drop_unused(maps);
	status = status ? status : exit_status(err);
close:
	explicit_bzero(&attachment.secret, sizeof(attachment.secret));
	installation_close(maps);
	close(attachment.fd);
	return status;
}
