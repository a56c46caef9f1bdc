/* [Version]. docs: install/inf-version-section, install/inf-driverver-directive, install/system-defined-device-setup-classes-available-to-vendors */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "pkg/inf_check_internal.h"

static const struct { const char *name, *guid; } classes[] = {
    { "Net", "{4d36e972-e325-11ce-bfc1-08002be10318}" },
    { "NetTrans", "{4d36e975-e325-11ce-bfc1-08002be10318}" },
    { "NetService", "{4d36e974-e325-11ce-bfc1-08002be10318}" },
    { "NetClient", "{4d36e973-e325-11ce-bfc1-08002be10318}" },
    { "SCSIAdapter", "{4d36e97b-e325-11ce-bfc1-08002be10318}" },
    { "HDC", "{4d36e96a-e325-11ce-bfc1-08002be10318}" },
    { "DiskDrive", "{4d36e967-e325-11ce-bfc1-08002be10318}" },
    { "System", "{4d36e97d-e325-11ce-bfc1-08002be10318}" },
    { "Extension", "{e2f84ce7-8efa-411c-aa69-97454ca4cb57}" },
    { "SoftwareComponent", "{5c4c3332-344d-483c-8739-259e934c9cc8}" },
    { "WFPCALLOUTS", "{57465043-616c-6c6f-7574-5f636c617373}" },
    { "Ports", "{4d36e978-e325-11ce-bfc1-08002be10318}" },
    { "USBDevice", "{88bae032-5a81-49f0-bc3d-a4ff138216d6}" },
    { "HIDClass", "{745a17a0-74d3-11d0-b6fe-00a0c90f57da}" },
};

static const struct inf_line *entry(const struct checking *c, const char *key)
{
    return inf_line(inf_section(c->inf, "Version"), key, NULL);
}

static int line_of(const struct checking *c, const char *key)
{
    const struct inf_line *line = entry(c, key);

    return line ? line->number : inf_section(c->inf, "Version")->number;
}

static void check_class(struct checking *c)
{
    const char *name = inf_version(c->inf, "Class"), *guid = inf_version(c->inf, "ClassGuid");

    if (!*name)
        problem(c, 1234, line_of(c, "Class"), "[Version] has no Class");
    if (!*guid) {
        problem(c, 1234, line_of(c, "ClassGuid"), "[Version] has no ClassGuid");
        return;
    }
    if (!is_guid_text(guid)) {
        problem(c, 1010, line_of(c, "ClassGuid"), "ClassGuid \"%.60s\" is not of the form {XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}", guid);
        return;
    }
    for (size_t i = 0; i < countof(classes); i++) {
        bool same_name = !strcasecmp(name, classes[i].name), same_guid = !strcasecmp(guid, classes[i].guid);

        if (same_guid && !same_name)
            problem(c, 1280, line_of(c, "Class"), "ClassGuid %s belongs to Class %s, not to %.60s", classes[i].guid, classes[i].name, name);
        if (same_name && !same_guid)
            problem(c, 1281, line_of(c, "ClassGuid"), "Class %s has ClassGuid %s", classes[i].name, classes[i].guid);
        if (same_guid && (inf_section(c->inf, "ClassInstall32") || inf_section(c->inf, "ClassInstall32.NTamd64")))
            problem(c, 1285, line_of(c, "Class"), "Class %s is Microsoft's; a [ClassInstall32] section may not install it", classes[i].name);
    }
}

static void check_provider(struct checking *c)
{
    const char *provider = inf_version(c->inf, "Provider");

    if (!*provider)
        problem(c, 1234, line_of(c, "Provider"), "[Version] has no Provider");
    else if (c->options->provider && strcmp(provider, c->options->provider) != 0)
        problem(c, 1210, line_of(c, "Provider"), "the provider is \"%.60s\", not \"%.60s\"", provider, c->options->provider);
    else if (!c->options->provider && !strcasecmp(provider, "Microsoft"))
        problem(c, 1204, line_of(c, "Provider"), "the provider is Microsoft; it is who wrote the INF");
}

static void check_driver_version(struct checking *c)
{
    const struct inf_line *line = entry(c, "DriverVer");
    int month, day, year, part[4], used = 0;
    const char *date = inf_field(line, 0), *version = inf_field(line, 1);

    if (!line) {
        if (!c->options->before_stamping)
            problem(c, 1234, line_of(c, "DriverVer"), "[Version] has no DriverVer");
        return;
    }
    if (sscanf(date, "%2d/%2d/%4d%n", &month, &day, &year, &used) != 3 || date[used] || month < 1 || month > 12 || day < 1 || day > 31)
        problem(c, 1218, line->number, "'%.40s' is no date of the form MM/DD/YYYY", date);
    used = 0;
    if (sscanf(version, "%5d.%5d.%5d.%5d%n", &part[0], &part[1], &part[2], &part[3], &used) != 4 || version[used])
        problem(c, 1217, line->number, "'%.40s' is no version of the form w.x.y.z", version);
    else
        for (int i = 0; i < 4; i++)
            if (part[i] < 0 || part[i] > 65535)
                problem(c, 1217, line->number, "%d in version %s is not between 0 and 65535", part[i], version);
    if (line->count > 2)
        problem(c, 1201, line->number, "DriverVer has a date and a version; '%.60s' is too much", inf_field(line, 2));
}

static void check_catalog(struct checking *c)
{
    static const char *const keys[] = { "CatalogFile", "CatalogFile.NT", "CatalogFile.NTamd64", "CatalogFile.NTx86", "CatalogFile.NTarm64" };
    bool found = false;

    for (size_t i = 0; i < countof(keys); i++) {
        const char *name = inf_version(c->inf, keys[i]), *dot = strrchr(name, '.');

        if (!entry(c, keys[i]))
            continue;
        found = true;
        if (!dot || dot == name || strcasecmp(dot, ".cat") != 0 || strpbrk(name, "\\/:"))
            problem(c, 1214, line_of(c, keys[i]), "%s '%.60s' is no name of a .cat file", keys[i], name);
    }
    if (!found)
        problem(c, 1233, inf_section(c->inf, "Version")->number, "[Version] has no CatalogFile, so the package cannot be signed");
}

static void check_extension(struct checking *c)
{
    const char *id = inf_version(c->inf, "ExtensionId");
    bool extension = !strcasecmp(inf_version(c->inf, "Class"), "Extension");

    if (extension && !*id)
        problem(c, 1381, line_of(c, "ExtensionId"), "an extension needs ExtensionId in [Version]");
    else if (*id && !is_guid_text(id))
        problem(c, 1380, line_of(c, "ExtensionId"), "ExtensionId \"%.60s\" is no GUID", id);
}

void check_version(struct checking *c)
{
    unsigned long lockdown = 0;

    use(c, inf_section(c->inf, "Version"));
    if (strcasecmp(inf_version(c->inf, "Signature"), "$Windows NT$") != 0)
        problem(c, 1001, line_of(c, "Signature"), "the signature is \"%.40s\", not \"$Windows NT$\"", inf_version(c->inf, "Signature"));
    check_class(c);
    check_provider(c);
    check_driver_version(c);
    check_catalog(c);
    check_extension(c);
    if (!number_of(inf_version(c->inf, "PnpLockdown"), &lockdown) || lockdown != 1)
        problem(c, 1324, line_of(c, "PnpLockdown"), "PnpLockdown = 1 keeps others from changing installed files");
}
