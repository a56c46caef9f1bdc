/* Time stamps (RFC 3161): asking an authority by http or https, and adding its answer to a signature. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/http.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/ts.h>

#include "base/error.h"
#include "pkg/authenticode.h"
#include "pkg/authenticode_asn1.h"

#define TIMESTAMP_LIMIT (1 << 20)       /* bytes of an answer */
#define TIMESTAMP_SECONDS 30

static bool make_nonce(TS_REQ *request)
{
    uint8_t bytes[8];
    BIGNUM *number = NULL;
    ASN1_INTEGER *nonce = NULL;
    bool good = RAND_bytes(bytes, sizeof bytes) == 1 && (number = BN_bin2bn(bytes, sizeof bytes, NULL)) &&
                (nonce = BN_to_ASN1_INTEGER(number, NULL)) && TS_REQ_set_nonce(request, nonce);

    BN_free(number);
    ASN1_INTEGER_free(nonce);
    return good;
}

static TS_REQ *make_request(const ASN1_OCTET_STRING *signature, const EVP_MD *md)
{
    TS_REQ *request = TS_REQ_new();
    TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
    X509_ALGOR *algorithm = X509_ALGOR_new();
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned length;
    bool good = request && imprint && algorithm &&
                X509_ALGOR_set0(algorithm, OBJ_nid2obj(EVP_MD_get_type(md)), V_ASN1_NULL, NULL) &&
                EVP_Digest(signature->data, (size_t)signature->length, digest, &length, md, NULL) &&
                TS_MSG_IMPRINT_set_algo(imprint, algorithm) && TS_MSG_IMPRINT_set_msg(imprint, digest, (int)length) &&
                TS_REQ_set_version(request, 1) && TS_REQ_set_msg_imprint(request, imprint) && make_nonce(request) &&
                TS_REQ_set_cert_req(request, 1);

    X509_ALGOR_free(algorithm);
    TS_MSG_IMPRINT_free(imprint);
    if (good)
        return request;
    TS_REQ_free(request);
    return NULL;
}

/* A connection that is there or refused at once; OSSL_HTTP_transfer alone would try again until its time is over. */
static BIO *connect_plainly(const char *host, const char *port)
{
    BIO *connection = BIO_new(BIO_s_connect());

    if (connection && BIO_set_conn_hostname(connection, host) > 0 && BIO_set_conn_port(connection, port) > 0 &&
        BIO_do_connect(connection) > 0)
        return connection;
    BIO_free(connection);
    return NULL;
}

/* The same with TLS; the server must be the host, by the certificates this computer trusts (SSL_CERT_FILE and SSL_CERT_DIR name
 * others). */
static BIO *connect_with_tls(const char *host, const char *port)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    BIO *plain = NULL, *tls = NULL;
    SSL *ssl = NULL;

    if (context && SSL_CTX_set_default_verify_paths(context) && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION)) {
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
        if ((plain = connect_plainly(host, port)))
            tls = BIO_new_ssl(context, 1);
    }
    SSL_CTX_free(context);              /* the connection holds it */
    if (tls)
        BIO_get_ssl(tls, &ssl);
    if (ssl && SSL_set_tlsext_host_name(ssl, host) &&
        (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) || SSL_set1_host(ssl, host))) {
        ERR_clear_error();
        BIO_push(tls, plain);
        if (BIO_do_handshake(tls) > 0)
            return tls;
        plain = NULL;
    }
    BIO_free_all(tls);
    BIO_free(plain);
    return NULL;
}

/* The authority's answer to the request, NULL with error_text(). */
static TS_RESP *ask(const char *url, TS_REQ *request)
{
    char *host = NULL, *port = NULL, *path = NULL;
    BIO *body = BIO_new(BIO_s_mem()), *connection = NULL, *answer = NULL;
    TS_RESP *response = NULL;
    int tls = 0;

    if (OSSL_HTTP_parse_url(url, &tls, NULL, &host, &port, NULL, &path, NULL, NULL) && body && i2d_TS_REQ_bio(body, request)) {
        connection = (tls ? connect_with_tls : connect_plainly)(host, port);
        if (connection)
            answer = OSSL_HTTP_transfer(NULL, host, port, path, 0, NULL, NULL, connection, NULL, NULL, NULL, 0, NULL,
                                        "application/timestamp-query", body, "application/timestamp-reply", 1,
                                        TIMESTAMP_LIMIT, TIMESTAMP_SECONDS, 0);
        response = answer ? d2i_TS_RESP_bio(answer, NULL) : NULL;
    }
    if (!response)
        authenticode_openssl_failed(url);
    BIO_free(answer);
    BIO_free_all(connection);
    BIO_free(body);
    OPENSSL_free(host);
    OPENSSL_free(port);
    OPENSSL_free(path);
    return response;
}

/* Granted, for our digest and our nonce. Whom to trust is decided when the signature is verified. */
static bool check_answer(const char *url, TS_REQ *request, TS_RESP *response)
{
    TS_VERIFY_CTX *verify = TS_REQ_to_TS_VERIFY_CTX(request, NULL);
    bool good;

    if (!verify)
        return authenticode_openssl_failed(url);
    TS_VERIFY_CTX_set_flags(verify, TS_VFY_VERSION | TS_VFY_IMPRINT | TS_VFY_NONCE);
    good = TS_RESP_verify_response(verify, response) == 1;
    TS_VERIFY_CTX_free(verify);
    if (!good)
        authenticode_openssl_failed(url);
    return good;
}

static bool attach(PKCS7_SIGNER_INFO *info, PKCS7 *token)
{
    unsigned char *der = NULL;
    int size = i2d_PKCS7(token, &der);
    bool good = authenticode_add_attribute(&info->unauth_attr, OID_RFC3161_COUNTERSIGN, der, size);

    OPENSSL_free(der);
    return good || authenticode_openssl_failed("a time stamp cannot be added");
}

bool authenticode_timestamp(PKCS7 *message, const char *url, const char *digest)
{
    STACK_OF(PKCS7_SIGNER_INFO) *infos = PKCS7_get_signer_info(message);
    PKCS7_SIGNER_INFO *info = infos ? sk_PKCS7_SIGNER_INFO_value(infos, 0) : NULL;
    const EVP_MD *md = authenticode_digest(digest);
    TS_REQ *request = info && md ? make_request(info->enc_digest, md) : NULL;
    TS_RESP *response = request ? ask(url, request) : NULL;
    bool good;

    if (md && !request)
        authenticode_openssl_failed("a time stamp cannot be asked for");
    good = response && check_answer(url, request, response) && attach(info, TS_RESP_get_token(response));
    TS_RESP_free(response);
    TS_REQ_free(request);
    return good;
}
