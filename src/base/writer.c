#include "base/writer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static bool make_room(struct writer *w, size_t more)
{
    size_t room = w->room ? w->room : 1024;
    char *text;

    while (room < w->size + more + 1)
        room *= 2;
    if (room == w->room)
        return true;
    text = realloc(w->text, room);
    if (!text)
        return false;
    w->text = text;
    w->room = room;
    return true;
}

void write_text(struct writer *w, const char *format, ...)
{
    va_list args, again;
    int length;

    va_start(args, format);
    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, args);
    if (w->failed || length < 0 || !make_room(w, (size_t)length))
        w->failed = true;
    else
        w->size += (size_t)vsnprintf(w->text + w->size, (size_t)length + 1, format, again);
    va_end(again);
    va_end(args);
}

void write_json_string(struct writer *w, const char *text)
{
    write_text(w, "\"");
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            write_text(w, "\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            write_text(w, "\\u%04x", (unsigned)*text);
        else
            write_text(w, "%c", *text);
    write_text(w, "\"");
}

void write_json_field(struct writer *w, const char *name, const char *text)
{
    write_text(w, "\"%s\":", name);
    write_json_string(w, text);
    write_text(w, ",");
}

void writer_free(struct writer *w)
{
    free(w->text);
    *w = (struct writer){ .format = w->format };
}
