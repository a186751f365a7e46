// SPDX-License-Identifier: GPL-2.0-only
/* What ends a handshake of the client's is held back until the next command comes */
#include <stdio.h>

#include "attacker.h"

/* On path=N. What is sent again takes the place of what was sent before. */
bool cmd_hold(void)
{
	int path = (int)arg_number("path", "1") - 1;
	struct segment segment;
	struct frame frame, last = { .len = 0 };

	fflush(stdout);
	hold_ends = true;
	while (pump(INT64_MIN / 2, true, &frame))
		last = frame;
	hold_ends = false;
	printf(" held=%d", last.len > 0);
	if (parse_segment(&last, &segment))
		pass_segment(path, CLIENT, &last, &segment);
	return true;
}
