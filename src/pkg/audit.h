/* What can be said of a driver's image without running it: what it imports, how it was compiled and linked, how it fits its INF. */
#ifndef PKG_AUDIT_H
#define PKG_AUDIT_H

#include <stdbool.h>

enum audit_severity { AUDIT_ERROR, AUDIT_WARNING, AUDIT_NOTE };

struct audit_finding {
    enum audit_severity severity;
    const char *rule;                   /* "import.banned" */
    char text[400];
    char advice[400];                   /* what to do; "" */
};

struct audit_report {
    const char *kind;                   /* as it was taken for: "storport", "ndis", "wfp", "wsk", "kmdf", "wdm" */
    struct audit_finding *finding;
    int count, errors, warnings;
};

/* kind: NULL to guess it by the imports. False with error_text() when the file is no driver. */
bool audit_driver(const char *path, const char *kind, struct audit_report *report);
void audit_free(struct audit_report *report);

/* One function that should not be called any more, or only with care. The table is made from audit_functions.tsv; its rows follow the
 * functions' own pages, devtest/28719, 28726, 28727 and 28751, driversecurity/implement-hvci-compatible-code,
 * network/obsolete-interfaces-in-ndis-6-20 and network/support-for-more-than-64-processors-in-ndis-6-20. */
struct audit_function {
    const char *name;                   /* without module */
    enum audit_severity severity;
    const char *rule, *why, *instead;
};
extern const struct audit_function audit_functions[];
extern const unsigned audit_function_count;

#endif
