/* Property functions of project files, between their two files. */
#ifndef PKG_MSBUILD_FUNCTION_H
#define PKG_MSBUILD_FUNCTION_H

#include "pkg/msbuild_internal.h"

#define MSBUILD_ARGUMENTS 16

struct msbuild_call {
    const struct msbuild_place *place;
    const char *self;                   /* of a method: the value it is called on */
    const char *name;
    bool called;                        /* with parentheses */
    int count;
    const char *argument[MSBUILD_ARGUMENTS];        /* expanded */
};

/* Methods and properties of a value. *list: the value is the list that Split made, its parts between semicolons; set for the result.
 * NULL with error_text(). */
const char *msbuild_method(const struct msbuild_call *call, bool *list);
/* A part of a list, or a character of a text. NULL with error_text(). */
const char *msbuild_index(const struct msbuild_place *place, const char *value, bool list, long index);
/* System.IO.Path, File and Directory, and the path functions of MSBuild. NULL: not one of them. */
const char *msbuild_path_function(const struct msbuild_call *call);
/* Properties of System.DateTime; and what a time can do. NULL: not one of them, or no time. */
const char *msbuild_time_function(const struct msbuild_call *call);
const char *msbuild_time_method(const struct msbuild_call *call);
/* The arguments from `first` on, with `between` between them. */
const char *msbuild_join(const struct msbuild_call *call, const char *between, int first);

const char *msbuild_truth(bool value);
const char *msbuild_number(const struct msbuild_place *place, double value);
void msbuild_version(const char *text, long part[4]);

#endif
