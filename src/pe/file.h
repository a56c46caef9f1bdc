/* A driver's headers, checked: for the loader, and for whoever looks at an image without loading it. */
#ifndef PE_FILE_H
#define PE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pe/pe.h"

enum pe_directory {
    DIRECTORY_EXPORT = 0, DIRECTORY_IMPORT = 1, DIRECTORY_EXCEPTION = 3, DIRECTORY_RELOCATION = 5,
    DIRECTORY_DEBUG = 6, DIRECTORY_LOAD_CONFIG = 10, DIRECTORY_CLR = 14, DIRECTORIES = 16
};

enum { SECTION_CODE = 0x20, SECTION_DISCARDABLE = 0x02000000, SECTION_EXECUTE = 0x20000000, SECTION_READ = 0x40000000,
       SECTION_WRITE = (int)0x80000000 };

struct pe_raw_section {
    char name[9];
    uint32_t rva, size, file_offset, file_size, characteristics;
};

/* A file's headers after parse_headers(): every number below has been checked against the file and against
 * image_size. Directories are checked to lie inside the image, their contents are not. */
struct pe_file {
    const char *name;
    const uint8_t *data;
    size_t size;
    uint64_t preferred_base;
    uint32_t image_size, headers_size, entry, time_stamp, check_sum;
    bool relocations_stripped;
    unsigned section_count;
    struct pe_raw_section sections[PE_MAX_SECTIONS];
    struct { uint32_t rva, size; } directory[DIRECTORIES];
};

/* False with error_text() when it is no x64 kernel image. data must outlive file. */
bool parse_headers(struct pe_file *file, const char *name, const void *data, size_t size);

#endif
