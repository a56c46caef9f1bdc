/* Shared by the files of the INF check only. */
#ifndef PKG_INF_CHECK_INTERNAL_H
#define PKG_INF_CHECK_INTERNAL_H

#include "pkg/inf_check.h"
#include "pkg/inf_internal.h"

struct checking {
    struct inf *inf;
    const struct inf_check_options *options;
    struct inf_report *report;
    struct { const char *destination, *source, *directory; int line; } copy[512];
    int copy_count;
    bool superseded;                    /* what is checked is for older Windows only: rules of /w do not count */
};

void problem(struct checking *c, int code, int line, const char *format, ...) __attribute__((format(printf, 4, 5)));
void use(struct checking *c, const struct inf_section *section);
bool is_used(const struct checking *c, const struct inf_section *section);
/* The section, marked as used; NULL after code 1203 or 1005. */
const struct inf_section *refer(struct checking *c, const char *directive, const char *name, int line);
bool is_guid_text(const char *text);
/* A number as INF files have it; false when it is none. */
bool number_of(const char *text, unsigned long *value);

/* inf_check_version.c */
void check_version(struct checking *c);
/* inf_check_files.c: [SourceDisksFiles], [SourceDisksNames], [DestinationDirs], one CopyFiles directive */
void check_disks(struct checking *c);
void check_copy(struct checking *c, const struct inf_line *line);
/* Whether a file of that name is copied, to DIRID %12% or %13% as the path says. */
bool is_copied(const struct checking *c, const char *file);
/* inf_check_install.c */
void check_manufacturer(struct checking *c);
void check_default_install(struct checking *c);
/* inf_check_registry.c: one AddReg or DelReg section; service is NULL outside services */
void check_registry(struct checking *c, const struct inf_section *section, const char *service, bool delete);
/* inf_check_service.c: DDInstall.Services; whether there is a service for the device */
bool check_services(struct checking *c, const struct inf_section *section);

#endif
