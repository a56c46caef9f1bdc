/* Bug checks: where Windows would stop, with Windows' code and parameters. */
#ifndef NT_BUGCHECK_H
#define NT_BUGCHECK_H

#include <stdbool.h>
#include <stdint.h>

struct _CONTEXT;

struct bugcheck_info {
    uint32_t code;
    uint64_t parameter[4];
};

/* Before the first driver: the command line that repeats the run, or NULL. Copied. Forgets an earlier bug check. */
void bugcheck_open(const char *replay);
void bugcheck_close(void);

/* Prints the report on stderr and leaves NT for good (ke_stop_bugcheck). context is the machine state at fault; NULL:
 * here. text (may be NULL) says more. Any IRQL. */
_Noreturn void bugcheck_report(uint32_t code, const uint64_t parameter[4], struct _CONTEXT *context, const char *text);
/* True when there was one. */
bool bugcheck_get(struct bugcheck_info *info);
/* "IRQL_NOT_LESS_OR_EQUAL", or NULL for a code that Windows does not document. */
const char *bugcheck_name(uint32_t code);

#endif
