/* What a build does, before it does it: made from a directory (build_dir.c) or a Visual Studio project (build_project.c),
 * carried out by build_run.c. */
#ifndef PKG_BUILD_PLAN_H
#define PKG_BUILD_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "pkg/build.h"

#define BUILD_PATH 4096

enum build_kind { BUILD_DRIVER, BUILD_EXPORT_DRIVER, BUILD_LIBRARY };
enum build_tool { TOOL_C, TOOL_CPP, TOOL_RESOURCE, TOOL_ASSEMBLER, TOOL_MESSAGES };

/* A list of malloc'ed strings that ends with NULL. */
struct build_list {
    char **text;
    size_t count;
};
void build_add(struct build_list *list, const char *format, ...) __attribute__((format(printf, 2, 3)));
void build_add_text(struct build_list *list, const char *text, size_t length);
bool build_has(const struct build_list *list, const char *text);
void build_list_free(struct build_list *list);

struct build_source {
    enum build_tool tool;
    char *path, *object;                /* whole paths */
    struct build_list flags;            /* beyond what every source gets */
    bool utf8;                          /* it is a copy in UTF-8 that is compiled (build_text.c) */
    char *header, *made;                /* what the project precompiles for it, and the precompiled form (build_header.c); or NULL */
};

struct build_inf {
    char *path, *result;
    struct build_list stamp;            /* ring3 inf stamp's options; empty: copied as it is */
};

struct build_plan {
    char name[128];                     /* of the result, without extension */
    char where[BUILD_PATH];             /* file and line for messages: the project or the directory */
    char dir[BUILD_PATH];               /* sources' and headers' */
    char out[BUILD_PATH];               /* whole path */
    char result[BUILD_PATH];
    char include[BUILD_PATH], lib[BUILD_PATH], shared[BUILD_PATH];      /* the SDK */
    char sdk[BUILD_PATH], sdk_version[64];      /* a WDK of the user's instead, or "" */
    enum build_kind kind;
    bool debug, release, force, kmdf, wpp, verbose, guard;      /* guard: calls through pointers are */
    int kmdf_minor, jobs;
    const char *standard[2];            /* of C and of C++ sources, as clang names it; NULL: gnu11, gnu++17 */
    char entry[64], definition_file[BUILD_PATH];
    struct build_source *source;
    size_t source_count;
    struct build_list flags;            /* of every C and C++ source */
    struct build_list link_flags;
    struct build_list headers;          /* directories with headers of the driver's own, whole paths */
    struct build_list libraries;        /* whole paths, linked before the SDK's */
    struct build_list trace_files;      /* that declare trace functions, whole paths */
    struct build_list traces;           /* trace functions as projects declare them: NAME(LEVEL,MSG,...) */
    char trace_guid[40];                /* of a project's WppAddControlGUID, or "" */
    struct build_inf *inf;
    size_t inf_count;
};

struct build_plan *build_plan_new(const struct build_config *config);
void build_plan_free(struct build_plan *plan);
/* Adds a source; the object's name is made from it. False with error_text() for a kind of file nobody compiles. */
bool build_plan_source(struct build_plan *plan, const char *path, struct build_source **added);
void build_plan_drop(struct build_plan *plan, size_t index);
struct build_inf *build_plan_inf(struct build_plan *plan, const char *path);
/* The tool for a file, by its extension; -1: none. */
int build_tool_of(const char *path);

/* Fills the plan. False with error_text(). */
bool build_from_directory(struct build_plan *plan, const struct build_config *config);
bool build_from_project(struct build_plan *plan, const struct build_config *config);
/* Compiles what is not up to date, at most plan->jobs at once, and links. False with error_text(). */
bool build_run(struct build_plan *plan);

#endif
