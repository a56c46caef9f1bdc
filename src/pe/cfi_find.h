/* The unwind record of a host function, and readers for its encodings. */
#ifndef PE_CFI_FIND_H
#define PE_CFI_FIND_H

#include <stdbool.h>
#include <stdint.h>

struct cfi_record {
    uint64_t begin, end;                    /* of the function */
    uint64_t code_factor;
    int64_t data_factor;
    unsigned return_column;
    bool signal_frame;
    const uint8_t *common, *common_end;     /* initial instructions */
    const uint8_t *own, *own_end;
};

bool cfi_find(uint64_t pc, struct cfi_record *record);

uint64_t cfi_uleb(const uint8_t **at);
int64_t cfi_sleb(const uint8_t **at);

#endif
