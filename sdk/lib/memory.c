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

/* 65..512 bytes that do not overlap badly: the last 16 are loaded first, since the loop may run into them. */
static void copy_medium(unsigned char *to, const unsigned char *from, size_type count)
{
    unaligned16 last = *(const unaligned16 *)(from + count - 16);

    for (size_type at = 0; at < count - 16; at += 16)
        *(unaligned16 *)(to + at) = *(const unaligned16 *)(from + at);
    *(unaligned16 *)(to + count - 16) = last;
}

void *memmove(void *to, const void *from, size_type count)
{
    size_type distance = (size_type)((unsigned char *)to - (const unsigned char *)from);

    if (count <= 64)
        copy_small(to, from, count);
    else if (count <= 512 && distance >= count)
        copy_medium(to, from, count);
    else if (distance >= count)
        copy_up(to, from, count);
    else
        copy_down(to, from, count);
    return to;
}

void *memcpy(void *to, const void *from, size_type count)
{
    return memmove(to, from, count);
}

/* 16..512 bytes; the last store overlaps the one before. */
static void fill_medium(unsigned char *to, int value, size_type count)
{
    unsigned long long pattern = (unsigned char)value * 0x0101010101010101ull;
    unaligned8 *at = (unaligned8 *)to, *last = (unaligned8 *)(to + count - 16);

    for (; at < last; at += 2) {
        at[0] = pattern;
        at[1] = pattern;
    }
    last[0] = pattern;
    last[1] = pattern;
}

void *memset(void *to, int value, size_type count)
{
    void *result = to;

    if (count >= 16 && count <= 512) {
        fill_medium(to, value, count);
        return result;
    }
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(value) : "memory");
    return result;
}

int memcmp(const void *left, const void *right, size_type count)
{
    const unsigned char *a = left, *b = right;
    size_type i = 0;

    for (; i + 8 <= count && *(const unaligned8 *)(a + i) == *(const unaligned8 *)(b + i); i += 8)
        ;
    for (; i < count; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}
