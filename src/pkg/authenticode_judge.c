/* Judging a signed message: its signature, the chain behind it, its time stamp, and what Windows makes of it. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

#include "base/error.h"
#include "host/file.h"
#include "pkg/authenticode.h"
#include "pkg/authenticode_asn1.h"
#include "pkg/authenticode_judge.h"
#include "pkg/authenticode_revocation.h"
#include "pkg/authenticode_verify.h"

#define CHAIN_MAX 16
#define CERTIFICATES_LIMIT (4u << 20)

void signature_wrong(struct signature *signature, const char *reason)
{
    if (!signature->reason[0])
        snprintf(signature->reason, sizeof signature->reason, "%s", reason);
}

static void name_text(char *text, size_t size, X509_NAME *name)
{
    BIO *bio = BIO_new(BIO_s_mem());
    int length = 0;

    if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0)
        length = BIO_read(bio, text, (int)size - 1);
    text[length > 0 ? length : 0] = 0;
    BIO_free(bio);
}

static time_t asn1_time(const ASN1_TIME *time)
{
    struct tm tm;

    return time && ASN1_TIME_to_tm(time, &tm) ? timegm(&tm) : 0;
}

/* --- the signature ------------------------------------------------------------------------------------------------- */

/* The authenticated attribute messageDigest, or NULL. */
static const ASN1_OCTET_STRING *message_digest(PKCS7_SIGNER_INFO *info)
{
    ASN1_TYPE *value = PKCS7_get_signed_attribute(info, NID_pkcs9_messageDigest);

    return value && value->type == V_ASN1_OCTET_STRING ? value->value.octet_string : NULL;
}

static bool content_digest_matches(const PKCS7 *message, PKCS7_SIGNER_INFO *info, const EVP_MD *md)
{
    const ASN1_OCTET_STRING *told = message_digest(info);
    const ASN1_TYPE *other = message->d.sign->contents->d.other;
    uint8_t digest[EVP_MAX_MD_SIZE];
    const unsigned char *p;
    unsigned length;
    long inside;
    int tag, class;

    if (!told || !other || other->type != V_ASN1_SEQUENCE)
        return false;
    p = other->value.sequence->data;
    if (ASN1_get_object(&p, &inside, &tag, &class, other->value.sequence->length) & 0x80)
        return false;
    return EVP_Digest(p, (size_t)inside, digest, &length, md, NULL) && told->length == (int)length &&
           !memcmp(told->data, digest, length);
}

/* Does this key's signature stand over these bytes? */
static bool key_signed(EVP_PKEY *key, const EVP_MD *md, const ASN1_OCTET_STRING *signature, const uint8_t *data, size_t size)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && key && EVP_DigestVerifyInit(context, NULL, md, NULL, key) == 1 &&
                EVP_DigestVerify(context, signature->data, (size_t)signature->length, data, size) == 1;

    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return good;
}

static bool attributes_signed(PKCS7_SIGNER_INFO *info, X509 *signer, const EVP_MD *md)
{
    unsigned char *der = NULL;
    int size = ASN1_item_i2d((const ASN1_VALUE *)info->auth_attr, &der, ASN1_ITEM_rptr(PKCS7_ATTR_VERIFY));
    bool good = size > 0 && key_signed(X509_get0_pubkey(signer), md, info->enc_digest, der, (size_t)size);

    OPENSSL_free(der);
    return good;
}

/* --- the chain ----------------------------------------------------------------------------------------------------- */

static X509 *find_issuer(X509 *of, STACK_OF(X509) *in)
{
    for (int i = 0; i < sk_X509_num(in); i++) {
        X509 *candidate = sk_X509_value(in, i);

        if (X509_check_issued(candidate, of) == X509_V_OK && X509_verify(of, X509_get0_pubkey(candidate)) == 1)
            return candidate;
    }
    ERR_clear_error();
    return NULL;
}

/* From the signer up through the message's own certificates, each signature checked. Returns the last. */
static X509 *walk(struct signature *signature, X509 *signer, STACK_OF(X509) *in, time_t when)
{
    X509 *last = signer;

    for (signature->chain_length = 1; signature->chain_length < CHAIN_MAX; signature->chain_length++) {
        X509 *next = X509_self_signed(last, 1) == 1 ? NULL : find_issuer(last, in);

        if (!next)
            break;
        last = next;
        if (when < asn1_time(X509_get0_notBefore(last)) || when > asn1_time(X509_get0_notAfter(last)))
            signature_wrong(signature, signature->timestamp_matches
                                           ? "a certificate of the chain was not valid at the time of the time stamp"
                                           : "a certificate of the chain is not valid now, and there is no time stamp");
    }
    ERR_clear_error();
    signature->self_signed = last == signer && X509_self_signed(signer, 1) == 1;
    ERR_clear_error();
    if (X509_self_signed(last, 0) == 1)
        name_text(signature->chain_end, sizeof signature->chain_end, X509_get_subject_name(last));
    else
        name_text(signature->chain_end, sizeof signature->chain_end, X509_get_issuer_name(last));
    return last;
}

/* --- revocation ---------------------------------------------------------------------------------------------------- */

/* One certificate of the chain; the worst word stays. */
static void look_up(struct signature *signature, const struct revocation *revocation, X509 *certificate, X509 *issuer, time_t when)
{
    struct revocation_answer answer = revocation_of(revocation, certificate, issuer);
    enum signature_revocation word = answer.word == REVOCATION_NOBODY_SAYS ? SIGNATURE_UNKNOWN
                                     : answer.word == REVOCATION_GOOD      ? SIGNATURE_NOT_REVOKED
                                     : when < answer.revoked               ? SIGNATURE_REVOKED_LATER
                                                                           : SIGNATURE_REVOKED;

    signature->revocation_stale = signature->revocation_stale || answer.stale;
    if (word == SIGNATURE_REVOKED)
        signature_wrong(signature, "a certificate of the chain was revoked");
    if (word <= signature->revocation)
        return;
    signature->revocation = word;
    if (word != SIGNATURE_NOT_REVOKED)
        name_text(signature->revoked_name, sizeof signature->revoked_name, X509_get_subject_name(certificate));
    signature->revoked = answer.revoked;
    signature->revoked_reason = answer.reason;
}

static void judge_revocation(struct signature *signature, X509 *signer, STACK_OF(X509) *in, const struct verify_options *options,
                             time_t when)
{
    X509 *certificate = signer;

    signature->revoked_reason = "";
    for (int i = 0; options->revocation && i < CHAIN_MAX && X509_self_signed(certificate, 0) != 1; i++) {
        X509 *issuer = find_issuer(certificate, in);

        if (!issuer && options->roots)
            issuer = find_issuer(certificate, options->roots);
        if (!issuer) {
            if (signature->revocation < SIGNATURE_UNKNOWN) {
                signature->revocation = SIGNATURE_UNKNOWN;
                name_text(signature->revoked_name, sizeof signature->revoked_name, X509_get_subject_name(certificate));
            }
            break;
        }
        look_up(signature, options->revocation, certificate, issuer, when);
        certificate = issuer;
    }
    if (options->revocation && signature->revocation == SIGNATURE_NOT_LOOKED_UP)
        signature->revocation = SIGNATURE_NOT_REVOKED;      /* a self-signed certificate has nobody above it */
    ERR_clear_error();
}

static bool leads_to_root(X509 *signer, STACK_OF(X509) *in, STACK_OF(X509) *roots, time_t when, const char **reason)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    bool good = store && context;

    for (int i = 0; good && i < sk_X509_num(roots); i++)
        good = X509_STORE_add_cert(store, sk_X509_value(roots, i));
    good = good && X509_STORE_CTX_init(context, store, signer, in);
    if (good) {
        X509_STORE_CTX_set_flags(context, X509_V_FLAG_PARTIAL_CHAIN);
        X509_STORE_CTX_set_time(context, 0, when);
        X509_STORE_CTX_set_purpose(context, X509_PURPOSE_ANY);
        good = X509_verify_cert(context) == 1;
        if (!good)
            *reason = X509_verify_cert_error_string(X509_STORE_CTX_get_error(context));
    }
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    ERR_clear_error();
    return good;
}

bool certificate_has_usage(X509 *certificate, const char *oid)
{
    EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
    ASN1_OBJECT *wanted = OBJ_txt2obj(oid, 1);
    bool found = false;

    for (int i = 0; i < sk_ASN1_OBJECT_num(usage); i++)
        found = found || OBJ_cmp(sk_ASN1_OBJECT_value(usage, i), wanted) == 0;
    ASN1_OBJECT_free(wanted);
    EXTENDED_KEY_USAGE_free(usage);
    ERR_clear_error();
    return found;
}

static bool certificate_has_policy(X509 *certificate, const char *oid)
{
    CERTIFICATEPOLICIES *policies = X509_get_ext_d2i(certificate, NID_certificate_policies, NULL, NULL);
    ASN1_OBJECT *wanted = OBJ_txt2obj(oid, 1);
    bool found = false;

    for (int i = 0; i < sk_POLICYINFO_num(policies); i++)
        found = found || OBJ_cmp(sk_POLICYINFO_value(policies, i)->policyid, wanted) == 0;
    ASN1_OBJECT_free(wanted);
    CERTIFICATEPOLICIES_free(policies);
    ERR_clear_error();
    return found;
}

/* --- the time stamp ------------------------------------------------------------------------------------------------ */

static const ASN1_STRING *unsigned_attribute(PKCS7_SIGNER_INFO *info, const char *oid)
{
    ASN1_OBJECT *wanted = OBJ_txt2obj(oid, 1);
    const ASN1_STRING *found = NULL;

    for (int i = 0; !found && i < sk_X509_ATTRIBUTE_num(info->unauth_attr); i++) {
        X509_ATTRIBUTE *attribute = sk_X509_ATTRIBUTE_value(info->unauth_attr, i);
        ASN1_TYPE *value = X509_ATTRIBUTE_get0_type(attribute, 0);

        if (OBJ_cmp(X509_ATTRIBUTE_get0_object(attribute), wanted) == 0 && value && value->type == V_ASN1_SEQUENCE)
            found = value->value.sequence;
    }
    ASN1_OBJECT_free(wanted);
    return found;
}

/* The token is an ordinary signed message over its TSTInfo; the authority's certificate comes in it. */
static bool token_holds(PKCS7 *token, const TS_TST_INFO *info, const ASN1_OCTET_STRING *over, const struct verify_options *options,
                        struct signature *signature)
{
    TS_MSG_IMPRINT *imprint = TS_TST_INFO_get_msg_imprint((TS_TST_INFO *)(uintptr_t)info);
    const EVP_MD *md = EVP_get_digestbyobj(TS_MSG_IMPRINT_get_algo(imprint)->algorithm);
    const ASN1_OCTET_STRING *told = TS_MSG_IMPRINT_get_msg(imprint);
    BIO *content = BIO_new(BIO_s_mem());
    const char *reason = "the time stamp's certificate is not for time stamps";
    STACK_OF(X509) *signers;
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned length;
    bool good = md && EVP_Digest(over->data, (size_t)over->length, digest, &length, md, NULL) &&
                told->length == (int)length && !memcmp(told->data, digest, length) && content &&
                PKCS7_verify(token, NULL, NULL, NULL, content, PKCS7_NOVERIFY) == 1;

    signers = good ? PKCS7_get0_signers(token, NULL, 0) : NULL;
    if (sk_X509_num(signers) > 0) {
        X509 *authority = sk_X509_value(signers, 0);

        name_text(signature->authority, sizeof signature->authority, X509_get_subject_name(authority));
        good = X509_check_purpose(authority, X509_PURPOSE_TIMESTAMP_SIGN, 0) == 1;
        if (good && options->roots)
            good = leads_to_root(authority, token->d.sign->cert, options->roots, signature->timestamp, &reason);
        if (!good)
            signature_wrong(signature, reason);
    }
    sk_X509_free(signers);
    BIO_free(content);
    return good;
}

static void judge_timestamp(struct signature *signature, PKCS7_SIGNER_INFO *info, const struct verify_options *options)
{
    const ASN1_STRING *string = unsigned_attribute(info, OID_RFC3161_COUNTERSIGN);
    const unsigned char *p = string ? string->data : NULL;
    PKCS7 *token = string ? d2i_PKCS7(NULL, &p, string->length) : NULL;
    TS_TST_INFO *stamp = token && PKCS7_type_is_signed(token) ? PKCS7_to_TS_TST_INFO(token) : NULL;

    signature->has_timestamp = string != NULL;
    if (stamp) {
        signature->timestamp = asn1_time(TS_TST_INFO_get_time(stamp));
        signature->timestamp_matches = token_holds(token, stamp, info->enc_digest, options, signature);
    }
    if (string && !signature->timestamp_matches)
        signature_wrong(signature, "the time stamp does not belong to this signature");
    TS_TST_INFO_free(stamp);
    PKCS7_free(token);
    ERR_clear_error();
}

/* --- all of it ------------------------------------------------------------------------------------------------------ */

static void judge_certificate(struct signature *signature, X509 *signer, STACK_OF(X509) *certificates,
                              const struct verify_options *options)
{
    /* A certificate for lifetime signing ends its signatures with itself, time stamp or not. */
    bool stamped = signature->timestamp_matches && !certificate_has_usage(signer, OID_EKU_LIFETIME_SIGNING);
    time_t when = stamped ? signature->timestamp : time(NULL);
    const char *reason = "no root was found";
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;

    name_text(signature->signer, sizeof signature->signer, X509_get_subject_name(signer));
    name_text(signature->issuer, sizeof signature->issuer, X509_get_issuer_name(signer));
    if (X509_digest(signer, EVP_sha1(), digest, &length))
        for (unsigned i = 0; i < length; i++)
            snprintf(signature->thumbprint + 2 * i, 3, "%02X", digest[i]);
    signature->not_before = asn1_time(X509_get0_notBefore(signer));
    signature->not_after = asn1_time(X509_get0_notAfter(signer));
    signature->extended_validation = certificate_has_policy(signer, OID_POLICY_EV_CODE_SIGNING);
    signature->code_signing = certificate_has_usage(signer, OID_EKU_CODE_SIGNING);
    if (!signature->code_signing)
        signature_wrong(signature, "the signer's certificate is not for code signing");
    if (when < signature->not_before || when > signature->not_after)
        signature_wrong(signature, stamped                        ? "the certificate was not valid at the time of the time stamp"
                                   : signature->timestamp_matches ? "the certificate is not valid now, and it is for lifetime signing"
                                                                  : "the certificate is not valid now, and there is no time stamp");
    walk(signature, signer, certificates, when);
    judge_revocation(signature, signer, certificates, options, when);
    signature->roots_given = options->roots != NULL;
    if (!signature->roots_given)
        return;
    signature->trusted = leads_to_root(signer, certificates, options->roots, when, &reason);
    if (!signature->trusted)
        signature_wrong(signature, reason);
}

static X509 *signer_certificate(PKCS7_SIGNER_INFO *info, STACK_OF(X509) *certificates)
{
    return certificates ? X509_find_by_issuer_and_serial(certificates, info->issuer_and_serial->issuer,
                                                         info->issuer_and_serial->serial)
                        : NULL;
}

static void judge(const PKCS7 *message, PKCS7_SIGNER_INFO *info, const struct verify_options *options, content_check check,
                  void *context, struct signature *signature)
{
    STACK_OF(X509) *certificates = message->d.sign->cert;
    X509 *signer = signer_certificate(info, certificates);
    const EVP_MD *md = EVP_get_digestbyobj(info->digest_alg->algorithm);

    signature->digest_name = "";
    if (!check(context, message, signature))
        signature_wrong(signature, "the signed content is not about a file of this kind");
    else if (!signature->digest_matches)
        signature_wrong(signature, "the file is not what was signed: its digest differs");
    else if (signature->has_pages && !signature->pages_match)
        signature_wrong(signature, "the page hashes do not belong to this file");
    if (!signer)
        signature_wrong(signature, "the signer's certificate is not in the signature");
    signature->message_matches = signer && md && content_digest_matches(message, info, md) &&
                                 attributes_signed(info, signer, md);
    if (signer && !signature->message_matches)
        signature_wrong(signature, "the signature does not belong to the content and the signer's key");
    judge_timestamp(signature, info, options);
    if (signer)
        judge_certificate(signature, signer, certificates, options);
    signature->policy = signer ? kernel_policy_judge(signature, signer) : KERNEL_REFUSED;
}

static int judge_nested(PKCS7_SIGNER_INFO *info, const struct verify_options *options, content_check check, void *context,
                        struct signature *list, int room)
{
    const ASN1_STRING *string = unsigned_attribute(info, OID_NESTED_SIGNATURE);
    const unsigned char *p = string ? string->data : NULL;
    PKCS7 *inner = string ? d2i_PKCS7(NULL, &p, string->length) : NULL;
    int count = 0;

    ERR_clear_error();
    if (inner)
        count = verify_message(inner, options, check, context, list, room);
    for (int i = 0; i < count; i++)
        list[i].nested = true;
    PKCS7_free(inner);
    return count;
}

int verify_message(const PKCS7 *message, const struct verify_options *options, content_check check, void *context,
                   struct signature *list, int room)
{
    STACK_OF(PKCS7_SIGNER_INFO) *infos =
        PKCS7_type_is_signed(message) && message->d.sign && message->d.sign->contents
            ? PKCS7_get_signer_info((PKCS7 *)(uintptr_t)message) : NULL;
    PKCS7_SIGNER_INFO *info = sk_PKCS7_SIGNER_INFO_num(infos) > 0 ? sk_PKCS7_SIGNER_INFO_value(infos, 0) : NULL;

    if (!info || room <= 0)
        return 0;
    list[0] = (struct signature){ 0 };
    judge(message, info, options, check, context, &list[0]);
    return 1 + judge_nested(info, options, check, context, list + 1, room - 1);
}

bool signature_holds(const struct signature *signature)
{
    return !signature->reason[0] && signature->digest_matches && signature->message_matches;
}

STACK_OF(X509) *certificates_read(const char *path)
{
    STACK_OF(X509) *list = sk_X509_new_null();
    uint8_t *data = NULL;
    size_t size = 0;
    X509 *certificate;
    BIO *bio;

    if (!list || !host_read_file(path, CERTIFICATES_LIMIT, &data, &size)) {
        sk_X509_free(list);
        return NULL;
    }
    bio = BIO_new_mem_buf(data, (int)size);
    while (bio && (certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) && sk_X509_push(list, certificate))
        ;
    BIO_free(bio);
    if (sk_X509_num(list) == 0) {
        const unsigned char *p = data;

        certificate = d2i_X509(NULL, &p, (long)size);
        if (certificate && !sk_X509_push(list, certificate))
            X509_free(certificate);
    }
    ERR_clear_error();
    free(data);
    if (sk_X509_num(list) > 0)
        return list;
    error_set("%s: no certificate in PEM or DER", path);
    sk_X509_free(list);
    return NULL;
}
