/* PE32+ headers: everything a hostile file can say is checked here, once. */
#include <string.h>

#include "base/error.h"
#include "base/util.h"
#include "pe/internal.h"

#define MACHINE_AMD64 0x8664
#define MAGIC_PE32_PLUS 0x20b
#define SUBSYSTEM_NATIVE 1
#define PAGE 4096u
#define MAX_IMAGE (256u << 20)

static const char *machine_name(unsigned machine)
{
    switch (machine) {
    case 0x14c: return "32-bit x86";
    case 0xaa64: return "ARM64";
    case 0xa641: return "ARM64EC";
    case 0xa64e: return "ARM64X";
    case 0x1c4: return "32-bit ARM";
    case 0x200: return "Itanium";
    default: return NULL;
    }
}

static bool refuse_machine(const struct pe_file *file, unsigned machine)
{
    const char *known = machine_name(machine);

    if (known)
        return error_set("%s: COFF header: built for %s; ring3 runs x64 drivers", file->name, known);
    return error_set("%s: COFF header: unknown machine 0x%x", file->name, machine);
}

/* Finds the COFF header; NULL with a sentence. */
static const uint8_t *find_coff(const struct pe_file *file)
{
    const uint8_t *d = file->data;

    if (file->size < 64 || get16(d) != 0x5a4d) {
        error_set("%s: not an executable image: it does not begin with MZ", file->name);
        return NULL;
    }
    uint32_t offset = get32(d + 0x3c);
    if (offset > file->size || file->size - offset < 24) {
        error_set("%s: DOS header: the PE header would be at 0x%x, behind the end of the file", file->name, offset);
        return NULL;
    }
    if (get32(d + offset) != 0x00004550) {
        error_set("%s: no PE signature at 0x%x", file->name, offset);
        return NULL;
    }
    return d + offset + 4;
}

static bool parse_optional(struct pe_file *file, const uint8_t *o, unsigned size)
{
    if (size < 112)
        return error_set("%s: optional header: %u bytes are too few", file->name, size);
    if (get16(o) != MAGIC_PE32_PLUS)
        return error_set("%s: optional header: magic is 0x%x, not PE32+ (0x20b)", file->name, get16(o));
    uint32_t section_alignment = get32(o + 32), file_alignment = get32(o + 36);
    file->entry = get32(o + 16);
    file->preferred_base = get64(o + 24);
    file->image_size = (uint32_t)align_up(get32(o + 56), PAGE);
    file->headers_size = get32(o + 60);
    file->check_sum = get32(o + 64);
    if (section_alignment < PAGE || (section_alignment & (section_alignment - 1)) || file_alignment == 0)
        return error_set("%s: optional header: section alignment %u; ring3 needs a power of two of at least a page (link with /align:4096)",
                         file->name, section_alignment);
    if (get32(o + 56) == 0 || get32(o + 56) > MAX_IMAGE)
        return error_set("%s: optional header: image size is 0x%x", file->name, get32(o + 56));
    if (file->headers_size > file->size || file->headers_size > file->image_size)
        return error_set("%s: optional header: headers of 0x%x bytes do not fit the file", file->name, file->headers_size);
    if (get16(o + 68) != SUBSYSTEM_NATIVE)
        return error_set("%s: optional header: subsystem is %u, not native (1): a program, not a driver", file->name, get16(o + 68));
    if (file->entry >= file->image_size)
        return error_set("%s: optional header: entry point 0x%x is outside the image", file->name, file->entry);
    if (file->preferred_base % 0x10000)
        return error_set("%s: optional header: image base 0x%llx is not a multiple of 64 KiB", file->name,
                         (unsigned long long)file->preferred_base);
    unsigned count = get32(o + 108);
    if (count > DIRECTORIES)
        count = DIRECTORIES;
    if (count > (size - 112) / 8)
        return error_set("%s: optional header: %u directories do not fit it", file->name, count);
    for (unsigned i = 0; i < count; i++) {
        uint32_t rva = get32(o + 112 + 8 * i), bytes = get32(o + 116 + 8 * i);

        if (i == 4 || rva == 0)
            continue;               /* the certificate table is a file offset, and of no interest here */
        if (rva >= file->image_size || bytes > file->image_size - rva)
            return error_set("%s: directory %u: 0x%x+0x%x is outside the image", file->name, i, rva, bytes);
        file->directory[i].rva = rva;
        file->directory[i].size = bytes;
    }
    if (file->directory[DIRECTORY_CLR].rva)
        return error_set("%s: a .NET program, not a driver", file->name);
    return true;
}

static bool parse_section(struct pe_file *file, struct pe_raw_section *s, const uint8_t *p, uint32_t lowest)
{
    memcpy(s->name, p, 8);
    for (unsigned i = 0; i < 8; i++)
        if (s->name[i] && (s->name[i] < 0x20 || s->name[i] > 0x7e))
            s->name[i] = '?';
    s->size = get32(p + 8);
    s->rva = get32(p + 12);
    s->file_size = get32(p + 16);
    s->file_offset = get32(p + 20);
    s->characteristics = get32(p + 36);
    if (s->size == 0)
        s->size = s->file_size;
    if (s->rva % PAGE || s->rva < lowest)
        return error_set("%s: section %s: address 0x%x overlaps what is before it or is not on a page", file->name, s->name, s->rva);
    if (s->rva > file->image_size || s->size > file->image_size - s->rva)
        return error_set("%s: section %s: 0x%x+0x%x is outside the image", file->name, s->name, s->rva, s->size);
    if (s->file_size > s->size)
        s->file_size = s->size;
    if (s->file_size && (s->file_offset > file->size || s->file_size > file->size - s->file_offset))
        return error_set("%s: section %s: its data at 0x%x+0x%x is behind the end of the file", file->name, s->name,
                         s->file_offset, s->file_size);
    return true;
}

bool parse_headers(struct pe_file *file, const char *name, const void *data, size_t size)
{
    memset(file, 0, sizeof *file);
    file->name = name;
    file->data = data;
    file->size = size;
    const uint8_t *coff = find_coff(file);
    if (!coff)
        return false;
    unsigned sections = get16(coff + 2), optional = get16(coff + 16), characteristics = get16(coff + 18);
    size_t at = (size_t)(coff - file->data) + 20;

    file->time_stamp = get32(coff + 4);
    file->relocations_stripped = characteristics & 1;
    if (get16(coff) != MACHINE_AMD64)
        return refuse_machine(file, get16(coff));
    if (!(characteristics & 2))
        return error_set("%s: COFF header: not marked as an executable image (an object file?)", name);
    if (sections == 0 || sections > PE_MAX_SECTIONS)
        return error_set("%s: COFF header: %u sections", name, sections);
    if (optional > size - at || sections * 40u > size - at - optional)
        return error_set("%s: COFF header: the headers run behind the end of the file", name);
    if (!parse_optional(file, file->data + at, optional))
        return false;
    uint32_t lowest = (uint32_t)align_up(file->headers_size, PAGE);
    for (unsigned i = 0; i < sections; i++) {
        struct pe_raw_section *s = &file->sections[i];

        if (!parse_section(file, s, file->data + at + optional + 40u * i, lowest))
            return false;
        lowest = (uint32_t)align_up((uint64_t)s->rva + s->size, PAGE);
    }
    file->section_count = sections;
    return true;
}
