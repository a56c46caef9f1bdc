/* Judging INF files with InfVerif's codes. docs: devtest/inf-validation-errors-and-warnings,
 * devtest/running-infverif-from-the-command-line, devtest/infverif_h */
#ifndef PKG_INF_CHECK_H
#define PKG_INF_CHECK_H

#include <stdbool.h>

/* InfVerif's modes: Declarative (/k), Universal (/u), Windows Driver (/w), WHQL signature (/h). */
enum inf_mode { INF_MODE_K, INF_MODE_U, INF_MODE_W, INF_MODE_H };
enum inf_severity { INF_NONE, INF_WARNING, INF_ERROR };

struct inf_problem {
    int code, line;                     /* line 0: the whole file */
    enum inf_severity severity;
    char text[400];
};

struct inf_report {
    const char *path;
    struct inf_problem *problem;        /* in order of lines */
    int count, errors, warnings;
};

struct inf_check_options {
    enum inf_mode mode;
    bool before_stamping;               /* $ARCH$ is a valid architecture (/stampinf) */
    const char *provider;               /* the provider INFs must have; NULL: any but Microsoft */
    const char *system;                 /* the one Windows to judge for, "NTamd64.10.0...22000" (/osver); NULL: all */
    unsigned long enforced;             /* /wbuild: the version from which on /w counts; 0: 10.0.17763 */
    unsigned long rules;                /* /rulever: the newest version whose sections are judged; 0: all */
};

#define INF_VERSION(major, minor, build) (((major) * 256ul + (minor)) * 1000000ul + (build))
#define INF_MOST_PROBLEMS 5000          /* that a report lists */

/* "10.0.22000", "10.0...22000", "NTamd64.10.0...22000" or a build alone as a version; false when it is none. */
bool inf_version_of(const char *text, unsigned long *version);

/* False with error_text() when `system` of the options is no version of Windows; what a file says wrong is in the report. */
bool inf_check(const char *path, const struct inf_check_options *options, struct inf_report *report);
void inf_report_free(struct inf_report *report);

/* Calls `entry` for each hardware ID with its architecture ("" when none is said) and the oldest Windows it installs on (/info).
 * False with error_text() when the file cannot be read. */
bool inf_info(const char *path, void (*entry)(void *context, const char *id, const char *architecture, unsigned long version,
                                              const char *section), void *context);

/* A code and its severity in a mode; /h has /w's. NULL: no code of InfVerif. */
struct inf_code {
    int code;
    enum inf_severity k, u, w;
    const char *about;
    const char *unjudged;               /* why it is never reported; NULL: it is judged */
};
const struct inf_code *inf_code(int code);
extern const struct inf_code inf_codes[];       /* ends with code 0 */

#endif
