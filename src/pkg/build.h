/* Building a driver: sources to .sys and .pdb, with the clang and lld on PATH and ring3's SDK. */
#ifndef PKG_BUILD_H
#define PKG_BUILD_H

#include <stdbool.h>

struct build_config {
    const char *path;           /* a directory with sources, or a .vcxproj */
    const char *out;            /* result and object files; NULL: build/drivers/NAME */
    const char *configuration;  /* of a project, "Release"; NULL: the project's own default */
    const char *properties[32]; /* "NAME=VALUE" that win over the project's; NULL ends the list */
    const char *defines[32];    /* "NAME" or "NAME=VALUE" for every source; NULL ends the list */
    const char *sdk;            /* a Windows Driver Kit of the user's; NULL: ring3's own headers and libraries */
    int jobs;                   /* compilers at once; 0: as many as there are processors */
    bool release;               /* the linker's checksum goes into the header */
    bool force;                 /* compile everything again */
};

/* NAME.sys and NAME.pdb (a static library: NAME.lib). The compiler's own messages go to stderr. *result: path of the result,
 * malloc'ed. False with error_text(). */
bool build_driver(const struct build_config *config, char **result);

#endif
