/* The page that documents a function ring3 does not have. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "pe/internal.h"

static const struct pe_documented *find_page(const char *name)
{
    unsigned low = 0, high = pe_config.documented ? pe_config.documented_count : 0, end = high;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (strcmp(pe_config.documented[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < end && strcmp(pe_config.documented[low].name, name) == 0 ? &pe_config.documented[low] : NULL;
}

void pe_document_of(const char *module, const char *name, char *text, size_t size)
{
    const struct pe_documented *page = find_page(name);
    char lower[128];
    size_t i;

    (void)module;
    if (!page) {
        snprintf(text, size, "  (not in the public documentation)");
        return;
    }
    for (i = 0; name[i] && i < sizeof lower - 1; i++)
        lower[i] = (char)tolower((unsigned char)name[i]);
    lower[i] = 0;
    int stem = (int)strcspn(page->header, ".");
    snprintf(text, size, "  (%.*s/nf-%.*s-%s)", stem, page->header, stem, page->header, lower);
}
