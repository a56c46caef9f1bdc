/* Paths in their parts, for one character type; included by crt_path.c, no include guard. It takes C (the type), MAKE and SPLIT. */

/* Puts the text at *at and moves it; false when it does not fit with a terminator. */
static bool ADD(C *path, size_t size, size_t *at, const C *text)
{
    for (; *text != 0; text++) {
        if (*at + 1 >= size)
            return false;
        path[(*at)++] = *text;
    }
    return true;
}

static bool ADD_ONE(C *path, size_t size, size_t *at, C c)
{
    C text[2] = { c, 0 };

    return ADD(path, size, at, text);
}

/* 0; EINVAL without a buffer, ERANGE with an empty path when it does not fit. Missing separators are added.
 * docs: cpp-docs/c-runtime-library/reference/makepath-s-wmakepath-s */
CRT_EXPORT(int, MAKE, (C *path, size_t size, const C *drive, const C *directory, const C *name, const C *extension))
{
    size_t at = 0;
    bool fits = true;

    if (path == NULL || size == 0)
        return CRT_EINVAL;
    if (drive != NULL && *drive != 0)
        fits = ADD_ONE(path, size, &at, *drive) && ADD_ONE(path, size, &at, ':');
    if (directory != NULL && *directory != 0) {
        fits = fits && ADD(path, size, &at, directory);
        if (fits && path[at - 1] != '\\' && path[at - 1] != '/')
            fits = ADD_ONE(path, size, &at, '\\');
    }
    if (name != NULL)
        fits = fits && ADD(path, size, &at, name);
    if (extension != NULL && *extension != 0)
        fits = fits && (*extension == '.' || ADD_ONE(path, size, &at, '.')) && ADD(path, size, &at, extension);
    path[fits ? at : 0] = 0;
    return fits ? 0 : CRT_ERANGE;
}

struct PART {
    C *to;
    size_t size;
    size_t start, end;          /* in the path */
};

/* 0; EINVAL for a buffer without size or the reverse, ERANGE with four empty strings when a part does not fit.
 * docs: cpp-docs/c-runtime-library/reference/splitpath-s-wsplitpath-s */
CRT_EXPORT(int, SPLIT, (const C *path, C *drive, size_t drive_size, C *directory, size_t directory_size, C *name, size_t name_size,
                        C *extension, size_t extension_size))
{
    struct PART part[4] = { { drive, drive_size, 0, 0 }, { directory, directory_size, 0, 0 }, { name, name_size, 0, 0 },
                            { extension, extension_size, 0, 0 } };
    size_t end = 0, dot = 0, names;
    int status = path == NULL ? CRT_EINVAL : 0;

    for (int i = 0; i < 4; i++)
        if ((part[i].to == NULL) != (part[i].size == 0))
            status = CRT_EINVAL;
    if (status == 0) {
        names = path[0] != 0 && path[1] == ':' ? 2 : 0;
        part[0].end = part[1].start = names;
        for (end = names; path[end] != 0; end++)
            if (path[end] == '\\' || path[end] == '/')
                names = end + 1;
        for (dot = end; dot > names && path[dot] != '.'; dot--)
            ;
        if (path[dot] != '.')
            dot = end;
        part[1].end = part[2].start = names;
        part[2].end = part[3].start = dot;
        part[3].end = end;
    }
    for (int i = 0; i < 4; i++)
        if (status == 0 && part[i].to != NULL && part[i].end - part[i].start >= part[i].size)
            status = CRT_ERANGE;
    for (int i = 0; i < 4; i++) {
        if (part[i].to == NULL || part[i].size == 0)
            continue;
        size_t n = status == 0 ? part[i].end - part[i].start : 0;
        for (size_t k = 0; k < n; k++)
            part[i].to[k] = path[part[i].start + k];
        part[i].to[n] = 0;
    }
    return status;
}
