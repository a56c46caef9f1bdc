/* Running the compilers of a build. */
#ifndef PKG_BUILD_COMPILE_H
#define PKG_BUILD_COMPILE_H

#include "pkg/build_plan.h"

/* One call of a tool. */
struct build_job {
    const char *what;                   /* for messages: the source */
    const char *object;                 /* what it makes */
    bool mend;                          /* it is clang: what only Microsoft's compiler takes is mended and tried again */
    struct build_list arguments;
    int status;                         /* afterwards: 0 when it was done, -1 when it was not run */
};

/* Runs them, at most `at_once` at a time; what they print goes to stderr, job by job. False with error_text() when one failed. */
bool build_jobs(struct build_job *jobs, size_t count, int at_once);
/* Says what failed, with the package that has the tool when it is not there. Always false. */
bool build_failed(const char *what, const char *tool, int status);

/* Whether an object uses the driver framework's table: then the driver starts at the framework's entry stub. */
bool build_uses_framework(const struct build_plan *plan);
/* Names the C++ sources whose static initialisers nobody runs, as link does by LNK4210. docs:
 * devtest/28637-calling-function-in-a-global-initializer-is-unsafe */
void build_warn_initialisers(const struct build_plan *plan);

/* Puts copies in the place of sources in UTF-16 or marked as UTF-8, and of those with text before a precompiled header. False with
 * error_text(). */
bool build_copy_texts(struct build_plan *plan);

#endif
