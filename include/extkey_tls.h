/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * For applications with OpenSSL 3: the key of an MPTCP connection out of the TLS session on it.
 * Both ends have it, and nobody who has seen all packets. Their cgroups are attached with
 * --wait-key; call this at both ends when the handshake is over:
 *
 *	if (SSL_connect(ssl) == 1)		// or SSL_accept(), SSL_do_handshake()
 *		err = extkey_set_key_from_tls(ssl);
 *
 * Programs that cannot be changed get the same from libextkey_tls.so.
 */
#ifndef EXTKEY_TLS_H
#define EXTKEY_TLS_H

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "extkey.h"

/* Of the exporter, RFC 8446 section 7.5 and RFC 5705: no context, 32 bytes */
#define EXTKEY_TLS_LABEL "EXPERIMENTAL-extkey-mptcp"

/*
 * The key of the session, which has completed its first handshake: after a renegotiation it would
 * be another one. 0, or -EOPNOTSUPP if the session has none that is bound to it: TLS 1.2 without
 * extended master secret (RFC 7627), or before.
 */
static inline int extkey_key_from_tls(SSL *ssl,
				      unsigned char key[EXTKEY_KEY_MAX])
{
	int done;

	if (SSL_version(ssl) < TLS1_2_VERSION ||
	    (SSL_version(ssl) == TLS1_2_VERSION &&
	     SSL_get_extms_support(ssl) != 1))
		return -EOPNOTSUPP;
	/* What the program finds in the queue of errors is to be its own */
	ERR_set_mark();
	done = SSL_export_keying_material(ssl, key, EXTKEY_KEY_MAX,
					  EXTKEY_TLS_LABEL,
					  sizeof(EXTKEY_TLS_LABEL) - 1, NULL, 0,
					  0);
	ERR_pop_to_mark();
	return done == 1 ? 0 : -EOPNOTSUPP;
}

/*
 * Gives the MPTCP socket @fd the key of the TLS session on it. @fd is what the session itself
 * reads from and writes to: of one inside of another it is not the same peer. Returns 0,
 * -EOPNOTSUPP as above, or what extkey_set_socket_key() does.
 */
static inline int extkey_set_fd_key_from_tls(int fd, SSL *ssl)
{
	unsigned char key[EXTKEY_KEY_MAX];
	int err;

	err = extkey_key_from_tls(ssl, key);
	if (!err &&
	    setsockopt(fd, EXTKEY_SOL, EXTKEY_SO_TLS_KEY, key, sizeof(key)))
		err = -errno;
	extkey_wipe(key, sizeof(key));
	return err;
}

/* The same for a session whose BIO is the socket: -EBADF if it is another one */
static inline int extkey_set_key_from_tls(SSL *ssl)
{
	BIO *bio = SSL_get_rbio(ssl);
	int fd = bio && BIO_method_type(bio) == BIO_TYPE_SOCKET ?
			 SSL_get_rfd(ssl) :
			 -1;

	if (fd < 0 || fd != SSL_get_wfd(ssl))
		return -EBADF;
	return extkey_set_fd_key_from_tls(fd, ssl);
}

#endif /* EXTKEY_TLS_H */
