/* A part of ntstrsafe.h, included once per character type; no include guard. It takes RING3_STR_CHAR, RING3_STR_SUFFIX and
 * RING3_STR_FORMAT (a bounded vprintf), and undefines them at its end. */

#ifdef RING3_STR_CHAR
#define RING3_STR_PASTE2(a, b) a##b
#define RING3_STR_PASTE(a, b) RING3_STR_PASTE2(a, b)
#define RING3_STR_NAME(name) RING3_STR_PASTE(name, RING3_STR_SUFFIX)

RING3_BEGIN_C

/* The end of every function: applies the Ex flags and returns where the string ends. `used` is its length. */
FORCEINLINE NTSTATUS RING3_STR_NAME(ring3_str_finish)(RING3_STR_CHAR *text, size_t size, size_t used, NTSTATUS status,
                                                      RING3_STR_CHAR **end, size_t *remaining, ULONG flags)
{
    if (!NT_SUCCESS(status) && size != 0) {
        if (flags & STRSAFE_FILL_ON_FAILURE) {
            memset(text, (int)(flags & 0xFF), size * sizeof(*text));
            used = (flags & 0xFF) ? size - 1 : 0;
            text[used] = 0;
        }
        if (flags & (STRSAFE_NULL_ON_FAILURE | STRSAFE_NO_TRUNCATION)) {
            used = 0;
            text[0] = 0;
        }
    } else if ((flags & STRSAFE_FILL_BEHIND_NULL) && used + 1 < size) {
        memset(text + used + 1, (int)(flags & 0xFF), (size - used - 1) * sizeof(*text));
    }
    if (end != NULL)
        *end = text + used;
    if (remaining != NULL)
        *remaining = size - used;
    return status;
}

/* Puts at most `count` characters of `source` at `used`. */
FORCEINLINE NTSTATUS RING3_STR_NAME(ring3_str_put)(RING3_STR_CHAR *text, size_t size, size_t used,
                                                   const RING3_STR_CHAR *source, size_t count, RING3_STR_CHAR **end,
                                                   size_t *remaining, ULONG flags)
{
    static const RING3_STR_CHAR nothing[1] = {0};
    NTSTATUS status = STATUS_SUCCESS;

    if (size > NTSTRSAFE_MAX_CCH)
        return STATUS_INVALID_PARAMETER;
    if (source == NULL && (flags & STRSAFE_IGNORE_NULLS))
        source = nothing;
    if (size == 0) {
        if (end != NULL)
            *end = text;
        if (remaining != NULL)
            *remaining = 0;
        if (flags & STRSAFE_IGNORE_NULLS)
            return *source == 0 || count == 0 ? STATUS_SUCCESS : (text == NULL ? STATUS_INVALID_PARAMETER : STATUS_BUFFER_OVERFLOW);
        return STATUS_INVALID_PARAMETER;
    }
    while (count != 0 && *source != 0) {
        if (used + 1 >= size) {
            status = STATUS_BUFFER_OVERFLOW;
            break;
        }
        text[used++] = *source++;
        count--;
    }
    text[used] = 0;
    return RING3_STR_NAME(ring3_str_finish)(text, size, used, status, end, remaining, flags);
}

FORCEINLINE NTSTATUS RING3_STR_NAME(ring3_str_length)(const RING3_STR_CHAR *text, size_t limit, size_t *length)
{
    size_t n = 0;

    if (length != NULL)
        *length = 0;
    if (text == NULL || limit > NTSTRSAFE_MAX_CCH)
        return STATUS_INVALID_PARAMETER;
    while (n < limit && text[n] != 0)
        n++;
    if (n == limit)
        return STATUS_INVALID_PARAMETER;
    if (length != NULL)
        *length = n;
    return STATUS_SUCCESS;
}

FORCEINLINE NTSTATUS RING3_STR_NAME(ring3_str_add)(RING3_STR_CHAR *text, size_t size, const RING3_STR_CHAR *source,
                                                   size_t count, RING3_STR_CHAR **end, size_t *remaining, ULONG flags)
{
    size_t used = 0;

    if (!(text == NULL && size == 0 && (flags & STRSAFE_IGNORE_NULLS))) {
        NTSTATUS status = RING3_STR_NAME(ring3_str_length)(text, size, &used);
        if (!NT_SUCCESS(status))
            return status;
    }
    return RING3_STR_NAME(ring3_str_put)(text, size, used, source, count, end, remaining, flags);
}

FORCEINLINE NTSTATUS RING3_STR_NAME(ring3_str_print)(RING3_STR_CHAR *text, size_t size, RING3_STR_CHAR **end,
                                                     size_t *remaining, ULONG flags, const RING3_STR_CHAR *format,
                                                     va_list arguments)
{
    int written;

    if (size == 0 || size > NTSTRSAFE_MAX_CCH)
        return STATUS_INVALID_PARAMETER;
    if (format == NULL && (flags & STRSAFE_IGNORE_NULLS)) {
        text[0] = 0;
        return RING3_STR_NAME(ring3_str_finish)(text, size, 0, STATUS_SUCCESS, end, remaining, flags);
    }
    written = RING3_STR_FORMAT(text, size - 1, format, arguments);
    if (written < 0 || (size_t)written > size - 1) {
        text[size - 1] = 0;
        return RING3_STR_NAME(ring3_str_finish)(text, size, size - 1, STATUS_BUFFER_OVERFLOW, end, remaining, flags);
    }
    text[written] = 0;
    return RING3_STR_NAME(ring3_str_finish)(text, size, (size_t)written, STATUS_SUCCESS, end, remaining, flags);
}

/* The public functions; `unit` is the number of bytes that one unit of a size argument stands for. */
#define RING3_STR_PUBLIC(kind, divide, multiply)                                                                              \
    FORCEINLINE NTSTATUS RING3_STR_NAME(RtlString##kind##Copy)(RING3_STR_CHAR *text, size_t size, const RING3_STR_CHAR *src)  \
    {                                                                                                                         \
        return RING3_STR_NAME(ring3_str_put)(text, (size) divide, 0, src, NTSTRSAFE_MAX_CCH, NULL, NULL, 0);                  \
    }                                                                                                                         \
    FORCEINLINE NTSTATUS RING3_STR_NAME(RtlString##kind##CopyN)(RING3_STR_CHAR *text, size_t size, const RING3_STR_CHAR *src, \
                                                                size_t count)                                                 \
    {                                                                                                                         \
        return RING3_STR_NAME(ring3_str_put)(text, (size) divide, 0, src, (count) divide, NULL, NULL, 0);                     \
    }                                                                                                                         \
    FORCEINLINE NTSTATUS RING3_STR_NAME(RtlString##kind##CopyEx)(RING3_STR_CHAR *text, size_t size,                           \
                                                                 const RING3_STR_CHAR *src, RING3_STR_CHAR **end,             \
                                                                 size_t *remaining, ULONG flags)                              \
    {                                                                                                                         \
        NTSTATUS status = RING3_STR_NAME(ring3_str_put)(text, (size) divide, 0, src, NTSTRSAFE_MAX_CCH, end, remaining, flags); \
        if (remaining != NULL)                                                                                                \
            *remaining = (*remaining) multiply;                                                                               \
        return status;                                                                                                        \
    }                                                                                                                         \
    FORCEINLINE NTSTATUS RING3_STR_NAME(RtlString##kind##CopyNEx)(RING3_STR_CHAR *text, size_t size,                          \
                                                                  const RING3_STR_CHAR *src, size_t count,                    \
                                                                  RING3_STR_CHAR **end, size_t *remaining, ULONG flags)       \
    {                                                                                                                         \
        NTSTATUS status = RING3_STR_NAME(ring3_str_put)(text, (size) divide, 0, src, (count) divide, end, remaining, flags);  \
        if (remaining != NULL)                                                                                                \
            *remaining = (*remaining) multiply;                                                                               \
        return status;                                                                                                        \
    }                                                                                                                         \
    FORCEINLINE NTSTATUS RING3_STR_NAME(RtlString##kind##Cat)(RING3_STR_CHAR *text, size_t size, const RING3_STR_CHAR *src)   \
    {                                                                                                                         \
        return RING3_STR_NAME(ring3_str_add)(text, (size) divide, src, NTSTRSAFE_MAX_CCH, NULL, NULL, 0);                     \
    }                                                                                                                         \
    FORCEINLINE NTSTATUS RING3_STR_NAME(RtlString##kind##CatN)(RING3_STR_CHAR *text, size_t size, const RING3_STR_CHAR *src,  \
                                                               size_t count)                                                  \
    {                                                                                                                         \
        return RING3_STR_NAME(ring3_str_add)(text, (size) divide, src, (count) divide, NULL, NULL, 0);                        \
    }                                                                                                                         \
    FORCEINLINE NTSTATUS RING3_STR_NAME(RtlString##kind##CatEx)(RING3_STR_CHAR *text, size_t size,                            \
                                                                const RING3_STR_CHAR *src, RING3_STR_CHAR **end,              \
                                                                size_t *remaining, ULONG flags)                               \
    {                                                                                                                         \
        NTSTATUS status = RING3_STR_NAME(ring3_str_add)(text, (size) divide, src, NTSTRSAFE_MAX_CCH, end, remaining, flags);  \
        if (remaining != NULL)                                                                                                \
            *remaining = (*remaining) multiply;                                                                               \
        return status;                                                                                                        \
    }                                                                                                                         \
    FORCEINLINE NTSTATUS RING3_STR_NAME(RtlString##kind##CatNEx)(RING3_STR_CHAR *text, size_t size,                           \
                                                                 const RING3_STR_CHAR *src, size_t count,                     \
                                                                 RING3_STR_CHAR **end, size_t *remaining, ULONG flags)        \
    {                                                                                                                         \
        NTSTATUS status = RING3_STR_NAME(ring3_str_add)(text, (size) divide, src, (count) divide, end, remaining, flags);     \
        if (remaining != NULL)                                                                                                \
            *remaining = (*remaining) multiply;                                                                               \
        return status;                                                                                                        \
    }                                                                                                                         \
    FORCEINLINE NTSTATUS RING3_STR_NAME(RtlString##kind##VPrintf)(RING3_STR_CHAR *text, size_t size,                          \
                                                                  const RING3_STR_CHAR *format, va_list arguments)            \
    {                                                                                                                         \
        return RING3_STR_NAME(ring3_str_print)(text, (size) divide, NULL, NULL, 0, format, arguments);                        \
    }                                                                                                                         \
    FORCEINLINE NTSTATUS RING3_STR_NAME(RtlString##kind##VPrintfEx)(RING3_STR_CHAR *text, size_t size, RING3_STR_CHAR **end,  \
                                                                    size_t *remaining, ULONG flags,                           \
                                                                    const RING3_STR_CHAR *format, va_list arguments)          \
    {                                                                                                                         \
        NTSTATUS status = RING3_STR_NAME(ring3_str_print)(text, (size) divide, end, remaining, flags, format, arguments);     \
        if (remaining != NULL)                                                                                                \
            *remaining = (*remaining) multiply;                                                                               \
        return status;                                                                                                        \
    }                                                                                                                         \
    static __inline NTSTATUS RING3_STR_NAME(RtlString##kind##Printf)(RING3_STR_CHAR *text, size_t size,                       \
                                                                     const RING3_STR_CHAR *format, ...)                       \
    {                                                                                                                         \
        va_list arguments;                                                                                                    \
        NTSTATUS status;                                                                                                      \
        va_start(arguments, format);                                                                                          \
        status = RING3_STR_NAME(ring3_str_print)(text, (size) divide, NULL, NULL, 0, format, arguments);                      \
        va_end(arguments);                                                                                                    \
        return status;                                                                                                        \
    }                                                                                                                         \
    static __inline NTSTATUS RING3_STR_NAME(RtlString##kind##PrintfEx)(RING3_STR_CHAR *text, size_t size,                     \
                                                                       RING3_STR_CHAR **end, size_t *remaining, ULONG flags,  \
                                                                       const RING3_STR_CHAR *format, ...)                     \
    {                                                                                                                         \
        va_list arguments;                                                                                                    \
        NTSTATUS status;                                                                                                      \
        va_start(arguments, format);                                                                                          \
        status = RING3_STR_NAME(ring3_str_print)(text, (size) divide, end, remaining, flags, format, arguments);              \
        va_end(arguments);                                                                                                    \
        if (remaining != NULL)                                                                                                \
            *remaining = (*remaining) multiply;                                                                               \
        return status;                                                                                                        \
    }                                                                                                                         \
    FORCEINLINE NTSTATUS RING3_STR_NAME(RtlString##kind##Length)(const RING3_STR_CHAR *text, size_t limit, size_t *length)    \
    {                                                                                                                         \
        NTSTATUS status = RING3_STR_NAME(ring3_str_length)(text, (limit) divide, length);                                     \
        if (length != NULL)                                                                                                   \
            *length = (*length) multiply;                                                                                     \
        return status;                                                                                                        \
    }

RING3_STR_PUBLIC(Cch, , )
RING3_STR_PUBLIC(Cb, / sizeof(RING3_STR_CHAR), * sizeof(RING3_STR_CHAR))

RING3_END_C

#undef RING3_STR_PUBLIC
#undef RING3_STR_NAME
#undef RING3_STR_PASTE
#undef RING3_STR_PASTE2
#undef RING3_STR_CHAR
#undef RING3_STR_SUFFIX
#undef RING3_STR_FORMAT
#endif
