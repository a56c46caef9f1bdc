/* Shared by the files of the project reader only. */
#ifndef PKG_MSBUILD_INTERNAL_H
#define PKG_MSBUILD_INTERNAL_H

#include "pkg/msbuild.h"

#define MSBUILD_TEXT_MAX 65536          /* characters of a value */
#define MSBUILD_DEPTH 16                /* imports inside imports, parentheses in conditions */

struct msbuild_value {
    const char *name, *text;
    struct msbuild_value *next;
};

struct msbuild_definition {
    const char *type;
    struct msbuild_value *metadata;
    struct msbuild_definition *next;
};

struct msbuild_chunk {
    struct msbuild_chunk *next;
    char data[];
};

struct msbuild {
    const char *path, *directory;
    struct msbuild_chunk *chunks;
    struct msbuild_value *globals, *properties;
    struct msbuild_definition *definitions;
    struct msbuild_item *items, **last;
    int item_count;
    bool defaults;                      /* what the compiler's property sheets set has been set */
};

/* Where an element is: for messages and for MSBuildThisFile. */
struct msbuild_place {
    struct msbuild *project;
    const char *file;
    int line;
    int depth;
    struct msbuild_value *metadata;     /* what %(NAME) means; NULL outside items */
    const struct msbuild_item *item;    /* whose file's name %(Filename) and its like mean; or NULL */
    bool with_items;                    /* items are being read: @(NAME) means those that have been */
};

/* Memory of the project, zeroed; running out ends the process. */
void *msbuild_alloc(struct msbuild *project, size_t size);
const char *msbuild_copy(struct msbuild *project, const char *text, size_t length);
const char *msbuild_find(const struct msbuild_value *list, const char *name);
void msbuild_set(struct msbuild *project, struct msbuild_value **list, const char *name, const char *text);
bool msbuild_error(const struct msbuild_place *place, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* $(NAME), %(NAME) replaced. NULL with error_text(). */
const char *msbuild_expand(const struct msbuild_place *place, const char *text);
/* How long the $(...) or %(...) at `at` is, what is nested inside included; 0: it has no end. */
size_t msbuild_reference_length(const char *at);
/* What stands between $( and ) when it calls property functions. NULL with error_text(). docs: visualstudio/msbuild/property-functions */
const char *msbuild_evaluate(const struct msbuild_place *place, const char *text);
/* The value of $(name), which may be a reserved one; "" when there is none. */
const char *msbuild_property_at(const struct msbuild_place *place, const char *name);
/* What every item says about its file (Identity, FullPath, RootDir, Filename, Extension, RelativeDir, Directory, RecursiveDir); NULL: another
 * name. docs: visualstudio/msbuild/msbuild-well-known-item-metadata */
const char *msbuild_known_metadata(struct msbuild *project, const struct msbuild_item *item, const char *name);
/* What stands between @( and ): NAME, NAME->'TRANSFORM', with , 'SEPARATOR' behind it. NULL with error_text(). */
const char *msbuild_item_list(const struct msbuild_place *place, const char *text);
/* `?` is a character, `*` any inside a name, `**` any directories. Whatever case and slashes. */
bool msbuild_matches(const char *pattern, const char *path);
/* Calls `take` for each file that fits, sorted by directory; *recursive is what `**` stood for. False with error_text(), or what take said. */
bool msbuild_glob(const struct msbuild_place *place, const char *directory, const char *pattern,
                  bool (*take)(void *context, const char *file, const char *recursive), void *context);
/* The Condition attribute: 1 holds (or there is none), 0 does not, -1 with error_text(). */
int msbuild_condition(const struct msbuild_place *place, const char *text);
/* What Microsoft.Cpp.Default.props and the WDK's sheets set and the project has not. */
void msbuild_set_defaults(struct msbuild *project);
/* What follows from the properties once all have been read: TargetPath and its parts. */
void msbuild_set_results(struct msbuild *project);
/* The path below `directory` whatever its case and slashes; false when there is no such file. */
bool msbuild_resolve(const char *directory, const char *path, char *result, size_t size);

#endif
