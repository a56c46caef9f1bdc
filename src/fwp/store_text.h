/* The words of the store's lines. Every function that fails leaves error_text() without a place; store_parse.c adds it. */
#ifndef FWP_STORE_TEXT_H
#define FWP_STORE_TEXT_H

#include <fwpmtypes.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is left of a line; memory of what it points at. */
struct fwp_store_line {
    const char *at, *end;
    struct fwp_store_block **blocks;
};

struct fwp_store_block {
    struct fwp_store_block *next;
    max_align_t data[];
};

/* Zeroed, until fwp_store_free; NULL with error_text(). */
void *fwp_store_alloc(struct fwp_store_block **blocks, size_t size);
void fwp_store_free(struct fwp_store_block **blocks);

/* The next word, up to a blank; empty at the end of the line. */
size_t fwp_store_word(struct fwp_store_line *line, const char **word);
/* Nothing, or a comment, is left. */
bool fwp_store_ended(struct fwp_store_line *line);
bool fwp_store_number(struct fwp_store_line *line, uint64_t most, uint64_t *number);
bool fwp_store_guid(struct fwp_store_line *line, GUID *guid);
/* "quoted" */
bool fwp_store_string(struct fwp_store_line *line, WCHAR **text);
/* Hexadecimal digits, or - for none. */
bool fwp_store_bytes(struct fwp_store_line *line, FWP_BYTE_BLOB *blob);
/* TYPE and what it has. */
bool fwp_store_value(struct fwp_store_line *line, FWP_CONDITION_VALUE0 *value);

#endif
