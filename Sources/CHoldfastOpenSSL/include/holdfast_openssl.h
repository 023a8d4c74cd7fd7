/**
 * TLS for holdfast.h by OpenSSL (libssl 1.1.1 or later).
 *
 *     struct holdfast_tls_options security = {.ca_file = "shop-ca.pem"};
 *     holdfast_tls *tls = holdfast_tls_new(&security, text, sizeof text);
 *     options.io = holdfast_tls_io(tls);
 *
 * TLS 1.2 or later; the server's certificate must be valid, come from a trusted issuer, and bear the name or address
 * that was asked for. There is no switch to turn this off.
 *
 * OpenSSL itself has global state and allocates with malloc. A holdfast_tls may serve any number of clients, on
 * several threads, while it is not freed.
 */
#ifndef HOLDFAST_OPENSSL_H
#define HOLDFAST_OPENSSL_H

#include <stddef.h>

#include "holdfast.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What a secure connection rests on. Leave out what does not apply; nothing is kept beyond holdfast_tls_new. */
struct holdfast_tls_options {
    /** PEM file of the issuers that are trusted; NULL for the system's. */
    const char *ca_file;
    /** PEM file of this client's certificate with its chain, for servers that ask for one; NULL for none. */
    const char *certificate_file;
    /** PEM file of its private key, without a passphrase; with certificate_file only. */
    const char *key_file;
    /** The name that the server's certificate must bear; NULL for the host of the client's options. */
    const char *server_name;
};

/** Trust and identity, loaded. */
typedef struct holdfast_tls holdfast_tls;

/**
 * Loads files and makes what secure connections share.
 *
 * Returns NULL where a file cannot be read or does not fit the others, with the reason in `text`, which may be NULL.
 */
holdfast_tls *holdfast_tls_new(const struct holdfast_tls_options *options, char *text, size_t text_bytes);

/** For the options of a client. It is valid until holdfast_tls_free. */
const struct holdfast_io *holdfast_tls_io(const holdfast_tls *tls);

/** Frees it. No client may use it any more. NULL is fine. */
void holdfast_tls_free(holdfast_tls *tls);

#ifdef __cplusplus
}
#endif

#endif
