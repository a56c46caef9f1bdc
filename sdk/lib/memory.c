/* The memory functions compilers call behind a program's back. Built without builtins, so that no loop below is
 * turned into a call of itself. */
typedef unsigned long long size_type;

static void copy_up(unsigned char *to, const unsigned char *from, size_type count)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

static void copy_down(unsigned char *to, const unsigned char *from, size_type count)
{
    to += count - 1;
    from += count - 1;
    __asm__ volatile("std\n\trep movsb\n\tcld" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

typedef unsigned long long unaligned8 __attribute__((aligned(1), may_alias));
typedef float unaligned16 __attribute__((vector_size(16), aligned(1), may_alias));

/* Both ends of 1..64 bytes are loaded before anything is stored: overlap does no harm. */
static void copy_small(unsigned char *to, const unsigned char *from, size_type count)
{
    if (count >= 16) {
        unaligned16 a = *(const unaligned16 *)from, d = *(const unaligned16 *)(from + count - 16), b = a, c = d;

        if (count > 32) {
            b = *(const unaligned16 *)(from + 16);
            c = *(const unaligned16 *)(from + count - 32);
            *(unaligned16 *)(to + 16) = b;
            *(unaligned16 *)(to + count - 32) = c;
        }
        *(unaligned16 *)to = a;
        *(unaligned16 *)(to + count - 16) = d;
    } else if (count >= 8) {
        unaligned8 a = *(const unaligned8 *)from, b = *(const unaligned8 *)(from + count - 8);

        *(unaligned8 *)to = a;
        *(unaligned8 *)(to + count - 8) = b;
    } else {
        unsigned char bytes[8];

        for (size_type i = 0; i < count; i++)
            bytes[i] = from[i];
        for (size_type i = 0; i < count; i++)
            to[i] = bytes[i];
    }
}

void *memmove(void *to, const void *from, size_type count)
{
    if (count <= 64)
        copy_small(to, from, count);
    else if ((size_type)((unsigned char *)to - (const unsigned char *)from) >= count)
        copy_up(to, from, count);
    else
        copy_down(to, from, count);
    return to;
}

void *memcpy(void *to, const void *from, size_type count)
{
    return memmove(to, from, count);
}

void *memset(void *to, int value, size_type count)
{
    void *result = to;

    __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(value) : "memory");
    return result;
}

int memcmp(const void *left, const void *right, size_type count)
{
    const unsigned char *a = left, *b = right;

    for (size_type i = 0; i < count; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}
