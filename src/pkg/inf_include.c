/* Include: INFs beside the one that is read. Those of Windows itself are not ours to have. docs: install/inf-ddinstall-section */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "host/dir.h"
#include "pkg/inf_internal.h"

#define MOST_SIBLINGS 32

struct inf_sibling {
    const char *name;
    struct inf *inf;                    /* NULL: there is none */
    struct inf_sibling *next;
};

static struct inf *open_sibling(const struct inf *inf, const char *name)
{
    char **names = host_list_dir(inf->directory, "");
    struct inf *found = NULL;

    for (int i = 0; names != NULL && names[i] != NULL && found == NULL; i++) {
        char path[4096];

        if (inf_same(names[i], name) && snprintf(path, sizeof(path), "%s/%s", inf->directory, names[i]) < (int)sizeof(path))
            found = inf_open(path);
    }
    host_free_names(names);
    return found;
}

struct inf *inf_sibling(struct inf *inf, const char *name)
{
    struct inf_sibling *sibling = inf->siblings;
    int count = 0;

    if (inf->directory == NULL || *name == 0 || strchr(name, '/') != NULL || inf_same(name, inf->name))
        return NULL;
    for (; sibling != NULL; sibling = sibling->next, count++) {
        if (inf_same(sibling->name, name))
            return sibling->inf;
    }
    if (count == MOST_SIBLINGS)
        return NULL;
    sibling = inf_alloc(inf, sizeof(*sibling));
    sibling->name = inf_copy(inf, name, strlen(name));
    sibling->inf = open_sibling(inf, name);
    sibling->next = inf->siblings;
    inf->siblings = sibling;
    return sibling->inf;
}

void inf_close_siblings(struct inf *inf)
{
    for (struct inf_sibling *sibling = inf->siblings; sibling != NULL; sibling = sibling->next)
        inf_close(sibling->inf);
}
