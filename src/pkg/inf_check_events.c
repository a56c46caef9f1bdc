/* Event providers, their channels, and AutoLoggers. docs: install/inf-addeventprovider-directive, install/inf-addupdateautologger-directive */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "pkg/inf_check_internal.h"

enum { ADMIN = 1, OPERATIONAL, ANALYTIC, DEBUG };
#define SEQUENTIAL 2
#define DRIVER_DATA "%DriverData%\\"

static unsigned long number_in(const struct inf_section *section, const char *key)
{
    unsigned long value;

    return number_of(inf_field(inf_line(section, key, NULL), 0), &value) ? value : 0;
}

static void check_channel_section(struct checking *c, const struct inf_section *section, unsigned long type)
{
    const struct inf_line *backup = inf_line(section, "LoggingAutoBackup", NULL);

    check_keys(c, section, KIND_CHANNEL);
    if (number_in(section, "LoggingAutoBackup") != 1)
        return;
    if (type >= ANALYTIC)
        problem(c, 1181, backup->number, "LoggingAutoBackup = 1 in [%.100s] is not for a channel of type %lu", section->name, type);
    if (number_in(section, "LoggingRetention") != SEQUENTIAL)
        problem(c, 1182, backup->number, "LoggingAutoBackup = 1 in [%.100s] needs LoggingRetention = 2", section->name);
}

/* AddChannel = name, type [, section]; `values` holds the numbers of the provider's channels. */
static void check_channel(struct checking *c, const struct inf_section *provider, const struct inf_line *line)
{
    const char *name = inf_field(line, 0), *value;
    const struct inf_section *section;
    unsigned long type = 0;
    bool again;

    if (!*name || !*inf_field(line, 1)) {
        problem(c, *name ? 1085 : 1080, line->number, *name ? "AddChannel reads: name, type [, section]" : "AddChannel lacks its name");
        return;
    }
    if (!number_of(inf_field(line, 1), &type) || type < ADMIN || type > DEBUG)
        problem(c, 1081, line->number, "AddChannel has type '%.40s'; there are 1 to 4", inf_field(line, 1));
    if (strlen(name) >= 255 || strpbrk(name, "><&\"|\\:`?*"))
        problem(c, 1081, line->number, "'%.60s' is no name of a channel", name);
    if (line->count > 3)
        problem(c, 1201, line->number, "AddChannel has three fields; '%.60s' is too much", inf_field(line, 3));
    section = *inf_field(line, 2) ? refer(c, "AddChannel", KIND_CHANNEL, inf_field(line, 2), line->number) : NULL;
    if (!section)
        return;
    check_channel_section(c, section, type);
    value = inf_field(inf_line(section, "Value", NULL), 0);
    if (*value) {
        map_put(c, &c->once, &again, "%d|channel value|%s", provider->index, value);
        if (again)
            problem(c, 1180, line->number, "channel number %.20s in [%.100s] is another channel's of [%.100s]", value, section->name, provider->name);
    }
}

static void check_file(struct checking *c, const struct inf_section *section, const char *key)
{
    const struct inf_line *line = inf_line(section, key, NULL);
    long dirid;

    if (!line)
        return;
    if (!dirid_of(inf_field(line, 0), &dirid))
        problem(c, 1081, line->number, "%s '%.100s' does not begin with a directory number, %%13%%\\ say", key, inf_field(line, 0));
    check_path_dirid(c, inf_field(line, 0), line->number);
}

void check_provider_section(struct checking *c, const struct inf_section *section)
{
    static const char *const files[] = { "ResourceFile", "MessageFile", "ParameterFile" };
    const struct inf_line *name = inf_line(section, "ProviderName", NULL);

    check_keys(c, section, KIND_PROVIDER);
    for (int i = 0; i < 3; i++)
        check_file(c, section, files[i]);
    if (strlen(inf_field(name, 0)) > 255)
        problem(c, 1286, name->number, "ProviderName has %zu characters, 255 at most", strlen(inf_field(name, 0)));
    if (strpbrk(inf_field(name, 0), "><&\"|\\:'?*"))
        problem(c, 1081, name->number, "ProviderName '%.60s' has characters that names do not have", inf_field(name, 0));
    for (int i = 0; i < section->count; i++) {
        const struct inf_line *line = &section->line[i];
        bool add = line->key && !strcasecmp(line->key, "AddChannel"), again = false;

        if (add)
            check_channel(c, section, line);
        if ((add || (line->key && !strcasecmp(line->key, "ImportChannel"))) && *inf_field(line, 0))
            map_put(c, &c->once, &again, "%d|channel|%s", section->index, inf_field(line, 0));
        if (again)
            problem(c, 1086, line->number, "channel %.60s stands twice in [%.200s]", inf_field(line, 0), section->name);
    }
}

static void check_logger_provider(struct checking *c, const struct inf_section *logger, const struct inf_line *line)
{
    const char *guid = inf_field(line, 0);
    const struct inf_section *section;
    bool again;

    if (!*guid) {
        problem(c, 1080, line->number, "AddAutoLoggerProvider lacks its GUID");
        return;
    }
    if (!is_guid_text(guid))
        problem(c, 1019, line->number, "'%.60s' of AddAutoLoggerProvider is no GUID", guid);
    map_put(c, &c->once, &again, "%d|provider|%s", logger->index, guid);
    if (again)
        problem(c, 1086, line->number, "provider %.60s stands twice in [%.200s]", guid, logger->name);
    section = refer(c, "AddAutoLoggerProvider", KIND_LOGGER_PROVIDER, inf_field(line, 1), line->number);
    if (section)
        check_keys(c, section, KIND_LOGGER_PROVIDER);
}

void check_logger_section(struct checking *c, const struct inf_section *section)
{
    const struct inf_line *file = inf_line(section, "FileName", NULL);

    check_keys(c, section, note_of(c, section)->kind);
    if (file && strncasecmp(inf_field(file, 0), DRIVER_DATA, strlen(DRIVER_DATA)) != 0)
        problem(c, 1326, file->number, "FileName '%.100s' is not below %%%%DriverData%%%%", inf_field(file, 0));
    if (strlen(inf_field(file, 0)) > 1024)
        problem(c, 1286, file->number, "FileName has %zu characters, 1024 at most", strlen(inf_field(file, 0)));
    for (int i = 0; i < section->count; i++)
        if (section->line[i].key && !strcasecmp(section->line[i].key, "AddAutoLoggerProvider"))
            check_logger_provider(c, section, &section->line[i]);
}
