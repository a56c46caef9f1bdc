/* Memory functions of the CRT. */
#include "nt/crt.h"

#include <string.h>

CRT_EXPORT(void *, crt_memcpy, (void *destination, const void *source, size_t count))
{
    return memmove(destination, source, count);     /* Windows' memcpy tolerates overlap; drivers rely on it */
}

CRT_EXPORT(void *, crt_memmove, (void *destination, const void *source, size_t count))
{
    return memmove(destination, source, count);
}

CRT_EXPORT(void *, crt_memset, (void *destination, int value, size_t count))
{
    return memset(destination, value, count);
}

CRT_EXPORT(int, crt_memcmp, (const void *a, const void *b, size_t count))
{
    return memcmp(a, b, count);
}

CRT_EXPORT(void *, crt_memchr, (const void *buffer, int value, size_t count))
{
    return (void *)(uintptr_t)memchr(buffer, value, count);
}

/* 0; EINVAL for a null pointer, ERANGE when it does not fit: then the destination is zeroed. */
CRT_EXPORT(int, crt_memcpy_s, (void *destination, size_t size, const void *source, size_t count))
{
    if (count == 0)
        return 0;
    if (destination == NULL)
        return CRT_EINVAL;
    if (source == NULL || size < count) {
        memset(destination, 0, size);
        return source == NULL ? CRT_EINVAL : CRT_ERANGE;
    }
    memcpy(destination, source, count);
    return 0;
}

/* 0, EINVAL or ERANGE; the destination is left alone on failure. */
CRT_EXPORT(int, crt_memmove_s, (void *destination, size_t size, const void *source, size_t count))
{
    if (count == 0)
        return 0;
    if (destination == NULL || source == NULL)
        return CRT_EINVAL;
    if (size < count)
        return CRT_ERANGE;
    memmove(destination, source, count);
    return 0;
}
