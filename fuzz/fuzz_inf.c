/* INF text from anywhere: it is parsed, matched against the first ID it names, and installed, or refused. */
#include <stddef.h>
#include <stdint.h>

#include "pkg/inf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct inf_model *models;
    struct inf *inf;
    int count;

    if (size > 65536)
        return 0;
    inf = inf_parse("fuzz.inf", data, size);
    if (inf == NULL)
        return 0;
    count = inf_models(inf, &models);
    for (int i = 0; i < count && i < 16; i++) {
        const char *ids[] = { models[i].id_count != 0 ? models[i].id[0] : "none", NULL };

        inf_match(inf, ids, ids);
        inf_install_free(inf_install_of(inf, &models[i]));
    }
    inf_close(inf);
    return 0;
}
