/* Names between the host's UTF-8 and the computer's UTF-16. */
#include "nt/io_internal.h"

#include "nt/text.h"

UNICODE_STRING io_unicode(const char *utf8)
{
    size_t length = text_to_utf16(NULL, 0, utf8, strlen(utf8), NULL);
    UNICODE_STRING result = { 0, 0, NULL };

    if (length > UNICODE_STRING_MAX_CHARS - 1)
        return result;
    result.Buffer = pool_alloc(PagedPool, (length + 1) * sizeof(WCHAR), IO_TAG_NAME, NULL);
    if (result.Buffer == NULL)
        return result;
    text_to_utf16(result.Buffer, length, utf8, strlen(utf8), NULL);
    result.Buffer[length] = 0;
    result.Length = (USHORT)(length * sizeof(WCHAR));
    result.MaximumLength = (USHORT)(result.Length + sizeof(WCHAR));
    return result;
}

void io_free_unicode(UNICODE_STRING *string)
{
    if (string->Buffer != NULL)
        pool_free(string->Buffer, IO_TAG_NAME, NULL);
    *string = (UNICODE_STRING){ 0, 0, NULL };
}

const char *io_utf8(const UNICODE_STRING *string, char *buffer, size_t size)
{
    return text_utf8(buffer, size, string);
}

PUNICODE_STRING io_path(struct io_path *path, const char *utf8)
{
    size_t length = text_to_utf16(path->buffer, countof(path->buffer) - 1, utf8, strlen(utf8), NULL);

    if (length > countof(path->buffer) - 1)
        length = countof(path->buffer) - 1;
    path->buffer[length] = 0;
    path->string.Buffer = path->buffer;
    path->string.Length = (USHORT)(length * sizeof(WCHAR));
    path->string.MaximumLength = sizeof(path->buffer);
    return &path->string;
}

bool io_same_text(const UNICODE_STRING *a, const UNICODE_STRING *b)
{
    return text_compare(a->Buffer, a->Length / sizeof(WCHAR), b->Buffer, b->Length / sizeof(WCHAR), true) == 0;
}
