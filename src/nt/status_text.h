/* What NTSTATUS values are called, and what they say. The table is made from sdk/include/ntstatus.h by tools/ntstatus.awk. */
#ifndef NT_STATUS_TEXT_H
#define NT_STATUS_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct status_text {
    uint32_t value;
    const char *name, *sentence;        /* "": there is no sentence of its own */
};
extern const struct status_text status_texts[];
extern const unsigned status_text_count;

/* "STATUS_ACCESS_DENIED"; NULL for a value without a name. */
const char *status_name(uint32_t status);
/* "STATUS_ACCESS_DENIED (0xC0000022): the driver does not allow this access". Returns `text`. */
const char *status_describe(uint32_t status, char *text, size_t size);

#endif
