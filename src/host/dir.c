#include "host/dir.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

typedef bool wanted(const char *name, const void *what);

static bool ends_with(const char *name, const void *what)
{
    const char *suffix = what;
    size_t length = strlen(name), end = strlen(suffix);

    return length > end && strcmp(name + length - end, suffix) == 0;
}

static bool ends_with_any(const char *name, const void *what)
{
    size_t length = strlen(name);

    for (const char *const *suffix = what; *suffix; suffix++) {
        size_t end = strlen(*suffix);

        if (length > end && strcasecmp(name + length - end, *suffix) == 0)
            return true;
    }
    return false;
}

static char **list(const char *path, wanted *is_wanted, const void *what)
{
    DIR *dir = opendir(path);
    char **names = NULL;
    size_t count = 0;
    struct dirent *entry;

    if (!dir) {
        error_set("cannot read the directory %s: %s", path, strerror(errno));
        return NULL;
    }
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.' || !is_wanted(entry->d_name, what))
            continue;
        names = realloc(names, (count + 2) * sizeof *names);
        names[count++] = strdup(entry->d_name);
    }
    closedir(dir);
    if (!names)
        return calloc(1, sizeof *names);
    names[count] = NULL;
    qsort(names, count, sizeof *names, by_name);
    return names;
}

char **host_list_dir(const char *path, const char *suffix)
{
    return list(path, ends_with, suffix);
}

char **host_list_dir_any(const char *path, const char *const *suffixes)
{
    return list(path, ends_with_any, suffixes);
}

bool host_is_dir(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

void host_free_names(char **names)
{
    for (char **name = names; name && *name; name++)
        free(*name);
    free(names);
}

bool host_make_dirs(const char *path)
{
    char part[PATH_MAX];

    if ((size_t)snprintf(part, sizeof part, "%s", path) >= sizeof part)
        return error_set("the path %s is too long", path);
    for (char *slash = part + 1;; slash++) {
        char end = *slash;

        if (end != '/' && end != 0)
            continue;
        *slash = 0;
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return error_set("cannot make the directory %s: %s", part, strerror(errno));
        *slash = end;
        if (end == 0)
            return true;
    }
}

uint64_t host_file_time(const char *path)
{
    struct stat info;

    if (stat(path, &info) != 0)
        return 0;
    return (uint64_t)info.st_mtim.tv_sec * 1000000000u + (uint64_t)info.st_mtim.tv_nsec;
}

bool host_program_path(char *path, size_t size)
{
    ssize_t n = readlink("/proc/self/exe", path, size - 1);

    if (n <= 0)
        return error_set("cannot find the running program: %s", strerror(errno));
    path[n] = 0;
    return true;
}

bool host_program_dir(char *path, size_t size)
{
    if (!host_program_path(path, size))
        return false;
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = 0;
    return true;
}

bool host_full_path(const char *path, char *whole, size_t size)
{
    char buffer[PATH_MAX];

    if (!realpath(path, buffer))
        return error_set("%s: %s", path, strerror(errno));
    return (size_t)snprintf(whole, size, "%s", buffer) < size || error_set("the path %s is too long", buffer);
}
