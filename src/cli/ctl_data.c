/* Bytes and control codes as they are written on a command line. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/message.h"
#include "cli/ctl.h"
#include "host/file.h"

static int digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

static bool from_hex(const char *text, uint8_t **data, size_t *size)
{
    uint8_t *to = malloc(strlen(text) / 2 + 1);
    int high = -1;

    *data = to;
    *size = 0;
    for (; to && *text; text++) {
        if (strchr(" \t\r\n:-", *text))
            continue;
        if (digit(*text) < 0)
            return error_set("'%.20s' is not hexadecimal (files are @FILE)", text);
        if (high >= 0)
            to[(*size)++] = (uint8_t)(high << 4 | digit(*text));
        high = high < 0 ? digit(*text) : -1;
    }
    if (!to)
        return error_set("no memory");
    return high < 0 || error_set("an odd number of hexadecimal digits");
}

static bool from_stdin(uint8_t **data, size_t *size)
{
    *data = malloc(MESSAGE_DATA + 1u);
    if (!*data)
        return error_set("no memory");
    *size = fread(*data, 1, MESSAGE_DATA + 1u, stdin);
    return *size <= MESSAGE_DATA || error_set("more than %u bytes on stdin", MESSAGE_DATA);
}

/* UTF-8 to UTF-16LE; malformed bytes stand for themselves. */
static bool from_wide(const char *text, uint8_t **data, size_t *size)
{
    uint8_t *to = malloc(2 * strlen(text) + 2);

    *data = to;
    *size = 0;
    if (!to)
        return error_set("no memory");
    while (*text) {
        unsigned char c = (unsigned char)*text++;
        uint32_t code = c;
        int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc2 ? 1 : 0;

        for (int i = 0; i < more; i++)
            if ((text[i] & 0xc0) != 0x80)
                more = 0;
        if (more)
            code = c & (0x3fu >> more);
        for (int i = 0; i < more; i++)
            code = code << 6 | (*text++ & 0x3f);
        if (code > 0xffff) {
            to[(*size)++] = (uint8_t)((code - 0x10000) >> 10);
            to[(*size)++] = (uint8_t)(0xd8 | (code - 0x10000) >> 18);
            code = 0xdc00 | ((code - 0x10000) & 0x3ff);
        }
        to[(*size)++] = (uint8_t)code;
        to[(*size)++] = (uint8_t)(code >> 8);
    }
    return true;
}

static bool zeroes(const char *text, uint8_t **data, size_t *size)
{
    uint64_t n;

    if (!cli_number(text, 0, MESSAGE_DATA, &n))
        return false;
    *size = n;
    *data = calloc(1, n + 1);
    return *data || error_set("no memory");
}

bool ctl_data(const char *text, uint8_t **data, size_t *size)
{
    *data = NULL;
    if (!strcmp(text, "-"))
        return from_stdin(data, size);
    if (text[0] == '@')
        return host_read_file(text + 1, MESSAGE_DATA, data, size);
    if (!strncmp(text, "zero:", 5))
        return zeroes(text + 5, data, size);
    if (!strncmp(text, "wide:", 5))
        return from_wide(text + 5, data, size);
    if (strncmp(text, "text:", 5))
        return from_hex(text, data, size);
    *data = (uint8_t *)strdup(text + 5);
    *size = strlen(text + 5);
    return *data || error_set("no memory");
}

static bool part(const char *text, const char *const names[], unsigned count, uint64_t highest, uint64_t *value)
{
    for (unsigned i = 0; i < count; i++)
        if (!strcasecmp(text, names[i])) {
            *value = i;
            return true;
        }
    return cli_number(text, 0, highest, value);
}

bool ctl_code(const char *text, uint32_t *code)
{
    static const char *const methods[] = { "buffered", "in_direct", "out_direct", "neither" };
    static const char *const accesses[] = { "any", "read", "write", "read+write" };
    char copy[128], *save, *piece[4];
    uint64_t device, function, method, access, number;
    unsigned count = 0;

    if (!strchr(text, ',')) {
        if (!cli_number(text, 0, UINT32_MAX, &number))
            return false;
        *code = (uint32_t)number;
        return true;
    }
    snprintf(copy, sizeof copy, "%s", text);
    for (char *p = strtok_r(copy, ",", &save); p && count < 4; p = strtok_r(NULL, ",", &save))
        piece[count++] = p;
    if (count != 4 || strlen(text) >= sizeof copy)
        return error_set("'%s' is not DEVICE,FUNCTION,METHOD,ACCESS", text);
    if (!cli_number(piece[0], 0, 0xffff, &device) || !cli_number(piece[1], 0, 0xfff, &function) ||
        !part(piece[2], methods, 4, 3, &method) || !part(piece[3], accesses, 4, 3, &access))
        return false;
    *code = (uint32_t)(device << 16 | access << 14 | function << 2 | method);
    return true;
}

void ctl_print_hex(const uint8_t *data, size_t size)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < size; i++) {
        putchar(digits[data[i] >> 4]);
        putchar(digits[data[i] & 15]);
    }
}
