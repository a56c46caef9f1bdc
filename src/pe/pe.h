/* Windows kernel images: loading, binding, unloading. One computer's worth of images is open at a time.
 *
 * pe/ knows no executive: what it needs of one (memory, IRQL, bug checks, device registers) comes as callbacks in
 * struct pe_config. Related headers: export.h (the export table), trap.h (faults), seh.h (exceptions),
 * stack.h (stack capture and names). */
#ifndef PE_PE_H
#define PE_PE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "pe/export.h"
#include "pe/thunk_copy.h"

#define PE_MAX_SECTIONS 96
#define PE_FILE_LIMIT (256u << 20)

struct _CONTEXT;
struct pe_image;

/* Where a driver called from: its return address, stack pointer after the return, and frame pointer. */
struct pe_caller {
    uint64_t rip, rsp, rbp;
};

/* The return address of an export that its thunk called (thunk_enter.S), instead of the driver's. */
extern const char thunk_called[];

/* Only directly inside an exported (ms_abi) function: the driver's side of the call. */
#define PE_CALLER() pe_caller_of(__builtin_frame_address(0))
static inline struct pe_caller pe_caller_of(void *frame)
{
    uint64_t *slot = (uint64_t *)frame;

    if (slot[1] == (uint64_t)(uintptr_t)thunk_called)
        return *(const struct pe_caller *)(const void *)(slot + 2 + THUNK_COPY / 8);
    return (struct pe_caller){ .rip = slot[1], .rsp = (uint64_t)(slot + 2), .rbp = slot[0] };
}

/* A return address that an export took for its caller's: the driver's, even when the thunk called the export. */
const void *pe_find_caller(void);
static inline const void *pe_true_caller(const void *caller)
{
    return __builtin_expect(caller == thunk_called, 0) ? pe_find_caller() : caller;
}

struct pe_config {
    /* Page-aligned, readable and writable pages that belong to the computer's RAM. */
    void *(*alloc_pages)(size_t pages);
    void (*free_pages)(void *va, size_t pages);

    const struct pe_export *exports;                /* sorted by name */
    unsigned export_count;
    const struct pe_documented *documented;         /* may be NULL */
    unsigned documented_count;
    /* Nonzero sends every export call through export_hook. NULL: never. Must be in the program's own data. */
    const volatile uint32_t *attention;
    /* Called before an export when IRQL is out of the row's range or attention is set. caller is the driver's side. */
    void (*export_hook)(const struct pe_export *row, const struct pe_caller *caller, bool irql_wrong);
    /* While *exits is nonzero, called after an export that took that way has returned. May be NULL. */
    const bool *exits;
    void (*export_exit_hook)(void);
    /* A function bound by allow_missing was called. Must not return. */
    void (*missing_called)(const char *module, const char *name, const struct pe_caller *caller);

    uint64_t (*random)(void);                       /* for stack cookies */

    /* Traps; see trap.h. Any may be NULL where there is nothing of the kind. */
    uint64_t mmio_base, mmio_size;                  /* inaccessible window */
    void (*mmio_read)(uint64_t address, void *data, unsigned size);
    void (*mmio_write)(uint64_t address, const void *data, unsigned size);
    uint64_t shared_data_va;                        /* KUSER_SHARED_DATA as drivers address it */
    void *shared_data;                              /* the page with its content */
    void (*shared_data_refresh)(void *page);
    /* Faults at addresses from here on up are the kernel's and cannot be caught; 0: none are. */
    uint64_t system_range_start;
    uint8_t (*irql_get)(void);                      /* inline cr8 */
    void (*irql_set)(uint8_t irql);
    /* Where the running processor's structure is found, and its 32-bit word that is zero while a change of IRQL is one
     * store to the control region. NULL: irql_set is always called. */
    void *const *processor_slot;
    uint32_t pending_offset;
    /* Lowest byte of the running stack and the byte behind it; 0, 0 when not known. */
    void (*stack_limits)(uint64_t *low, uint64_t *high);
    /* Windows would stop. context is the machine state at fault; text (may be NULL) says more. Must not return. */
    void (*bug_check)(uint32_t code, const uint64_t parameter[4], struct _CONTEXT *context, const char *text);
};

bool pe_open(const struct pe_config *config);
/* Unloads what is left. */
void pe_close(void);

struct pe_section {
    char name[9];
    uint32_t rva, size;                 /* page multiple */
    uint32_t characteristics;
    int protection;                     /* host_protection bits */
    bool discarded;
};

struct pe_function {                    /* a .pdata row */
    uint32_t begin, end, unwind;
};

struct pe_image {
    struct list node;
    char name[64];                      /* file name: "vionet.sys" */
    char *path;                         /* file, or the name when loaded from memory */
    uint8_t *base;
    uint32_t size;                      /* bytes, page multiple */
    uint32_t entry;                     /* RVA; 0: no entry point */
    uint32_t time_stamp, check_sum;
    uint64_t preferred_base;
    unsigned section_count;
    struct pe_section sections[PE_MAX_SECTIONS];
    const struct pe_function *functions;
    unsigned function_count;
    uint32_t export_rva, export_size;
    bool fixed_base;                    /* mapped where it was linked, outside RAM: it has no relocations */
    bool was_writable_code;             /* a section asked for write and execute; it got write only */
    unsigned users;                     /* images bound to this one */
    unsigned dependency_count;
    struct pe_image *dependencies[16];
    void *missing;                      /* stubs of allow_missing */
    void *patches;                      /* patched sites */
    void *symbols;
};

enum pe_load_flags { PE_ALLOW_MISSING = 1 };

/* Loads, relocates and binds; after it the entry point can be called. The image depends on nothing of the data given.
 * NULL with error_text(), a sentence that names file, place and reason. */
struct pe_image *pe_load_file(const char *path, unsigned flags);
struct pe_image *pe_load(const char *name, const void *data, size_t size, unsigned flags);
/* True when the last pe_load failed only because of imports ring3 does not have (exit code 3). */
bool pe_missing_only(void);

/* Calls back for each import of the file, there: something provides it. False with error_text() when the file is not loadable.
 * name is "#12" for an ordinal. */
typedef void pe_import_visitor(void *context, const char *module, const char *name, bool there);
bool pe_list_imports(const char *name, const void *data, size_t size, pe_import_visitor *visit, void *context);

/* After DriverEntry: makes INIT and other discardable sections inaccessible. */
void pe_discard(struct pe_image *image);
/* Protection goes, memory goes back. False with error_text() while other images are bound to this one. */
bool pe_unload(struct pe_image *image);

/* An export of an image, as MmGetSystemRoutineAddress-like lookups need it; NULL when there is none. */
void *pe_image_export(struct pe_image *image, const char *name);
/* An export of ring3 as drivers should call it (a thunk); NULL when there is none. module NULL: any module. */
void *pe_system_routine(const char *module, const char *name);

struct pe_image *pe_image_at(uint64_t address);             /* NULL: host or wild */
struct pe_image *pe_image_named(const char *name);          /* without regard to case */
extern struct list pe_images;                               /* struct pe_image.node, in load order */

/* True when rip belongs to driver code: an image, or a stub that stands for part of one. */
bool pe_is_driver_code(uint64_t rip);
/* True when rip lies among the images that are mapped outside RAM. May be asked in a signal handler. */
bool pe_in_fixed_images(uint64_t rip);

#endif
