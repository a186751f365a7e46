/* SPDX-License-Identifier: GPL-2.0-only */
/* What is to be checked, from the environment: one compiled checker does for all */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Position of the variable's value in a list of names */
static int choice(const char *variable, const char *names)
{
	const char *value = getenv(variable);
	char list[512], *name;
	int n = 0;

	snprintf(list, sizeof(list), "%s", names);
	for (name = strtok(list, " "); name && value;
	     name = strtok(NULL, " "), n++)
		if (!strcmp(name, value))
			return n;
	fprintf(stderr, "%s must be one of: %s\n", variable, names);
	exit(2);
}
