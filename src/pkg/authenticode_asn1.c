/* Templates: see authenticode_asn1.h. */
#include "pkg/authenticode_asn1.h"

ASN1_CHOICE(SpcString) = {
    ASN1_IMP_OPT(SpcString, value.unicode, ASN1_BMPSTRING, 0),
    ASN1_IMP_OPT(SpcString, value.ascii, ASN1_IA5STRING, 1),
} ASN1_CHOICE_END(SpcString)
IMPLEMENT_ASN1_FUNCTIONS(SpcString)

ASN1_SEQUENCE(SpcSerializedObject) = {
    ASN1_SIMPLE(SpcSerializedObject, class_id, ASN1_OCTET_STRING),
    ASN1_SIMPLE(SpcSerializedObject, data, ASN1_OCTET_STRING),
} ASN1_SEQUENCE_END(SpcSerializedObject)
IMPLEMENT_ASN1_FUNCTIONS(SpcSerializedObject)

ASN1_CHOICE(SpcLink) = {
    ASN1_IMP_OPT(SpcLink, value.url, ASN1_IA5STRING, 0),
    ASN1_IMP_OPT(SpcLink, value.moniker, SpcSerializedObject, 1),
    ASN1_EXP_OPT(SpcLink, value.file, SpcString, 2),
} ASN1_CHOICE_END(SpcLink)
IMPLEMENT_ASN1_FUNCTIONS(SpcLink)

ASN1_SEQUENCE(SpcPeImageData) = {
    ASN1_SIMPLE(SpcPeImageData, flags, ASN1_BIT_STRING),
    ASN1_EXP_OPT(SpcPeImageData, file, SpcLink, 0),
} ASN1_SEQUENCE_END(SpcPeImageData)
IMPLEMENT_ASN1_FUNCTIONS(SpcPeImageData)

ASN1_SEQUENCE(SpcTypeAndValue) = {
    ASN1_SIMPLE(SpcTypeAndValue, type, ASN1_OBJECT),
    ASN1_OPT(SpcTypeAndValue, value, ASN1_ANY),
} ASN1_SEQUENCE_END(SpcTypeAndValue)
IMPLEMENT_ASN1_FUNCTIONS(SpcTypeAndValue)

ASN1_SEQUENCE(SpcDigestInfo) = {
    ASN1_SIMPLE(SpcDigestInfo, algorithm, X509_ALGOR),
    ASN1_SIMPLE(SpcDigestInfo, digest, ASN1_OCTET_STRING),
} ASN1_SEQUENCE_END(SpcDigestInfo)
IMPLEMENT_ASN1_FUNCTIONS(SpcDigestInfo)

ASN1_SEQUENCE(SpcIndirectData) = {
    ASN1_SIMPLE(SpcIndirectData, data, SpcTypeAndValue),
    ASN1_SIMPLE(SpcIndirectData, digest, SpcDigestInfo),
} ASN1_SEQUENCE_END(SpcIndirectData)
IMPLEMENT_ASN1_FUNCTIONS(SpcIndirectData)

ASN1_SEQUENCE(SpcSpOpusInfo) = {
    ASN1_EXP_OPT(SpcSpOpusInfo, program_name, SpcString, 0),
    ASN1_EXP_OPT(SpcSpOpusInfo, more_info, SpcLink, 1),
} ASN1_SEQUENCE_END(SpcSpOpusInfo)
IMPLEMENT_ASN1_FUNCTIONS(SpcSpOpusInfo)

ASN1_ITEM_TEMPLATE(SpcStatementType) = ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_SEQUENCE_OF, 0, SpcStatementType, ASN1_OBJECT)
ASN1_ITEM_TEMPLATE_END(SpcStatementType)
IMPLEMENT_ASN1_FUNCTIONS(SpcStatementType)

ASN1_SEQUENCE(SpcAttribute) = {
    ASN1_SIMPLE(SpcAttribute, type, ASN1_OBJECT),
    ASN1_SET_OF(SpcAttribute, values, ASN1_ANY),
} ASN1_SEQUENCE_END(SpcAttribute)
IMPLEMENT_ASN1_FUNCTIONS(SpcAttribute)

ASN1_ITEM_TEMPLATE(SpcAttributeSet) = ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_SET_OF, 0, SpcAttributeSet, SpcAttribute)
ASN1_ITEM_TEMPLATE_END(SpcAttributeSet)
IMPLEMENT_ASN1_FUNCTIONS(SpcAttributeSet)

ASN1_SEQUENCE(CatNameValue) = {
    ASN1_SIMPLE(CatNameValue, tag, ASN1_BMPSTRING),
    ASN1_SIMPLE(CatNameValue, flags, ASN1_INTEGER),
    ASN1_SIMPLE(CatNameValue, value, ASN1_OCTET_STRING),
} ASN1_SEQUENCE_END(CatNameValue)
IMPLEMENT_ASN1_FUNCTIONS(CatNameValue)

ASN1_SEQUENCE(CatMemberInfo) = {
    ASN1_SIMPLE(CatMemberInfo, subject_type, ASN1_BMPSTRING),
    ASN1_SIMPLE(CatMemberInfo, cert_version, ASN1_INTEGER),
} ASN1_SEQUENCE_END(CatMemberInfo)
IMPLEMENT_ASN1_FUNCTIONS(CatMemberInfo)

ASN1_SEQUENCE(CatMember) = {
    ASN1_SIMPLE(CatMember, identifier, ASN1_OCTET_STRING),
    ASN1_SET_OF_OPT(CatMember, attributes, SpcAttribute),
} ASN1_SEQUENCE_END(CatMember)
IMPLEMENT_ASN1_FUNCTIONS(CatMember)

ASN1_SEQUENCE(CatUsage) = {
    ASN1_SIMPLE(CatUsage, usage, ASN1_OBJECT),
} ASN1_SEQUENCE_END(CatUsage)
IMPLEMENT_ASN1_FUNCTIONS(CatUsage)

ASN1_SEQUENCE(CatTrustList) = {
    ASN1_SIMPLE(CatTrustList, usage, CatUsage),
    ASN1_SIMPLE(CatTrustList, list_identifier, ASN1_OCTET_STRING),
    ASN1_SIMPLE(CatTrustList, this_update, ASN1_TIME),
    ASN1_SIMPLE(CatTrustList, subject_algorithm, X509_ALGOR),
    ASN1_SEQUENCE_OF_OPT(CatTrustList, members, CatMember),
    ASN1_EXP_SEQUENCE_OF_OPT(CatTrustList, extensions, X509_EXTENSION, 0),
} ASN1_SEQUENCE_END(CatTrustList)
IMPLEMENT_ASN1_FUNCTIONS(CatTrustList)
