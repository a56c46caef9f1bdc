/* Certificate revocation lists (RFC 5280) and OCSP responses (RFC 6960), each checked against its issuer's key. */
#include "pkg/authenticode_revocation.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/error.h"
#include "host/file.h"

#define FILE_LIMIT (64u << 20)
#define RESPONSES_MAX 64

struct revocation {
    STACK_OF(X509_CRL) *lists;
    OCSP_BASICRESP *response[RESPONSES_MAX];
    int response_count;
};

struct revocation *revocation_new(void)
{
    struct revocation *revocation = calloc(1, sizeof *revocation);

    if (!revocation || !(revocation->lists = sk_X509_CRL_new_null()))
        abort();
    return revocation;
}

void revocation_free(struct revocation *revocation)
{
    if (!revocation)
        return;
    sk_X509_CRL_pop_free(revocation->lists, X509_CRL_free);
    for (int i = 0; i < revocation->response_count; i++)
        OCSP_BASICRESP_free(revocation->response[i]);
    free(revocation);
}

/* --- reading ------------------------------------------------------------------------------------------------------- */

static bool add_list(struct revocation *revocation, X509_CRL *list)
{
    if (list && sk_X509_CRL_push(revocation->lists, list))
        return true;
    X509_CRL_free(list);
    return false;
}

bool revocation_add_lists(struct revocation *revocation, const char *path)
{
    int before = sk_X509_CRL_num(revocation->lists);
    const unsigned char *p;
    uint8_t *data;
    size_t size;
    BIO *bio;

    if (!host_read_file(path, FILE_LIMIT, &data, &size))
        return false;
    p = data;
    bio = BIO_new_mem_buf(data, (int)size);
    while (bio && add_list(revocation, PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL)))
        ;
    BIO_free(bio);
    if (sk_X509_CRL_num(revocation->lists) == before)
        add_list(revocation, d2i_X509_CRL(NULL, &p, (long)size));
    ERR_clear_error();
    free(data);
    return sk_X509_CRL_num(revocation->lists) > before ||
           error_set("%s: no certificate revocation list in PEM or DER", path);
}

bool revocation_add_response(struct revocation *revocation, const char *path)
{
    OCSP_RESPONSE *response = NULL;
    OCSP_BASICRESP *basic = NULL;
    const unsigned char *p;
    uint8_t *data;
    size_t size;
    int status = -1;

    if (!host_read_file(path, FILE_LIMIT, &data, &size))
        return false;
    p = data;
    response = d2i_OCSP_RESPONSE(NULL, &p, (long)size);
    if (response && (status = OCSP_response_status(response)) == OCSP_RESPONSE_STATUS_SUCCESSFUL)
        basic = OCSP_response_get1_basic(response);
    OCSP_RESPONSE_free(response);
    ERR_clear_error();
    free(data);
    if (basic && revocation->response_count < RESPONSES_MAX) {
        revocation->response[revocation->response_count++] = basic;
        return true;
    }
    OCSP_BASICRESP_free(basic);
    if (basic)
        return error_set("more than %d OCSP responses", RESPONSES_MAX);
    if (status > 0)
        return error_set("%s: the OCSP responder answered '%s'", path, OCSP_response_status_str(status));
    return error_set("%s: no OCSP response in DER", path);
}

/* --- lists --------------------------------------------------------------------------------------------------------- */

static time_t seconds(const ASN1_TIME *time)
{
    struct tm tm;

    return time && ASN1_TIME_to_tm(time, &tm) ? timegm(&tm) : 0;
}

static bool is_over(const ASN1_TIME *next)
{
    return next && X509_cmp_current_time(next) < 0;
}

/* The newest list of this issuer, signed by it. */
static X509_CRL *list_of(const struct revocation *revocation, X509 *issuer)
{
    X509_CRL *newest = NULL;

    for (int i = 0; i < sk_X509_CRL_num(revocation->lists); i++) {
        X509_CRL *list = sk_X509_CRL_value(revocation->lists, i);

        if (X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_subject_name(issuer)) != 0 ||
            X509_CRL_verify(list, X509_get0_pubkey(issuer)) != 1)
            continue;
        if (!newest || seconds(X509_CRL_get0_lastUpdate(list)) > seconds(X509_CRL_get0_lastUpdate(newest)))
            newest = list;
    }
    ERR_clear_error();
    return newest;
}

static const char *reason_of(X509_REVOKED *entry)
{
    ASN1_ENUMERATED *code = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
    const char *text = code ? OCSP_crl_reason_str(ASN1_ENUMERATED_get(code)) : "";

    ASN1_ENUMERATED_free(code);
    ERR_clear_error();
    return text;
}

static struct revocation_answer ask_list(const struct revocation *revocation, X509 *certificate, X509 *issuer)
{
    struct revocation_answer answer = { .reason = "" };
    X509_CRL *list = list_of(revocation, issuer);
    X509_REVOKED *entry = NULL;

    if (!list)
        return answer;
    answer.word = X509_CRL_get0_by_cert(list, &entry, certificate) == 1 ? REVOCATION_REVOKED : REVOCATION_GOOD;
    if (answer.word == REVOCATION_REVOKED) {
        answer.revoked = seconds(X509_REVOKED_get0_revocationDate(entry));
        answer.reason = reason_of(entry);
    }
    answer.stale = is_over(X509_CRL_get0_nextUpdate(list));
    return answer;
}

/* --- responses ----------------------------------------------------------------------------------------------------- */

/* Signed by the issuer, or by a responder that the issuer made one. */
static bool response_holds(OCSP_BASICRESP *response, X509 *issuer)
{
    X509_STORE *store = X509_STORE_new();
    STACK_OF(X509) *given = sk_X509_new_null();
    bool good = store && given && X509_STORE_add_cert(store, issuer) && sk_X509_push(given, issuer) &&
                X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME) &&
                OCSP_basic_verify(response, given, store, 0) == 1;

    sk_X509_free(given);
    X509_STORE_free(store);
    ERR_clear_error();
    return good;
}

/* Whether an entry is about the certificate; entries name it by digests of the issuer's name and key. */
static bool is_about(const OCSP_SINGLERESP *single, X509 *certificate, X509 *issuer)
{
    const OCSP_CERTID *told = OCSP_SINGLERESP_get0_id(single);
    ASN1_OBJECT *digest = NULL;
    OCSP_CERTID *ours;
    bool same;

    OCSP_id_get0_info(NULL, &digest, NULL, NULL, (OCSP_CERTID *)(uintptr_t)told);
    ours = digest && EVP_get_digestbyobj(digest) ? OCSP_cert_to_id(EVP_get_digestbyobj(digest), certificate, issuer) : NULL;
    same = ours && OCSP_id_cmp(ours, told) == 0;
    OCSP_CERTID_free(ours);
    return same;
}

static struct revocation_answer ask_response(OCSP_BASICRESP *response, X509 *certificate, X509 *issuer)
{
    struct revocation_answer answer = { .reason = "" };

    for (int i = 0; i < OCSP_resp_count(response); i++) {
        OCSP_SINGLERESP *single = OCSP_resp_get0(response, i);
        ASN1_GENERALIZEDTIME *revoked = NULL, *next = NULL;
        int reason = -1, status;

        if (!is_about(single, certificate, issuer) || !response_holds(response, issuer))
            continue;
        status = OCSP_single_get0_status(single, &reason, &revoked, NULL, &next);
        if (status == V_OCSP_CERTSTATUS_UNKNOWN)
            continue;
        answer.word = status == V_OCSP_CERTSTATUS_REVOKED ? REVOCATION_REVOKED : REVOCATION_GOOD;
        answer.revoked = seconds(revoked);
        answer.reason = reason >= 0 ? OCSP_crl_reason_str(reason) : "";
        answer.stale = is_over(next);
        break;
    }
    ERR_clear_error();
    return answer;
}

struct revocation_answer revocation_of(const struct revocation *revocation, X509 *certificate, X509 *issuer)
{
    struct revocation_answer answer = ask_list(revocation, certificate, issuer);

    for (int i = 0; i < revocation->response_count && answer.word != REVOCATION_REVOKED; i++) {
        struct revocation_answer other = ask_response(revocation->response[i], certificate, issuer);

        if (other.word > answer.word || (other.word == answer.word && answer.stale))
            answer = other;
    }
    return answer;
}
