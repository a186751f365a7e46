// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test server: reads each connection to its end, then answers how much it got
 * and with which checksum. Prints one JSON object a line for each event.
 */
#include <getopt.h>
#include <sys/epoll.h>

#include "peer.h"

#define MAX_LISTENERS 64
#define BACKLOG 4096 /* net.core.somaxconn is the real limit */

struct listener {
	int fd;
	struct peer_addr addr;
	const char *key_file;
};

struct connection {
	int fd;
	unsigned int id;
	struct sockaddr_storage peer;
	struct sockaddr_storage local;
	uint64_t bytes;
	uint64_t checksum;
};

static struct {
	struct listener listeners[MAX_LISTENERS];
	unsigned int nr_listeners;
	int protocol;
	bool reuseport;
	uint64_t connections; /* leave after so many have ended; 0: never */
} server = { .protocol = IPPROTO_MPTCP };

static unsigned int nr_accepted;
static uint64_t nr_ended;

static int usage(FILE *to)
{
	fprintf(to,
		"Usage: %s --listener ADDR:PORT[,KEYFILE]... [OPTION]...\n"
		"Reads each connection to its end and answers with count and checksum.\n"
		"\n"
		"  -l, --listener ADDR:PORT[,KEYFILE]\n"
		"                         listen there, with the external key in KEYFILE;\n"
		"                         may be given up to %u times\n"
		"  -r, --reuseport        more than one listener at an address\n"
		"  -t, --protocol mptcp|tcp\n"
		"  -n, --connections N    exit after N connections have ended (0: never)\n"
		"  -h, --help\n",
		peer_name, MAX_LISTENERS);
	return to == stdout ? PEER_OK : PEER_USAGE;
}

static int add_listener(char *arg)
{
	struct listener *listener = &server.listeners[server.nr_listeners];
	char *comma = strchr(arg, ',');

	if (server.nr_listeners == MAX_LISTENERS)
		return peer_error(PEER_USAGE, "more than %u times --listener",
				  MAX_LISTENERS);
	if (comma) {
		*comma = 0;
		listener->key_file = comma + 1;
	}
	if (!peer_parse_addr(arg, false, &listener->addr))
		return peer_error(PEER_USAGE,
				  "--listener wants ADDR:PORT[,KEYFILE]: '%s'",
				  arg);
	server.nr_listeners++;
	return PEER_OK;
}

static int parse_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "listener", required_argument, NULL, 'l' },
		{ "reuseport", no_argument, NULL, 'r' },
		{ "protocol", required_argument, NULL, 't' },
		{ "connections", required_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int opt, status;

	while ((opt = getopt_long(argc, argv, "l:rt:n:h", options, NULL)) !=
	       -1) {
		switch (opt) {
		case 'l':
			status = add_listener(optarg);
			if (status)
				return status;
			break;
		case 'r':
			server.reuseport = true;
			break;
		case 't':
			if (!peer_parse_protocol(optarg, &server.protocol))
				return peer_error(
					PEER_USAGE,
					"--protocol is mptcp or tcp: '%s'",
					optarg);
			break;
		case 'n':
			if (!peer_parse_number(optarg, UINT32_MAX,
					       &server.connections))
				return peer_error(
					PEER_USAGE,
					"--connections wants a number: '%s'",
					optarg);
			break;
		case 'h':
			exit(usage(stdout));
		default:
			return usage(stderr);
		}
	}
	if (optind != argc || !server.nr_listeners)
		return usage(stderr);
	return PEER_OK;
}

static int watch(int epoll, int fd, void *data)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = data };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static int open_listener(struct listener *listener, int epoll)
{
	char text[PEER_ADDR_LEN];
	int one = 1, status;

	listener->fd = socket(listener->addr.ss.ss_family, SOCK_STREAM,
			      server.protocol);
	if (listener->fd == -1)
		return peer_error(PEER_FAILED,
				  "cannot open a socket for %s: %s",
				  peer_protocol_name(server.protocol),
				  strerror(errno));
	setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (server.reuseport && setsockopt(listener->fd, SOL_SOCKET,
					   SO_REUSEPORT, &one, sizeof(one)))
		return peer_error(PEER_FAILED, "no SO_REUSEPORT: %s",
				  strerror(errno));

	if (listener->key_file) {
		status = peer_set_key(&listener->addr, listener->key_file);
		if (status)
			return status;
	}
	if (bind(listener->fd, (struct sockaddr *)&listener->addr.ss,
		 listener->addr.len)) {
		status = errno == EPERM ? PEER_EPERM : PEER_FAILED;
		return peer_error(status, "cannot bind to %s: %s",
				  peer_format(&listener->addr.ss, text),
				  strerror(errno));
	}
	peer_forget_key(&listener->addr);
	if (!peer_set_nonblocking(listener->fd) ||
	    listen(listener->fd, BACKLOG) ||
	    watch(epoll, listener->fd, listener))
		return peer_error(PEER_FAILED, "cannot listen on %s: %s",
				  peer_format(&listener->addr.ss, text),
				  strerror(errno));

	printf("{\"event\":\"listening\",\"address\":\"%s\",\"port\":%u,\"protocol\":\"%s\","
	       "\"key\":%s}\n",
	       peer_host(&listener->addr.ss, text),
	       peer_port(&listener->addr.ss),
	       peer_protocol_name(server.protocol),
	       listener->key_file ? "true" : "false");
	return PEER_OK;
}

/* A failed accept() is the failure of one connection, not of the server */
static int accept_one(const struct listener *listener, int epoll)
{
	struct connection *connection;
	char peer[PEER_ADDR_LEN];
	socklen_t len = sizeof(connection->peer);

	connection = calloc(1, sizeof(*connection));
	if (!connection)
		return peer_error(PEER_FAILED, "no memory for a connection");
	connection->checksum = PEER_CHECKSUM_INIT;

	connection->fd = accept(listener->fd,
				(struct sockaddr *)&connection->peer, &len);
	if (connection->fd == -1) {
		if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
			peer_error(PEER_FAILED, "cannot accept: %s",
				   strerror(errno));
		free(connection);
		return PEER_OK;
	}
	len = sizeof(connection->local);
	getsockname(connection->fd, (struct sockaddr *)&connection->local,
		    &len);
	connection->id = nr_accepted++;

	if (!peer_set_nonblocking(connection->fd) ||
	    watch(epoll, connection->fd, connection)) {
		peer_error(PEER_FAILED, "cannot watch a connection: %s",
			   strerror(errno));
		close(connection->fd);
		free(connection);
		return PEER_FAILED;
	}
	printf("{\"event\":\"accepted\",\"id\":%u,\"port\":%u,\"peer\":\"%s\"}\n",
	       connection->id, peer_port(&connection->local),
	       peer_format(&connection->peer, peer));
	return PEER_OK;
}

/*
 * The client closes only when it sees our end of the stream, so the subflows
 * are still there when their figures are taken.
 */
static void end_connection(struct connection *connection, int err)
{
	char local[PEER_ADDR_LEN], peer[PEER_ADDR_LEN];
	struct peer_answer answer = {
		.bytes = peer_hton64(connection->bytes),
		.checksum = peer_hton64(connection->checksum),
	};
	struct peer_figures figures;

	/* Nothing else was ever sent, so there is room for these bytes */
	if (!err && send(connection->fd, &answer, sizeof(answer),
			 MSG_NOSIGNAL) != (ssize_t)sizeof(answer))
		err = errno;
	peer_get_figures(connection->fd, server.protocol, &figures);

	printf("{\"event\":\"closed\",\"id\":%u,\"address\":\"%s\",\"port\":%u,\"peer\":\"%s\","
	       "\"bytes\":%" PRIu64 ",\"checksum\":\"%016" PRIx64
	       "\",\"ok\":%s",
	       connection->id, peer_host(&connection->local, local),
	       peer_port(&connection->local),
	       peer_format(&connection->peer, peer), connection->bytes,
	       connection->checksum, err ? "false" : "true");
	if (err)
		printf(",\"error\":\"%s\"", strerror(err));
	peer_print_figures(&figures);
	printf("}\n");

	close(connection->fd);
	free(connection);
	nr_ended++;
}

static void read_some(struct connection *connection)
{
	static unsigned char buf[256 * 1024];
	ssize_t got = read(connection->fd, buf, sizeof(buf));

	if (got > 0) {
		connection->bytes += (uint64_t)got;
		connection->checksum =
			peer_checksum(connection->checksum, buf, (size_t)got);
	} else if (!got) {
		end_connection(connection, 0);
	} else if (errno != EAGAIN && errno != EINTR) {
		end_connection(connection, errno);
	}
}

static bool is_listener(const void *data)
{
	const struct listener *listener = data;

	return listener >= server.listeners &&
	       listener < server.listeners + MAX_LISTENERS;
}

static int serve(int epoll)
{
	struct epoll_event events[64];
	int i, nr, status;

	while (!server.connections || nr_ended < server.connections) {
		nr = epoll_wait(epoll, events, 64, -1);
		if (nr == -1 && errno != EINTR)
			return peer_error(PEER_FAILED,
					  "cannot wait for events: %s",
					  strerror(errno));
		for (i = 0; i < nr; i++) {
			void *data = events[i].data.ptr;

			if (!is_listener(data)) {
				read_some(data);
				continue;
			}
			status = accept_one(data, epoll);
			if (status)
				return status;
		}
	}
	return PEER_OK;
}

int main(int argc, char **argv)
{
	unsigned int i;
	int epoll, status;

	peer_name = "extkey_server";
	status = parse_options(argc, argv);
	if (status)
		return status;

	peer_flush_lines();
	peer_allow_files();
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll == -1)
		return peer_error(PEER_FAILED, "cannot make an epoll: %s",
				  strerror(errno));
	for (i = 0; i < server.nr_listeners; i++) {
		status = open_listener(&server.listeners[i], epoll);
		if (status)
			return status;
	}
	return serve(epoll);
}
