// SPDX-License-Identifier: GPL-2.0-only
/*
 * status: gathers everything into one JSON value, which is printed as it is or
 * as text.
 */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <jansson.h>

#include "devices.h"
#include "loader.h"
#include "state.h"
#include "system.h"

#define COUNTER(name)                                         \
	{                                                     \
#name, offsetof(struct extkey_counters, name) \
	}

static const struct counter {
	const char *name;
	size_t offset;
} counter_table[] = {
	COUNTER(keys_taken),	    COUNTER(keys_weak),
	COUNTER(keys_malformed),    COUNTER(keys_missing),
	COUNTER(keys_failed),	    COUNTER(joins_masked),
	COUNTER(joins_answered),    COUNTER(joins_unmasked),
	COUNTER(joins_known),	    COUNTER(joins_completed),
	COUNTER(joins_plain_sent),  COUNTER(joins_plain_received),
	COUNTER(joins_pm_listener), COUNTER(joins_refused),
	COUNTER(joins_malformed),   COUNTER(joins_unseen),
};

#define NR_COUNTERS (sizeof(counter_table) / sizeof(counter_table[0]))
_Static_assert(NR_COUNTERS * sizeof(__u64) == sizeof(struct extkey_counters),
	       "every counter has a line in the table");

/* The columns of the iterator, in its order */
static const char *const socket_columns[] = {
	"cookie", "netns",  "role",   "local",
	"remote", "cgroup", "scheme", "fingerprint",
};

#define NR_COLUMNS (sizeof(socket_columns) / sizeof(socket_columns[0]))

static json_t *counters_json(const struct extkey_counters *counters)
{
	json_t *object = json_object();
	unsigned int i;
	__u64 value;

	for (i = 0; i < NR_COUNTERS; i++) {
		memcpy(&value, (const char *)counters + counter_table[i].offset,
		       sizeof(value));
		json_object_set_new(object, counter_table[i].name,
				    json_integer(value));
	}
	return object;
}

static json_t *cgroups_json(const struct state *state)
{
	struct extkey_counters counters;
	struct extkey_policy policy;
	json_t *array = json_array();
	__u64 id, *previous = NULL;

	if (state->policies < 0)
		return array;
	while (!bpf_map_get_next_key(state->policies, previous, &id)) {
		previous = &id;
		if (bpf_map_lookup_elem(state->policies, &id, &policy))
			continue;
		memset(&counters, 0, sizeof(counters));
		bpf_map_lookup_elem(state->counters, &id, &counters);
		json_array_append_new(
			array,
			json_pack("{s:s, s:I, s:s, s:s, s:b, s:b, s:b, s:o}",
				  "cgroup", policy.cgroup, "id", (json_int_t)id,
				  "engine", engine_name(policy.engine),
				  "scheme", scheme_name(policy.scheme),
				  "require_key", (int)policy.require_key,
				  "bind_addresses", (int)policy.bind_addresses,
				  "linked", (int)state_linked(id), "counters",
				  counters_json(&counters)));
	}
	return array;
}

static json_t *socket_json(char *line)
{
	json_t *object = json_object();
	char *word, *rest = line;
	unsigned int i;

	for (i = 0; i < NR_COLUMNS; i++) {
		word = strsep(&rest, " \n");
		json_object_set_new(object, socket_columns[i],
				    json_string(word ? word : ""));
	}
	return object;
}

static json_t *sockets_json(const struct state *state)
{
	json_t *array = json_array();
	char line[256];
	FILE *file;

	if (state->policies < 0)
		return array;
	file = fopen(EXTKEY_SOCKETS, "re");
	if (!file) {
		report(EXIT_FAILED, "cannot read %s: %s", EXTKEY_SOCKETS,
		       strerror(errno));
		json_decref(array);
		return NULL;
	}
	while (fgets(line, sizeof(line), file))
		json_array_append_new(array, socket_json(line));
	fclose(file);
	return array;
}

static void add_uncovered(const struct state *state,
			  const struct extkey_device_key *key,
			  const struct extkey_device *device, json_t *array)
{
	char names[EXTKEY_MAX_DEVS][IF_NAMESIZE];
	unsigned int i, n;

	n = devices_uncovered(state, key, device, names, EXTKEY_MAX_DEVS);
	for (i = 0; i < n; i++)
		json_array_append_new(array, json_pack("{s:s, s:s}", "device",
						       names[i], "netns",
						       device->netns));
}

/* Enters other network namespaces: to be gathered last */
static void add_devices(const struct state *state, json_t *status)
{
	json_t *array = json_array(), *uncovered = json_array();
	struct extkey_device_key key, *previous = NULL;
	struct extkey_device device;
	enum device_state device_state;

	json_object_set_new(status, "devices", array);
	json_object_set_new(status, "uncovered", uncovered);
	if (state->devices < 0)
		return;
	while (!bpf_map_get_next_key(state->devices, previous, &key)) {
		previous = &key;
		if (bpf_map_lookup_elem(state->devices, &key, &device))
			continue;
		device_state = devices_state(&key, &device);
		if (device_state == DEVICE_GONE)
			continue;
		if (key.ifindex == EXTKEY_ALL_DEVICES) {
			add_uncovered(state, &key, &device, uncovered);
			continue;
		}
		json_array_append_new(
			array,
			json_pack("{s:s, s:i, s:s, s:I, s:b}", "device",
				  device.name, "ifindex", (int)key.ifindex,
				  "netns", device.netns, "netns_inode",
				  (json_int_t)key.netns, "in_place",
				  (int)(device_state == DEVICE_IN_PLACE)));
	}
}

static void print_text(json_t *status)
{
	json_t *entry, *value;
	const char *name;
	unsigned int i;
	size_t index;

	if (!json_is_true(json_object_get(status, "installed"))) {
		printf("nothing is attached\n");
		return;
	}

	printf("hook %s: %s\n", EXTKEY_HOOK,
	       json_is_true(json_object_get(status, "hook")) ?
		       "attached" :
		       "not in this kernel");
	if (json_array_size(json_object_get(status, "devices")))
		printf("gate of engine tc: %s\n",
		       json_is_true(json_object_get(status, "gate")) ?
			       "in place" :
			       "missing; 'extkey_loader attach' again puts it in place");
	json_array_foreach(json_object_get(status, "devices"), index, entry)
		printf("device %s in %s: programs %s\n",
		       json_string_value(json_object_get(entry, "device")),
		       json_string_value(json_object_get(entry, "netns")),
		       json_is_true(json_object_get(entry, "in_place")) ?
			       "in place" :
			       "missing");
	json_array_foreach(json_object_get(status, "uncovered"), index, entry) printf(
		"warning: interface %s in %s has no programs: joins with a key fail there; 'extkey_loader attach' again covers it, 'extkey_loader watch' all to come\n",
		json_string_value(json_object_get(entry, "device")),
		json_string_value(json_object_get(entry, "netns")));
	json_array_foreach(json_object_get(status, "cgroups"), index, entry)
	{
		printf("cgroup %s id %" JSON_INTEGER_FORMAT
		       " engine %s scheme %s key %s%s%s\n",
		       json_string_value(json_object_get(entry, "cgroup")),
		       json_integer_value(json_object_get(entry, "id")),
		       json_string_value(json_object_get(entry, "engine")),
		       json_string_value(json_object_get(entry, "scheme")),
		       json_is_true(json_object_get(entry, "require_key")) ?
			       "required" :
			       "optional",
		       json_is_true(json_object_get(entry, "bind_addresses")) ?
			       " addresses bound" :
			       "",
		       json_is_true(json_object_get(entry, "linked")) ?
			       "" :
			       " (not linked: the cgroup is gone, or a command was killed)");
		json_object_foreach(json_object_get(entry, "counters"), name,
				    value) if (json_integer_value(value))
			printf("    %-20s %" JSON_INTEGER_FORMAT "\n", name,
			       json_integer_value(value));
	}

	value = json_object_get(status, "sockets");
	printf("sockets that hold a key: %zu\n", json_array_size(value));
	json_array_foreach(value, index, entry)
	{
		for (i = 0; i < NR_COLUMNS; i++)
			printf("%s%s %s", i ? " " : "    ", socket_columns[i],
			       json_string_value(json_object_get(
				       entry, socket_columns[i])));
		printf("\n");
	}
}

int cmd_status(const struct options *options)
{
	json_t *status, *sockets;
	struct state state;
	int err;

	err = check_system();
	if (err)
		return err;
	err = state_open(&state);
	if (err)
		goto close_state;

	sockets = sockets_json(&state);
	if (!sockets) {
		err = EXIT_FAILED;
		goto close_state;
	}
	status = json_pack("{s:s, s:b, s:b, s:b, s:o, s:o}", "version",
			   EXTKEY_VERSION, "installed", state.policies >= 0,
			   "hook", (int)state_has_engine(EXTKEY_ENGINE_HOOK),
			   "gate", (int)state_gate_linked(), "cgroups",
			   cgroups_json(&state), "sockets", sockets);
	add_devices(&state, status);
	if (options->json) {
		json_dumpf(status, stdout, JSON_INDENT(2));
		printf("\n");
	} else {
		print_text(status);
	}
	json_decref(status);
close_state:
	state_close(&state);
	return err;
}
