/* What the drivers of some classes have in the registry: audio effects, COM classes, user-mode display drivers.
 * docs: audio/implementing-audio-processing-objects, display/wddm-2-1-features, display/adding-software-registry-settings */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "pkg/inf_check_internal.h"

#define DRIVER_STORE 13

/* Effects of Windows by their COM class, with the section of wdmaudio.inf that registers them. */
static const struct {
    const char *class, *section;
} effects[] = {
    { "{889C03C8-ABAD-4004-BF0A-BC7BB825E166}", "MsApoFxProxy.Registration" },
    { "{62DC1A93-AE24-464C-A43E-452F824C4250}", "mssysfx.CopyFilesAndRegister" },
};

static bool begins(const char *text, const char *beginning)
{
    return !strncasecmp(text, beginning, strlen(beginning));
}

void check_class_key(struct checking *c, const char *key, int line)
{
    if ((begins(key, "AudioEngine\\AudioProcessingObjects\\") || !strcasecmp(key, "AudioEngine\\AudioProcessingObjects")) &&
        !is_class(c, "AudioProcessingObject"))
        problem(c, 2661, line, "only class AudioProcessingObject writes to %.100s", key);
    if (strcasestr(key, "CLSID\\") && strcasestr(key, "\\LocalServer32"))
        problem(c, 1325, line, "%.100s: only COM classes with InprocServer32 are supported", key);
}

/* Paths of the DLLs that Windows loads for a display device; "<>" leaves a place empty. */
static void check_display_files(struct checking *c, const struct inf_line *line)
{
    static const char *const names[] = { "UserModeDriverName", "UserModeDriverNameWoW", "OpenGLDriverName", "OpenGLDriverNameWoW", NULL };
    const char *name = inf_field(line, 2);
    long dirid;

    if (*inf_field(line, 1) || !one_of(name, names))
        return;
    for (int i = 4; i < line->count; i++)
        if (strcmp(line->field[i], "<>") != 0 && (!dirid_of(line->field[i], &dirid) || dirid != DRIVER_STORE)) {
            problem(c, 2601, line->number, "%s '%.100s' must be a path below %%%%13%%%%", name, line->field[i]);
            break;
        }
}

void check_class_value(struct checking *c, const struct inf_line *line)
{
    if (c->display)
        check_display_files(c, line);
    if (begins(inf_field(line, 1), "FX\\") && !c->effect)
        for (size_t i = 0; i < countof(effects); i++)
            if (!strcasecmp(inf_field(line, 4), effects[i].class))
                c->effect = line;
}

static bool names(const struct inf_section *section, const char *directive, const char *what)
{
    const struct inf_line *line = NULL;

    while ((line = inf_line(section, directive, line)) != NULL)
        for (int i = 0; i < line->count; i++)
            if (begins(line->field[i], what))   /* mssysfx.CopyFilesAndRegisterCapX, too */
                return true;
    return false;
}

void check_effect(struct checking *c, const struct inf_section *section)
{
    const char *needed = NULL;

    for (size_t i = 0; i < countof(effects); i++)
        if (!strcasecmp(inf_field(c->effect, 4), effects[i].class))
            needed = effects[i].section;
    if (!names(section, "Include", "wdmaudio.inf"))
        problem(c, 2662, c->effect->number, "[%.100s] must include wdmaudio.inf, which has the audio effect %s", section->name,
                inf_field(c->effect, 4));
    else if (needed && !names(section, "Needs", needed))
        problem(c, 2663, c->effect->number, "[%.100s] must need [%s] of wdmaudio.inf, which registers the audio effect %s", section->name, needed,
                inf_field(c->effect, 4));
}
