/* error=seed:N[,errorrate=PERCENT]: requests fail by chance, 1 of 100 unless errorrate says otherwise. A request that fails did not reach
 * the medium. The same seed and the same requests give the same failures. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "disk/disk_impl.h"

struct error_disk {
    struct disk_wrapper wrapper;        /* first */
    struct random random;
    uint32_t per_million;
};

static void error_submit(struct disk *disk, struct disk_io *io)
{
    struct error_disk *error = container_of(disk, struct error_disk, wrapper.disk);

    if (random_below(&error->random, 1000000) < error->per_million)
        disk_answer(io, DISK_FAILED);
    else
        disk_pass(&error->wrapper, io);
}

static bool read_rate(struct spec *spec, uint32_t *per_million)
{
    const char *text = spec_value(spec, "errorrate", 0);
    char *end;
    double value = text ? strtod(text, &end) : 1;

    if (text && (end == text || (strcmp(end, "") != 0 && strcmp(end, "%") != 0) || !(value >= 0 && value <= 100)))
        return error_set("errorrate=%s: expected a percentage from 0 to 100", text);
    *per_million = (uint32_t)(value * 10000);
    return true;
}

struct disk *disk_error(struct disk *inner, struct spec *spec, struct clock *clock)
{
    struct error_disk *error;
    uint64_t seed = 0;
    uint32_t rate = 0;
    bool given;

    if (!disk_seed(spec, "error", &given, &seed))
        return NULL;
    if (!given)
        return inner;
    if (!read_rate(spec, &rate))
        return NULL;
    error = calloc(1, sizeof *error);
    if (!error)
        return error_set("no memory for error"), NULL;
    random_seed(&error->random, seed);
    error->per_million = rate;
    disk_wrap(&error->wrapper, inner);
    error->wrapper.ops.submit = error_submit;
    return &error->wrapper.disk;
}
