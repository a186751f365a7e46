// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test client: opens connections to extkey_server, waits for their subflows if
 * told to, sends data that is the same in each run, and checks the answer.
 * Prints one JSON object a line for each event.
 */
#include <getopt.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "peer.h"

#define POLL_MS 10 /* between two looks at what no event tells about */
#define BLOCK (64 * 1024)
#define BLOCKS_A_ROUND 16
#define NR_CONNECTIONS_MAX 4096

struct connection {
	int fd;
	bool ended; /* with what the current step is about */
	bool idle; /* in this step, but has nothing to wait for */
	uint64_t sent;
	uint64_t checksum;
	uint64_t random;
	int unacked;
	size_t block_len; /* bytes in the block, and how many of them are sent */
	size_t block_sent;
	unsigned char block[BLOCK];
	size_t answer_len;
	union {
		struct peer_answer answer;
		/* one byte more than there should be */
		unsigned char answer_buf[sizeof(struct peer_answer) + 1];
	};
	struct peer_figures figures;
};

static struct {
	struct peer_addr connect;
	struct peer_addr bind;
	const char *key_file;
	const char *bind_key_file;
	int protocol;
	uint64_t connections;
	uint64_t bytes;
	uint64_t rate; /* bytes a second and connection; 0: as fast as it goes */
	uint64_t wait_subflows;
	uint64_t timeout; /* seconds */
	bool hold_start;
	bool hold_end;
} client = { .protocol = IPPROTO_MPTCP,
	     .connections = 1,
	     .bytes = 1,
	     .timeout = 120 };

static struct connection *connections;
static struct pollfd *pollfds;
static char server_text[PEER_ADDR_LEN];

static int usage(FILE *to)
{
	fprintf(to,
		"Usage: %s --connect ADDR:PORT [OPTION]...\n"
		"Sends data to extkey_server and checks its answer.\n"
		"\n"
		"  -c, --connect ADDR:PORT\n"
		"  -k, --key-file FILE       external key for connect()\n"
		"  -b, --bind ADDR[:PORT]    bind() to it before\n"
		"  -K, --bind-key-file FILE  external key for that bind()\n"
		"  -t, --protocol mptcp|tcp\n"
		"  -n, --connections N       open N connections at once (1)\n"
		"  -B, --bytes N             send N bytes on each (1), the first one at once\n"
		"  -r, --rate N              send no more than N bytes a second on each\n"
		"  -w, --wait-subflows N     send the rest only when each connection has N\n"
		"                            subflows established\n"
		"  -T, --timeout S           give up after S seconds in which nothing\n"
		"                            happened, or with subflows missing (120)\n"
		"  -S, --hold-start          after the first byte, wait for a line on stdin\n"
		"  -E, --hold-end            after the data, wait for a line on stdin\n"
		"  -h, --help\n"
		"\n"
		"Exit status: 0 all well, 1 failed, 2 usage, 3 bind() or connect() not\n"
		"permitted, 4 subflows missing at the end of the timeout.\n",
		peer_name);
	return to == stdout ? PEER_OK : PEER_USAGE;
}

static int bad_option(const char *name, const char *wanted)
{
	return peer_error(PEER_USAGE, "--%s wants %s: '%s'", name, wanted,
			  optarg);
}

static int parse_option(int opt)
{
	switch (opt) {
	case 'c':
		if (!peer_parse_addr(optarg, false, &client.connect))
			return bad_option("connect", "ADDR:PORT");
		return PEER_OK;
	case 'b':
		if (!peer_parse_addr(optarg, true, &client.bind))
			return bad_option("bind", "ADDR or ADDR:PORT");
		return PEER_OK;
	case 'k':
		client.key_file = optarg;
		return PEER_OK;
	case 'K':
		client.bind_key_file = optarg;
		return PEER_OK;
	case 't':
		if (!peer_parse_protocol(optarg, &client.protocol))
			return bad_option("protocol", "mptcp or tcp");
		return PEER_OK;
	case 'n':
		if (!peer_parse_number(optarg, NR_CONNECTIONS_MAX,
				       &client.connections) ||
		    !client.connections)
			return bad_option("connections",
					  "a number of 1 to 4096");
		return PEER_OK;
	case 'B':
		if (!peer_parse_number(optarg, INT64_MAX, &client.bytes))
			return bad_option("bytes", "a number");
		return PEER_OK;
	case 'r':
		if (!peer_parse_number(optarg, UINT32_MAX, &client.rate))
			return bad_option("rate", "a number of bytes a second");
		return PEER_OK;
	case 'w':
		if (!peer_parse_number(optarg, PEER_MAX_SUBFLOWS,
				       &client.wait_subflows))
			return bad_option("wait-subflows", "a number up to 16");
		return PEER_OK;
	case 'T':
		if (!peer_parse_number(optarg, 86400, &client.timeout) ||
		    !client.timeout)
			return bad_option("timeout",
					  "a number of seconds, 1 to 86400");
		return PEER_OK;
	case 'S':
		client.hold_start = true;
		return PEER_OK;
	case 'E':
		client.hold_end = true;
		return PEER_OK;
	case 'h':
		exit(usage(stdout));
	default:
		return usage(stderr);
	}
}

static int parse_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "connect", required_argument, NULL, 'c' },
		{ "bind", required_argument, NULL, 'b' },
		{ "key-file", required_argument, NULL, 'k' },
		{ "bind-key-file", required_argument, NULL, 'K' },
		{ "protocol", required_argument, NULL, 't' },
		{ "connections", required_argument, NULL, 'n' },
		{ "bytes", required_argument, NULL, 'B' },
		{ "rate", required_argument, NULL, 'r' },
		{ "wait-subflows", required_argument, NULL, 'w' },
		{ "timeout", required_argument, NULL, 'T' },
		{ "hold-start", no_argument, NULL, 'S' },
		{ "hold-end", no_argument, NULL, 'E' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int opt, status;

	while ((opt = getopt_long(argc, argv, "c:b:k:K:t:n:B:r:w:T:SEh",
				  options, NULL)) != -1) {
		status = parse_option(opt);
		if (status)
			return status;
	}
	if (optind != argc || !client.connect.len)
		return usage(stderr);
	if (client.wait_subflows > 1 && !client.bytes)
		return peer_error(PEER_USAGE,
				  "without a byte there is one subflow only");
	if (client.bind_key_file && !client.bind.len)
		return peer_error(PEER_USAGE,
				  "--bind-key-file wants --bind as well");
	if (client.connections > 1 && client.bind.len &&
	    peer_port(&client.bind.ss))
		return peer_error(
			PEER_USAGE,
			"--bind with a port is for one connection only");
	return PEER_OK;
}

/* The time at which nothing more is waited for */
static int64_t deadline(void)
{
	return peer_now_ms() + (int64_t)client.timeout * 1000;
}

static void start_step(void)
{
	uint64_t i;

	for (i = 0; i < client.connections; i++) {
		connections[i].ended = false;
		connections[i].idle = false;
	}
}

/*
 * Waits for @events on those connections that have not ended the current step,
 * or for the poll interval. The result is in pollfds[].revents.
 */
static void poll_unended(short events)
{
	uint64_t i;

	for (i = 0; i < client.connections; i++) {
		bool skip = connections[i].ended || connections[i].idle;

		pollfds[i].fd = skip ? -1 : connections[i].fd;
		pollfds[i].events = events;
		pollfds[i].revents = 0;
	}
	poll(pollfds, client.connections, POLL_MS);
}

static int open_one(struct connection *connection)
{
	char text[PEER_ADDR_LEN];
	int status;

	connection->fd = socket(client.connect.ss.ss_family, SOCK_STREAM,
				client.protocol);
	if (connection->fd == -1 || !peer_set_nonblocking(connection->fd))
		return peer_error(PEER_FAILED,
				  "cannot open a socket for %s: %s",
				  peer_protocol_name(client.protocol),
				  strerror(errno));

	if (client.bind.len &&
	    bind(connection->fd, (struct sockaddr *)&client.bind.ss,
		 client.bind.len)) {
		status = errno == EPERM ? PEER_EPERM : PEER_FAILED;
		return peer_error(status, "cannot bind to %s: %s",
				  peer_format(&client.bind.ss, text),
				  strerror(errno));
	}
	if (connect(connection->fd, (struct sockaddr *)&client.connect.ss,
		    client.connect.len) &&
	    errno != EINPROGRESS) {
		status = errno == EPERM ? PEER_EPERM : PEER_FAILED;
		return peer_error(status, "cannot connect to %s: %s",
				  server_text, strerror(errno));
	}
	return PEER_OK;
}

static int finish_connect(uint64_t id)
{
	struct connection *connection = &connections[id];
	struct peer_figures *figures = &connection->figures;
	socklen_t len = sizeof(int);
	int err = 0;

	getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (!err)
		err = -peer_get_figures(connection->fd, client.protocol,
					figures);
	if (err)
		return peer_error(err == EPERM ? PEER_EPERM : PEER_FAILED,
				  "cannot connect to %s: %s", server_text,
				  strerror(err));

	connection->ended = true;
	printf("{\"event\":\"connected\",\"id\":%" PRIu64, id);
	peer_print_figures(figures);
	printf("}\n");
	return PEER_OK;
}

static int connect_all(void)
{
	uint64_t i, connected = 0;
	int64_t until = deadline();
	int status = PEER_OK;

	if (client.key_file)
		status = peer_set_key(&client.connect, client.key_file);
	if (!status && client.bind_key_file)
		status = peer_set_key(&client.bind, client.bind_key_file);
	for (i = 0; i < client.connections && !status; i++)
		status = open_one(&connections[i]);
	peer_forget_key(&client.connect);
	peer_forget_key(&client.bind);
	if (status)
		return status;

	while (connected < client.connections) {
		if (peer_now_ms() > until)
			return peer_error(PEER_FAILED,
					  "cannot connect to %s: timeout",
					  server_text);
		poll_unended(POLLOUT);
		for (i = 0; i < client.connections; i++) {
			if (!pollfds[i].revents)
				continue;
			status = finish_connect(i);
			if (status)
				return status;
			connected++;
			until = deadline();
		}
	}
	return PEER_OK;
}

static int subflows_missing(const struct connection *missing, uint64_t ready)
{
	printf("{\"event\":\"timeout\",\"id\":%td,\"wanted\":%" PRIu64
	       ",\"ready\":%" PRIu64,
	       missing - connections, client.wait_subflows, ready);
	peer_print_figures(&missing->figures);
	printf("}\n");
	return peer_error(PEER_TIMEOUT,
			  "%" PRIu64 " of %" PRIu64 " connections have %" PRIu64
			  " subflows established; number %td has %u%s",
			  ready, client.connections, client.wait_subflows,
			  missing - connections, missing->figures.established,
			  missing->figures.fallback ? ": it fell back to TCP" :
						      "");
}

static int wait_for_subflows(void)
{
	int64_t until = deadline();
	struct connection *missing;
	uint64_t i, ready;

	for (;;) {
		missing = NULL;
		for (i = 0, ready = 0; i < client.connections; i++) {
			struct connection *connection = &connections[i];
			struct peer_figures *figures = &connection->figures;
			int err = peer_get_figures(connection->fd,
						   client.protocol, figures);

			if (err)
				return peer_error(
					PEER_FAILED,
					"cannot get the subflows of connection %" PRIu64
					": %s",
					i, strerror(-err));
			if (figures->established >= client.wait_subflows)
				ready++;
			else if (!missing || figures->fallback)
				missing = connection;
		}
		if (!missing)
			break;
		/* A connection that fell back never gets another subflow */
		if (missing->figures.fallback || peer_now_ms() > until)
			return subflows_missing(missing, ready);
		poll(NULL, 0, POLL_MS);
	}
	printf("{\"event\":\"subflows\",\"connections\":%" PRIu64
	       ",\"subflows\":%" PRIu64 "}\n",
	       ready, client.wait_subflows);
	return PEER_OK;
}

/* Byte by byte, to leave the next line for the next one who holds */
static void hold(const char *at)
{
	ssize_t got;
	char c;

	printf("{\"event\":\"holding\",\"at\":\"%s\"}\n", at);
	do {
		got = read(STDIN_FILENO, &c, 1);
	} while ((got == 1 && c != '\n') || (got == -1 && errno == EINTR));
}

/*
 * The next bytes of a sequence that is the connection's own (xorshift64), so
 * that bytes which end up in another connection are noticed.
 */
static void fill_block(struct connection *connection)
{
	uint64_t left = client.bytes - connection->sent;
	uint64_t word = connection->random;
	size_t i;

	for (i = 0; i < BLOCK; i += sizeof(word)) {
		word ^= word << 13;
		word ^= word >> 7;
		word ^= word << 17;
		memcpy(connection->block + i, &word, sizeof(word));
	}
	connection->random = word;
	connection->block_len = left < BLOCK ? left : BLOCK;
	connection->block_sent = 0;
}

/* Sends up to @until bytes in all; the number of bytes, or a negative errno */
static ssize_t send_some(struct connection *connection, uint64_t until)
{
	size_t len;
	ssize_t done;

	if (connection->sent >= until)
		return 0;
	if (connection->block_sent == connection->block_len)
		fill_block(connection);
	len = connection->block_len - connection->block_sent;
	if (len > until - connection->sent)
		len = until - connection->sent;

	done = send(connection->fd, connection->block + connection->block_sent,
		    len, MSG_NOSIGNAL);
	if (done == -1)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;

	connection->checksum = peer_checksum(
		connection->checksum,
		connection->block + connection->block_sent, (size_t)done);
	connection->block_sent += (size_t)done;
	connection->sent += (uint64_t)done;
	return done;
}

/* Whether the server is still there, which has nothing to say so far: or why not */
static int check_server(const struct connection *connection)
{
	ssize_t got;
	char c;

	got = recv(connection->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT);
	if (got == -1)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	return got ? 0 : -ESHUTDOWN;
}

/* One round of sending: whether something happened, or a negative errno */
static int send_round(struct connection *connection, uint64_t until)
{
	unsigned int i;
	int unacked = 0, err;
	ssize_t done = 1;

	err = check_server(connection);
	if (err)
		return err;
	/* Not without an end, as the others have their turn too */
	for (i = 0; i < BLOCKS_A_ROUND && done; i++) {
		done = send_some(connection, until);
		if (done < 0)
			return (int)done;
	}
	if (connection->sent < client.bytes)
		return i > 1;

	/* Once all is acknowledged the figures of the subflows are complete */
	if (ioctl(connection->fd, SIOCOUTQ, &unacked))
		return -errno;
	connection->ended = !unacked;
	if (unacked == connection->unacked && !connection->ended)
		return 0;
	connection->unacked = unacked;
	return 1;
}

/*
 * Linux opens more subflows only when the server has acknowledged data: that is
 * how it knows that its own MP_CAPABLE has arrived.
 */
static int send_first_byte(void)
{
	ssize_t done;
	uint64_t i;

	for (i = 0; i < client.connections && client.bytes; i++) {
		done = send_some(&connections[i], 1);
		if (done < 0)
			return peer_error(PEER_FAILED,
					  "connection %" PRIu64
					  " broke at once: %s",
					  i, strerror((int)-done));
	}
	return PEER_OK;
}

static uint64_t allowed_until(int64_t start)
{
	uint64_t elapsed = (uint64_t)(peer_now_ms() - start);

	/* Split, as the product of large numbers would overflow */
	if (!client.rate || elapsed / 1000 > client.bytes / client.rate)
		return client.bytes;
	elapsed = elapsed / 1000 * client.rate +
		  elapsed % 1000 * client.rate / 1000;
	return elapsed < client.bytes ? elapsed : client.bytes;
}

static int send_all(void)
{
	int64_t start = peer_now_ms(), until = deadline();
	uint64_t i, ended;

	start_step();
	for (;;) {
		uint64_t allowed = allowed_until(start);

		for (i = 0, ended = 0; i < client.connections; i++) {
			struct connection *connection = &connections[i];
			int moved = connection->ended ?
					    0 :
					    send_round(connection, allowed);

			if (moved < 0)
				return peer_error(PEER_FAILED,
						  "connection %" PRIu64
						  " broke after %" PRIu64
						  " bytes: %s",
						  i, connection->sent,
						  strerror(-moved));
			if (moved)
				until = deadline();
			ended += connection->ended;
			/* Acknowledgments and the clock make no event */
			connection->idle = connection->sent >= allowed;
		}
		if (ended == client.connections)
			return PEER_OK;
		if (peer_now_ms() > until)
			return peer_error(PEER_FAILED,
					  "nothing acknowledged for %" PRIu64
					  " s, on %" PRIu64 " of %" PRIu64
					  " connections",
					  client.timeout,
					  client.connections - ended,
					  client.connections);
		poll_unended(POLLOUT);
	}
}

static int check_answer(uint64_t id)
{
	struct connection *connection = &connections[id];
	uint64_t bytes = peer_hton64(connection->answer.bytes);
	uint64_t checksum = peer_hton64(connection->answer.checksum);
	bool ok = connection->answer_len == sizeof(connection->answer) &&
		  bytes == connection->sent && checksum == connection->checksum;

	printf("{\"event\":\"done\",\"id\":%" PRIu64 ",\"bytes\":%" PRIu64
	       ",\"checksum\":\"%016" PRIx64 "\",\"ok\":%s",
	       id, connection->sent, connection->checksum,
	       ok ? "true" : "false");
	peer_print_figures(&connection->figures);
	printf("}\n");
	if (ok)
		return PEER_OK;
	return peer_error(
		PEER_FAILED,
		"connection %" PRIu64 " sent %" PRIu64
		" bytes, checksum %016" PRIx64
		", but the server answered with %zu bytes: it has %" PRIu64
		", checksum %016" PRIx64,
		id, connection->sent, connection->checksum,
		connection->answer_len, bytes, checksum);
}

/* Reads until the server's end of the stream: only then it has all figures */
static int read_answer(uint64_t id)
{
	struct connection *connection = &connections[id];
	ssize_t got;

	got = read(connection->fd,
		   connection->answer_buf + connection->answer_len,
		   sizeof(connection->answer_buf) - connection->answer_len);
	if (got == -1 && (errno == EAGAIN || errno == EINTR))
		return PEER_OK;
	if (got == -1)
		return peer_error(PEER_FAILED,
				  "no answer on connection %" PRIu64 ": %s", id,
				  strerror(errno));
	if (got) {
		connection->answer_len += (size_t)got;
		if (connection->answer_len < sizeof(connection->answer_buf))
			return PEER_OK;
	}
	connection->ended = true;
	return check_answer(id);
}

static int finish_all(void)
{
	uint64_t i, ended = 0;
	int64_t until;
	int status = PEER_OK, one;

	start_step();
	/* Figures first: with the end of both streams the subflows are gone */
	for (i = 0; i < client.connections; i++) {
		peer_get_figures(connections[i].fd, client.protocol,
				 &connections[i].figures);
		shutdown(connections[i].fd, SHUT_WR);
	}

	until = deadline();
	while (ended < client.connections) {
		if (peer_now_ms() > until)
			return peer_error(PEER_FAILED,
					  "no answer on %" PRIu64 " of %" PRIu64
					  " connections: timeout",
					  client.connections - ended,
					  client.connections);
		poll_unended(POLLIN);
		for (i = 0; i < client.connections; i++) {
			if (!pollfds[i].revents)
				continue;
			one = read_answer(i);
			if (one && !connections[i].ended)
				return one;
			if (one)
				status = one;
			ended += connections[i].ended;
			until = deadline();
		}
	}
	return status;
}

static int run(void)
{
	int status;

	status = connect_all();
	if (!status)
		status = send_first_byte();
	if (!status && client.wait_subflows)
		status = wait_for_subflows();
	if (status)
		return status;
	if (client.hold_start)
		hold("start");
	status = send_all();
	if (status)
		return status;
	if (client.hold_end)
		hold("end");
	return finish_all();
}

int main(int argc, char **argv)
{
	uint64_t i;
	int status;

	peer_name = "extkey_client";
	status = parse_options(argc, argv);
	if (status)
		return status;

	peer_flush_lines();
	peer_allow_files();
	peer_format(&client.connect.ss, server_text);
	connections = calloc(client.connections, sizeof(*connections));
	pollfds = calloc(client.connections, sizeof(*pollfds));
	if (!connections || !pollfds)
		return peer_error(PEER_FAILED,
				  "no memory for %" PRIu64 " connections",
				  client.connections);
	for (i = 0; i < client.connections; i++) {
		connections[i].checksum = PEER_CHECKSUM_INIT;
		connections[i].random = (i + 1) * 0x9e3779b97f4a7c15ULL;
	}
	return run();
}
