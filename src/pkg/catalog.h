/* Catalogs (.cat): the digests of a package's files in one message that is then signed.
 *
 *   struct catalog *catalog = catalog_new(CATALOG_SHA256, seconds);
 *   catalog_add_file(catalog, "vionet.sys", data, size, false);
 *   catalog_add_name(catalog, "OS", "_v100_X64");
 *   catalog_write(catalog, "vionet.cat");
 *   catalog_free(catalog);
 *
 * The same input makes the same bytes: members stand in order of their identifiers, and the time is the caller's.
 * docs: install/catalog-files, devtest/inf2cat; sdk-api mscat.h */
#ifndef PKG_CATALOG_H
#define PKG_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum catalog_version {
    CATALOG_SHA1 = 1,                   /* the older list: for Windows 7 and before */
    CATALOG_SHA256 = 2,
};

struct catalog;

/* NULL with error_text(). `when`: the list's date. */
struct catalog *catalog_new(enum catalog_version version, time_t when);
void catalog_free(struct catalog *catalog);
/* An attribute of the whole catalog: "OS", "HWID1", ... */
bool catalog_add_name(struct catalog *catalog, const char *name, const char *value);
/* A file with its attribute "File"; images are digested as Authenticode does, with page hashes when wanted, all else byte by
 * byte. os: the attribute "OSAttr", "2:10.0" say. */
bool catalog_add_file(struct catalog *catalog, const char *name, const uint8_t *data, size_t size, const char *os,
                      bool page_hashes);
/* An unsigned catalog; authenticode_sign signs it. */
bool catalog_write(struct catalog *catalog, const char *path);

/* --- reading ------------------------------------------------------------------------------------------------------- */

struct catalog_entry {
    const char *file;                   /* "" when the catalog does not say */
    const char *os;
    const uint8_t *digest;
    size_t length;                      /* 20 or 32 */
    bool image;                         /* the digest is Authenticode's */
};

struct catalog_contents {
    struct catalog_entry *entry;
    int count;
    const char **name, **value;         /* attributes of the catalog */
    int name_count;
    void *memory;
};

/* False with error_text(): not readable, no catalog, damaged. */
bool catalog_open(const char *path, struct catalog_contents *contents);
void catalog_close(struct catalog_contents *contents);
/* The entry for these bytes: the first whose digest is theirs, as an image or byte by byte. NULL: none. */
const struct catalog_entry *catalog_find(const struct catalog_contents *contents, const char *name, const uint8_t *data,
                                         size_t size);
/* Compares every entry that names a file with the file of that name under `directory`, and every file in `files` with the
 * entries. Prints a line for each disagreement with `say`. The number of disagreements, -1 with error_text(). */
int catalog_compare(const struct catalog_contents *contents, const char *directory, const char *const *files, int file_count,
                    void (*say)(const char *line));

#endif
