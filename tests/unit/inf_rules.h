/* Rules of ring3 inf check, each broken by an edit of an INF that keeps them all, and kept by another edit.
 *
 *     static const struct rule rules[] = {
 *         { 1013, BREAK("StartType = 3\n", ""), KEEP("StartType = 3", "StartType = 2") },
 *     };
 *
 * An edit is pairs of a text that is there and what stands in its place; "+" as the first appends. Exactly the rule's own code, and those
 * in `also`, must be reported of what breaks it; of what keeps it nothing but `kept`. Without KEEP the INF as it is keeps the rule. */
#ifndef TESTS_INF_RULES_H
#define TESTS_INF_RULES_H

#include "unit.h"

#include "base/error.h"
#include "pkg/inf_check.h"

enum base { DEVICE, PRIMITIVE, NET_DRIVER, EXTENSION };

struct rule {
    int code;
    const char *breaks[12], *keeps[12];
    int also[6], kept[6];
    enum base base;
    enum inf_mode mode;
};

#define BREAK(...) .breaks = { __VA_ARGS__ }
#define KEEP(...) .keeps = { __VA_ARGS__ }
#define ALSO(...) .also = { __VA_ARGS__ }
#define KEPT(...) .kept = { __VA_ARGS__ }

#define GUID_A "{11111111-2222-3333-4444-555555555555}"
#define GUID_B "{aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee}"
#define NET_CLASS "Class = Net\nClassGuid = {4d36e972-e325-11ce-bfc1-08002be10318}\n"
#define DISPLAY_CLASS "Class = Display\nClassGuid = {4d36e968-e325-11ce-bfc1-08002be10318}\n"

#define HEAD(CLASS)                                                                                                                            \
    "[Version]\nSignature = \"$Windows NT$\"\n" CLASS "Provider = %Us%\nCatalogFile = good.cat\nDriverVer = 01/02/2025,1.2.3.4\nPnpLockdown = 1\n"
#define FILES                                                                                                                                  \
    "[SourceDisksNames]\n1 = %Disk%\n[SourceDisksFiles]\ngood.sys = 1\ngood.dll = 1\n[DestinationDirs]\nFiles = 13\nFiles2 = 13\n"              \
    "[Files]\ngood.sys\ngood.dll\n"
#define STRINGS "[Strings]\nUs = \"Contoso\"\nDevice = \"A card\"\nDisk = \"A disk\"\n"

static const char device_inf[] =
    HEAD(NET_CLASS)
    "[Manufacturer]\n%Us% = Models, NTamd64.10.0...26100\n"
    "[Models.NTamd64.10.0...26100]\n%Device% = Install, PCI\\VEN_1234&DEV_5678\n%Device% = Install2, PCI\\VEN_1234&DEV_5679\n"
    FILES
    "[Files2]\ngood.dll\n"
    "[Install]\nCopyFiles = Files\nAddReg = Values\nAddProperty = Properties\nFeatureScore = FC\nCharacteristics = 0x84\n"
    "[Values]\nHKR, Ndi, Service, 0, \"good\"\nHKR, Ndi\\Interfaces, UpperRange, 0, \"ndis5\"\nHKR, Some, Number, 0x00010001, 7\n"
    "HKR, Some, Bytes, 1, 01,ff\nHKR, Some, List, 0x00010000, \"a\"\n"
    "[Properties]\n" GUID_A ", 2, 7,, 1\nDeviceModel,,,, \"One\"\n"
    "[Install.HW]\nAddReg = Hardware\n[Hardware]\nHKR,, Exclusive, 0x00010001, 0\n"
    "[Install.Services]\nAddService = good, 2, Service, Log, System\nAddService = helper,, Helper\n"
    "[Service]\nDisplayName = %Device%\nServiceType = 1\nStartType = 3\nErrorControl = 1\nServiceBinary = %13%\\good.sys\nBootFlags = 1\n"
    "AddReg = Service.Values\n[Service.Values]\nHKR, Parameters, X, 0x00010001, 1\n"
    "[Log]\nAddReg = Log.Values\n[Log.Values]\nHKR,, EventMessageFile, 0x00020000, \"%13%\\good.sys\"\n"
    "[Helper]\nServiceType = 0x10\nStartType = 3\nErrorControl = 1\nServiceBinary = %13%\\good.dll\nAddTrigger = Trigger\nServiceSidType = 1\n"
    "FailureActions = Failure\n[Trigger]\nTriggerType = 1\nAction = 1\nSubType = " GUID_A "\n[Failure]\nResetPeriod = 60\nAction = 1, 1000\n"
    "[Install.Interfaces]\nAddInterface = " GUID_A ",, Interface\n[Interface]\nAddReg = Interface.Values\n"
    "[Interface.Values]\nHKR,, FriendlyName,, \"One\"\n"
    "[Install.Filters]\nAddFilter = good,, Filter\n[Filter]\nFilterPosition = Upper\n"
    "[Install.Components]\nAddComponent = part,, Component\n[Component]\nComponentIDs = VEN_1\n"
    "[Install.Software]\nAddSoftware = app,, Software\n[Software]\nSoftwareType = 2\nSoftwareID = pfn://x\n"
    "[Install.Events]\nAddEventProvider = " GUID_A ", Provider\nAddAutoLogger = logger, " GUID_B ", Logger\n"
    "[Provider]\nProviderName = Contoso-Card\nResourceFile = %13%\\good.sys\nAddChannel = Contoso/One, 1, Channel\n"
    "AddChannel = Contoso/Two, 2, Channel2\n[Channel]\nValue = 16\nLoggingRetention = 2\nLoggingAutoBackup = 1\n[Channel2]\nValue = 17\n"
    "[Logger]\nStart = 1\nFileName = %%DriverData%%\\Contoso\\x.etl\nAddAutoLoggerProvider = " GUID_A ", LoggerProvider\n"
    "[LoggerProvider]\nEnabled = 1\n"
    "[Install.COM]\nAddComServer = server,, Server\n[Server]\nServerType = 1\nServerBinary = %13%\\good.dll\nAddComClass = " GUID_B ",, ComClass\n"
    "[ComClass]\nThreadingModel = Both\n"
    "[Install.WMI]\nWMIInterface = " GUID_A ", 1, WmiSecurity\n[WmiSecurity]\nsecurity = \"O:BAG:BAD:(A;;0x120fff;;;BA)\"\n"
    "[Install.Wdf]\nKmdfService = good, Kmdf\nUmdfService = user, Umdf\nUmdfServiceOrder = user\n[Kmdf]\nKmdfLibraryVersion = 1.33\n"
    "[Umdf]\nUmdfLibraryVersion = 2.33.0\nServiceBinary = %13%\\good.dll\n"
    "[Install2]\nCopyFiles = Files2\n[Install2.Services]\nAddService = ,2\n"
    STRINGS;

static const char primitive_inf[] =
    HEAD("Class = System\nClassGuid = {4d36e97d-e325-11ce-bfc1-08002be10318}\n")
    FILES
    "[DefaultInstall.NTamd64]\nCopyFiles = Files\n[DefaultInstall.NTamd64.Services]\nAddService = good,, Service\n"
    "[Service]\nServiceType = 1\nStartType = 3\nErrorControl = 1\nServiceBinary = %13%\\good.sys\n"
    "[DefaultUninstall.NTamd64]\nLegacyUninstall = 1\nDelService = good\n"
    STRINGS;

static const char net_driver_inf[] =
    HEAD("Class = NetDriver\nClassGuid = " GUID_B "\n")
    FILES
    "[DefaultInstall.NTamd64]\nCopyFiles = Files\n[DefaultInstall.NTamd64.Services]\nAddService = good,, Service\n"
    "[Service]\nServiceType = 1\nStartType = 3\nErrorControl = 1\nServiceBinary = %13%\\good.sys\n"
    "[DefaultInstall.NTamd64.NetDrivers]\nAddNetFilter = contoso_filter, Component\n[Component]\nFilterClass = compression\nLowerRange = ndis5, contoso\n"
    STRINGS;

static const char extension_inf[] =
    HEAD("Class = Extension\nClassGuid = {e2f84ce7-8efa-411c-aa69-97454ca4cb57}\nExtensionId = " GUID_B "\n")
    "[Manufacturer]\n%Us% = Models, NTamd64.10.0...18362\n[Models.NTamd64.10.0...18362]\n%Device% = Install, PCI\\VEN_1234&DEV_5678\n"
    FILES
    "[Install]\nCopyFiles = Files\n[Install.HW]\nAddReg = Hardware\n[Hardware]\nHKR, Some, Number, 0x00010001, 7\n"
    "[Install.Services]\nAddService = good,, Service\n[Service]\nServiceType = 1\nStartType = 3\nErrorControl = 1\nServiceBinary = %13%\\good.sys\n"
    "[Install.Filters]\nAddFilter = good,, Filter\n[Filter]\nFilterPosition = Upper\n"
    STRINGS;

/* Stands beside the INF. */
static const char sibling_inf[] = HEAD(NET_CLASS) "[Sibling]\n[Sibling.Values]\nHKR, Some, X,, 1\n" STRINGS;

static char inf_directory[] = "/tmp/ring3-inf-XXXXXX", inf_path[64], sibling_path[64];

static void write_text(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");

    CHECK(out && fputs(text, out) >= 0 && fclose(out) == 0);
}

static void make_directory(void)
{
    strcpy(inf_directory + sizeof inf_directory - 7, "XXXXXX");
    CHECK(mkdtemp(inf_directory));
    snprintf(inf_path, sizeof inf_path, "%s/good.inf", inf_directory);
    snprintf(sibling_path, sizeof sibling_path, "%s/sibling.inf", inf_directory);
    write_text(sibling_path, sibling_inf);
}

static void remove_directory(void)
{
    unlink(inf_path);
    unlink(sibling_path);
    rmdir(inf_directory);
}

static const char *text_of(enum base base)
{
    return base == PRIMITIVE ? primitive_inf : base == NET_DRIVER ? net_driver_inf : base == EXTENSION ? extension_inf : device_inf;
}

/* The edited text; malloc'ed. */
static char *edited(const char *text, const char *const *edit, int code)
{
    char *result = strdup(text);

    for (; *edit; edit += 2) {
        char *at = strcmp(edit[0], "+") ? strstr(result, edit[0]) : result + strlen(result), *next;
        size_t length = strcmp(edit[0], "+") ? strlen(edit[0]) : 0;

        if (!at)
            UNIT_FAIL("%d: '%s' is not in the INF", code, edit[0]);
        next = malloc(strlen(result) + strlen(edit[1]) + 1);
        CHECK(next);
        sprintf(next, "%.*s%s%s", (int)(at - result), result, edit[1], at + length);
        free(result);
        result = next;
    }
    return result;
}

static bool is_in(int code, const int *list)
{
    for (int i = 0; i < 6 && list[i]; i++)
        if (list[i] == code)
            return true;
    return false;
}

/* Whether exactly the codes `first` (0: none) and those of the list are reported; else what is, is printed. */
static bool reports(const struct rule *rule, const char *const *edit, int first, const int *list)
{
    struct inf_check_options options = { .mode = rule->mode };
    struct inf_report report;
    char *text = edited(text_of(rule->base), edit, rule->code);
    bool good = true, found = first == 0;

    write_text(inf_path, text);
    CHECK(inf_check(inf_path, &options, &report));
    for (int i = 0; i < report.count; i++) {
        found |= report.problem[i].code == first;
        good &= report.problem[i].code == first || is_in(report.problem[i].code, list);
    }
    for (int k = 0; k < 6 && list[k]; k++) {
        bool there = false;

        for (int i = 0; i < report.count; i++)
            there |= report.problem[i].code == list[k];
        good &= there;
    }
    if (!good || !found) {
        printf("  code %d, %s:\n", rule->code, first ? "broken" : "kept");
        for (int i = 0; i < report.count; i++)
            printf("    line %d: %d %s\n", report.problem[i].line, report.problem[i].code, report.problem[i].text);
    }
    inf_report_free(&report);
    free(text);
    return good && found;
}

static void check_rules(const struct rule *rules, size_t count, bool broken)
{
    bool good = true;

    make_directory();
    for (size_t i = 0; i < count; i++) {
        struct rule rule = rules[i];

        rule.mode = rule.mode ? rule.mode : INF_MODE_W;     /* /k is 0: no rule here is judged by it */
        good &= broken ? reports(&rule, rule.breaks, rule.code, rule.also) : reports(&rule, rule.keeps, 0, rule.kept);
    }
    remove_directory();
    CHECK(good);
}

/* Each code from `first` to `last` that is judged has a rule; `else_where` are tested by a case of their own. */
static void check_complete(const struct rule *rules, size_t count, int first, int last, const int *else_where)
{
    bool good = true;

    for (const struct inf_code *code = inf_codes; code->code; code++) {
        bool found = is_in(code->code, else_where);

        for (size_t i = 0; i < count; i++)
            found |= rules[i].code == code->code;
        if (code->code >= first && code->code <= last && !code->unjudged && !found) {
            printf("  code %d has no rule\n", code->code);
            good = false;
        }
    }
    CHECK(good);
}

#endif
