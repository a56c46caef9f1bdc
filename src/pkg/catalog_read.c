/* Reading catalogs and comparing them with files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/err.h>

#include "base/error.h"
#include "base/util.h"
#include "host/file.h"
#include "pkg/authenticode.h"
#include "pkg/authenticode_spc.h"
#include "pkg/catalog.h"

#define ENTRY_LIMIT 100000

/* UTF-16LE as ASCII ('?' for the rest). malloc'ed. */
static char *narrow(const ASN1_STRING *wide)
{
    char *text = calloc(1, (size_t)wide->length / 2 + 1);

    for (int i = 0; text && i + 1 < wide->length; i += 2) {
        unsigned c = wide->data[i] | (unsigned)wide->data[i + 1] << 8;

        text[i / 2] = c < 128 ? (char)c : '?';
    }
    return text;
}

/* BMPString: big-endian. Compares with ASCII, no case. */
static bool is_tag(const ASN1_BMPSTRING *tag, const char *name)
{
    size_t length = strlen(name);

    if ((size_t)tag->length != 2 * length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (tag->data[2 * i] != 0 || strncasecmp((const char *)&tag->data[2 * i + 1], &name[i], 1))
            return false;
    return true;
}

static char *tag_text(const ASN1_BMPSTRING *tag)
{
    char *text = calloc(1, (size_t)tag->length / 2 + 1);

    for (int i = 0; text && i + 1 < tag->length; i += 2)
        text[i / 2] = tag->data[i] == 0 && tag->data[i + 1] < 128 ? (char)tag->data[i + 1] : '?';
    return text;
}

static CatNameValue *pair_of(const ASN1_TYPE *value)
{
    const unsigned char *p;

    if (!value || value->type != V_ASN1_SEQUENCE)
        return NULL;
    p = value->value.sequence->data;
    return d2i_CatNameValue(NULL, &p, value->value.sequence->length);
}

static void take_content(struct catalog_entry *entry, const ASN1_TYPE *value)
{
    const unsigned char *p = value && value->type == V_ASN1_SEQUENCE ? value->value.sequence->data : NULL;
    SpcIndirectData *content = p ? d2i_SpcIndirectData(NULL, &p, value->value.sequence->length) : NULL;
    char oid[64];

    if (content && !entry->digest && content->digest->digest->length <= EVP_MAX_MD_SIZE) {
        uint8_t *digest = malloc(EVP_MAX_MD_SIZE);

        OBJ_obj2txt(oid, sizeof oid, content->data->type, 1);
        entry->image = !strcmp(oid, OID_SPC_PE_IMAGE_DATA);
        entry->length = (size_t)content->digest->digest->length;
        if (digest)
            memcpy(digest, content->digest->digest->data, entry->length);
        entry->digest = digest;
    }
    SpcIndirectData_free(content);
}

static void take_attribute(struct catalog_entry *entry, const SpcAttribute *attribute)
{
    const ASN1_TYPE *value = sk_ASN1_TYPE_value(attribute->values, 0);
    char oid[64] = "";
    CatNameValue *pair;

    OBJ_obj2txt(oid, sizeof oid, attribute->type, 1);
    if (!strcmp(oid, OID_SPC_INDIRECT_DATA))
        take_content(entry, value);
    if (strcmp(oid, OID_CAT_NAMEVALUE) != 0 || !(pair = pair_of(value)))
        return;
    if (!entry->file && is_tag(pair->tag, "File"))
        entry->file = narrow(pair->value);
    else if (!entry->os && is_tag(pair->tag, "OSAttr"))
        entry->os = narrow(pair->value);
    CatNameValue_free(pair);
}

static bool take_members(struct catalog_contents *contents, const CatTrustList *list)
{
    int count = sk_CatMember_num(list->members);

    contents->entry = calloc((size_t)(count > 0 ? count : 1), sizeof contents->entry[0]);
    for (int i = 0; contents->entry && i < count; i++) {
        const CatMember *member = sk_CatMember_value(list->members, i);

        for (int j = 0; j < sk_SpcAttribute_num(member->attributes); j++)
            take_attribute(&contents->entry[i], sk_SpcAttribute_value(member->attributes, j));
        contents->count = i + 1;
    }
    return contents->entry != NULL;
}

static bool take_names(struct catalog_contents *contents, const CatTrustList *list)
{
    int count = sk_X509_EXTENSION_num(list->extensions);

    count = count > 0 ? count : 0;
    contents->name = calloc((size_t)count + 1, sizeof contents->name[0]);
    contents->value = calloc((size_t)count + 1, sizeof contents->value[0]);
    for (int i = 0; contents->name && contents->value && i < count; i++) {
        const ASN1_OCTET_STRING *data = X509_EXTENSION_get_data(sk_X509_EXTENSION_value(list->extensions, i));
        const unsigned char *p = data->data;
        CatNameValue *pair = d2i_CatNameValue(NULL, &p, data->length);

        if (!pair)
            continue;
        contents->name[contents->name_count] = tag_text(pair->tag);
        contents->value[contents->name_count++] = narrow(pair->value);
        CatNameValue_free(pair);
    }
    return contents->name && contents->value;
}

static bool take_message(const char *path, const PKCS7 *message, struct catalog_contents *contents)
{
    const ASN1_STRING *string = message ? spc_content(message, OID_CTL) : NULL;
    const unsigned char *p = string ? string->data : NULL;
    CatTrustList *list = string ? d2i_CatTrustList(NULL, &p, string->length) : NULL;
    bool good = list != NULL;

    ERR_clear_error();
    if (!good)
        error_set("%s: no catalog (it holds no certificate trust list)", path);
    else if (sk_CatMember_num(list->members) > ENTRY_LIMIT)
        good = error_set("%s: more than %d members", path, ENTRY_LIMIT);
    else
        good = (take_members(contents, list) && take_names(contents, list)) || error_set("%s: out of memory", path);
    ERR_clear_error();
    CatTrustList_free(list);
    return good;
}

bool catalog_open(const char *path, struct catalog_contents *contents)
{
    const unsigned char *p;
    uint8_t *data;
    size_t size;
    PKCS7 *message;
    bool good;

    *contents = (struct catalog_contents){ 0 };
    if (!host_read_file(path, 64u << 20, &data, &size))
        return false;
    p = data;
    message = d2i_PKCS7(NULL, &p, (long)size);
    good = take_message(path, message, contents);
    PKCS7_free(message);
    free(data);
    if (!good)
        catalog_close(contents);
    return good;
}

void catalog_close(struct catalog_contents *contents)
{
    for (int i = 0; i < contents->count; i++) {
        free((void *)(uintptr_t)contents->entry[i].file);
        free((void *)(uintptr_t)contents->entry[i].os);
        free((void *)(uintptr_t)contents->entry[i].digest);
    }
    for (int i = 0; i < contents->name_count; i++) {
        free((void *)(uintptr_t)contents->name[i]);
        free((void *)(uintptr_t)contents->value[i]);
    }
    free(contents->entry);
    free(contents->name);
    free(contents->value);
    *contents = (struct catalog_contents){ 0 };
}

/* --- comparing ----------------------------------------------------------------------------------------------------- */

/* A file's digests: [0] SHA-1, [1] SHA-256; byte by byte, and as an image when it is one. */
struct digests {
    uint8_t flat[2][EVP_MAX_MD_SIZE], image[2][EVP_MAX_MD_SIZE];
    bool is_image;
};

static bool compute(const char *name, const uint8_t *data, size_t size, struct digests *digests)
{
    const EVP_MD *md[] = { EVP_sha1(), EVP_sha256() };
    struct signed_image image;
    unsigned length;

    digests->is_image = signed_kind_of(data, size) == SIGNED_PE && signed_image_parse(&image, name, data, size);
    for (int i = 0; i < 2; i++)
        if (!EVP_Digest(data, size, digests->flat[i], &length, md[i], NULL) ||
            (digests->is_image && !signed_image_digest(&image, md[i], digests->image[i], &length)))
            return false;
    return true;
}

static bool entry_is(const struct catalog_entry *entry, const struct digests *digests)
{
    int which = entry->length == 20 ? 0 : 1;

    if (!entry->digest || (entry->length != 20 && entry->length != 32) || (entry->image && !digests->is_image))
        return false;
    return !memcmp(entry->digest, entry->image ? digests->image[which] : digests->flat[which], entry->length);
}

const struct catalog_entry *catalog_find(const struct catalog_contents *contents, const char *name, const uint8_t *data,
                                         size_t size)
{
    struct digests digests;

    if (!compute(name, data, size, &digests))
        return NULL;
    for (int i = 0; i < contents->count; i++)
        if (entry_is(&contents->entry[i], &digests))
            return &contents->entry[i];
    return NULL;
}

static bool in_list(const char *name, const char *const *files, int count)
{
    for (int i = 0; i < count; i++)
        if (!strcasecmp(files[i], name))
            return true;
    return false;
}

/* One file against the catalog: 0 agrees, 1 does not, -1 cannot be read. */
static int compare_file(const struct catalog_contents *contents, const char *directory, const char *file,
                        void (*say)(const char *line))
{
    char path[4096], line[4400];
    const struct catalog_entry *entry;
    uint8_t *data;
    size_t size;

    snprintf(path, sizeof path, "%s/%s", directory, file);
    if (!host_read_file(path, SIGNED_FILE_LIMIT, &data, &size))
        return -1;
    entry = catalog_find(contents, file, data, size);
    free(data);
    if (entry)
        return 0;
    snprintf(line, sizeof line, "%s is not in the catalog as it is now", file);
    say(line);
    return 1;
}

int catalog_compare(const struct catalog_contents *contents, const char *directory, const char *const *files, int file_count,
                    void (*say)(const char *line))
{
    char line[600];
    int wrong = 0;

    for (int i = 0; i < file_count; i++) {
        int result = compare_file(contents, directory, files[i], say);

        if (result < 0)
            return -1;
        wrong += result;
    }
    for (int i = 0; i < contents->count; i++) {
        const char *file = contents->entry[i].file;

        if (!file || in_list(file, files, file_count))
            continue;
        snprintf(line, sizeof line, "the catalog has %.200s, which the package does not install", file);
        say(line);
        wrong++;
    }
    return wrong;
}
