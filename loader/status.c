// SPDX-License-Identifier: GPL-2.0-only
/*
 * status: gathers everything into one JSON value, which is printed as it is or
 * as text.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "cgroup_keys.h"
#include "cgroups.h"
#include "counters.h"
#include "error.h"
#include "gate.h"
#include "installation.h"
#include "lock.h"
#include "names.h"
#include "programs.h"
#include "socket_users.h"
#include "sockets.h"
#include "system.h"
#include "verbs.h"

/* What is gathered */
struct report {
	const struct maps *maps;
	json_t *incomplete; /* why something is not protected */
	json_t *cgroups;
	json_t *sockets;
	json_t *devices;
	json_t *uncovered;
	json_t *passed;
};

/*
 * As a JSON string, whatever others have named their interfaces, cgroups and processes: a control
 * character is not for a terminal, not even one of two bytes (U+0080 to U+009F), and what is no
 * UTF-8 would be no string at all.
 */
static json_t *text_json(const char *text)
{
	char copy[1024];
	json_t *string;
	char *c;

	snprintf(copy, sizeof(copy), "%s", text);
	for (c = copy; *c; c++) {
		if (iscntrl((unsigned char)*c))
			*c = '?';
		if ((unsigned char)c[0] == 0xc2 && (c[1] & 0xe0) == 0x80)
			c[0] = c[1] = '?';
	}
	string = json_string(copy);
	for (c = copy; !string && *c; c++)
		if (*c & 0x80)
			*c = '?';
	return string ? string : json_string(copy);
}

static void lacks(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void lacks(struct report *report, const char *format, ...)
{
	char reason[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	json_array_append_new(report->incomplete, text_json(reason));
}

static void add_counter(const char *name, __u64 value, void *object)
{
	json_object_set_new(object, name, json_integer(value));
}

/* The keys of an attached cgroup, by the path that it was attached by */
static bool read_keys(const struct report *report, __u64 id,
		      const struct extkey_policy *policy,
		      struct extkey_keys *keys)
{
	char path[EXTKEY_PATH_SIZE];
	bool found = false;
	__u64 now;
	int fd;

	if (cgroup_open(policy->cgroup, &fd, &now, path))
		return false;
	if (now == id)
		found = cgroup_key_read(report->maps->cgroup_keys, fd, keys);
	close(fd);
	return found;
}

/* What people may see of them */
static json_t *keys_json(struct report *report, __u64 id,
			 const struct extkey_policy *policy)
{
	char sending[16], accepted[16];
	struct extkey_keys keys;
	json_t *object;

	if (!(policy->sources & EXTKEY_FROM_CGROUP))
		return json_null();
	if (!read_keys(report, id, policy, &keys)) {
		lacks(report,
		      "the key of cgroup %s is gone, or the cgroup has another path now: its sockets get no joins",
		      policy->cgroup);
		return json_null();
	}
	snprintf(sending, sizeof(sending), "%08x", keys.sending.fingerprint);
	snprintf(accepted, sizeof(accepted), "%08x", keys.accepted.fingerprint);
	object = json_pack("{s:s, s:o, s:s}", "sending", sending, "accepted",
			   keys.has_accepted ? json_string(accepted) :
					       json_null(),
			   "step", keys_step(&keys));
	explicit_bzero(&keys, sizeof(keys));
	return object;
}

static int add_cgroup(__u64 id, const struct extkey_policy *policy, void *data)
{
	struct report *report = data;
	json_t *counters = json_object();
	bool linked = policy_linked(id, policy);

	if (counters_visit(report->maps->counters, id, add_counter, counters))
		say("warning: no counters: %s", failure());
	if (!linked)
		lacks(report,
		      "cgroup %s does not have all programs: run 'extkey_loader attach %s' again",
		      policy->cgroup, policy->cgroup);
	if (!installation_has(policy->engine))
		lacks(report,
		      "engine %s of cgroup %s is not loaded: run 'extkey_loader attach %s' again",
		      engine_name(policy->engine), policy->cgroup,
		      policy->cgroup);
	json_array_append_new(
		report->cgroups,
		json_pack(
			"{s:o, s:I, s:s, s:s, s:b, s:b, s:b, s:s, s:o, s:b, s:o}",
			"cgroup", text_json(policy->cgroup), "id",
			(json_int_t)id, "engine", engine_name(policy->engine),
			"scheme", scheme_name(policy->scheme), "require_key",
			(int)policy->require_key, "wait_key",
			(int)policy->wait_key, "bind_addresses",
			(int)policy->bind_addresses, "sources",
			sources_name(policy->sources), "key",
			keys_json(report, id, policy), "linked", (int)linked,
			"counters", counters));
	return 0;
}

static int add_socket(const struct mptcp_socket *socket, void *data)
{
	struct report *report = data;
	char cookie[32], netns[32], cgroup[32], fingerprint[32];

	if (!socket->keyed)
		return 0;
	if (!installation_has(EXTKEY_ENGINE_HOOK) &&
	    !installation_has(EXTKEY_ENGINE_TC))
		lacks(report,
		      "the socket %s holds a key, and no engine is loaded: run 'extkey_loader attach' again",
		      socket->local);
	if (socket->keyless && !socket->waits &&
	    !strcmp(socket->role, "listener"))
		lacks(report,
		      "the listener %s has no key, which its policy requires, so its clients use TCP: have it bind() with one, or give its cgroup one by 'extkey_loader attach --key-file'",
		      socket->local);
	snprintf(cookie, sizeof(cookie), "%llx", socket->cookie);
	snprintf(netns, sizeof(netns), "%u", socket->netns);
	snprintf(cgroup, sizeof(cgroup), "%llu", socket->cgroup_id);
	/* Its cgroup's is shown there */
	if (socket->of_cgroup)
		snprintf(fingerprint, sizeof(fingerprint), "of the cgroup");
	else if (socket->keyless)
		snprintf(fingerprint, sizeof(fingerprint), "%s",
			 socket->waits ? "awaited" : "none");
	else
		snprintf(fingerprint, sizeof(fingerprint), "%08x",
			 socket->fingerprint);
	json_array_append_new(
		report->sockets,
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "cookie",
			  cookie, "netns", netns, "role", socket->role, "local",
			  socket->local, "remote", socket->remote, "cgroup",
			  cgroup, "scheme", scheme_name(socket->scheme),
			  "fingerprint", fingerprint));
	return 0;
}

static int add_user(const struct socket_user *user, void *data)
{
	const char *made_in = *user->made_in ? user->made_in :
					       "a cgroup that is gone";
	struct report *report = data;

	if (user->keyless)
		lacks(report,
		      "process %d (%s) in %s has %u MPTCP sockets without a key, such as %s, from before the cgroup was attached: restart it",
		      user->pid, user->command, user->cgroup, user->number,
		      user->local);
	else if (user->has_policy && !user->sockets_have_policy)
		lacks(report,
		      "process %d (%s) in %s uses MPTCP sockets that were made in %s, such as %s: they follow that cgroup, which is not attached",
		      user->pid, user->command, user->cgroup, made_in,
		      user->local);
	if (user->keyless)
		return 0;
	json_array_append_new(
		report->passed,
		json_pack("{s:i, s:o, s:o, s:o, s:i, s:s, s:b}", "pid",
			  user->pid, "command", text_json(user->command),
			  "cgroup", text_json(user->cgroup), "made_in",
			  text_json(user->made_in), "sockets",
			  (int)user->number, "local", user->local, "attached",
			  (int)user->sockets_have_policy));
	return 0;
}

static void add_uncovered(struct report *report,
			  const struct extkey_device_key *key,
			  const struct extkey_device *device)
{
	char names[MAX_DEVS][IF_NAMESIZE];
	unsigned int i, n;

	n = devices_uncovered(report->maps, key, device, names, MAX_DEVS);
	for (i = 0; i < n; i++) {
		lacks(report,
		      "interface %s in %s has no programs, joins with a key fail there: 'extkey_loader attach' again covers it, 'extkey_loader watch' all to come",
		      names[i], device->netns);
		json_array_append_new(report->uncovered,
				      json_pack("{s:o, s:o}", "device",
						text_json(names[i]), "netns",
						text_json(device->netns)));
	}
}

static int add_device(const struct extkey_device_key *key,
		      const struct extkey_device *device, void *data)
{
	struct report *report = data;
	enum device_state state = device_state(key, device);

	if (state == DEVICE_GONE)
		return 0;
	if (key->ifindex == EXTKEY_ALL_DEVICES) {
		if (state == DEVICE_IN_PLACE)
			add_uncovered(report, key, device);
		return 0;
	}
	if (state == DEVICE_MISSING)
		lacks(report,
		      "interface %s in %s does not have all programs, joins with a key fail there: run 'extkey_loader attach' again",
		      device->name, device->netns);
	json_array_append_new(
		report->devices,
		json_pack("{s:o, s:i, s:o, s:I, s:s, s:b, s:b}", "device",
			  text_json(device->name), "ifindex", (int)key->ifindex,
			  "netns", text_json(device->netns), "netns_inode",
			  (json_int_t)key->netns, "by",
			  device->filters ? "filter" : "link", "in_place",
			  (int)(state == DEVICE_IN_PLACE), "known",
			  (int)(state != DEVICE_UNKNOWN)));
	return 0;
}

/* What each set of programs is, and whether it is all of one build */
static json_t *loaded_json(void)
{
	static const char *const names[] = {
		[SET_CGROUP] = "cgroup",
		[SET_HOOK] = "hook",
		[SET_TC] = "tc",
	};
	json_t *object = json_object();
	char build[64];
	int set;

	for (set = 0; set < NR_PROGRAM_SETS; set++) {
		if (!programs_are_there(set))
			continue;
		programs_pinned_build(set, build, sizeof(build));
		json_object_set_new(object, names[set], json_string(build));
	}
	return object;
}

static int gather(struct report *report, const char *cgroup)
{
	char path[EXTKEY_PATH_SIZE];
	struct extkey_policy policy;
	int fd, err;
	__u64 id;

	if (cgroup) {
		err = cgroup_open(cgroup, &fd, &id, path);
		if (err)
			return err;
		close(fd);
		if (!policy_read(report->maps, id, &policy))
			lacks(report,
			      "cgroup %s is not attached: run 'extkey_loader attach %s'",
			      path, path);
	}
	if (installation_is_torn())
		lacks(report,
		      "a command was killed while it replaced the programs: run 'extkey_loader upgrade'");
	if (installation_has(EXTKEY_ENGINE_TC) && !gate_linked())
		lacks(report,
		      "the gate of engine tc is missing: run 'extkey_loader attach' again");
	policies_visit(report->maps, add_cgroup, report);
	devices_visit(report->maps, add_device, report);
	err = sockets_visit(report->maps, add_socket, report);
	/* Those of others it may not look at are no reason to show nothing */
	if (err)
		say("warning: the list of sockets is not complete: %s",
		    failure());
	return 0;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static bool is_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

static void print_cgroup(const json_t *entry)
{
	json_t *key = json_object_get(entry, "key");
	const char *name;
	json_t *value;

	printf("cgroup %s id %" JSON_INTEGER_FORMAT
	       " engine %s scheme %s key %s from %s%s%s\n",
	       text_of(entry, "cgroup"),
	       json_integer_value(json_object_get(entry, "id")),
	       text_of(entry, "engine"), text_of(entry, "scheme"),
	       is_true(entry, "wait_key")    ? "awaited" :
	       is_true(entry, "require_key") ? "required" :
					       "optional",
	       text_of(entry, "sources"),
	       is_true(entry, "bind_addresses") ? " addresses bound" : "",
	       is_true(entry, "linked") ? "" : " (not linked)");
	if (json_is_object(key))
		printf("    key %s%s%s, %s\n", text_of(key, "sending"),
		       json_is_null(json_object_get(key, "accepted")) ? "" :
									" and ",
		       text_of(key, "accepted"), text_of(key, "step"));
	json_object_foreach(json_object_get(entry, "counters"), name, value)
	{
		if (json_integer_value(value))
			printf("    %-20s %" JSON_INTEGER_FORMAT "\n", name,
			       json_integer_value(value));
	}
}

static void print_socket(const json_t *entry)
{
	const char *separator = "    ", *name;
	json_t *value;

	json_object_foreach((json_t *)entry, name, value)
	{
		printf("%s%s %s", separator, name, json_string_value(value));
		separator = " ";
	}
	printf("\n");
}

static void print_text(json_t *status)
{
	json_t *entry, *list;
	const char *name;
	size_t index;

	list = json_object_get(status, "incomplete");
	json_array_foreach(list, index, entry)
		printf("incomplete: %s\n", json_string_value(entry));
	if (!is_true(status, "installed")) {
		printf("nothing is attached\n");
		return;
	}

	json_object_foreach(json_object_get(status, "loaded"), name, entry) printf(
		"programs of %s: build %s%s\n", name, json_string_value(entry),
		strcmp(json_string_value(entry), text_of(status, "build")) ?
			"; 'extkey_loader upgrade' replaces them by this one" :
			"");
	if (is_true(status, "hook"))
		printf("hook %s: attached\n", EXTKEY_HOOK);
	if (json_object_get(json_object_get(status, "loaded"), "tc"))
		printf("gate of engine tc: %s\n",
		       is_true(status, "gate") ? "in place" : "missing");
	list = json_object_get(status, "devices");
	json_array_foreach(list, index, entry)
		printf("device %s in %s: programs %s, by %s\n",
		       text_of(entry, "device"), text_of(entry, "netns"),
		       !is_true(entry, "known")	  ? "not to be seen from here" :
		       is_true(entry, "in_place") ? "in place" :
						    "missing",
		       text_of(entry, "by"));
	list = json_object_get(status, "cgroups");
	json_array_foreach(list, index, entry) print_cgroup(entry);
	list = json_object_get(status, "sockets");
	printf("sockets that hold a key: %zu\n", json_array_size(list));
	json_array_foreach(list, index, entry) print_socket(entry);
	list = json_object_get(status, "passed");
	json_array_foreach(list, index, entry) printf(
		"passed on: process %" JSON_INTEGER_FORMAT
		" (%s) in %s uses MPTCP sockets of %s: %" JSON_INTEGER_FORMAT
		", such as %s\n",
		json_integer_value(json_object_get(entry, "pid")),
		text_of(entry, "command"), text_of(entry, "cgroup"),
		*text_of(entry, "made_in") ? text_of(entry, "made_in") :
					     "a cgroup that is gone",
		json_integer_value(json_object_get(entry, "sockets")),
		text_of(entry, "local"));
}

static json_t *status_json(const struct report *report)
{
	return json_pack(
		"{s:o, s:s, s:s, s:o, s:b, s:b, s:b, s:o, s:o, s:o, s:o, s:o}",
		"incomplete", report->incomplete, "version", EXTKEY_VERSION,
		"build", programs_own_build(), "loaded", loaded_json(),
		"installed", report->maps->policies >= 0, "hook",
		(int)installation_has(EXTKEY_ENGINE_HOOK), "gate",
		(int)gate_linked(), "cgroups", report->cgroups, "devices",
		report->devices, "uncovered", report->uncovered, "sockets",
		report->sockets, "passed", report->passed);
}

static int print(const struct options *options, json_t *status)
{
	bool incomplete =
		json_array_size(json_object_get(status, "incomplete"));

	if (options->json) {
		json_dumpf(status, stdout, JSON_INDENT(2));
		printf("\n");
	} else {
		print_text(status);
	}
	json_decref(status);
	return incomplete ? EXIT_INCOMPLETE : EXIT_OK;
}

int cmd_status(const struct options *options)
{
	struct maps maps;
	struct report report = { .maps = &maps };
	json_t *gathered = NULL;
	int err;

	err = check_system();
	if (err)
		return exit_status(err);
	err = installation_open(&maps, options->verb->name);
	report.incomplete = json_array();
	report.cgroups = json_array();
	report.sockets = json_array();
	report.devices = json_array();
	report.uncovered = json_array();
	report.passed = json_array();
	if (!err)
		err = gather(&report, options->cgroup);
	/* All that is slow comes without the lock: others wait for it */
	lock_release();
	if (!err && maps.policies >= 0 &&
	    socket_users_visit(&maps, add_user, &report))
		say("warning: the list of processes is not complete: %s",
		    failure());
	if (!err)
		gathered = status_json(&report);
	installation_close(&maps);
	return err ? exit_status(err) : print(options, gathered);
}
