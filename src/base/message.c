#include "base/message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* --- reading -------------------------------------------------------------------------------------------------------- */

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* In place. False: a % that is not followed by two digits, or a NUL. */
static bool decode(char *text)
{
    char *to = text;

    for (; *text; text++) {
        if (*text != '%') {
            *to++ = *text;
            continue;
        }
        if (digit(text[1]) < 0 || digit(text[2]) < 0 || (text[1] == '0' && text[2] == '0'))
            return false;
        *to++ = (char)(digit(text[1]) << 4 | digit(text[2]));
        text += 2;
    }
    *to = 0;
    return true;
}

static bool take_pair(struct message *m, char *text)
{
    char *equals = strchr(text, '=');

    if (!equals || equals == text)
        return error_set("'%.40s' is not key=value", text);
    if (m->count == MESSAGE_KEYS)
        return error_set("more than %u keys", MESSAGE_KEYS);
    *equals = 0;
    if (!decode(equals + 1))
        return error_set("the value of %.40s has a %% without two digits behind it", text);
    m->pair[m->count].key = text;
    m->pair[m->count++].value = equals + 1;
    return true;
}

bool message_parse(struct message *m, const char *line, size_t length)
{
    char *save, *text;
    uint64_t size;

    m->count = m->size = 0;
    m->word = "";
    if (length >= sizeof m->text)
        return error_set("a line of more than %u bytes", MESSAGE_LINE - 1);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            return error_set("byte %zu of the line is a control character", i);
    memcpy(m->text, line, length);
    m->text[length] = 0;
    text = strtok_r(m->text, " ", &save);
    if (!text)
        return error_set("an empty line");
    m->word = text;
    while ((text = strtok_r(NULL, " ", &save)))
        if (!take_pair(m, text))
            return false;
    if (!message_number(m, "data", 0, MESSAGE_DATA, &size))
        return false;
    m->size = (uint32_t)size;
    return true;
}

const char *message_value(const struct message *m, const char *key)
{
    for (unsigned i = 0; i < m->count; i++)
        if (!strcmp(m->pair[i].key, key))
            return m->pair[i].value;
    return NULL;
}

bool message_number(const struct message *m, const char *key, uint64_t fallback, uint64_t highest, uint64_t *value)
{
    const char *text = message_value(m, key);
    char *end;

    *value = fallback;
    if (!text)
        return true;
    errno = 0;
    *value = strtoull(text, &end, 0);
    if (errno || end == text || *end || text[0] < '0' || text[0] > '9' || *value > highest)
        return error_set("%s=%.40s is not a number up to %llu", key, text, (unsigned long long)highest);
    return true;
}

/* --- writing ----------------------------------------------------------------------------------------------------------- */

static void put(struct message_line *line, char c)
{
    if (line->length < sizeof line->text)
        line->text[line->length++] = c;
    else
        line->full = true;
}

static void put_text(struct message_line *line, const char *text)
{
    while (*text)
        put(line, *text++);
}

static void put_value(struct message_line *line, const char *value)
{
    static const char digits[] = "0123456789ABCDEF";

    for (; *value; value++) {
        unsigned char c = (unsigned char)*value;

        if (c > 0x20 && c != '%' && c != 0x7f) {
            put(line, (char)c);
            continue;
        }
        put(line, '%');
        put(line, digits[c >> 4]);
        put(line, digits[c & 15]);
    }
}

void message_begin(struct message_line *line, const char *word)
{
    line->length = 0;
    line->full = false;
    put_text(line, word);
}

void message_add(struct message_line *line, const char *key, const char *value)
{
    put(line, ' ');
    put_text(line, key);
    put(line, '=');
    put_value(line, value);
}

void message_add_number(struct message_line *line, const char *key, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    message_add(line, key, text);
}

bool message_end(struct message_line *line, uint32_t size)
{
    if (size)
        message_add_number(line, "data", size);
    put(line, '\n');
    return !line->full || error_set("a message of more than %u bytes", MESSAGE_LINE);
}
