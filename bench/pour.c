// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much data an MPTCP connection carries, with TLS 1.3 or without.
 *
 *	pour --serve ADDR:PORT [--key-file FILE] [--tls=CERTIFICATE]
 *	pour --to ADDR:PORT [--key-file FILE] [--tls] [--seconds N] [--subflows N]
 *
 * The client waits until there are N subflows, sends for some seconds, and prints
 * how much arrived, in time up to the server's word that it has all of it, and how
 * much of it each subflow carried. CERTIFICATE: PEM, with the private key.
 */
#include <getopt.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>

#include "bench.h"

#define BLOCK (128 * 1024)
#define TIMEOUT_MS 20000

static unsigned char block[BLOCK];

/* With @ssl NULL the data goes as it is */
struct stream {
	int fd;
	SSL *ssl;
};

static int tls_failed(const char *what)
{
	peer_error(PEER_FAILED, "TLS: %s", what);
	ERR_print_errors_fp(stderr);
	return PEER_FAILED;
}

static ssize_t get(struct stream *stream, void *buf, size_t len)
{
	if (stream->ssl)
		return SSL_read(stream->ssl, buf, (int)len);
	return read(stream->fd, buf, len);
}

static ssize_t put(struct stream *stream, const void *buf, size_t len)
{
	if (stream->ssl)
		return SSL_write(stream->ssl, buf, (int)len);
	return send(stream->fd, buf, len, MSG_NOSIGNAL);
}

/* The server's part of a connection: to its end, then how many bytes it had */
static void drain(struct stream *stream)
{
	uint64_t bytes = 0;
	ssize_t got;

	while ((got = get(stream, block, sizeof(block))) > 0)
		bytes += (uint64_t)got;
	put(stream, &bytes, sizeof(bytes));
	if (stream->ssl) {
		SSL_shutdown(stream->ssl);
		SSL_free(stream->ssl);
	}
	close(stream->fd);
}

static int serve(const struct peer_addr *at, const char *certificate)
{
	SSL_CTX *tls = certificate ? SSL_CTX_new(TLS_server_method()) : NULL;
	struct stream stream = {};
	int one = 1, fd;

	if (certificate &&
	    (!tls || !SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION) ||
	     SSL_CTX_use_certificate_chain_file(tls, certificate) != 1 ||
	     SSL_CTX_use_PrivateKey_file(tls, certificate, SSL_FILETYPE_PEM) !=
		     1))
		return tls_failed("cannot use the certificate");
	fd = socket(at->ss.ss_family, SOCK_STREAM, IPPROTO_MPTCP);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&at->ss, at->len) || listen(fd, 16))
		return peer_error(PEER_FAILED, "cannot listen: %s",
				  strerror(errno));
	printf("{\"event\":\"listening\"}\n");
	for (;;) {
		stream.fd = accept(fd, NULL, NULL);
		if (stream.fd == -1)
			continue;
		if (tls) {
			stream.ssl = SSL_new(tls);
			if (!stream.ssl || !SSL_set_fd(stream.ssl, stream.fd) ||
			    SSL_accept(stream.ssl) != 1) {
				tls_failed("no handshake");
				SSL_free(stream.ssl);
				close(stream.fd);
				continue;
			}
		}
		drain(&stream);
	}
}

static bool has_subflows(int fd, unsigned int subflows,
			 struct peer_figures *figures)
{
	uint64_t until = bench_now_ns() + TIMEOUT_MS * 1000000ULL;

	do {
		peer_get_figures(fd, IPPROTO_MPTCP, figures);
		if (figures->established >= subflows)
			return true;
		poll(NULL, 0, 1);
	} while (bench_now_ns() < until);
	return false;
}

static void print_figures(uint64_t bytes, uint64_t ns,
			  const struct peer_figures *figures)
{
	printf("{\"mbit\":%.1f,\"bytes\":%" PRIu64 ",\"subflows\":[",
	       (double)bytes * 8e3 / (double)ns, bytes);
	for (unsigned int i = 0; i < figures->count; i++)
		printf("%s%llu", i ? "," : "",
		       figures->subflows[i].tcp.tcpi_bytes_sent);
	printf("]}\n");
}

static int pour(const struct peer_addr *to, bool tls, double seconds,
		unsigned int subflows)
{
	struct stream stream = { .fd = socket(to->ss.ss_family, SOCK_STREAM,
					      IPPROTO_MPTCP) };
	uint64_t sent = 1, answer = 0, begun, ns;
	struct peer_figures figures;
	ssize_t done;

	if (connect(stream.fd, (struct sockaddr *)&to->ss, to->len))
		return peer_error(PEER_FAILED, "cannot connect: %s",
				  strerror(errno));
	if (tls) {
		stream.ssl = SSL_new(SSL_CTX_new(TLS_client_method()));
		if (!stream.ssl || !SSL_set_fd(stream.ssl, stream.fd) ||
		    SSL_connect(stream.ssl) != 1)
			return tls_failed("no handshake");
	}
	/* The peer's acknowledgment of it is what further subflows wait for */
	if (put(&stream, block, 1) != 1 ||
	    !has_subflows(stream.fd, subflows, &figures))
		return peer_error(PEER_TIMEOUT, "%u subflows, not %u",
				  figures.established, subflows);

	begun = bench_now_ns();
	do {
		done = put(&stream, block, sizeof(block));
		if (done <= 0)
			return peer_error(PEER_FAILED, "cannot send: %s",
					  strerror(errno));
		sent += (uint64_t)done;
	} while ((double)(bench_now_ns() - begun) < seconds * 1e9);
	peer_get_figures(stream.fd, IPPROTO_MPTCP, &figures);
	if (tls)
		SSL_shutdown(stream.ssl);
	else
		shutdown(stream.fd, SHUT_WR);
	if (get(&stream, &answer, sizeof(answer)) != sizeof(answer) ||
	    answer != sent)
		return peer_error(PEER_FAILED,
				  "%" PRIu64 " bytes sent, %" PRIu64 " arrived",
				  sent, answer);
	ns = bench_now_ns() - begun;
	print_figures(sent, ns, &figures);
	return PEER_OK;
}

static int usage(void)
{
	fprintf(stderr,
		"Usage: pour --serve ADDR:PORT [--key-file FILE] [--tls=CERTIFICATE]\n"
		"       pour --to ADDR:PORT [--key-file FILE] [--tls] [--seconds N] [--subflows N]\n");
	return PEER_USAGE;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "serve", required_argument, NULL, 's' },
		{ "to", required_argument, NULL, 't' },
		{ "key-file", required_argument, NULL, 'k' },
		{ "tls", optional_argument, NULL, 'l' },
		{ "seconds", required_argument, NULL, 'S' },
		{ "subflows", required_argument, NULL, 'n' },
		{},
	};
	const char *key_file = NULL, *certificate = NULL;
	bool serving = false, tls = false;
	struct peer_addr addr = {};
	uint64_t subflows = 2;
	double seconds = 1;
	int opt;

	peer_name = "pour";
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 's' || opt == 't') {
			serving = opt == 's';
			if (!peer_parse_addr(optarg, false, &addr))
				return usage();
		} else if (opt == 'k') {
			key_file = optarg;
		} else if (opt == 'l') {
			certificate = optarg;
			tls = true;
		} else if (opt == 'S') {
			seconds = atof(optarg);
		} else if (opt != 'n' ||
			   !peer_parse_number(optarg, PEER_MAX_SUBFLOWS,
					      &subflows)) {
			return usage();
		}
	}
	if (optind < argc || !addr.len || (serving && tls && !certificate))
		return usage();
	peer_flush_lines();
	signal(SIGPIPE, SIG_IGN);
	if (key_file && peer_set_key(&addr, key_file))
		return PEER_FAILED;
	return serving ? serve(&addr, certificate) :
			 pour(&addr, tls, seconds, (unsigned int)subflows);
}
