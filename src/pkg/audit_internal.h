/* Shared by the files of ring3 audit. */
#ifndef PKG_AUDIT_INTERNAL_H
#define PKG_AUDIT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pe/file.h"
#include "pkg/audit.h"
#include "pkg/authenticode_image.h"

#define AUDIT_IMPORTS_MAX 4096

struct audit_import {
    const char *module, *name;
};

struct auditing {
    struct audit_report *report;
    struct pe_file file;
    struct signed_image image;
    struct audit_import import[AUDIT_IMPORTS_MAX];
    int import_count;
};

void audit_find(struct auditing *a, enum audit_severity severity, const char *rule, const char *advice, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* The bytes at an RVA, when `size` of them are in the file. */
const uint8_t *audit_at(const struct auditing *a, uint32_t rva, size_t size);
/* A little-endian number of 1 to 8 bytes. */
uint64_t audit_number(const uint8_t *p, int bytes);
/* name NULL: anything of the module. module NULL: of whatever module. */
bool audit_imports_it(const struct auditing *a, const char *module, const char *name);

/* --- groups of rules ---------------------------------------------------------------------------------------------- */

void audit_imports(struct auditing *a);     /* audit_imports.c: single functions */
void audit_kind(struct auditing *a);        /* what the kind of driver imports and registers */
void audit_pairs(struct auditing *a);       /* what is acquired and never given back */
void audit_code(struct auditing *a);        /* audit_code.c: registers that drivers do not have, 64-bit pitfalls */

#endif
