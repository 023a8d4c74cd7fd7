#define _POSIX_C_SOURCE 200809L

#include "holdfast_openssl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

struct holdfast_tls {
    SSL_CTX *context;
    BIO_METHOD *method;
    char *server_name;
    struct holdfast_io io;
};

static void describe(char *text, size_t text_bytes, const char *what) {
    if (text == NULL || text_bytes == 0) return;
    unsigned long code = ERR_get_error();
    const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);
    snprintf(text, text_bytes, reason == NULL ? "%s" : "%s: %s", what, reason);
    ERR_clear_error();
}

/* OpenSSL's own sockets write in a way that can raise SIGPIPE; these do not. */
static int socket_write(BIO *bio, const char *bytes, int count) {
    int *socket = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t written = send(*socket, bytes, (size_t)count, MSG_NOSIGNAL);
    if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) BIO_set_retry_write(bio);
    return (int)written;
}

static int socket_read(BIO *bio, char *bytes, int count) {
    int *socket = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t got = recv(*socket, bytes, (size_t)count, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) BIO_set_retry_read(bio);
    return (int)got;
}

static long socket_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static BIO_METHOD *make_method(void) {
    int type = BIO_get_new_index();
    BIO_METHOD *method = type < 0 ? NULL : BIO_meth_new(type | BIO_TYPE_SOURCE_SINK, "holdfast socket");
    if (method == NULL) return NULL;
    if (BIO_meth_set_write(method, socket_write) == 1 && BIO_meth_set_read(method, socket_read) == 1
        && BIO_meth_set_ctrl(method, socket_control) == 1) {
        return method;
    }
    BIO_meth_free(method);
    return NULL;
}

/* A secure session. The socket's number lives here because BIOs take pointers. */
struct session {
    int socket;
    SSL *ssl;
};

static bool is_address(const char *name) {
    unsigned char address[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
}

static bool expect_name(SSL *ssl, const char *name) {
    X509_VERIFY_PARAM *parameters = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (is_address(name)) return X509_VERIFY_PARAM_set1_ip_asc(parameters, name) == 1;
    return X509_VERIFY_PARAM_set1_host(parameters, name, 0) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

static void session_close(void *opened) {
    struct session *session = opened;
    /* One try: it does not block, and what does not fit is not waited for. */
    if (session->ssl != NULL && SSL_is_init_finished(session->ssl)) SSL_shutdown(session->ssl);
    ERR_clear_error();
    SSL_free(session->ssl);
    free(session);
}

static void *session_open(void *context, int socket, const char *host, char *text, size_t text_bytes) {
    const struct holdfast_tls *tls = context;
    ERR_clear_error();
    struct session *session = calloc(1, sizeof *session);
    if (session == NULL) {
        describe(text, text_bytes, "no memory for a secure session");
        return NULL;
    }
    session->socket = socket;
    session->ssl = SSL_new(tls->context);
    BIO *bio = session->ssl == NULL ? NULL : BIO_new(tls->method);
    if (bio == NULL || !expect_name(session->ssl, tls->server_name != NULL ? tls->server_name : host)) {
        describe(text, text_bytes, "a secure session cannot be made");
        BIO_free(bio);
        session_close(session);
        return NULL;
    }
    BIO_set_data(bio, &session->socket);
    BIO_set_init(bio, 1);
    SSL_set_bio(session->ssl, bio, bio);
    SSL_set_connect_state(session->ssl);
    return session;
}

static int answer_of(SSL *ssl, int count) {
    switch (SSL_get_error(ssl, count)) {
    case SSL_ERROR_WANT_READ: return HOLDFAST_IO_WANTS_READ;
    case SSL_ERROR_WANT_WRITE: return HOLDFAST_IO_WANTS_WRITE;
    case SSL_ERROR_ZERO_RETURN: return 0;
    default: return HOLDFAST_IO_FAILED;
    }
}

static int session_handshake(void *opened, char *text, size_t text_bytes) {
    SSL *ssl = ((struct session *)opened)->ssl;
    ERR_clear_error();
    int count = SSL_do_handshake(ssl);
    if (count == 1) return 0;
    int answer = answer_of(ssl, count);
    if (answer == HOLDFAST_IO_WANTS_READ || answer == HOLDFAST_IO_WANTS_WRITE) return answer;
    long verdict = SSL_get_verify_result(ssl);
    if (verdict != X509_V_OK) {
        ERR_clear_error();
        describe(text, text_bytes, X509_verify_cert_error_string(verdict));
    } else {
        describe(text, text_bytes, "the handshake failed");
    }
    return HOLDFAST_IO_FAILED;
}

static ptrdiff_t session_read(void *opened, void *bytes, size_t count) {
    SSL *ssl = ((struct session *)opened)->ssl;
    ERR_clear_error();
    int got = SSL_read(ssl, bytes, count > INT_MAX ? INT_MAX : (int)count);
    return got > 0 ? got : answer_of(ssl, got);
}

static ptrdiff_t session_write(void *opened, const void *bytes, size_t count) {
    SSL *ssl = ((struct session *)opened)->ssl;
    ERR_clear_error();
    int written = SSL_write(ssl, bytes, count > INT_MAX ? INT_MAX : (int)count);
    if (written > 0) return written;
    int answer = answer_of(ssl, written);
    return answer == 0 ? HOLDFAST_IO_FAILED : answer;
}

/* Loads what the options name; says what failed, or NULL. */
static const char *load(SSL_CTX *context, const struct holdfast_tls_options *options) {
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) return "TLS 1.2 is not there";
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    /* Buffers may move between the tries of a write, and a short write is as good as any. */
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    if (options->ca_file != NULL) {
        if (SSL_CTX_load_verify_locations(context, options->ca_file, NULL) != 1) return "ca_file cannot be read";
    } else if (SSL_CTX_set_default_verify_paths(context) != 1) {
        return "the system's issuers cannot be read";
    }
    if ((options->certificate_file == NULL) != (options->key_file == NULL)) {
        return "certificate_file and key_file go together";
    }
    if (options->certificate_file == NULL) return NULL;
    if (SSL_CTX_use_certificate_chain_file(context, options->certificate_file) != 1) {
        return "certificate_file cannot be read";
    }
    if (SSL_CTX_use_PrivateKey_file(context, options->key_file, SSL_FILETYPE_PEM) != 1) {
        return "key_file cannot be read or is not of the certificate";
    }
    return NULL;
}

holdfast_tls *holdfast_tls_new(const struct holdfast_tls_options *options, char *text, size_t text_bytes) {
    ERR_clear_error();
    holdfast_tls *tls = calloc(1, sizeof *tls);
    if (tls == NULL) {
        describe(text, text_bytes, "no memory");
        return NULL;
    }
    const char *fault = NULL;
    tls->context = SSL_CTX_new(TLS_client_method());
    tls->method = make_method();
    if (tls->context == NULL || tls->method == NULL) fault = "OpenSSL cannot be used";
    if (fault == NULL) fault = load(tls->context, options);
    if (fault == NULL && options->server_name != NULL) {
        tls->server_name = strdup(options->server_name);
        if (tls->server_name == NULL) fault = "no memory";
    }
    if (fault != NULL) {
        describe(text, text_bytes, fault);
        holdfast_tls_free(tls);
        return NULL;
    }
    tls->io = (struct holdfast_io){
        tls, session_open, session_handshake, session_read, session_write, session_close};
    return tls;
}

const struct holdfast_io *holdfast_tls_io(const holdfast_tls *tls) {
    return &tls->io;
}

void holdfast_tls_free(holdfast_tls *tls) {
    if (tls == NULL) return;
    SSL_CTX_free(tls->context);
    BIO_meth_free(tls->method);
    free(tls->server_name);
    free(tls);
}
