/* Stamping INF and INX files: version, date, architecture, catalog, framework versions, with StampInf's options.
 * docs: devtest/stampinf-command-options, wdf/using-inx-files-to-create-inf-files */
#ifndef PKG_STAMP_H
#define PKG_STAMP_H

#include <stdbool.h>
#include <stdio.h>

/* Writes `result` from `path`. options: StampInf's ("-d", "*", "-a", "amd64", ..., NULL); none (or NULL) copies the file as it is.
 * The encoding and everything that is not stamped stay. DriverVer is written when -d or -v is given. What was stamped goes to `told`
 * when that is not NULL. False with error_text(). */
bool stamp_file(const char *path, const char *result, const char *const *options, FILE *told);

#endif
