/* MSBuild project files (.vcxproj, .props), as far as driver projects use them: properties, items, item definitions, conditions,
 * imports of files that are there. What the WDK's own property sheets would set is set here.
 *
 *   struct msbuild *project = msbuild_open("driver.vcxproj", globals);
 *   msbuild_property(project, "ConfigurationType");
 *   for (const struct msbuild_item *i = msbuild_first(project, "ClCompile"); i; i = msbuild_next(i)) ...
 *   msbuild_close(project);
 *
 * Text belongs to the project. Failures leave a sentence with file, line and reason. docs: Visual Studio's "MSBuild project file
 * schema reference", "MSBuild conditions" */
#ifndef PKG_MSBUILD_H
#define PKG_MSBUILD_H

#include <stdbool.h>
#include <stddef.h>

struct msbuild;

struct msbuild_item {
    const char *type, *include;         /* one file of the Include list, as written, slashes forward */
    const char *recursive;              /* what ** of its Include stood for, or NULL */
    struct msbuild_value *metadata;
    int line;
    struct msbuild_item *next;          /* of any type; use msbuild_next */
};

/* "Configuration=Release" and the like: they win over the file. NULL ends the list. */
struct msbuild *msbuild_open(const char *path, const char *const *globals);
void msbuild_close(struct msbuild *project);

/* "" when it is not set. Names compare without case. */
const char *msbuild_property(const struct msbuild *project, const char *name);
const struct msbuild_item *msbuild_first(const struct msbuild *project, const char *type);
const struct msbuild_item *msbuild_next(const struct msbuild_item *item);
/* The item's own metadata, else that of the definition of its type; "" when there is none. */
const char *msbuild_metadata(const struct msbuild_item *item, const char *name);
/* Metadata of a type without items (Link, say). */
const char *msbuild_definition(const struct msbuild *project, const char *type, const char *name);
const char *msbuild_directory(const struct msbuild *project);
const char *msbuild_path(const struct msbuild *project);
/* The next of a list separated by semicolons: its start and *length, without blanks around it; NULL at the end. */
const char *msbuild_element(const char **list, size_t *length);
/* In place: %XX, which keeps a character from its meaning, becomes it. For elements, behind the splitting of their list. docs:
 * visualstudio/msbuild/how-to-escape-special-characters-in-msbuild */
void msbuild_unescape(char *text);

#endif
