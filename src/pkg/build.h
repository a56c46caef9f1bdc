/* Building a driver: sources to .sys and .pdb, with the clang and lld on PATH and ring3's SDK. */
#ifndef PKG_BUILD_H
#define PKG_BUILD_H

#include <stdbool.h>
#include <stddef.h>

struct build_config {
    const char *path;           /* a directory with sources, a .vcxproj, or (build_solution) a .sln */
    const char *out;            /* result and object files; NULL: build/drivers/NAME */
    const char *configuration;  /* of a project, "Release"; NULL: the project's own default */
    const char *properties[32]; /* "NAME=VALUE" that win over the project's; NULL ends the list */
    const char *defines[32];    /* "NAME" or "NAME=VALUE" for every source; NULL ends the list */
    const char *sdk;            /* a Windows Driver Kit of the user's; NULL: ring3's own headers and libraries */
    int jobs;                   /* compilers at once; 0: as many as there are processors */
    bool release;               /* the linker's checksum goes into the header */
    bool force;                 /* compile everything again */
};

/* A driver of a solution, its project and what became of it. */
struct build_result {
    char *project;              /* as the solution names it */
    char *path;                 /* of what was made; NULL: it was skipped */
    char *why;                  /* it was skipped */
};

/* Every kernel driver and library of a Visual Studio solution (.sln) that its configuration builds for x64, in the order of its
 * dependencies; programs and DLLs of user mode are skipped. *results: malloc'ed, free with build_results_free. False with error_text():
 * what was built before stays. docs: visualstudio/extensibility/internals/solution-dot-sln-file */
bool build_solution(const struct build_config *config, struct build_result **results, size_t *count);
void build_results_free(struct build_result *results, size_t count);
bool build_is_solution(const char *path);

/* NAME.sys and NAME.pdb (a static library: NAME.lib). The compiler's own messages go to stderr. *result: path of the result,
 * malloc'ed. False with error_text(). */
bool build_driver(const struct build_config *config, char **result);

#endif
