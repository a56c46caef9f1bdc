/* Names for addresses: llvm-symbolizer reads the PDB or DWARF beside an image; what it says is kept per image. */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "host/dir.h"
#include "host/file.h"
#include "pe/internal.h"
#include "pe/stack.h"
#include "pe/unwind.h"

#define SYMBOLIZER "llvm-symbolizer-19"
#define BATCH 64
#define OUTPUT_SIZE (64u << 10)

/* Answers for one RVA: one line an inlined or real function, innermost first: "name\tfile:line". */
struct symbol {
    struct symbol *next;
    uint32_t rva;
    char *lines;
};

struct symbols {
    struct symbol *bucket[256];
    bool unusable;
};

static struct symbols host_symbols;     /* of ring3 itself */

static struct symbols *symbols_of(struct pe_image *image)
{
    if (!image->symbols)
        image->symbols = calloc(1, sizeof(struct symbols));
    return image->symbols;
}

static void forget(struct symbols *symbols)
{
    for (unsigned i = 0; symbols && i < 256; i++) {
        while (symbols->bucket[i]) {
            struct symbol *gone = symbols->bucket[i];

            symbols->bucket[i] = gone->next;
            free(gone->lines);
            free(gone);
        }
    }
}

void symbols_release(struct pe_image *image)
{
    if (!image) {
        forget(&host_symbols);
        host_symbols.unusable = false;
        return;
    }
    forget(image->symbols);
    free(image->symbols);
    image->symbols = NULL;
}

static struct symbol *known(struct symbols *symbols, uint32_t rva)
{
    for (struct symbol *s = symbols->bucket[rva % 256]; s; s = s->next)
        if (s->rva == rva)
            return s;
    return NULL;
}

static void remember(struct symbols *symbols, uint32_t rva, const char *lines)
{
    struct symbol *s = calloc(1, sizeof *s);

    s->rva = rva;
    s->lines = strdup(lines);
    s->next = symbols->bucket[rva % 256];
    symbols->bucket[rva % 256] = s;
}

/* "/src/drv/receive.c:120:7" -> "receive.c:120" in place. */
static char *short_place(char *place)
{
    char *slash = strrchr(place, '/'), *back = strrchr(place, '\\'), *colon;

    if (back > slash)
        slash = back;
    if (slash)
        place = slash + 1;
    colon = strrchr(place, ':');
    if (colon && strchr(place, ':') != colon)
        *colon = 0;
    return place;
}

/* Takes one answer (pairs of lines up to an empty line) off the output; returns what follows it. */
static char *take_answer(char *at, char *lines, size_t size)
{
    size_t used = 0;

    *lines = 0;
    while (*at && *at != '\n') {
        char *end = strchr(at, '\n'), *place = end ? end + 1 : NULL, *place_end = place ? strchr(place, '\n') : NULL;

        if (!place_end)
            return at + strlen(at);
        *end = *place_end = 0;
        if (strcmp(at, "??") != 0 && used < size)
            used += (size_t)snprintf(lines + used, size - used, "%s\t%s\n", at,
                                     strncmp(place, "??", 2) == 0 ? "" : short_place(place));
        at = place_end + 1;
    }
    return *at ? at + 1 : at;
}

static void ask(struct symbols *symbols, const char *path, const uint32_t *rvas, unsigned count)
{
    const char *const argv[] = { SYMBOLIZER, "--relative-address", "--inlines", "--obj", path, NULL };
    char input[BATCH * 12 + 1], lines[2048], *output, *at;
    size_t used = 0;

    if (symbols->unusable || count == 0)
        return;
    for (unsigned i = 0; i < count; i++)
        used += (size_t)snprintf(input + used, sizeof input - used, "0x%x\n", rvas[i]);
    output = at = malloc(OUTPUT_SIZE);
    if (!host_file_exists(path) || host_run(argv, input, output, OUTPUT_SIZE) != 0) {
        symbols->unusable = true;
        *output = 0;
    }
    for (unsigned i = 0; i < count; i++) {
        at = take_answer(at, lines, sizeof lines);
        remember(symbols, rvas[i], lines);
    }
    free(output);
}

/* Asks once for all addresses of an image that are not known yet. */
static void learn(const uint64_t *frames, unsigned count, bool first_exact)
{
    list_each(it, &pe_images) {
        struct pe_image *image = container_of(it, struct pe_image, node);
        uint32_t wanted[BATCH];
        unsigned n = 0;

        for (unsigned i = 0; i < count && n < BATCH; i++) {
            uint32_t rva = (uint32_t)(frames[i] - (uint64_t)image->base) - (i == 0 && first_exact ? 0 : 1);

            if (frames[i] - (uint64_t)image->base < image->size && !known(symbols_of(image), rva))
                wanted[n++] = rva;
        }
        ask(symbols_of(image), image->path, wanted, n);
    }
}

struct text {
    char *at;
    size_t left;
};

static void say(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int n = vsnprintf(text->at, text->left, format, arguments);
    va_end(arguments);
    if (n < 0)
        return;
    size_t step = (size_t)n < text->left ? (size_t)n : text->left ? text->left - 1 : 0;
    text->at += step;
    text->left -= step;
}

/* Offset of an address in the running program; 0 when it is elsewhere. */
static uint32_t program_offset(uint64_t address)
{
    extern char __executable_start, etext;

    return address - (uint64_t)&__executable_start < (uint64_t)(&etext - &__executable_start)
               ? (uint32_t)(address - (uint64_t)&__executable_start) : 0;
}

static void learn_host(const uint64_t *frames, unsigned count)
{
    uint32_t wanted[BATCH];
    char program[512];
    unsigned n = 0;

    for (unsigned i = 0; i < count && n < BATCH; i++) {
        uint32_t offset = program_offset(frames[i] - 1);

        if (offset && !known(&host_symbols, offset))
            wanted[n++] = offset;
    }
    if (n && host_program_path(program, sizeof program))
        ask(&host_symbols, program, wanted, n);
}

static void say_host(struct text *text, uint64_t address, const char *indent, const char *end)
{
    struct symbol *symbol = program_offset(address - 1) ? known(&host_symbols, program_offset(address - 1)) : NULL;
    Dl_info info;

    if (symbol && *symbol->lines) {
        const char *last = symbol->lines;       /* the real function: what was inlined into it is of no interest */

        for (const char *line = last; *line; line = strchr(line, '\n') + 1)
            last = line;
        int name = (int)strcspn(last, "\t"), place = (int)strcspn(last + name + 1, "\n");
        say(text, place ? "%sring3!%.*s (%.*s)%s" : "%sring3!%.*s%.*s%s", indent, name, last, place, last + name + 1, end);
        return;
    }
    if (!dladdr((void *)address, &info) || !info.dli_fname) {
        say(text, "%s0x%llx%s", indent, (unsigned long long)address, end);
        return;
    }
    const char *slash = strrchr(info.dli_fname, '/'), *file = slash ? slash + 1 : info.dli_fname;
    if (info.dli_sname)
        say(text, "%s%s!%s+0x%llx%s", indent, file, info.dli_sname,
            (unsigned long long)(address - (uint64_t)info.dli_saddr), end);
    else
        say(text, "%s%s+0x%llx%s", indent, file, (unsigned long long)(address - (uint64_t)info.dli_fbase), end);
}

static void say_driver(struct text *text, struct pe_image *image, uint32_t rva, uint32_t asked, bool all,
                       const char *indent, const char *end)
{
    const struct pe_function *function = pe_find_function(image, asked);
    struct symbol *symbol = known(symbols_of(image), asked);
    const char *line = symbol ? symbol->lines : "";

    if (!*line) {
        say(text, "%s%s+0x%x%s", indent, image->name, rva, end);
        return;
    }
    while (*line) {
        const char *tab = strchr(line, '\t'), *newline = strchr(line, '\n');
        bool last = newline[1] == 0, place = newline > tab + 1;

        say(text, "%s%s!%.*s", indent, image->name, (int)(tab - line), line);
        if (last && function)
            say(text, "+0x%x", rva - function->begin);
        if (place)
            say(text, " (%.*s%s)", (int)(newline - tab - 1), tab + 1, last ? "" : ", inlined");
        say(text, "%s", end);
        if (!all)
            return;
        line = newline + 1;
    }
}

static void say_frame(struct text *text, uint64_t address, bool exact, bool all, const char *indent, const char *end)
{
    struct pe_image *image = pe_image_at(address);

    if (!image) {
        say_host(text, address, indent, end);
        return;
    }
    uint32_t rva = (uint32_t)(address - (uint64_t)image->base);
    say_driver(text, image, rva, exact ? rva : rva - 1, all, indent, end);
}

void pe_describe_stack(const uint64_t *frames, unsigned count, bool first_exact, char *text, size_t size)
{
    struct text out = { text, size };

    if (size == 0)
        return;
    *text = 0;
    learn(frames, count, first_exact);
    learn_host(frames, count);
    for (unsigned i = 0; i < count; i++)
        say_frame(&out, frames[i], i == 0 && first_exact, true, "    ", "\n");
}

void pe_describe(uint64_t address, bool exact, char *text, size_t size)
{
    struct text out = { text, size };

    if (size == 0)
        return;
    *text = 0;
    learn(&address, 1, exact);
    say_frame(&out, address, exact, false, "", "");
}
