/* The ASN.1 of Authenticode and of catalogs, as OpenSSL item templates, and the object identifiers they use.
 *
 * Layouts follow "Windows Authenticode Portable Executable Signature Format" and the certificate trust list of
 * wincrypt.h's documentation; text strings are BMPString (UTF-16BE). */
#ifndef PKG_AUTHENTICODE_ASN1_H
#define PKG_AUTHENTICODE_ASN1_H

#include <openssl/asn1t.h>
#include <openssl/x509.h>

#define OID_SPC_INDIRECT_DATA     "1.3.6.1.4.1.311.2.1.4"
#define OID_SPC_STATEMENT_TYPE    "1.3.6.1.4.1.311.2.1.11"
#define OID_SPC_SP_OPUS_INFO      "1.3.6.1.4.1.311.2.1.12"
#define OID_SPC_PE_IMAGE_DATA     "1.3.6.1.4.1.311.2.1.15"
#define OID_SPC_INDIVIDUAL        "1.3.6.1.4.1.311.2.1.21"
#define OID_SPC_CAB_DATA          "1.3.6.1.4.1.311.2.1.25"
#define OID_SPC_SIPINFO           "1.3.6.1.4.1.311.2.1.30"
#define OID_SPC_PAGE_HASHES_V1    "1.3.6.1.4.1.311.2.3.1"
#define OID_SPC_PAGE_HASHES_V2    "1.3.6.1.4.1.311.2.3.2"
#define OID_NESTED_SIGNATURE      "1.3.6.1.4.1.311.2.4.1"
#define OID_RFC3161_COUNTERSIGN   "1.3.6.1.4.1.311.3.3.1"
#define OID_CTL                   "1.3.6.1.4.1.311.10.1"
#define OID_CATALOG_LIST          "1.3.6.1.4.1.311.12.1.1"
#define OID_CATALOG_LIST_MEMBER   "1.3.6.1.4.1.311.12.1.2"
#define OID_CATALOG_LIST_MEMBER2  "1.3.6.1.4.1.311.12.1.3"
#define OID_CAT_NAMEVALUE         "1.3.6.1.4.1.311.12.2.1"
#define OID_CAT_MEMBERINFO        "1.3.6.1.4.1.311.12.2.2"
#define OID_CAT_MEMBERINFO2       "1.3.6.1.4.1.311.12.2.3"

#define OID_EKU_CODE_SIGNING      "1.3.6.1.5.5.7.3.3"
#define OID_EKU_LIFETIME_SIGNING  "1.3.6.1.4.1.311.10.3.13"
#define OID_EKU_WHQL              "1.3.6.1.4.1.311.10.3.5"
#define OID_EKU_ATTESTED          "1.3.6.1.4.1.311.10.3.5.1"
#define OID_POLICY_EV_CODE_SIGNING "2.23.140.1.3"
#define OID_EKU_NT5_CRYPTO        "1.3.6.1.4.1.311.10.3.6"

typedef struct {
    int type;                           /* 0 unicode, 1 ascii */
    union { ASN1_BMPSTRING *unicode; ASN1_IA5STRING *ascii; } value;
} SpcString;
DECLARE_ASN1_FUNCTIONS(SpcString)

typedef struct {
    ASN1_OCTET_STRING *class_id, *data;
} SpcSerializedObject;
DECLARE_ASN1_FUNCTIONS(SpcSerializedObject)

typedef struct {
    int type;                           /* 0 url, 1 moniker, 2 file */
    union { ASN1_IA5STRING *url; SpcSerializedObject *moniker; SpcString *file; } value;
} SpcLink;
DECLARE_ASN1_FUNCTIONS(SpcLink)

typedef struct {
    ASN1_BIT_STRING *flags;
    SpcLink *file;
} SpcPeImageData;
DECLARE_ASN1_FUNCTIONS(SpcPeImageData)

typedef struct {
    ASN1_OBJECT *type;
    ASN1_TYPE *value;
} SpcTypeAndValue;
DECLARE_ASN1_FUNCTIONS(SpcTypeAndValue)

typedef struct {
    X509_ALGOR *algorithm;
    ASN1_OCTET_STRING *digest;
} SpcDigestInfo;
DECLARE_ASN1_FUNCTIONS(SpcDigestInfo)

typedef struct {
    SpcTypeAndValue *data;
    SpcDigestInfo *digest;
} SpcIndirectData;
DECLARE_ASN1_FUNCTIONS(SpcIndirectData)

typedef struct {
    SpcString *program_name;
    SpcLink *more_info;
} SpcSpOpusInfo;
DECLARE_ASN1_FUNCTIONS(SpcSpOpusInfo)

typedef STACK_OF(ASN1_OBJECT) SpcStatementType;
DECLARE_ASN1_FUNCTIONS(SpcStatementType)

/* An attribute: one type, a set of values. */
typedef struct {
    ASN1_OBJECT *type;
    STACK_OF(ASN1_TYPE) *values;
} SpcAttribute;
DECLARE_ASN1_FUNCTIONS(SpcAttribute)
DEFINE_STACK_OF(SpcAttribute)

typedef STACK_OF(SpcAttribute) SpcAttributeSet;
DECLARE_ASN1_FUNCTIONS(SpcAttributeSet)

/* --- catalogs ------------------------------------------------------------------------------------------------------ */

typedef struct {
    ASN1_BMPSTRING *tag;
    ASN1_INTEGER *flags;
    ASN1_OCTET_STRING *value;           /* UTF-16LE with its NUL */
} CatNameValue;
DECLARE_ASN1_FUNCTIONS(CatNameValue)

typedef struct {
    ASN1_BMPSTRING *subject_type;       /* the GUID of the kind of file, as text */
    ASN1_INTEGER *cert_version;
} CatMemberInfo;
DECLARE_ASN1_FUNCTIONS(CatMemberInfo)

typedef struct {
    ASN1_OCTET_STRING *identifier;      /* version 1: the digest as UTF-16LE hexadecimal; version 2: the digest */
    SpcAttributeSet *attributes;
} CatMember;
DECLARE_ASN1_FUNCTIONS(CatMember)
DEFINE_STACK_OF(CatMember)

typedef struct {
    ASN1_OBJECT *usage;                 /* inside its SEQUENCE */
} CatUsage;
DECLARE_ASN1_FUNCTIONS(CatUsage)

typedef struct {
    CatUsage *usage;
    ASN1_OCTET_STRING *list_identifier;
    ASN1_TIME *this_update;
    X509_ALGOR *subject_algorithm;
    STACK_OF(CatMember) *members;
    STACK_OF(X509_EXTENSION) *extensions;
} CatTrustList;
DECLARE_ASN1_FUNCTIONS(CatTrustList)

#endif
