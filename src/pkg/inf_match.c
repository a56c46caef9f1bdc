/* [Manufacturer] -> Models -> hardware IDs: which entry serves a device.
 * docs: install/inf-manufacturer-section, install/inf-models-section */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "pkg/inf_internal.h"

/* Of an INX, $ARCH$ is this architecture. NT[Architecture][.[Major][.[Minor][.[ProductType][.[SuiteMask][.[Build]]]]]] */
struct decoration {
    bool amd64;
    long part[5];                       /* -1: not given */
};

enum { MAJOR, MINOR, PRODUCT, SUITE, BUILD };
#define PRODUCT_WORKSTATION 1

static bool parse_decoration(const char *text, struct decoration *decoration)
{
    for (int i = 0; i < 5; i++)
        decoration->part[i] = -1;
    if (!inf_same_part(text, "NT", 2))
        return false;
    text += 2;
    bool stamped = !inf_same_part(text, "$ARCH$", 6);
    decoration->amd64 = !stamped || inf_same_part(text, "amd64", 5);
    text += !decoration->amd64 ? 0 : stamped ? 5 : 6;
    for (int i = 0; i < 5 && *text == '.'; i++) {
        char *end;
        long number;

        text++;
        if (*text == '.' || *text == 0)
            continue;
        number = strtol(text, &end, 0);
        if (end == text || number < 0 || number > 999999)
            return false;
        decoration->part[i] = number;
        text = end;
    }
    return *text == 0;
}

/* How well the decoration fits this Windows; -1 when it does not. Larger is closer. */
static long decoration_score(const char *text)
{
    struct decoration d;
    long version, build;

    if (!parse_decoration(text, &d) || !d.amd64)
        return -1;                      /* NTx86, NTarm64, or no platform: not for this one */
    version = (d.part[MAJOR] < 0 ? 0 : d.part[MAJOR]) * 1000 + (d.part[MINOR] < 0 ? 0 : d.part[MINOR]);
    build = d.part[BUILD] < 0 ? 0 : d.part[BUILD];
    if (version > INF_OS_MAJOR * 1000 + INF_OS_MINOR || (version == INF_OS_MAJOR * 1000 + INF_OS_MINOR && build > INF_OS_BUILD))
        return -1;
    if (d.part[PRODUCT] > 0 && d.part[PRODUCT] != PRODUCT_WORKSTATION)
        return -1;
    return version * 10000000 + build * 2 + (d.part[PRODUCT] > 0);
}

/* The best decoration of a [Manufacturer] entry, NULL when none fits. */
static const char *best_decoration(const struct inf_line *line)
{
    const char *best = NULL;
    long best_score = -1;

    for (int i = 1; i < line->count; i++) {
        long score = decoration_score(line->field[i]);

        if (score > best_score) {
            best = line->field[i];
            best_score = score;
        }
    }
    return best;
}

static void add_model(struct inf *inf, const struct inf_line *manufacturer, const struct inf_line *line)
{
    struct inf_model model = {
        .manufacturer = manufacturer->key != NULL ? manufacturer->key : inf_field(manufacturer, 0),
        .description = line->key,
        .install_section = inf_field(line, 0),
        .number = line->number,
    };
    const char **ids = NULL;

    for (int i = 1; i < line->count; i++) {
        if (*line->field[i] == 0)
            continue;                   /* an omitted hardware ID: the rest are compatible IDs */
        ids = inf_grow(inf, ids, model.id_count, sizeof(*ids));
        ids[model.id_count++] = line->field[i];
    }
    model.id = ids;
    inf->models = inf_grow(inf, inf->models, inf->model_count, sizeof(model));
    inf->models[inf->model_count++] = model;
}

static bool read_models(struct inf *inf, const struct inf_line *manufacturer)
{
    const char *base = inf_field(manufacturer, 0), *decoration = best_decoration(manufacturer);
    const struct inf_section *section;
    char name[600];

    if (decoration == NULL)
        return true;                    /* nothing for amd64: inf_match says so when nobody else has */
    snprintf(name, sizeof(name), "%.255s.%.255s", base, decoration);
    section = inf_section(inf, name);
    if (section == NULL)
        return inf_error(inf, manufacturer->number, "there is no Models section [%s]", name);
    for (int i = 0; i < section->count; i++) {
        const struct inf_line *line = &section->line[i];

        if (line->key == NULL || *inf_field(line, 0) == 0)
            return inf_error(inf, line->number, "a Models entry reads: description = install-section, hardware-id");
        add_model(inf, manufacturer, line);
    }
    return true;
}

int inf_models(struct inf *inf, const struct inf_model **models)
{
    const struct inf_section *section = inf_section(inf, "Manufacturer");

    if (inf->model_count < 0) {
        inf->model_count = 0;
        for (int i = 0; section != NULL && i < section->count; i++) {
            if (!read_models(inf, &section->line[i])) {
                inf->model_count = -1;
                return -1;
            }
        }
    }
    *models = inf->models;
    return inf->model_count;
}

/* Rank of one model for one list of the device: smaller is better; INT_MAX: no match. The place in the device's
 * list counts first, then whether the INF names it as hardware ID (first) or compatible ID. */
static int list_rank(const struct inf_model *model, const char *const *list)
{
    for (int i = 0; list != NULL && list[i] != NULL && i < 1000; i++) {
        for (int j = 0; j < model->id_count; j++) {
            if (inf_same(list[i], model->id[j]))
                return i * 2000 + (j > 999 ? 999 : j);
        }
    }
    return INT_MAX;
}

const struct inf_model *inf_match(struct inf *inf, const char *const *hardware_ids, const char *const *compatible_ids)
{
    const struct inf_model *models, *best = NULL;
    int count = inf_models(inf, &models), best_rank = INT_MAX;

    for (int pass = 0; pass < 2 && best == NULL; pass++) {
        for (int i = 0; i < count; i++) {
            int rank = list_rank(&models[i], pass == 0 ? hardware_ids : compatible_ids);

            if (rank < best_rank) {
                best = &models[i];
                best_rank = rank;
            }
        }
    }
    if (best != NULL || count < 0)
        return best;
    if (count == 0)
        inf_error(inf, 0, "[Manufacturer] names no models for NTamd64");
    else
        inf_error(inf, 0, "serves no device with hardware ID %s",
                  hardware_ids != NULL && hardware_ids[0] != NULL ? hardware_ids[0] : "(none)");
    return NULL;
}
