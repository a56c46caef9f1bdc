/* Building a driver: C sources to .sys and .pdb, with the clang and lld on PATH and ring3's SDK. */
#ifndef PKG_BUILD_H
#define PKG_BUILD_H

#include <stdbool.h>

struct build_config {
    const char *dir;            /* sources: its *.c */
    const char *out;            /* result and object files; NULL: build/drivers/NAME */
    bool release;               /* -O2 without asserts is always so; this adds the linker's checksum */
    bool force;                 /* compile everything again */
};

/* NAME.sys and NAME.pdb, NAME being the directory's. The compiler's own messages go to stderr. *result: path of the
 * .sys, malloc'ed. False with error_text(). */
bool build_driver(const struct build_config *config, char **result);

#endif
