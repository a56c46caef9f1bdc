/* Shared by the files that make a plan of a Visual Studio project. */
#ifndef PKG_BUILD_PROJECT_H
#define PKG_BUILD_PROJECT_H

#include "pkg/build_plan.h"
#include "pkg/msbuild.h"

struct project {
    struct build_plan *plan;
    const struct build_config *config;
    struct msbuild *file;
};

/* Leaves a sentence with the project's name and, unless it is 0, the line. False. */
bool project_say(const struct project *p, int line, const char *format, const char *what);
bool project_is_true(const char *text);
/* The item's file. False with error_text() when it is not there. */
bool project_item(const struct project *p, const struct msbuild_item *item, char whole[BUILD_PATH]);
/* The name behind the last slash of either kind. */
const char *project_file_part(const char *path);
/* Builds another project below this one's output. False with error_text(). */
bool project_build(struct project *p, const char *project, char result[BUILD_PATH]);

/* What is linked: ProjectReference items; AdditionalDependencies. False with error_text(). */
bool project_references(struct project *p);
bool project_libraries(struct project *p);
/* Tells what the project asks for and a build here does not do: commands before and after it, custom build steps and tools. */
void project_notes(const struct project *p);

#endif
