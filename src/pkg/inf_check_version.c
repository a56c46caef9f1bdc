/* [Version]. docs: install/inf-version-section, install/inf-driverver-directive, install/system-defined-device-setup-classes-available-to-vendors,
 * install/system-defined-device-setup-classes-reserved-for-system-use */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "pkg/inf_check_internal.h"

#define LONGEST_CLASS 31

struct setup_class {
    const char *name, *guid;
};

/* For vendors' drivers. */
static const struct setup_class vendors[] = {
    { "AudioProcessingObject", "{5989fce8-9cd0-467d-8a6a-5419e31529d4}" },
    { "Battery", "{72631e54-78a4-11d0-bcf7-00aa00b7b32a}" },
    { "Biometric", "{53d29ef7-377c-4d14-864b-eb3a85769359}" },
    { "Bluetooth", "{e0cbf06c-cd8b-4647-bb8a-263b43f0f974}" },
    { "Camera", "{ca3e7ab9-b4c3-4ae6-8251-579ef933890f}" },
    { "CDROM", "{4d36e965-e325-11ce-bfc1-08002be10318}" },
    { "DiskDrive", "{4d36e967-e325-11ce-bfc1-08002be10318}" },
    { "Display", "{4d36e968-e325-11ce-bfc1-08002be10318}" },
    { "Extension", "{e2f84ce7-8efa-411c-aa69-97454ca4cb57}" },
    { "FDC", "{4d36e969-e325-11ce-bfc1-08002be10318}" },
    { "FloppyDisk", "{4d36e980-e325-11ce-bfc1-08002be10318}" },
    { "HDC", "{4d36e96a-e325-11ce-bfc1-08002be10318}" },
    { "HIDClass", "{745a17a0-74d3-11d0-b6fe-00a0c90f57da}" },
    { "Dot4", "{48721b56-6795-11d2-b1a8-0080c72e74a2}" },
    { "Dot4Print", "{49ce6ac8-6f86-11d2-b1e5-0080c72e74a2}" },
    { "61883", "{7ebefbc0-3200-11d2-b4c2-00a0c9697d07}" },
    { "AVC", "{c06ff265-ae09-48f0-812c-16753d7cba83}" },
    { "SBP2", "{d48179be-ec20-11d1-b6b8-00c04fa372a7}" },
    { "1394", "{6bdd1fc1-810f-11d0-bec7-08002be2092f}" },
    { "Image", "{6bdd1fc6-810f-11d0-bec7-08002be2092f}" },
    { "Infrared", "{6bdd1fc5-810f-11d0-bec7-08002be2092f}" },
    { "Keyboard", "{4d36e96b-e325-11ce-bfc1-08002be10318}" },
    { "MediumChanger", "{ce5939ae-ebde-11d0-b181-0000f8753ec4}" },
    { "MTD", "{4d36e970-e325-11ce-bfc1-08002be10318}" },
    { "Modem", "{4d36e96d-e325-11ce-bfc1-08002be10318}" },
    { "Monitor", "{4d36e96e-e325-11ce-bfc1-08002be10318}" },
    { "Mouse", "{4d36e96f-e325-11ce-bfc1-08002be10318}" },
    { "Multifunction", "{4d36e971-e325-11ce-bfc1-08002be10318}" },
    { "Media", "{4d36e96c-e325-11ce-bfc1-08002be10318}" },
    { "MultiportSerial", "{50906cb8-ba12-11d1-bf5d-0000f805f530}" },
    { "Net", "{4d36e972-e325-11ce-bfc1-08002be10318}" },
    { "NetClient", "{4d36e973-e325-11ce-bfc1-08002be10318}" },
    { "NetService", "{4d36e974-e325-11ce-bfc1-08002be10318}" },
    { "NetTrans", "{4d36e975-e325-11ce-bfc1-08002be10318}" },
    { "SecurityAccelerator", "{268c95a1-edfe-11d3-95c3-0010dc4050a5}" },
    { "PCMCIA", "{4d36e977-e325-11ce-bfc1-08002be10318}" },
    { "Ports", "{4d36e978-e325-11ce-bfc1-08002be10318}" },
    { "Printer", "{4d36e979-e325-11ce-bfc1-08002be10318}" },
    { "PNPPrinters", "{4658ee7e-f050-11d1-b6bd-00c04fa372a7}" },
    { "Processor", "{50127dc3-0f36-415e-a6cc-4cb3be910b65}" },
    { "SCSIAdapter", "{4d36e97b-e325-11ce-bfc1-08002be10318}" },
    { "Securitydevices", "{d94ee5d8-d189-4994-83d2-f68d7d41b0e6}" },
    { "Sensor", "{5175d334-c371-4806-b3ba-71fd53c9258d}" },
    { "SmartCardReader", "{50dd5230-ba8a-11d1-bf5d-0000f805f530}" },
    { "SoftwareComponent", "{5c4c3332-344d-483c-8739-259e934c9cc8}" },
    { "NvmeDisk", "{75416e63-5912-4dfa-ae8f-3efaccaffb14}" },
    { "Volume", "{71a27cdd-812a-11d0-bec7-08002be2092f}" },
    { "System", "{4d36e97d-e325-11ce-bfc1-08002be10318}" },
    { "TapeDrive", "{6d807884-7d21-11cf-801c-08002be10318}" },
    { "USBDevice", "{88bae032-5a81-49f0-bc3d-a4ff138216d6}" },
    { "WCEUSBS", "{25dbce51-6c8f-4a72-8a6d-b54c2b4fc835}" },
    { "WPD", "{eec5ad98-8080-425f-922a-dabf3de3f69a}" },
    { "WFPCALLOUTS", "{57465043-616c-6c6f-7574-5f636c617373}" },
};

/* For Windows itself. */
static const struct setup_class reserved[] = {
    { "Adapter", "{4d36e964-e325-11ce-bfc1-08002be10318}" },
    { "APMSupport", "{d45b1c18-c8fa-11d1-9f77-0000f805f530}" },
    { "Computer", "{4d36e966-e325-11ce-bfc1-08002be10318}" },
    { "Decoder", "{6bdd1fc2-810f-11d0-bec7-08002be2092f}" },
    { "1394Debug", "{66f250d6-7801-4a64-b139-eea80a450b24}" },
    { "Enum1394", "{c459df55-db08-11d1-b009-00a0c9081ff6}" },
    { "NoDriver", "{4d36e976-e325-11ce-bfc1-08002be10318}" },
    { "LegacyDriver", "{8ecc055d-047f-11d1-a537-0000f8753ed1}" },
    { "Unknown", "{4d36e97e-e325-11ce-bfc1-08002be10318}" },
    { "PrinterUpgrade", "{4d36e97a-e325-11ce-bfc1-08002be10318}" },
    { "PrintQueue", "{1ed2bbf9-11f0-4084-b21f-ad83a8e6dcdc}" },
    { "SoftwareDevice", "{62f9c741-b25a-46ce-b54c-9bccce08b6f2}" },
    { "AudioEndpoint", "{c166523c-fe0c-4a94-a586-f1a80cfbbf3e}" },
    { "Sound", "{4d36e97c-e325-11ce-bfc1-08002be10318}" },
    { "VolumeSnapshot", "{533c5b84-ec70-11d2-9505-00c04f79deaf}" },
    { "USB", "{36fc9e60-c465-11cf-8056-444553540000}" },
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

static void check_class_pair(struct checking *c, const char *name, const char *guid)
{
    for (size_t i = 0; *name && i < countof(vendors); i++) {
        bool same_name = !strcasecmp(name, vendors[i].name), same_guid = !strcasecmp(guid, vendors[i].guid);

        if (same_guid && !same_name)
            problem(c, 1280, line_of(c, "Class"), "ClassGuid %s belongs to Class %s, not to %.60s", vendors[i].guid, vendors[i].name, name);
        if (same_name && !same_guid)
            problem(c, 1281, line_of(c, "ClassGuid"), "Class %s has ClassGuid %s", vendors[i].name, vendors[i].guid);
        for (const struct inf_section *s = same_guid ? inf_sections(c->inf) : NULL; s; s = s->next)
            if (!strcasecmp(s->name, "ClassInstall32") || !strncasecmp(s->name, "ClassInstall32.NT", 17))
                problem(c, 1285, s->number, "Class %s is Microsoft's; a [%s] section may not install it", vendors[i].name, s->name);
    }
    for (size_t i = 0; i < countof(reserved); i++)
        if (!strcasecmp(name, reserved[i].name) || !strcasecmp(guid, reserved[i].guid))
            problem(c, 1284, line_of(c, "Class"), "Class %s is reserved for Windows", reserved[i].name);
    if (!strcasecmp(name, "Sample"))
        problem(c, 1284, line_of(c, "Class"), "Class Sample is for samples only; take the class that fits the device");
}

static void check_class(struct checking *c)
{
    const char *name = inf_version(c->inf, "Class"), *guid = inf_version(c->inf, "ClassGuid");

    if (!*name)
        problem(c, 1234, line_of(c, "Class"), "[Version] has no Class");
    if (strlen(name) > LONGEST_CLASS)
        problem(c, 1286, line_of(c, "Class"), "Class \"%.60s\" has %zu characters, %d at most", name, strlen(name), LONGEST_CLASS);
    if (!*guid) {
        problem(c, 1234, line_of(c, "ClassGuid"), "[Version] has no ClassGuid");
        return;
    }
    if (!is_guid_text(guid)) {
        problem(c, 1010, line_of(c, "ClassGuid"), "ClassGuid \"%.60s\" is not of the form {XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}", guid);
        return;
    }
    check_class_pair(c, name, guid);
}

static void check_provider(struct checking *c)
{
    const char *provider = inf_version(c->inf, "Provider");

    if (!*provider)
        problem(c, 1234, line_of(c, "Provider"), "[Version] has no Provider");
    else if (c->options->provider && strcmp(provider, c->options->provider) != 0)
        problem(c, 1210, line_of(c, "Provider"), "the provider is \"%.60s\", not \"%.60s\"", provider, c->options->provider);
    else if (!c->options->provider && !strncasecmp(provider, "Microsoft", 9))
        problem(c, 1204, line_of(c, "Provider"), "the provider \"%.60s\" begins with Microsoft; it is who wrote the INF", provider);
}

void check_version_text(struct checking *c, const char *directive, const char *text, int line)
{
    if (!is_version_text(text, 4))
        problem(c, 1217, line, "'%.40s' in %s is no version of the form w.x.y.z, each between 0 and 65535", text, directive);
}

static void check_driver_version(struct checking *c)
{
    const struct inf_line *line = entry(c, "DriverVer");
    int month, day, year, used = 0;
    const char *date = inf_field(line, 0);

    if (c->options->before_stamping)
        return;
    if (!line) {
        problem(c, 1234, line_of(c, "DriverVer"), "[Version] has no DriverVer");
        return;
    }
    if (sscanf(date, "%2d/%2d/%4d%n", &month, &day, &year, &used) != 3 || date[used] || month < 1 || month > 12 || day < 1 || day > 31)
        problem(c, 1218, line->number, "'%.40s' is no date of the form MM/DD/YYYY", date);
    check_version_text(c, "DriverVer", inf_field(line, 1), line->number);
    if (line->count > 2)
        problem(c, 1201, line->number, "DriverVer has a date and a version; '%.60s' is too much", inf_field(line, 2));
}

static void check_catalog(struct checking *c)
{
    const struct inf_section *section = inf_section(c->inf, "Version");
    bool found = false;

    for (int i = 0; i < section->count; i++) {
        const struct inf_line *line = &section->line[i];
        const char *name = inf_field(line, 0), *dot = strrchr(name, '.');

        if (!line->key || (strcasecmp(line->key, "CatalogFile") != 0 && strncasecmp(line->key, "CatalogFile.", 12) != 0))
            continue;
        found = true;
        if (!(c->options->before_stamping && !*name) && (!dot || dot == name || strcasecmp(dot, ".cat") != 0 || strpbrk(name, "\\/:")))
            problem(c, 1214, line->number, "%s '%.60s' is no name of a .cat file", line->key, name);
    }
    if (!found && !c->options->before_stamping)
        problem(c, 1233, section->number, "[Version] has no CatalogFile, so the package cannot be signed");
}

static void check_extension(struct checking *c)
{
    const char *id = inf_version(c->inf, "ExtensionId");

    if (c->extension && !*id)
        problem(c, 1381, line_of(c, "ExtensionId"), "an extension needs ExtensionId in [Version]");
    else if (*id && !is_guid_text(id))
        problem(c, 1380, line_of(c, "ExtensionId"), "ExtensionId \"%.60s\" is no GUID", id);
}

/* Keys that Windows does not look at, has for itself, or does not want. */
static void check_odd_keys(struct checking *c, const struct inf_section *section)
{
    static const char *const passed_over[] = { "DriverPackageDisplayName", "DriverPackageType", NULL };
    static const char *const known[] = { "Signature", "Class", "ClassGuid", "Provider", "ExtensionId", "CatalogFile", "DriverVer", "PnpLockdown",
                                         "ClassVer", NULL };

    for (int i = 0; i < section->count; i++) {
        const struct inf_line *line = &section->line[i];
        bool again;

        if (!line->key)
            continue;
        if (one_of(line->key, passed_over))
            problem(c, 2009, line->number, "Windows does not look at %s any more", line->key);
        if (!strcasecmp(line->key, "LayoutFile"))
            problem(c, 1208, line->number, "LayoutFile is for the INFs of Windows itself");
        if (!one_of(line->key, known))
            continue;
        map_put(c, &c->once, &again, "version|%s", line->key);
        if (again)
            problem(c, 1088, line->number, "[Version] has %s twice", line->key);
    }
}

static void check_lockdown(struct checking *c)
{
    unsigned long lockdown = 0;
    const char *text = inf_version(c->inf, "PnpLockdown");

    if (*text && (!number_of(text, &lockdown) || lockdown > 1))
        problem(c, 1260, line_of(c, "PnpLockdown"), "PnpLockdown is 0 or 1, not '%.40s'", text);
    else if (lockdown != 1)
        problem(c, 1324, line_of(c, "PnpLockdown"), "PnpLockdown = 1 keeps others from changing installed files");
}

void check_version(struct checking *c)
{
    const struct inf_section *section = inf_section(c->inf, "Version");

    use(c, section);
    c->extension = is_class(c, "Extension");
    c->display = is_class(c, "Display");
    c->network = is_class(c, "Net") || is_class(c, "NetTrans") || is_class(c, "NetService") || is_class(c, "NetClient");
    if (strcasecmp(inf_version(c->inf, "Signature"), "$Windows NT$") != 0)
        problem(c, 1001, line_of(c, "Signature"), "the signature is \"%.40s\", not \"$Windows NT$\"", inf_version(c->inf, "Signature"));
    check_class(c);
    check_provider(c);
    check_driver_version(c);
    check_catalog(c);
    check_extension(c);
    check_odd_keys(c, section);
    check_lockdown(c);
}
