/* The export table: what ring3 offers to drivers, one row per export. The build generates it from exports.tsv files
 * (tools/exports.sh); rows are sorted by name, byte order. ntoskrnl.exe and hal.dll share one namespace. */
#ifndef PE_EXPORT_H
#define PE_EXPORT_H

#include <stdint.h>

enum pe_export_kind { PE_EXPORT_FUNCTION, PE_EXPORT_DATA };
enum pe_export_status { PE_EXPORT_FULL, PE_EXPORT_PARTIAL };

struct pe_export {
    const char *module;             /* "ntoskrnl.exe" */
    const char *name;               /* as drivers import it */
    void *address;                  /* an ms_abi function, or the variable itself */
    const char *doc;                /* "wdm/nf-wdm-kesetevent" */
    uint8_t kind;                   /* enum pe_export_kind */
    uint8_t irql_min, irql_max;     /* the documented range, 0..15 */
    uint8_t status;                 /* enum pe_export_status */
};

/* A documented function, whether ring3 has it or not; sorted by name. */
struct pe_documented {
    const char *module, *name, *header;
};

/* Generated. */
extern const struct pe_documented pe_documented_table[];
extern const unsigned pe_documented_table_count;
extern const struct pe_export pe_export_table[];
extern const unsigned pe_export_table_count;

#endif
