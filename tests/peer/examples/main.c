// SPDX-License-Identifier: GPL-2.0-only
/* main connect|listen ADDR PORT KEY: with the socket of examples/keyed_socket.c */
#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "extkey.h"

int keyed_socket(int family, const void *key, socklen_t len);

int main(int argc, char **argv)
{
	unsigned char key[EXTKEY_KEY_MAX];
	struct sockaddr_in at = { .sin_family = AF_INET };
	size_t len;
	int fd;

	if (argc != 5 || !inet_pton(AF_INET, argv[2], &at.sin_addr) ||
	    extkey_parse_key((unsigned char *)argv[4], strlen(argv[4]), key,
			     &len))
		errx(2, "wrong usage");
	at.sin_port = htons(atoi(argv[3]));
	fd = keyed_socket(AF_INET, key, len);
	if (fd < 0)
		err(1, "keyed_socket");
	if (!strcmp(argv[1], "connect")) {
		if (connect(fd, (struct sockaddr *)&at, sizeof(at)) ||
		    write(fd, "x", 1) != 1)
			err(1, "connect");
	} else {
		if (bind(fd, (struct sockaddr *)&at, sizeof(at)) ||
		    listen(fd, 5))
			err(1, "listen");
	}
	puts("ready");
	fflush(stdout);
	if (!strcmp(argv[1], "listen") && accept(fd, NULL, NULL) < 0)
		err(1, "accept");
	getchar();
	return 0;
}
