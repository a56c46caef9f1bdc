/* Codes 1000 to 1199 of InfVerif: the file, directives, the driver store, software, events. */
#include "inf_rules.h"

static const struct rule rules[] = {
    { 1001, BREAK("Windows NT", "Chicago"), KEEP("Windows NT", "WINDOWS NT") },
    { 1002, BREAK("\"Contoso\"", "\"Contoso"), ALSO(1299), KEEP("\"Contoso\"", "Contoso") },
    { 1003, BREAK("[Version]", "\xef\xbb\xbf[Version]") },
    { 1005, BREAK("AddReg = Hardware", "AddReg ="), ALSO(2083), KEEP("AddReg = Hardware", "AddReg = Hardware, Values") },
    { 1006, BREAK("ProviderName = Contoso-Card", "ProviderName ="), KEEP("ProviderName = Contoso-Card", "ProviderName = \"Contoso Card\"") },
    { 1008, BREAK("good.sys = 1", "good.sys = one"), KEEP("good.sys = 1", "good.sys = 1,,") },
    { 1010, BREAK("{4d36e972-e325-11ce-bfc1-08002be10318}", "4d36e972"),
      KEEP("{4d36e972-e325-11ce-bfc1-08002be10318}", "{4D36E972-E325-11CE-BFC1-08002BE10318}") },
    { 1011, BREAK("%Us% = Models, NTamd64.10.0...26100", "%Us% ="), ALSO(1297, 2083) },
    { 1013, BREAK("StartType = 3\n", ""), KEEP("StartType = 3\nErrorControl = 1", "ErrorControl = 1\nStartType = 3") },
    { 1014, BREAK("StartType = 3", "StartType = 9"), KEEP("StartType = 3", "StartType = 0x3") },
    { 1015, BREAK("1 = %Disk%", "1 = %Disk%,,,\"bad|place\""), KEEP("1 = %Disk%", "1 = %Disk%,,,\"good place\"") },
    { 1016, BREAK("good.sys = 1", "good.sys = 1,..\\x"), ALSO(1100), KEEP("good.sys = 1", "good.sys = 1,.") },
    { 1019, BREAK("AddInterface = {11111111", "AddInterface = {1111111"), KEEP("AddInterface = " GUID_A, "AddInterface = " GUID_B) },
    { 1078, BREAK("[Install]\n", "[Install]\nInclude = ks.inf, other.txt\nNeeds = KS.Registration\n"),
      KEEP("[Install]\n", "[Install]\nInclude = ks.inf, other.inf\nNeeds = KS.Registration\n") },
    { 1080, BREAK("AddFilter = good", "AddFilter = "), KEEP("AddFilter = good", "AddFilter = other") },
    { 1081, BREAK("FilterPosition = Upper", "FilterPosition = Middle"), KEEP("FilterPosition = Upper", "FilterPosition = Lower") },
    { 1082, BREAK("AddService = helper,,", "AddService = helper, none,"), KEEP("AddService = helper,,", "AddService = helper, 0,") },
    { 1083, BREAK("AddComponent = part,,", "AddComponent = part, 4,"), KEEP("AddComponent = part,,", "AddComponent = part, 0,") },
    { 1084, BREAK("KmdfLibraryVersion = 1.33\n", "") },
    { 1085, BREAK("AddChannel = Contoso/One, 1, Channel\n", "AddChannel = Contoso/One\n"), ALSO(2083),
      KEEP("AddChannel = Contoso/Two, 2, Channel2\n", "AddChannel = Contoso/Two, 2\n", "[Channel2]\nValue = 17\n", "") },
    { 1086, BREAK("AddComponent = part,, Component\n", "AddComponent = part,, Component\nAddComponent = part,, Component\n"),
      KEEP("AddComponent = part,, Component\n", "AddComponent = part,, Component\nAddComponent = other,, Component\n") },
    { 1087, BREAK("[Filter]\n", "[Filter]\nFilterLevel = contoso\n"), KEEP("FilterPosition = Upper", "FilterLevel = contoso") },
    { 1088, BREAK("ErrorControl = 1\n", "ErrorControl = 1\nErrorControl = 1\n"),
      KEEP("AddReg = Service.Values\n", "AddReg = Service.Values\nAddReg = Service.Values\n") },
    { 1100, BREAK("[Files]\ngood.sys\n", "[Files]\nnew.sys, good.sys\n"), ALSO(2084), KEEP("[Files]\ngood.sys\n", "[Files]\ngood.sys, good.sys\n") },
    { 1101, BREAK("+", "[Files.Security]\n\"D:P(A;;GA;;;SY)\"\n"), KEEP("+", "[Values.Security]\n\"D:P(A;;GA;;;SY)\"\n") },
    { 1102, BREAK("[Install2]\n", "[Install2]\nDelFiles = Old\n", "Files2 = 13\n", "Files2 = 13\nOld = 13\n", "+", "[Old]\nold.sys\n"), ALSO(1309),
      KEEP("[Install2]\n", "[Install2]\nDelFiles = Old\n", "Files2 = 13\n", "Files2 = 13\nOld = 12\n", "+", "[Old]\nold.sys\n"), KEPT(1309) },
    { 1103, BREAK("[Files]\ngood.sys\n", "[Files]\ngood.sys,,, 0x400\n"), KEEP("[Files]\ngood.sys\n", "[Files]\ngood.sys,,, 2\n") },
    { 1110, BREAK("[Install2]\n", "[Install2]\nCopyINF = other.txt\n"), KEEP("[Install2]\n", "[Install2]\nCopyINF = other.inf\n") },
    { 1141, BREAK("SoftwareType = 2\nSoftwareID = pfn://x", "SoftwareType = 1\nSoftwareBinary = C:\\x.exe\nSoftwareVersion = 1.0.0.0"), ALSO(1144),
      KEEP("SoftwareType = 2\nSoftwareID = pfn://x", "SoftwareType = 1\nSoftwareBinary = %13%\\x.exe\nSoftwareVersion = 1.0.0.0"), KEPT(1144) },
    { 1142, BREAK("SoftwareID = pfn://x\n", "") },
    { 1144, BREAK("SoftwareType = 2\nSoftwareID = pfn://x", "SoftwareType = 1\nSoftwareBinary = x.exe\nSoftwareVersion = 1.0.0.0") },
    { 1150, BREAK("ComponentIDs = VEN_1", "ComponentIDs = SWC\\VEN_1"), KEEP("ComponentIDs = VEN_1", "ComponentIDs = VEN_1&DEV_2, VEN_1") },
    { 1160, BREAK("ThreadingModel = Both", "ThreadingModel = Single"), KEEP("ThreadingModel = Both", "ThreadingModel = Neutral") },
    { 1180, BREAK("Value = 17", "Value = 16") },
    { 1181, BREAK("Contoso/One, 1,", "Contoso/One, 3,"), KEEP("Contoso/One, 1,", "Contoso/One, 2,") },
    { 1182, BREAK("LoggingRetention = 2", "LoggingRetention = 1"), KEEP("LoggingRetention = 2\nLoggingAutoBackup = 1", "LoggingRetention = 1") },
    { 1199, BREAK("NTamd64.10.0...26100", "NTamd64.10.0...25398", "NTamd64.10.0...26100", "NTamd64.10.0...25398") },
};

static const int else_where[6] = { 1000 };

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
    check_complete(rules, sizeof rules / sizeof rules[0], 1000, 1199, else_where);
}

TEST(a_file_that_is_not_there_is_told)
{
    struct inf_report report;

    CHECK(inf_check("/nowhere/good.inf", &(struct inf_check_options){ .mode = INF_MODE_W }, &report));
    CHECK_EQ(report.count, 1);
    CHECK_EQ(report.problem[0].code, 1000);
    inf_report_free(&report);
}

TEST(a_refused_quote_ends_the_check)
{
    static const struct rule open_quote = { .code = 1299, .mode = INF_MODE_W };
    static const char *const edit[] = { "\"Contoso\"", "\"Contoso", NULL };
    static const int also[6] = { 1002 };

    make_directory();
    CHECK(reports(&open_quote, edit, 1299, also));
    remove_directory();
}
