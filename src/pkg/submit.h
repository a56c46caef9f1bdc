/* Submissions to the hardware dashboard for attestation: one cabinet, a folder for each driver package, nothing at its root.
 * docs: dashboard/code-signing-attestation */
#ifndef PKG_SUBMIT_H
#define PKG_SUBMIT_H

#include <stdbool.h>

#include "pkg/authenticode.h"

struct submit_config {
    const char *const *directory;       /* packages: a directory with an INF each; NULL ends the list */
    const char *out;                    /* the cabinet */
    const struct signer *signer;        /* of the cabinet; NULL: nobody yet */
    struct authenticode_options signing;
    void (*say)(const char *line);      /* the checklist, a line each: "[x] ..." is done, "[ ] ..." is to do, "[!] ..." keeps it from being accepted */
};

/* Writes the cabinet unless something keeps it from being accepted. The number of such things, each said; -1 with error_text(). */
int submit_make(const struct submit_config *config);

#endif
