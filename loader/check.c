// SPDX-License-Identifier: GPL-2.0-only
/* check: what extkey can do on this host */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "error.h"
#include "extkey_maps.h"
#include "names.h"
#include "requirements.h"
#include "system.h"
#include "verbs.h"

static const char *const levels[] = {
	[REQUIRED] = "required",
	[OPTIONAL] = "optional",
	[SETTING] = "setting",
};

/* What a requirement that is not met is called */
static const char *const verdicts[] = {
	[REQUIRED] = "MISSING",
	[OPTIONAL] = "lost",
	[SETTING] = "setting",
};

static void print_json(const struct requirements *found, bool hook, bool tc)
{
	json_t *array = json_array(), *check;
	const struct requirement *requirement;
	unsigned int i;

	for (i = 0; i < found->nr; i++) {
		requirement = &found->list[i];
		json_array_append_new(
			array, json_pack("{s:s, s:s, s:b, s:b, s:b, s:s}",
					 "name", requirement->name, "level",
					 levels[requirement->level], "hook",
					 (int)requirement->for_hook, "tc",
					 (int)requirement->for_tc, "met",
					 (int)requirement->met, "why",
					 requirement->why));
	}
	check = json_pack("{s:s, s:{s:b, s:b}, s:o}", "version", EXTKEY_VERSION,
			  "engines", "hook", (int)hook, "tc", (int)tc,
			  "requirements", array);
	json_dumpf(check, stdout, JSON_INDENT(2));
	printf("\n");
	json_decref(check);
}

static void print_engine(unsigned int engine, bool works)
{
	printf("engine %-5s %s\n", engine_name(engine),
	       works ? "works" : "does not work");
}

static void print_text(const struct requirements *found, bool hook, bool tc)
{
	const struct requirement *requirement;
	unsigned int i;

	print_engine(EXTKEY_ENGINE_HOOK, hook);
	print_engine(EXTKEY_ENGINE_TC, tc);
	printf("\n");
	for (i = 0; i < found->nr; i++) {
		requirement = &found->list[i];
		printf("%-8s %-30s %s\n",
		       requirement->met ? "ok" : verdicts[requirement->level],
		       requirement->name,
		       !requirement->for_tc   ? "(hook)" :
		       !requirement->for_hook ? "(tc)" :
						"");
		if (!requirement->met)
			printf("         %s\n", requirement->why);
	}
}

int cmd_check(const struct options *options)
{
	static struct requirements found;
	bool hook, tc;

	requirements_find(&found);
	hook = requirements_met(&found, EXTKEY_ENGINE_HOOK);
	tc = requirements_met(&found, EXTKEY_ENGINE_TC);
	if (options->json)
		print_json(&found, hook, tc);
	else
		print_text(&found, hook, tc);
	if (check_privileges())
		return EXIT_PRIVILEGE;
	return hook && tc ? EXIT_OK :
	       tc	  ? EXIT_ONLY_TC :
	       hook	  ? EXIT_ONLY_HOOK :
			    EXIT_UNSUPPORTED;
}
