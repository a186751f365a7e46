/* SPDX-License-Identifier: GPL-2.0-only */
/* An interface towards a host, of whom sits in the middle: all frames, raw */
#ifndef EXTKEY_ATTACK_LINK_H
#define EXTKEY_ATTACK_LINK_H

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "wire.h"

struct link {
	int fd;
	uint8_t mac[ETH_ALEN], peer_mac[ETH_ALEN];
};

/* A full queue loses a packet, as on any path */
static inline void send_frame(const struct link *link,
			      const struct frame *frame)
{
	if (send(link->fd, frame->buf, frame->len, 0) == -1 && errno != ENOBUFS)
		perror("send");
}

static inline bool open_link(struct link *link, const char *name)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET,
				    .sll_protocol = htons(ETH_P_ALL),
				    .sll_ifindex = (int)if_nametoindex(name) };
	struct packet_mreq all = { .mr_ifindex = addr.sll_ifindex,
				   .mr_type = PACKET_MR_PROMISC };
	struct ifreq request = { 0 };
	int one = 1, room = 4 << 20;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	link->fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (!addr.sll_ifindex || link->fd == -1 ||
	    ioctl(link->fd, SIOCGIFHWADDR, &request) ||
	    setsockopt(link->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
		       sizeof(one)) ||
	    setsockopt(link->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room,
		       sizeof(room)) ||
	    setsockopt(link->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all,
		       sizeof(all)) ||
	    bind(link->fd, (struct sockaddr *)&addr, sizeof(addr))) {
		fprintf(stderr, "cannot open %s: %s\n", name, strerror(errno));
		return false;
	}
	memcpy(link->mac, request.ifr_hwaddr.sa_data, ETH_ALEN);
	return true;
}

#endif /* EXTKEY_ATTACK_LINK_H */
