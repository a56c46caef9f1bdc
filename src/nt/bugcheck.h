/* Bug checks: where Windows would stop, with Windows' code and parameters. */
#ifndef NT_BUGCHECK_H
#define NT_BUGCHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct _CONTEXT;

struct bugcheck_info {
    uint32_t code;
    const char *name;                   /* "IRQL_NOT_LESS_OR_EQUAL", or "UNKNOWN" */
    uint64_t parameter[4];
    unsigned frame_count;
    uint64_t frames[64];                /* frames[0] is where it happened */
};

/* A new computer: forgets an earlier bug check. replay: the command line that repeats the run, or NULL; copied. */
void bugcheck_reset(const char *replay);

/* Prints the report on stderr and leaves NT for good (ke_stop_bugcheck). context is the machine state at fault; NULL:
 * here. text (may be NULL) says more. Any IRQL. */
_Noreturn void bugcheck_report(uint32_t code, const uint64_t parameter[4], struct _CONTEXT *context, const char *text);
/* False when there was none. */
bool bugcheck_get(struct bugcheck_info *info);
/* "IRQL_NOT_LESS_OR_EQUAL", or NULL for a code that Windows does not document. */
const char *bugcheck_name(uint32_t code);
/* What the code and its parameters mean, in lines; "" when there is nothing to say. */
void bugcheck_explain(uint32_t code, const uint64_t parameter[4], char *text, size_t size);

/* Routines that drivers registered: between the files of bug checks. */
void bugcheck_run_callbacks(void);
void bugcheck_forget_callbacks(void);

#endif
