// SPDX-License-Identifier: GPL-2.0-only
/* The man in the middle: packets that go on with other addresses, or without MPTCP */
#include <string.h>

#include "attacker.h"

#define MAX_RULES 4

int nr_stripped;

/* Packets of the client with these addresses go on with others */
struct rule {
	int path;
	in_addr_t from, to, new_from, new_to;
};

static struct rule rules[MAX_RULES];
static int nr_rules;
static int strip_subtype = -1; /* out of SYNs */
static bool withholding;

bool rewrite(int path, enum side side, const struct segment *segment)
{
	struct iphdr *ip = segment->ip;
	int i;

	for (i = 0; i < nr_rules; i++) {
		const struct rule *rule = &rules[i];

		if (rule->path != path)
			continue;
		if (side == CLIENT && ip->saddr == rule->from &&
		    ip->daddr == rule->to) {
			ip->saddr = rule->new_from;
			ip->daddr = rule->new_to;
			return true;
		}
		if (side == SERVER && ip->saddr == rule->new_to &&
		    ip->daddr == rule->new_from) {
			ip->saddr = rule->to;
			ip->daddr = rule->from;
			return true;
		}
	}
	return false;
}

bool strip(const struct segment *segment)
{
	uint8_t *option;

	if (strip_subtype < 0 || !segment->tcp->syn)
		return false;
	option = find_mptcp(segment, (uint8_t)strip_subtype);
	if (!option)
		return false;
	memset(option, TCPOPT_NOP, option[1]);
	nr_stripped++;
	return true;
}

/* A FASTCLOSE of the server's, which the client does not get */
bool withheld(enum side side, const struct segment *segment)
{
	return withholding && side == SERVER &&
	       find_mptcp(segment, MP_FASTCLOSE);
}

bool cmd_withhold(void)
{
	withholding = true;
	return true;
}

bool cmd_rewrite(void)
{
	struct rule *rule = &rules[nr_rules];

	if (nr_rules == MAX_RULES)
		return false;
	rule->path = (int)arg_number("path", "1") - 1;
	rule->from = arg_addr("from", "");
	rule->to = arg_addr("to", "");
	rule->new_from = arg_addr("newfrom", "");
	rule->new_to = arg_addr("newto", "");
	nr_rules++;
	return true;
}

bool cmd_strip(void)
{
	strip_subtype = arg_is("what", "capable", "") ? MP_CAPABLE : MP_JOIN;
	return true;
}

void alter_nothing(void)
{
	nr_rules = nr_stripped = 0;
	strip_subtype = -1;
	withholding = false;
}
