/* Declarations of trace functions from anywhere: they become macros, or are left out. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/wpp_function.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *printed = NULL;
    size_t length = 0;
    struct wpp_functions *functions = wpp_functions_new();
    FILE *out = open_memstream(&printed, &length);

    if (!text || !out)
        abort();
    memcpy(text, data, size);
    text[size] = 0;
    wpp_declare(functions, text);
    wpp_read_config(functions, text);
    wpp_print_functions(functions, out);
    fclose(out);
    free(printed);
    wpp_functions_free(functions);
    free(text);
    return 0;
}
