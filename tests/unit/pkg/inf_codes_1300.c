/* Codes 1300 to 2663 of InfVerif: legacy, Include and Needs, isolation, frameworks, networks, classes. */
#include "inf_rules.h"

#define VALUES "[Values]\n"
#define ADD(LINE) VALUES, VALUES LINE "\n"
#define INSTALL2(LINE) "[Install2]\n", "[Install2]\n" LINE "\n"
#define SERVICE(LINE) "[Service.Values]\n", "[Service.Values]\n" LINE "\n"
#define DISPLAY NET_CLASS, DISPLAY_CLASS
#define KS "Include = ks.inf\nNeeds = KS.Registration\n"
#define EFFECT "[Interface.Values]\n", "[Interface.Values]\nHKR, FX\\0, \"{D04E05A6-594B-4FB6-A80D-01AF5EED7D1D},7\",, \"{889C03C8-ABAD-4004-BF0A-BC7BB825E166}\"\n"
#define AUDIO(LINES) NET_CLASS, "Class = Media\nClassGuid = {4d36e96c-e325-11ce-bfc1-08002be10318}\n", EFFECT, "[Install]\n", "[Install]\n" LINES
/* The second device has the service, too, with another section. */
#define SECOND_SERVICE(ERRORS, VALUE)                                                                                                       \
    "[Install2.Services]\nAddService = ,2\n", "[Install2.Services]\nAddService = good, 2, Service2\n", "+",                               \
    "[Service2]\nServiceBinary = %13%\\good.sys\nServiceType = 1\nDisplayName = %Device%\nStartType = 3\nErrorControl = " ERRORS          \
    "\nBootFlags = 1\nAddReg = Service2.Values\n[Service2.Values]\nHKR, Parameters, X, 0x00010001, " VALUE "\n"

static const struct rule rules[] = {
    { 1300, BREAK(INSTALL2("LogConfig = Logs"), "+", "[Logs]\nIRQConfig = 5\n") },
    { 1301, BREAK(INSTALL2("UpdateInis = Inis"), "+", "[Inis]\nx.ini, Y\n") },
    { 1302, BREAK(INSTALL2("RegisterDlls = Dlls"), "+", "[Dlls]\n11,, x.dll, 1\n") },
    { 1303, BREAK(ADD("HKR,, CoInstallers32, 0x00010000, \"x.dll\"")), KEEP(ADD("HKR, CoInstallers32, X, 0x00010000, \"x.dll\"")) },
    { 1304, BREAK(ADD("HKLM, SOFTWARE\\Contoso, X,, 1")), KEEP(ADD("HKLM, SOFTWARE\\Classes\\Contoso, X,, 1")), .mode = INF_MODE_U },
    { 1305, BREAK(ADD("HKR, Some, List, 0x00010008, b")), KEEP(ADD("HKR, Some, More, 0x00010000, b")) },
    { 1306, BREAK("\nFiles = 13", "\nFiles = 16422"), KEEP("\nFiles = 13", "\nFiles = 12"), .mode = INF_MODE_U },
    { 1307, BREAK("NTamd64.10.0...26100", "NTamd64.10.0.1..26100", "NTamd64.10.0...26100", "NTamd64.10.0.1..26100") },
    { 1308, BREAK(INSTALL2("DelReg = Old"), "+", "[Old]\nHKR, Some, Old\n") },
    { 1309, BREAK("AddService = helper", "DelService = older\nAddService = helper") },
    { 1310, BREAK("[Install.Services]\n", "[Install.Services]\nNeeds = A.Services\n", "+", "[A.Services]\nNeeds = B.HW\n[B.HW]\n") },
    { 1311, BREAK("[Install.Services]\n", "[Install.Services]\nNeeds = A.Services\n", "+", "[A.Services]\nNeeds = B\n[B]\n"),
      KEEP("[Install.Services]\n", "[Install.Services]\nNeeds = A.Services\n", "+", "[A.Services]\nNeeds = B.Services\n[B.Services]\n") },
    { 1312, BREAK("[Install2]\n", "[Install2]\nNeeds = A.HW\n", "+", "[A.HW]\n"), KEEP("[Install2]\n", "[Install2]\nNeeds = A\n", "+", "[A]\n") },
    { 1313, BREAK("[Install.HW]\n", "[Install.HW]\nNeeds = A\n", "+", "[A]\n"), KEEP("[Install.HW]\n", "[Install.HW]\nNeeds = A.HW\n", "+", "[A.HW]\n") },
    { 1314, BREAK("[Install]\n", "[Install]\nInclude = sibling.inf\nNeeds = Sibling\n", INSTALL2("Needs = Sibling")), ALSO(1202),
      KEEP("[Install]\n", "[Install]\nInclude = sibling.inf\nNeeds = Sibling\n", INSTALL2("Include = sibling.inf\nNeeds = Sibling")), KEPT(1202) },
    { 1315, BREAK(INSTALL2("Include = sibling.inf\nNeeds = Nothing")), ALSO(1202), KEEP(INSTALL2("Include = sibling.inf\nNeeds = Sibling")), KEPT(1202) },
    { 1316, BREAK(INSTALL2("Include = sibling.inf\nNeeds = Sibling.NTamd64")), ALSO(1202) },
    { 1319, BREAK("[Install]\n", "[Install]\n" KS, INSTALL2("Needs = KS.Registration")), KEEP("[Install]\n", "[Install]\n" KS, INSTALL2(KS)) },
    { 1320, BREAK(ADD("HKLM, SOFTWARE\\Contoso,, 0x10")), KEEP(ADD("HKR, Contoso,, 0x10")) },
    { 1321, BREAK(ADD("HKLM, SOFTWARE\\Contoso, X,, 1")), KEEP(ADD("HKR, Contoso, X,, 1")) },
    { 1322, BREAK("\nFiles = 13", "\nFiles = 12") },
    { 1323, BREAK(SERVICE("HKR, Elsewhere, X,, 1")), KEEP(SERVICE("HKR, Parameters\\Deeper, X,, 1")) },
    { 1324, BREAK("PnpLockdown = 1\n", ""), KEEP("PnpLockdown = 1", "PnpLockdown = 0x1") },
    { 1325, BREAK(ADD("HKR, CLSID\\" GUID_A "\\LocalServer32,,, x.exe")), KEEP(ADD("HKR, CLSID\\" GUID_A "\\InprocServer32,,, x.dll")) },
    { 1326, BREAK("%%DriverData%%\\Contoso\\x.etl", "C:\\x.etl"), KEEP("%%DriverData%%\\Contoso\\x.etl", "%%driverdata%%\\y.etl") },
    { 1329, BREAK(ADD("HKR,, LowerFilters, 0x00010000, \"x\"")) },
    { 1330, BREAK("[Files2]\ngood.dll\n", "[Files2]\ngood.dll, good.sys\n", "\nFiles = 13\nFiles2 = 13", "\nFiles = 12\nFiles2 = 12"), ALSO(1322),
      KEEP("[Files2]\ngood.dll\n", "[Files2]\ngood.dll, good.sys\n", "\nFiles = 13\nFiles2 = 13", "\nFiles = 12\nFiles2 = 12, x"), KEPT(1322) },
    { 1331, BREAK(ADD("HKLM, SOFTWARE\\Classes\\X, Y,, 1"), INSTALL2("AddReg = Values2"), "+", "[Values2]\nHKLM, SOFTWARE\\Classes\\X, Y,, 2\n"),
      KEEP(ADD("HKLM, SOFTWARE\\Classes\\X, Y,, 1"), INSTALL2("AddReg = Values2"), "+", "[Values2]\nHKLM, SOFTWARE\\Classes\\X, Y,, 1\n"),
      .mode = INF_MODE_H },
    { 1332, BREAK(SECOND_SERVICE("1", "2")), KEEP(SECOND_SERVICE("1", "1")) },
    { 1333, BREAK(SECOND_SERVICE("0", "1")), KEEP(SECOND_SERVICE("1", "1")) },
    { 1340, BREAK("\nFiles = 13", "\nFiles = 30") },
    { 1341, BREAK("%13%\\good.sys\nBootFlags", "%30%\\good.sys\nBootFlags") },
    { 1380, BREAK("ExtensionId = " GUID_B, "ExtensionId = 17"), KEEP("ExtensionId = " GUID_B, "ExtensionId = " GUID_A), .base = EXTENSION },
    { 1381, BREAK("ExtensionId = " GUID_B "\n", ""), .base = EXTENSION },
    { 1382, BREAK("[Install]\n", "[Install]\nFeatureScore = FC\n"), .base = EXTENSION },
    { 1383, BREAK("good,, Service", "good, 2, Service"), KEEP("good,, Service", "good, 0x400, Service"), .base = EXTENSION },
    { 1384, BREAK("[Hardware]\n", "[Hardware]\nHKR,, UpperFilters, 0x00010000, x\n"), ALSO(1329), .base = EXTENSION },
    { 1400, BREAK("UmdfServiceOrder = user\n", ""), KEEP("UmdfServiceOrder = user", "UmdfServiceOrder = other, USER") },
    { 1401, BREAK("UmdfLibraryVersion = 2.33.0\n", "UmdfLibraryVersion = 2.33.0\nDriverCLSID = " GUID_A "\n"),
      KEEP("[Install.Wdf]\n", "[Install.Wdf]\nUmdfHostProcessSharing = ProcessSharingDisabled\n") },
    { 1402, BREAK("= 2.33.0", "= 1.11.0"), KEEP("= 2.33.0", "= 2.15.0") },
    { 1420, BREAK("Provider = %Us%\n", ""), ALSO(1234), .base = PRIMITIVE },
    { 1421, BREAK("+", "[DefaultInstall]\nCopyFiles = Files\n"), KEEP("+", "[DefaultInstall.NTarm64]\nCopyFiles = Files\n"), .base = PRIMITIVE },
    { 1422, BREAK("LegacyUninstall = 1\n", ""), .base = PRIMITIVE },
    { 1423, BREAK("[DefaultInstall.NTamd64]", "[DefaultInstall]", "[DefaultInstall.NTamd64.Services]", "[DefaultInstall.Services]"), ALSO(1420, 1421),
      .base = PRIMITIVE },
    { 1430, BREAK(SERVICE("HKR,, Start, 0x00010001, 3")), ALSO(1323), KEEP(SERVICE("HKR, Parameters, Start, 0x00010001, 3")) },
    { 1431, BREAK("HKR,, Exclusive, 0x00010001, 0", "HKR,, Exclusive,, 0"), KEEP("HKR,, Exclusive, 0x00010001, 0", "HKR,, DeviceType, 0x00010001, 0x12") },
    { 2004, BREAK(INSTALL2("Reboot")) },
    { 2006, BREAK("AddService = helper,, Helper", "AddService = helper,, Nowhere"), ALSO(2083) },
    { 2008, BREAK(INSTALL2("Include = sibling.inf\nNeeds = Sibling\nAddReg = Sibling.Values"), "+", "[Sibling.Values]\nHKR, Some, Y,, 1\n"), ALSO(1202),
      KEEP(INSTALL2("Include = sibling.inf\nNeeds = Sibling\nAddReg = Own.Values"), "+", "[Own.Values]\nHKR, Some, Y,, 1\n"), KEPT(1202) },
    { 2009, BREAK("PnpLockdown = 1\n", "PnpLockdown = 1\nDriverPackageType = PlugAndPlay\n") },
    { 2010, BREAK("NTamd64.10.0...26100", "NT.10.0...26100", "NTamd64.10.0...26100", "NT.10.0...26100"),
      KEEP("NTamd64.10.0...26100", "NTx86.10.0...26100", "NTamd64.10.0...26100", "NTx86.10.0...26100") },
    { 2083, BREAK("+", "[Nobody]\nx = y\n") },
    { 2083, BREAK("+", "[Nobody.Remove.Services]\nDelService = good\n"), KEEP("+", "[Install.Remove.Services]\nDelService = good\n") },
    { 2084, BREAK("%13%\\good.sys\nBootFlags", "%13%\\other.sys\nBootFlags"), KEEP("%13%\\good.sys\nBootFlags", "%13%\\GOOD.SYS\nBootFlags") },
    { 2085, BREAK("%13%\\good.sys\nBootFlags", "good.sys\nBootFlags"), KEEP("%13%\\good.sys\nBootFlags", "\"\"\"%13%\\good.sys\"\"\"\nBootFlags") },
    { 2400, BREAK("AddNetFilter = contoso_filter, Component", "AddNetFilter = contoso_filter"), ALSO(2083), .base = NET_DRIVER },
    { 2402, BREAK("AddNetFilter =", "AddService = x, 0, y\nAddNetFilter ="), KEEP("AddNetFilter =", "AddNetProtocol ="), .base = NET_DRIVER },
    { 2403, BREAK("FilterClass = compression", "FilterClass = compression, encryption"), .base = NET_DRIVER },
    { 2405, BREAK("Class = NetDriver", "Class = Filters"), .base = NET_DRIVER },
    { 2411, BREAK("[Install]\n", "[Install]\nNetCfgInstanceId = 17\n"), KEEP("[Install]\n", "[Install]\nNetCfgInstanceId = " GUID_A "\n") },
    { 2412, BREAK("contoso_filter", "Contoso-filter"), KEEP("contoso_filter", "contoso_2"), .base = NET_DRIVER },
    { 2414, BREAK("= compression", "= Compression"), KEEP("= compression", "= my_class"), .base = NET_DRIVER },
    { 2415, BREAK("contoso_filter", "ms_filter"), KEEP("contoso_filter", "msfilter"), .base = NET_DRIVER },
    { 2416, BREAK("ndis5, contoso", "ndis5, con-toso"), KEEP("ndis5, contoso", "ndis5, con.toso"), .base = NET_DRIVER },
    { 2418, BREAK(ADD("HKR, Ndi, FilterType, 0x00010001, 2")),
      KEEP(ADD("HKR, Ndi, FilterType, 0x00010001, 2\nHKR, Ndi, FilterClass,, compression")) },
    { 2419, BREAK("ndis5, contoso", "ndis5, ndis_contoso"), KEEP("ndis5, contoso", "ndis5, ndiswan"), .base = NET_DRIVER },
    { 2420, BREAK("AddNetFilter = contoso_filter, Component\n", ""), ALSO(2083), .base = NET_DRIVER },
    { 2500, BREAK("\"ndis5\"", "\"ndis4\""), KEEP("\"ndis5\"", "\"ndis5, flpp4\"") },
    { 2501, BREAK("Service, 0, \"good\"", "Service, 0, \"other\""), KEEP("Service, 0, \"good\"", "Service, 0, \"Helper\"") },
    { 2600, BREAK(DISPLAY, "%13%\\good.sys\nBootFlags", "%12%\\good.sys\nBootFlags"), KEEP(DISPLAY) },
    { 2601, BREAK(DISPLAY, ADD("HKR,, UserModeDriverName, 0x00010000, %13%\\good.dll, good.dll")),
      KEEP(DISPLAY, ADD("HKR,, UserModeDriverName, 0x00010000, %13%\\good.dll, <>")) },
    { 2602, BREAK(DISPLAY, "StartType = 3", "StartType = 1"), KEEP(DISPLAY, "ServiceType = 0x10\nStartType = 3", "ServiceType = 0x10\nStartType = 2") },
    { 2650, BREAK("%13%\\good.sys\nBootFlags", "%12%\\WUDFRd.sys\nBootFlags") },
    { 2651, BREAK(INSTALL2("Needs = KS.Registration")), KEEP(INSTALL2(KS)) },
    { 2660, BREAK(ADD("HKCR, CLSID\\" GUID_A ", X,, 1")), ALSO(1321), KEEP(ADD("HKR, CLSID\\" GUID_A ", X,, 1")) },
    { 2661, BREAK(ADD("HKR, AudioEngine\\AudioProcessingObjects\\" GUID_A ", FriendlyName,, X")),
      KEEP(ADD("HKR, AudioEngine\\AudioProcessingObjects\\" GUID_A ", FriendlyName,, X"), NET_CLASS,
           "Class = AudioProcessingObject\nClassGuid = {5989fce8-9cd0-467d-8a6a-5419e31529d4}\n") },
    { 2662, BREAK(AUDIO("")), KEEP(AUDIO("Include = wdmaudio.inf\nNeeds = MsApoFxProxy.Registration\n")) },
    { 2663, BREAK(AUDIO("Include = wdmaudio.inf\nNeeds = WDMAUDIO.Registration\n")),
      KEEP(AUDIO("Include = ks.inf, wdmaudio.inf\nNeeds = KS.Registration, MsApoFxProxy.Registration\n")) },
};

static const int else_where[6];

TEST(each_rule_is_broken_by_an_edit)
{
    check_rules(rules, sizeof rules / sizeof rules[0], true);
}

TEST(each_rule_is_kept_by_another_edit)
{
    check_rules(rules, sizeof rules / sizeof rules[0], false);
}

TEST(each_code_has_a_rule)
{
    check_complete(rules, sizeof rules / sizeof rules[0], 1300, 9999, else_where);
}

/* --- conflicts between install sections ---------------------------------------------------------------------------------- */

/* Two Models sections with an install section and a service of one name each; `old` is for Windows before the second. */
static const char two_inf[] =
    HEAD(NET_CLASS)
    "[Manufacturer]\n%Us% = Models, NTamd64.10.0...17763, NTamd64.10.0...22000\n"
    "[Models.NTamd64.10.0...17763]\n%Device% = Old, PCI\\VEN_1234&DEV_5678\n"
    "[Models.NTamd64.10.0...22000]\n%Device% = New, PCI\\VEN_1234&DEV_5678\n"
    FILES
    "[Files2]\ngood.sys\n"
    "[Old]\nCopyFiles = Files\nAddReg = OldValues\n[OldValues]\nHKLM, SOFTWARE\\Classes\\X, Y,, 1\n"
    "[New]\nCopyFiles = Files2\nAddReg = NewValues\n[NewValues]\nHKLM, SOFTWARE\\Classes\\X, Y,, 2\n"
    "[Old.Services]\nAddService = good, 2, OldService\n[New.Services]\nAddService = good, 2, NewService\n"
    "[OldService]\nServiceType = 1\nStartType = 3\nErrorControl = 1\nServiceBinary = %13%\\good.sys\nAddReg = OldParameters\n"
    "[OldParameters]\nHKR, Parameters, X, 0x00010001, 1\n"
    "[NewService]\nServiceType = 1\nStartType = 3\nErrorControl = 0\nServiceBinary = %13%\\good.sys\nAddReg = NewParameters\n"
    "[NewParameters]\nHKR, Parameters, X, 0x00010001, 2\n"
    STRINGS;

/* Whether the codes 1331, 1332 and 1333 are told (or none at all). */
static bool conflicts(const char *const *edit, bool expected)
{
    struct inf_report report;
    char *text = edited(two_inf, edit, 0);
    int seen = 0;
    bool others = false;

    write_text(inf_path, text);
    CHECK(inf_check(inf_path, &(struct inf_check_options){ .mode = INF_MODE_H }, &report));
    for (int i = 0; i < report.count; i++) {
        if (report.problem[i].code >= 1331 && report.problem[i].code <= 1333)
            seen |= 1 << (report.problem[i].code - 1331);
        else
            others = true;
    }
    if (others || seen != (expected ? 7 : 0))
        for (int i = 0; i < report.count; i++)
            printf("    line %d: %d %s\n", report.problem[i].line, report.problem[i].code, report.problem[i].text);
    inf_report_free(&report);
    free(text);
    return !others && seen == (expected ? 7 : 0);
}

TEST(sections_for_different_windows_do_not_conflict)
{
    static const char *const as_it_is[] = { NULL };

    make_directory();
    CHECK(conflicts(as_it_is, false));
    remove_directory();
}

TEST(sections_for_different_architectures_do_not_conflict)
{
    static const char *const arm[] = { "NTamd64.10.0...22000", "NTarm64.10.0...17763", "NTamd64.10.0...22000", "NTarm64.10.0...17763", NULL };

    make_directory();
    CHECK(conflicts(arm, false));
    remove_directory();
}

TEST(sections_of_two_manufacturers_for_overlapping_windows_conflict)
{
    static const char *const manufacturers[] = { ", NTamd64.10.0...22000", "\n%Disk% = Others, NTamd64.10.0...22000", "[Models.NTamd64.10.0...22000]",
                                                 "[Others.NTamd64.10.0...22000]", NULL };

    make_directory();
    CHECK(conflicts(manufacturers, true));
    remove_directory();
}

TEST(a_section_that_the_newer_windows_share_conflicts)
{
    static const char *const shared[] = { "[Models.NTamd64.10.0...22000]\n",
                                          "[Models.NTamd64.10.0...22000]\n%Device% = Old, PCI\\VEN_1234&DEV_5679\n", NULL };

    make_directory();
    CHECK(conflicts(shared, true));
    remove_directory();
}

TEST(what_one_section_sets_twice_is_set_in_its_order)
{
    static const char *const twice[] = { "AddReg = NewValues", "AddReg = NewValues, Later", "+", "[Later]\nHKLM, SOFTWARE\\Classes\\X, Y,, 3\n", NULL };

    make_directory();
    CHECK(conflicts(twice, false));
    remove_directory();
}

TEST(a_binary_must_be_copied_on_every_windows_that_starts_it)
{
    static const char *const edit[] = { "[Files2]\ngood.sys", "[Files2]\ngood.dll", NULL };
    struct inf_report report;
    char *text;

    make_directory();
    text = edited(two_inf, edit, 0);
    write_text(inf_path, text);
    CHECK(inf_check(inf_path, &(struct inf_check_options){ .mode = INF_MODE_H }, &report));
    CHECK_EQ(report.count, 1);
    CHECK_EQ(report.problem[0].code, 2084);
    CHECK(strstr(report.problem[0].text, "NewService"));
    inf_report_free(&report);
    free(text);
    remove_directory();
}

TEST(a_windows_before_the_rules_of_w_is_let_off)
{
    static const char *const edit[] = { "\nFiles = 13", "\nFiles = 12", "HKLM, SOFTWARE\\Classes\\X, Y,, 2", "HKR, X, Y,, 2", NULL };
    struct inf_report report;
    char *text;

    make_directory();
    text = edited(two_inf, edit, 0);
    write_text(inf_path, text);
    CHECK(inf_check(inf_path, &(struct inf_check_options){ .mode = INF_MODE_W, .enforced = INF_VERSION(10, 0, 22000) }, &report));
    CHECK_EQ(report.errors, 0);
    inf_report_free(&report);
    CHECK(inf_check(inf_path, &(struct inf_check_options){ .mode = INF_MODE_W, .enforced = INF_VERSION(10, 0, 21999) }, &report));
    CHECK_EQ(report.errors, 3);                             /* two files and a value of the older section */
    inf_report_free(&report);
    free(text);
    remove_directory();
}
