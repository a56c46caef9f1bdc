/* Driver packages: the files an INF installs, put together with a catalog, as Inf2Cat and the package step of a WDK project do. */
#ifndef PKG_PACKAGE_H
#define PKG_PACKAGE_H

#include <stdbool.h>
#include <time.h>

#include "pkg/authenticode.h"

struct package_config {
    const char *dir;                    /* the INF and its files */
    const char *out;                    /* where the package goes; NULL: DIR/package */
    const char *os;                     /* Inf2Cat's version identifiers, "10_X64,10_NI_X64"; NULL: 10_X64 */
    bool page_hashes;
    bool local_time;                    /* DriverVer's date is compared with the local date */
    bool no_catalog;
    const struct signer *signer;        /* signs the images, then the catalogs; NULL: nobody */
    struct authenticode_options signing;
    void (*say)(const char *line);      /* what is done, a line each; signability errors first */
};

/* The package of every INF in the directory. The number of signability errors (each was said), -1 with error_text() when
 * there is no INF, or a file cannot be read or written. */
int package_make(const struct package_config *config);

/* One of Inf2Cat's version identifiers. */
struct package_os {
    const char *name;                   /* "10_X64" */
    const char *attribute;              /* of the catalog: "_v100_X64" */
    const char *member;                 /* of a member: "2:10.0" */
    bool amd64, old;                    /* old: before Windows 8, needs SHA-1 */
};
const struct package_os *package_os_find(const char *name, size_t length);
void package_os_list(void (*say)(const char *line));

/* Compares a catalog with the package beside it: every member, the INF included. The number of disagreements, each said; -1 with
 * error_text(). */
int package_check_catalog(const char *catalog, const char *directory, void (*say)(const char *line));

#endif
