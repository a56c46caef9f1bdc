/* The string functions of the CRT for one character type; included by crt_narrow.c and crt_wide.c, no include guard.
 * It takes C (the type), UNSIGNED (its unsigned type), N(name) (the exported name of a function), LOWER(c), UPPER(c). */

CRT_EXPORT(size_t, N(len), (const C *string))
{
    size_t n = 0;

    while (string[n] != 0)
        n++;
    return n;
}

CRT_EXPORT(size_t, N(nlen), (const C *string, size_t limit))
{
    size_t n = 0;

    while (n < limit && string[n] != 0)
        n++;
    return n;
}

static int compare(const C *a, const C *b, size_t count, bool fold)
{
    for (; count != 0; a++, b++, count--) {
        int x = (UNSIGNED)*a, y = (UNSIGNED)*b;

        if (fold) {
            x = LOWER(x);
            y = LOWER(y);
        }
        if (x != y)
            return x < y ? -1 : 1;
        if (x == 0)
            break;
    }
    return 0;
}

CRT_EXPORT(int, N(cmp), (const C *a, const C *b))
{
    return compare(a, b, (size_t)-1, false);
}

CRT_EXPORT(int, N(ncmp), (const C *a, const C *b, size_t count))
{
    return compare(a, b, count, false);
}

CRT_EXPORT(int, N(icmp), (const C *a, const C *b))
{
    return compare(a, b, (size_t)-1, true);
}

CRT_EXPORT(int, N(nicmp), (const C *a, const C *b, size_t count))
{
    return compare(a, b, count, true);
}

CRT_EXPORT(C *, N(cpy), (C *destination, const C *source))
{
    for (size_t i = 0;; i++)
        if ((destination[i] = source[i]) == 0)
            return destination;
}

/* Fills up with zeros, and does not terminate when the source is too long, as in C. */
CRT_EXPORT(C *, N(ncpy), (C *destination, const C *source, size_t count))
{
    size_t i = 0;

    for (; i < count && source[i] != 0; i++)
        destination[i] = source[i];
    for (; i < count; i++)
        destination[i] = 0;
    return destination;
}

CRT_EXPORT(C *, N(cat), (C *destination, const C *source))
{
    N(cpy)(destination + N(len)(destination), source);
    return destination;
}

CRT_EXPORT(C *, N(ncat), (C *destination, const C *source, size_t count))
{
    size_t at = N(len)(destination), n = N(nlen)(source, count);

    for (size_t i = 0; i < n; i++)
        destination[at + i] = source[i];
    destination[at + n] = 0;
    return destination;
}

CRT_EXPORT(C *, N(chr), (const C *string, int c))
{
    for (;; string++) {
        if (*string == (C)c)
            return (C *)(uintptr_t)string;
        if (*string == 0)
            return NULL;
    }
}

CRT_EXPORT(C *, N(rchr), (const C *string, int c))
{
    const C *found = NULL;

    for (;; string++) {
        if (*string == (C)c)
            found = string;
        if (*string == 0)
            return (C *)(uintptr_t)found;
    }
}

CRT_EXPORT(C *, N(str), (const C *string, const C *part))
{
    size_t n = N(len)(part);

    for (;; string++) {
        if (compare(string, part, n, false) == 0)
            return (C *)(uintptr_t)string;
        if (*string == 0)
            return NULL;
    }
}

static bool in_set(C c, const C *set)
{
    while (*set != 0 && *set != c)
        set++;
    return *set != 0;
}

CRT_EXPORT(size_t, N(spn), (const C *string, const C *set))
{
    size_t n = 0;

    while (string[n] != 0 && in_set(string[n], set))
        n++;
    return n;
}

CRT_EXPORT(size_t, N(cspn), (const C *string, const C *set))
{
    size_t n = 0;

    while (string[n] != 0 && !in_set(string[n], set))
        n++;
    return n;
}

CRT_EXPORT(C *, N(pbrk), (const C *string, const C *set))
{
    string += N(cspn)(string, set);
    return *string != 0 ? (C *)(uintptr_t)string : NULL;
}

CRT_EXPORT(C *, N(tok_s), (C *string, const C *delimiters, C **context))
{
    C *start = string != NULL ? string : *context;

    if (start == NULL)
        return NULL;
    start += N(spn)(start, delimiters);
    if (*start == 0) {
        *context = NULL;
        return NULL;
    }
    *context = start + N(cspn)(start, delimiters);
    if (**context != 0)
        *(*context)++ = 0;
    else
        *context = NULL;
    return start;
}

CRT_EXPORT(C *, N(lwr), (C *string))
{
    for (C *c = string; *c != 0; c++)
        *c = (C)LOWER((UNSIGNED)*c);
    return string;
}

CRT_EXPORT(C *, N(upr), (C *string))
{
    for (C *c = string; *c != 0; c++)
        *c = (C)UPPER((UNSIGNED)*c);
    return string;
}

CRT_EXPORT(C *, N(rev), (C *string))
{
    size_t n = N(len)(string);

    for (size_t i = 0; i < n / 2; i++) {
        C c = string[i];

        string[i] = string[n - 1 - i];
        string[n - 1 - i] = c;
    }
    return string;
}

CRT_EXPORT(C *, N(set), (C *string, int value))
{
    for (C *c = string; *c != 0; c++)
        *c = (C)value;
    return string;
}

/* Puts at most `count` characters at `at`. ERANGE, with an empty destination, when they do not fit; with a count of
 * _TRUNCATE the text is cut and the result is STRUNCATE. */
static int put_safe(C *destination, size_t size, size_t at, const C *source, size_t count)
{
    if (destination == NULL || size == 0)
        return CRT_EINVAL;
    if (source == NULL) {
        destination[0] = 0;
        return CRT_EINVAL;
    }
    for (size_t i = 0; i < count && source[i] != 0; i++) {
        if (at + 1 >= size) {
            destination[count == CRT_TRUNCATE ? at : 0] = 0;
            return count == CRT_TRUNCATE ? CRT_STRUNCATE : CRT_ERANGE;
        }
        destination[at++] = source[i];
    }
    destination[at] = 0;
    return 0;
}

CRT_EXPORT(int, N(cpy_s), (C *destination, size_t size, const C *source))
{
    return put_safe(destination, size, 0, source, CRT_TRUNCATE - 1);
}

CRT_EXPORT(int, N(ncpy_s), (C *destination, size_t size, const C *source, size_t count))
{
    return put_safe(destination, size, 0, source, count);
}

CRT_EXPORT(int, N(cat_s), (C *destination, size_t size, const C *source))
{
    size_t at = destination != NULL ? N(nlen)(destination, size) : 0;

    return at == size ? CRT_EINVAL : put_safe(destination, size, at, source, CRT_TRUNCATE - 1);
}

CRT_EXPORT(int, N(ncat_s), (C *destination, size_t size, const C *source, size_t count))
{
    size_t at = destination != NULL ? N(nlen)(destination, size) : 0;

    return at == size ? CRT_EINVAL : put_safe(destination, size, at, source, count);
}

/* The first count characters, never more than the string has. */
CRT_EXPORT(C *, N(nset), (C *string, int value, size_t count))
{
    for (size_t i = 0; i < count && string[i] != 0; i++)
        string[i] = (C)value;
    return string;
}

/* EINVAL, with an empty string when there is a buffer, for one that is not terminated within size. */
static int check_string(C *string, size_t size)
{
    if (string == NULL || size == 0)
        return CRT_EINVAL;
    if (N(nlen)(string, size) < size)
        return 0;
    string[0] = 0;
    return CRT_EINVAL;
}

CRT_EXPORT(int, N(set_s), (C *string, size_t size, int value))
{
    int error = check_string(string, size);

    if (error == 0)
        N(set)(string, value);
    return error;
}

CRT_EXPORT(int, N(nset_s), (C *string, size_t size, int value, size_t count))
{
    int error = check_string(string, size);

    if (error == 0)
        N(nset)(string, value, count);
    return error;
}

CRT_EXPORT(int, N(lwr_s), (C *string, size_t size))
{
    int error = check_string(string, size);

    if (error == 0)
        N(lwr)(string);
    return error;
}

CRT_EXPORT(int, N(upr_s), (C *string, size_t size))
{
    int error = check_string(string, size);

    if (error == 0)
        N(upr)(string);
    return error;
}
