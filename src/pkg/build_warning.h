/* Microsoft's compiler's warnings as clang's. */
#ifndef PKG_BUILD_WARNING_H
#define PKG_BUILD_WARNING_H

#include <stdbool.h>

#include "pkg/build_plan.h"

struct build_warnings {
    int level;                  /* 0 to 4, 5: all; -1: the project does not say */
    bool errors;                /* TreatWarningAsError */
    const char *disabled;       /* numbers, with anything but digits between them */
    const char *as_errors;      /* the same */
};

/* The flags for a source whose text disables some itself (#pragma warning(disable: N)). text: NULL: not known. */
void build_warning_flags(struct build_list *flags, const struct build_warnings *warnings, const char *text);

#endif
