// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "counters.h"
#include "error.h"

/* The values of a map, and what the kernel knows of their members */
struct layout {
	struct btf *btf;
	const struct btf_type *type;
	__u32 size;
};

int counters_open(void)
{
	int fd = bpf_obj_get(COUNTERS_PATH);

	return fd >= 0 ? fd :
			 fail(-errno, "cannot open the map %s: %s",
			      COUNTERS_PATH, strerror(errno));
}

static int layout_read(int map, struct layout *layout)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);

	*layout = (struct layout){ 0 };
	if (bpf_obj_get_info_by_fd(map, &info, &len))
		return fail(-errno, "cannot look at the map of counters: %s",
			    strerror(errno));
	layout->size = info.value_size;
	layout->btf = btf__load_from_kernel_by_id(info.btf_id);
	if (layout->btf)
		layout->type =
			btf__type_by_id(layout->btf, info.btf_value_type_id);
	if (layout->type && btf_is_struct(layout->type))
		return 0;
	btf__free(layout->btf);
	return fail(
		-EINVAL,
		"the kernel does not know the names of the counters in %s; run 'extkey_loader detach --all' and attach again",
		COUNTERS_PATH);
}

/* The counter number @index, or NULL behind the last one */
static const char *counter_at(const struct layout *layout, unsigned int index,
			      __u32 *offset)
{
	const struct btf_member *member;

	if (!layout->type || index >= btf_vlen(layout->type))
		return NULL;
	member = btf_members(layout->type) + index;
	*offset = btf_member_bit_offset(layout->type, index) / 8;
	/* All of them are __u64 */
	if (*offset + sizeof(__u64) > layout->size)
		return NULL;
	return btf__name_by_offset(layout->btf, member->name_off);
}

/* Zeros where the map has nothing of @id */
static char *values_of(int map, __u64 id, const struct layout *layout)
{
	char *values = calloc(1, layout->size);

	if (values && bpf_map_lookup_elem(map, &id, values))
		memset(values, 0, layout->size);
	return values;
}

int counters_visit(int map, __u64 id,
		   void (*visit)(const char *name, __u64 value, void *data),
		   void *data)
{
	struct layout layout;
	unsigned int i;
	const char *name;
	__u32 offset;
	char *values;
	__u64 value;
	int err;

	err = layout_read(map, &layout);
	if (err)
		return err;
	values = values_of(map, id, &layout);
	for (i = 0; values && (name = counter_at(&layout, i, &offset)); i++) {
		memcpy(&value, values + offset, sizeof(value));
		visit(name, value, data);
	}
	err = values ? 0 : fail(-ENOMEM, "out of memory");
	free(values);
	btf__free(layout.btf);
	return err;
}

int counters_add(int map, __u64 id)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);
	char *zeros;
	int err;

	if (bpf_obj_get_info_by_fd(map, &info, &len))
		return -1;
	zeros = calloc(1, info.value_size);
	if (!zeros)
		return -1;
	err = bpf_map_update_elem(map, &id, zeros, BPF_NOEXIST);
	free(zeros);
	return err && errno != EEXIST ? -1 : 0;
}

struct carried {
	const struct layout *layout;
	char *values;
};

static void carry_one(const char *name, __u64 value, void *data)
{
	const struct carried *to = data;
	const char *other;
	unsigned int i;
	__u32 offset;

	for (i = 0; (other = counter_at(to->layout, i, &offset)); i++)
		if (!strcmp(name, other))
			memcpy(to->values + offset, &value, sizeof(value));
}

int counters_carry_over(int from, int to, __u64 id)
{
	struct layout layout;
	struct carried carried = { .layout = &layout };
	int err;

	err = layout_read(to, &layout);
	if (err)
		return err;
	carried.values = values_of(to, id, &layout);
	err = carried.values ? counters_visit(from, id, carry_one, &carried) :
			       fail(-ENOMEM, "out of memory");
	if (!err && bpf_map_update_elem(to, &id, carried.values, BPF_ANY))
		err = fail(-errno, "cannot write to %s: %s", COUNTERS_NEXT_PATH,
			   strerror(errno));
	free(carried.values);
	btf__free(layout.btf);
	return err;
}
