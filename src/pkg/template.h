/* Driver projects to start from: ring3's own drivers under another name, with all that a project has around its sources. */
#ifndef PKG_TEMPLATE_H
#define PKG_TEMPLATE_H

#include <stdbool.h>

struct template_file {
    const char *name;                   /* "drivers/vhub/port.c", "templates/README.md" */
    const char *text;
};

/* Every file of every template, made at build time; ends with a NULL name. */
extern const struct template_file template_files[];

struct template_kind {
    const char *name;                   /* "ndis-filter" */
    const char *what;                   /* one line */
    const char *driver, *camel;         /* whose sources they are; its name with capitals inside */
    const char *run;                    /* arguments of `ring3 run` behind the program's name; @SYS@ is the driver */
    const char *subtype;                /* of the version resource */
    const char *driver_type;            /* WDM or KMDF: what it is unless the other is asked for */
    bool both_models;
    const char *libraries;              /* beyond the kernel's */
    const char *why;                    /* there is only one model; NULL: there are both */
};

extern const struct template_kind template_kinds[];     /* ends with a NULL name */
const struct template_kind *template_kind(const char *name);

/* Whether there are sources of that model, "wdm" or "kmdf". */
bool template_has_model(const struct template_kind *kind, const char *model);
/* Writes the project NAME into `directory`, which must not be there. NULL: the kind's own model. False with error_text(). */
bool template_write(const struct template_kind *kind, const char *model, const char *name, const char *directory);

#endif
