// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long a join takes, and how many there are in a second.
 *
 * The time runs from the request for a subflow, which makes this process send the
 * MP_JOIN SYN, to the event by which the server's kernel tells that it has accepted
 * the ACK. Client and server are network namespaces of one machine: all packets of
 * the join are sent and received on the CPU of this process, in its system call.
 *
 *	join --to ADDR:PORT --from ADDR --events NETNS [--key-file FILE]
 *	     [--joins N] [--connections N]... | --workers N
 *
 * Each join is that of a new connection, which is closed then. With --connections
 * that is done once so many others are open (from 15000 on, at the next port), and
 * the kernel's memory is printed that it cannot reclaim. With --workers there are so
 * many processes, each on a CPU, that join N connections as fast as they can.
 */
#include <getopt.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "bench.h"
#include "connection.h"
#include "pm.h"

#define JOINS_MAX 100000
#define STEPS_MAX 16
#define TIMEOUT_MS 10000
#define HELD_MAX 15000 /* open connections of a process */

static struct {
	struct peer_addr to, from;
	struct sockaddr_in join_to; /* the same without the key */
	const char *events;
	const char *key_file;
	uint64_t joins;
	uint64_t steps[STEPS_MAX];
	unsigned int nr_steps;
	uint64_t workers;
} options = { .joins = 200 };

/* Some roots may not have as many files as they like: another process has them now */
static int hand_over(unsigned int first)
{
	pid_t parent = getpid(), child = fork();

	if (child == -1)
		return peer_error(PEER_FAILED, "no process: %s",
				  strerror(errno));
	if (child) {
		close_range(first, ~0U, 0);
		return PEER_OK;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent)
		pause();
	_exit(PEER_OK);
}

static int join(struct pm *pm, const struct connection *connection)
{
	if (pm_create_subflow(pm, connection->token,
			      (struct sockaddr_in *)&options.from.ss,
			      &options.join_to))
		return PEER_OK;
	return peer_error(PEER_FAILED, "cannot open a subflow: %s",
			  strerror(errno));
}

static int await_join(struct pm *events)
{
	if (pm_established(events, TIMEOUT_MS))
		return PEER_OK;
	return peer_error(PEER_FAILED, "a join was not accepted");
}

static uint64_t unreclaimable_kib(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	uint64_t kib = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "SUnreclaim: %" SCNu64, &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}

static int measure(struct pm *pm, struct pm *events, uint64_t connections)
{
	uint64_t *ns = calloc(options.joins, sizeof(*ns)), begun, sum = 0;
	uint64_t kib = unreclaimable_kib();
	struct connection connection;

	if (!ns)
		return peer_error(PEER_FAILED, "no memory");
	for (uint64_t i = 0; i < options.joins; i++) {
		if (connection_open(&options.to, &connection))
			return PEER_FAILED;
		begun = bench_now_ns();
		if (join(pm, &connection) || await_join(events))
			return PEER_FAILED;
		ns[i] = bench_now_ns() - begun;
		sum += ns[i];
		close(connection.fd);
	}
	printf("{\"connections\":%" PRIu64 ",\"ns\":%" PRIu64
	       ",\"mean_ns\":%" PRIu64 ",\"unreclaimable_kib\":%" PRIu64
	       ",\"fallbacks\":%" PRIu64 "}\n",
	       connections, bench_percentile(ns, options.joins, 50),
	       sum / options.joins, kib, connection_fallbacks);
	free(ns);
	return PEER_OK;
}

/* The server has a process, and a port, for each of the client's that hold them */
static int grow(struct pm *pm, struct pm *events)
{
	struct sockaddr_in *to = (struct sockaddr_in *)&options.to.ss;
	/* What was opened before stays */
	unsigned int first = (unsigned int)mnl_socket_get_fd(events->nl) + 1;
	struct connection connection;
	uint64_t open = 0;
	int status = PEER_OK;

	for (unsigned int i = 0; i < options.nr_steps && !status; i++) {
		for (; open < options.steps[i] && !status; open++) {
			if (open && open % HELD_MAX == 0) {
				status = hand_over(first);
				to->sin_port = htons(ntohs(to->sin_port) + 1);
				options.join_to.sin_port = to->sin_port;
			}
			if (!status)
				status = connection_open(&options.to,
							 &connection);
			pm_drain(events);
		}
		if (!status)
			status = measure(pm, events, open);
	}
	return status;
}

/* Opens its connections, says so, and joins them once nobody can write to @go */
static int work(unsigned int cpu, int ready, int go, int end)
{
	struct connection *connections =
		calloc(options.joins, sizeof(*connections));
	struct pm pm = {};
	char c = 0;

	if (!connections || bench_pin(cpu) || pm_open(&pm))
		return PEER_FAILED;
	for (uint64_t i = 0; i < options.joins; i++)
		if (connection_open(&options.to, &connections[i]))
			return PEER_FAILED;
	if (write(ready, &c, 1) != 1 || read(go, &c, 1))
		return PEER_FAILED;
	for (uint64_t i = 0; i < options.joins; i++)
		if (join(&pm, &connections[i]))
			return PEER_FAILED;
	if (write(ready, &c, 1) != 1)
		return PEER_FAILED;
	/* They stay open until all are done */
	return read(end, &c, 1) ? PEER_FAILED : PEER_OK;
}

/* False if one of them has ended before */
static bool all_say_so(int ready)
{
	char c;

	for (uint64_t i = 0; i < options.workers; i++)
		if (read(ready, &c, 1) != 1)
			return false;
	return true;
}

static int burst(struct pm *events)
{
	uint64_t all = options.joins * options.workers, begun, ns;
	int ready[2], go[2], end[2];
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (pipe(ready) || pipe(go) || pipe(end))
		return peer_error(PEER_FAILED, "no pipe: %s", strerror(errno));
	for (uint64_t i = 0; i < options.workers; i++) {
		if (fork())
			continue;
		close(go[1]);
		close(end[1]);
		if (!work((unsigned int)((long)i % cpus), ready[1], go[0],
			  end[0]))
			_exit(PEER_OK);
		kill(0, SIGTERM); /* the others would wait for it */
	}
	if (!all_say_so(ready[0]))
		return PEER_FAILED;
	begun = bench_now_ns();
	close(go[1]);
	if (!all_say_so(ready[0]))
		return PEER_FAILED;
	ns = bench_now_ns() - begun;
	for (uint64_t i = 0; i < all; i++)
		if (await_join(events))
			return PEER_FAILED;
	printf("{\"joins\":%" PRIu64 ",\"per_second\":%.0f}\n", all,
	       (double)all * 1e9 / (double)ns);
	close(end[1]);
	while (wait(NULL) > 0)
		;
	return PEER_OK;
}

static int usage(void)
{
	fprintf(stderr,
		"Usage: join --to ADDR:PORT --from ADDR --events NETNS [--key-file FILE]\n"
		"            [--joins N] [--connections N]... | --workers N\n");
	return PEER_USAGE;
}

static bool parse(int argc, char **argv)
{
	static const struct option words[] = {
		{ "to", required_argument, NULL, 't' },
		{ "from", required_argument, NULL, 'f' },
		{ "events", required_argument, NULL, 'e' },
		{ "key-file", required_argument, NULL, 'k' },
		{ "joins", required_argument, NULL, 'j' },
		{ "connections", required_argument, NULL, 'n' },
		{ "workers", required_argument, NULL, 'w' },
		{},
	};
	bool ok = true;
	int opt;

	while ((opt = getopt_long(argc, argv, "", words, NULL)) != -1) {
		if (opt == 't')
			ok &= peer_parse_addr(optarg, false, &options.to);
		else if (opt == 'f')
			ok &= peer_parse_addr(optarg, true, &options.from);
		else if (opt == 'e')
			options.events = optarg;
		else if (opt == 'k')
			options.key_file = optarg;
		else if (opt == 'j')
			ok &= peer_parse_number(optarg, JOINS_MAX,
						&options.joins);
		else if (opt == 'n' && options.nr_steps < STEPS_MAX)
			ok &= peer_parse_number(
				optarg, UINT32_MAX,
				&options.steps[options.nr_steps++]);
		else if (opt == 'w')
			ok &= peer_parse_number(optarg, CPU_SETSIZE,
						&options.workers);
		else
			ok = false;
	}
	return ok && optind == argc && options.to.len && options.from.len &&
	       options.events && options.joins;
}

int main(int argc, char **argv)
{
	struct pm pm = {}, events = {};
	int status;

	peer_name = "join";
	if (!parse(argc, argv))
		return usage();
	peer_flush_lines();
	peer_allow_files();
	memcpy(&options.join_to, &options.to.ss, sizeof(options.join_to));
	if (options.key_file && peer_set_key(&options.to, options.key_file))
		return PEER_FAILED;
	if (!options.nr_steps)
		options.nr_steps = 1;
	status = pm_listen(&events, options.events);
	if (!status && options.workers)
		return burst(&events);
	if (!status)
		status = bench_pin(0);
	if (!status)
		status = pm_open(&pm);
	return status ? status : grow(&pm, &events);
}
