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
};

/* False with error_text() when the file cannot be read; what it says wrong is in the report. */
bool inf_check(const char *path, const struct inf_check_options *options, struct inf_report *report);
void inf_report_free(struct inf_report *report);

/* What a code is about, and its severity in a mode. NULL: a code that is not known here. */
struct inf_code {
    int code;
    enum inf_severity k, u, w;
    const char *about;
};
const struct inf_code *inf_code(int code);
extern const struct inf_code inf_codes[];       /* ends with code 0 */

#endif
