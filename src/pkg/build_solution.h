/* A solution between the files that read its two forms, .sln and .slnx, and the one that builds it. */
#ifndef PKG_BUILD_SOLUTION_H
#define PKG_BUILD_SOLUTION_H

#include "pkg/build_plan.h"

#define PROJECTS_MAX 512
#define NAME_SIZE 256

struct member {
    char guid[64], name[NAME_SIZE], path[1024];
    char configuration[64];             /* of the project, in the chosen one of the solution; "": not built */
    bool built, visiting, done;
    struct build_list needs;            /* GUIDs */
};

struct solution {
    const struct build_config *config;
    char path[BUILD_PATH], directory[BUILD_PATH];
    char configuration[64];
    struct member *member;
    size_t count;
    struct build_result *results;
    size_t result_count;
};

/* Another member, zeroed, which the solution keeps. NULL with error_text(). */
struct member *solution_member(struct solution *s, int line);
/* A .slnx. False with error_text(). */
bool solution_read_xml(struct solution *s, const char *text, size_t size);

#endif
