/* DDInstall.Wdf: KMDF and UMDF. docs: wdf/specifying-wdf-directives-in-inf-files */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "pkg/inf_check_internal.h"

/* Directives with the UMDF version that brought them, and their values. */
static const struct {
    const char *name;
    int major, minor;
    const char *values[5];
} directives[] = {
    { "UmdfHostProcessSharing", 1, 11, { "ProcessSharingEnabled", "ProcessSharingDisabled" } },
    { "UmdfDirectHardwareAccess", 1, 11, { "AllowDirectHardwareAccess", "RejectDirectHardwareAccess" } },
    { "UmdfHostPriority", 2, 15, { "PriorityHigh" } },
    { "UmdfRegisterAccessMode", 1, 11, { "RegisterAccessUsingSystemCall", "RegisterAccessUsingUserModeMapping" } },
    { "UmdfImpersonationLevel", 0, 0, { "Anonymous", "Identification", "Impersonation", "Delegation" } },
    { "UmdfMethodNeitherAction", 0, 0, { "Copy", "Reject" } },
    { "UmdfDispatcher", 0, 0, { "FileHandle", "NativeUSB", "WinUsb" } },
    { "UmdfKernelModeClientPolicy", 1, 9, { "AllowKernelModeClients", "RejectKernelModeClients" } },
    { "UmdfFileObjectPolicy", 1, 11, { "RejectNullAndUnknownFileObjects", "AllowNullAndUnknownFileObjects" } },
    { "UmdfFsContextUsePolicy", 1, 11, { "CanUseFsContext", "CanUseFsContext2", "CannotUseFsContexts" } },
};

struct umdf {
    int major, minor;                   /* of the services; 0.0: not known */
};

static bool is_variable(const char *text)
{
    return text[0] == '$' && text[strlen(text) - 1] == '$';
}

/* KmdfLibraryVersion = 1.15, UmdfLibraryVersion = 2.15.0; $KMDFVERSION$ before stamping. */
static void check_library_version(struct checking *c, const struct inf_line *line, int parts, const char *service, struct umdf *version)
{
    const char *text = inf_field(line, 0);

    if (is_variable(text)) {
        if (!c->options->before_stamping)
            problem(c, 1217, line->number, "%s in %s was not stamped; run ring3 inf stamp", text, line->key);
        return;
    }
    if (!is_version_text(text, parts) && !is_version_text(text, parts == 3 ? 2 : 3)) {
        problem(c, 1217, line->number, "'%.40s' in %s of service %.60s is no version of the framework", text, line->key, service);
        return;
    }
    if (version)
        sscanf(text, "%d.%d", &version->major, &version->minor);
}

static void check_umdf_section(struct checking *c, const struct inf_section *section, const char *service, struct umdf *version)
{
    const struct inf_line *class = inf_line(section, "DriverCLSID", NULL), *binary = inf_line(section, "ServiceBinary", NULL);
    const struct inf_line *library = inf_line(section, "UmdfLibraryVersion", NULL);
    long dirid;

    check_keys(c, section, KIND_UMDF);
    if (!library)
        problem(c, 1084, section->number, "UmdfService %.60s needs UmdfLibraryVersion in [%.200s]", service, section->name);
    else
        check_library_version(c, library, 3, service, version);
    if (version->major == 1)
        problem(c, 1402, library->number, "UMDF %d.%d is not supported any more; port the driver to UMDF 2", version->major, version->minor);
    if (class && version->major >= 2)
        problem(c, 1401, class->number, "DriverCLSID is for UMDF 1, not for %d.%d", version->major, version->minor);
    if (class && !is_guid_text(inf_field(class, 0)))
        problem(c, 1019, class->number, "DriverCLSID '%.60s' is no GUID", inf_field(class, 0));
    if (binary && !dirid_of(inf_field(binary, 0), &dirid))
        problem(c, 2085, binary->number, "ServiceBinary '%.100s' does not begin with a directory number, %%13%%\\ say", inf_field(binary, 0));
    else if (binary)
        must_be_copied(c, section, file_part(inf_field(binary, 0)), binary->number);
}

static void check_kmdf_section(struct checking *c, const struct inf_section *section, const char *service)
{
    const struct inf_line *library = inf_line(section, "KmdfLibraryVersion", NULL);

    check_keys(c, section, KIND_KMDF);
    if (!library)
        problem(c, 1084, section->number, "KmdfService %.60s needs KmdfLibraryVersion in [%.200s]", service, section->name);
    else
        check_library_version(c, library, 2, service, NULL);
}

static bool is_ordered(const struct inf_section *part, const char *service)
{
    const struct inf_line *order = NULL;

    while ((order = inf_line(part, "UmdfServiceOrder", order)) != NULL)
        for (int i = 0; i < order->count; i++)
            if (!strcasecmp(order->field[i], service))
                return true;
    return false;
}

static void check_framework_service(struct checking *c, const struct inf_section *part, const struct inf_line *line, struct umdf *version)
{
    const char *name = inf_field(line, 0);
    bool user = !strcasecmp(line->key, "UmdfService"), again;
    const struct inf_section *section;

    if (!*name) {
        problem(c, 1080, line->number, "%s lacks the name of its service", line->key);
        return;
    }
    if (strlen(name) > 31)
        problem(c, 1286, line->number, "service '%.60s' of %s has %zu characters, 31 at most", name, line->key, strlen(name));
    map_put(c, &c->once, &again, "%d|%s|%s", part->index, line->key, name);
    if (again)
        problem(c, 1086, line->number, "%s %.60s stands twice in [%.200s]", line->key, name, part->name);
    section = refer(c, line->key, user ? KIND_UMDF : KIND_KMDF, inf_field(line, 1), line->number);
    if (user && !is_ordered(part, name))
        problem(c, 1400, line->number, "UMDF service %.60s is in no UmdfServiceOrder", name);
    if (section && user)
        check_umdf_section(c, section, name, version);
    else if (section)
        check_kmdf_section(c, section, name);
}

static void check_directive(struct checking *c, const struct inf_section *part, const struct inf_line *line, const struct umdf *version)
{
    static const char *const others[] = { "KmdfService", "UmdfService", "UmdfServiceOrder", "Include", "Needs", NULL };
    const char *key = line->key ? line->key : inf_field(line, 0);
    size_t i = 0;
    bool again;

    if (one_of(key, others))
        return;
    while (i < countof(directives) && strcasecmp(directives[i].name, key) != 0)
        i++;
    if (i == countof(directives)) {
        problem(c, 1290, line->number, "[%.200s] has no directive '%.60s'", part->name, key);
        return;
    }
    map_put(c, &c->once, &again, "%d|%s", part->index, key);
    if (again)
        problem(c, 1088, line->number, "%s stands twice in [%.200s]", key, part->name);
    if (!one_of(inf_field(line, 0), directives[i].values))
        problem(c, 1081, line->number, "%s has no value '%.60s'", key, inf_field(line, 0));
    if (version->major && (version->major < directives[i].major || (version->major == directives[i].major && version->minor < directives[i].minor)))
        problem(c, 1401, line->number, "%s is there since UMDF %d.%d, not in %d.%d", key, directives[i].major, directives[i].minor, version->major,
                version->minor);
}

void check_wdf(struct checking *c, const struct inf_section *section)
{
    struct umdf version = { 0 };
    const struct inf_line *order = inf_line(section, "UmdfServiceOrder", NULL), *line = NULL;

    while ((line = inf_line(section, "KmdfService", line)) != NULL)
        check_framework_service(c, section, line, &version);
    while ((line = inf_line(section, "UmdfService", line)) != NULL)
        check_framework_service(c, section, line, &version);
    if (order && inf_line(section, "UmdfServiceOrder", order))
        problem(c, 1088, order->number, "UmdfServiceOrder stands twice in [%.200s]", section->name);
    for (int i = 0; i < section->count; i++)
        check_directive(c, section, &section->line[i], &version);
}
