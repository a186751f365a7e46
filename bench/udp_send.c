// SPDX-License-Identifier: GPL-2.0-only
/*
 * udp_send ADDRESS PORT PACKETS: sends that many packets of one byte, and prints what
 * each has cost in CPU time, {"ns": ...}. Over a veth the receiver's part runs in the
 * sender's time as well, which is all that there is to be measured.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

static double cpu_ns(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e9 +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e3;
}

int main(int argc, char **argv)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	long i, packets;
	double before;
	int fd;

	if (argc != 4 || inet_pton(AF_INET, argv[1], &addr.sin_addr) != 1) {
		fprintf(stderr, "usage: udp_send ADDRESS PORT PACKETS\n");
		return 2;
	}
	addr.sin_port = htons(atoi(argv[2]));
	packets = atol(argv[3]);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		perror("udp_send");
		return 1;
	}
	before = cpu_ns();
	/* The port is closed: every other call reports that, and sends nothing */
	for (i = 0; i < packets;)
		i += send(fd, "", 1, 0) == 1;
	printf("{\"ns\": %.1f}\n", (cpu_ns() - before) / packets);
	return 0;
}
