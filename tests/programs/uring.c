// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sends or receives a number of bytes, and makes its socket, connects, accepts, sends and
 * receives by io_uring. With "sqpoll" a thread of the kernel makes the calls.
 *
 *	uring receive ADDR PORT		prints how many bytes the first connection brings
 *	uring send ADDR PORT BYTES [sqpoll]
 *	uring probe ADDR PORT		does nothing, and fails if io_uring may not be used
 */
#include <arpa/inet.h>
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK (64 * 1024)

static struct io_uring ring;
static char block[BLOCK];

static int done(const char *what, int result)
{
	if (result < 0) {
		fprintf(stderr, "uring: %s: %s\n", what, strerror(-result));
		exit(1);
	}
	return result;
}

/* What was prepared last, to its end */
static int call(const char *what)
{
	struct io_uring_cqe *cqe;
	int result;

	done(what, io_uring_submit(&ring));
	done(what, io_uring_wait_cqe(&ring, &cqe));
	result = cqe->res;
	io_uring_cqe_seen(&ring, cqe);
	return done(what, result);
}

static int new_socket(void)
{
	io_uring_prep_socket(io_uring_get_sqe(&ring), AF_INET, SOCK_STREAM,
			     IPPROTO_MPTCP, 0);
	return call("socket");
}

static void send_bytes(const struct sockaddr_in *addr, long bytes)
{
	int fd = new_socket();
	long n;

	io_uring_prep_connect(io_uring_get_sqe(&ring), fd,
			      (const struct sockaddr *)addr, sizeof(*addr));
	call("connect");
	while (bytes > 0) {
		n = bytes < BLOCK ? bytes : BLOCK;
		io_uring_prep_send(io_uring_get_sqe(&ring), fd, block, n, 0);
		bytes -= call("send");
	}
	io_uring_prep_close(io_uring_get_sqe(&ring), fd);
	call("close");
}

static void receive_bytes(const struct sockaddr_in *addr)
{
	int fd = new_socket(), on = 1, n;
	long total = 0;

	/* There is no bind() and listen() by io_uring before Linux 6.11 */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (const struct sockaddr *)addr, sizeof(*addr)) ||
	    listen(fd, 5)) {
		perror("uring: listen");
		exit(1);
	}
	io_uring_prep_accept(io_uring_get_sqe(&ring), fd, NULL, NULL, 0);
	fd = call("accept");
	do {
		io_uring_prep_recv(io_uring_get_sqe(&ring), fd, block, BLOCK,
				   0);
		n = call("recv");
		total += n;
	} while (n);
	printf("%ld\n", total);
}

int main(int argc, char **argv)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	int flags = argc > 5 ? IORING_SETUP_SQPOLL : 0;

	if (argc < 4 || inet_pton(AF_INET, argv[2], &addr.sin_addr) != 1)
		return 2;
	addr.sin_port = htons(atoi(argv[3]));
	done("io_uring", io_uring_queue_init(8, &ring, flags));
	if (!strcmp(argv[1], "receive"))
		receive_bytes(&addr);
	else if (!strcmp(argv[1], "send"))
		send_bytes(&addr, argc > 4 ? atol(argv[4]) : 0);
	return 0;
}
