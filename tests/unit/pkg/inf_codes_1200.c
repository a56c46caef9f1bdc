/* Codes 1200 to 1299 of InfVerif: sections, registry, services, directories, strings, models. */
#include "inf_rules.h"

#define VALUES "[Values]\n"
#define ADD(LINE) VALUES, VALUES LINE "\n"
#define DELETE(LINE) "[Install2]\n", "[Install2]\nDelReg = Old\n", "+", "[Old]\n" LINE "\n"

static const struct rule rules[] = {
    { 1201, BREAK("1.2.3.4", "1.2.3.4, more") },
    { 1202, BREAK("[Install2]\n", "[Install2]\nInclude = sibling.inf\nNeeds = Sibling\n"),
      KEEP("[Install2]\n", "[Install2]\nInclude = ks.inf\nNeeds = KS.Registration\n") },
    { 1203, BREAK("AddReg = Values", "AddReg = Values, Nowhere"), KEEP("AddReg = Values", "AddReg = vALUES") },
    { 1204, BREAK("\"Contoso\"", "\"Microsoft Friends\""), KEEP("\"Contoso\"", "\"No Microsoft\"") },
    { 1205, BREAK("[Install2]\n", "[Install2]\nDelFiles = Files2\n"), ALSO(1102, 1309), KEEP("[Install2]\n", "[Install2]\nCopyFiles = Files\n") },
    { 1206, BREAK("AddFilter = good,, Filter", "AddFilter = good,, Files"), ALSO(2083) },
    { 1208, BREAK("PnpLockdown", "LayoutFile = layout.inf\nPnpLockdown") },
    { 1209, BREAK("+", "[Values]\nHKR, Some, More,, 1\n") },
    { 1211, BREAK("AddService = helper,,", "AddService = helper, 2,"), KEEP("AddService = helper,,", "AddService = helper, 0x400,") },
    { 1212, BREAK("+", "[DefaultInstall.NTamd64]\n"), ALSO(1420) },
    { 1213, BREAK("good.sys = 1\n", "good.sys = 1\ngood.cat = 1\n"), KEEP("good.sys = 1\n", "good.sys = 1\nreadme.txt = 1\n") },
    { 1214, BREAK("= good.cat", "= good.txt"), KEEP("= good.cat", "= GOOD.CAT") },
    { 1217, BREAK("1.2.3.4", "1.2.3"), KEEP("1.2.3.4", "0.0.0.65535") },
    { 1218, BREAK("01/02/2025", "13/02/2025"), KEEP("01/02/2025", "12/31/2025") },
    { 1220, BREAK("[Install2]\n", "[Install2]\nInclude = sibling.inf\nNeeds = Sibling\nAddReg = Sibling.Values\n"), ALSO(1202),
      KEEP("[Install2]\n", "[Install2]\nInclude = sibling.inf\nNeeds = Sibling\nAddReg = Values\n"), KEPT(1202) },
    { 1222, BREAK(ADD("HKLM, SYSTEM\\Setup, X,, 1")), ALSO(1321), KEEP(ADD("HKLM, SYSTEM\\CurrentControlSet\\Control\\X, X,, 1")), .mode = INF_MODE_H },
    { 1223, BREAK(ADD("HKLM, SAM\\X, X,, 1")), ALSO(1321), KEEP(ADD("HKLM, SOFTWARE\\Khronos\\X, X,, 1")), .mode = INF_MODE_H },
    { 1224, BREAK("HKR, Some, Number", "HKXX, Some, Number"), KEEP("HKR, Some, Number", "hkr, Some, Number") },
    { 1225, BREAK(ADD("HKR,, UpperFilters, 0, \"x\"")), ALSO(1329), KEEP(ADD("HKR,, UpperFilters, 0x00010000, \"x\"")), KEPT(1329) },
    { 1226, BREAK("+", "[Hardware.Security]\n\"D:P(A;;GA;;;SY)\"\n"), KEEP("+", "[Values.Security]\n\"D:P(A;;GA;;;SY)\"\n") },
    { 1229, BREAK("[Files]\ngood.sys\n", "[Files]\ngood.sys\n,good.dll\n") },
    { 1230, BREAK("good.sys = 1\n", ""), KEEP("good.sys = 1\n", "", "[DestinationDirs]", "[SourceDisksFiles.amd64]\ngood.sys = 1\n[DestinationDirs]") },
    { 1231, BREAK("good.sys = 1\n", "good.sys = 1\nmore.dl_ = 1\n"), KEEP("good.sys = 1\n", "good.sys = 1\nmore_.dll = 1\n") },
    { 1233, BREAK("CatalogFile = good.cat\n", ""), KEEP("CatalogFile =", "CatalogFile.NTamd64 =") },
    { 1234, BREAK("Class = Net\n", "") },
    { 1235, BREAK("Disk = \"A disk\"\n", ""), KEEP("\"A disk\"", "\"100 %% a disk\"") },
    { 1241, BREAK("Files = 13", "Files = 40000"), ALSO(1322) },
    { 1242, BREAK("Files = 13", "Files = 66000"),
      KEEP("Files = 13", "Files = 66000", NET_CLASS, "Class = Printer\nClassGuid = {4d36e979-e325-11ce-bfc1-08002be10318}\n"), .mode = INF_MODE_H },
    { 1243, BREAK("Files = 13", "Files = 14"), ALSO(1322), KEEP("Files = 13", "Files = 13, sub", "good.sys = 1", "good.sys = 1, sub", "good.dll = 1",
      "good.dll = 1, sub", "Files2 = 13", "Files2 = 13, sub") },
    { 1245, BREAK("FeatureScore = FC", "FeatureScore = 1FC"), KEEP("FeatureScore = FC", "FeatureScore = 0x10") },
    { 1250, BREAK("Log, System", "Log, Private"), KEEP("Log, System", "Log, Application") },
    { 1251, BREAK("StartType = 3", "StartType = 4"), KEEP("ServiceType = 0x10\nStartType = 3", "ServiceType = 0x10\nStartType = 4") },
    { 1252, BREAK("BootFlags = 1", "ServiceSidType = 1"), KEEP("BootFlags = 1", "BootFlags = 4") },
    { 1253, BREAK("AddService = helper,,", "AddService = , 0\nAddService = helper,,"), KEEP("AddService = ,2", "AddService = , 0x2") },
    { 1254, BREAK("%13%\\good.sys\nBootFlags", "\"\"\"%13%\\good.sys\"\nBootFlags"),
      KEEP("%13%\\good.sys\nBootFlags", "\"\"\"%13%\\good.sys\"\"\"\nBootFlags", "%13%\\good.dll\nAddTrigger", "\"%13%\\good.dll -x\"\nAddTrigger") },
    { 1256, BREAK(", 1, WmiSecurity", ", 2, WmiSecurity"), KEEP(", 1, WmiSecurity", ", 0, WmiSecurity") },
    { 1257, BREAK(ADD("HKR, Some, Path, 0x00020000, \"%10%\\x.dll\"")), KEEP(ADD("HKR, Some, Path, 0x00020000, \"%%SystemRoot%%\\x.dll\"")) },
    { 1258, BREAK(ADD("HKR, Some, Path, 0x00020000, \"%11%\\x.dll\"")), KEEP(ADD("HKR, Some, Path, 0x00020000, \"%13%\\x.dll\"")) },
    { 1260, BREAK("PnpLockdown = 1", "PnpLockdown = yes"), KEEP("PnpLockdown = 1", "PnpLockdown = 0x1") },
    { 1261, BREAK("= Install2,", "= Nowhere,"), ALSO(2083) },
    { 1262, BREAK("[Install2]\n", "[Install2]\nBitReg = Bits\n", "+", "[Bits]\nHKR, Some, Bytes, 1, 100, 0\n"), ALSO(1308),
      KEEP("[Install2]\n", "[Install2]\nBitReg = Bits\n", "+", "[Bits]\nHKR, Some, Bytes, 1, 80, 0\n"), KEPT(1308) },
    { 1263, BREAK(ADD("HKR, Some, Raw, 0x00070001, 0")), KEEP(ADD("HKR, Some, Raw, 0x00080001, 0")) },
    { 1264, BREAK(ADD("HKR, Some, Raw, 0x00080000, 0")), KEEP(ADD("HKR, Some, Raw, 0x00020001, 0")) },
    { 1265, BREAK(ADD("HKR, Some, More, 0x00010009, 1")), ALSO(1305), KEEP(ADD("HKR, Some, More, 0x00010008, one")), KEPT(1305) },
    { 1266, BREAK(DELETE("HKR, Some, List, 0x00018002")), ALSO(1305), KEEP(DELETE("HKR, Some, List, 0x00018002, a")), KEPT(1305) },
    { 1267, BREAK("01,ff", "01,1ff"), KEEP("01,ff", "0x1,f") },
    { 1268, BREAK("0x00010001, 7", "0x00010001, seven"), KEEP("0x00010001, 7", "0x00010001, 0xffffffff") },
    { 1270, BREAK("+", "[DeviceInstall32]\nAddDevice = ROOT\\OTHER\n"), KEEP("+", "[DeviceInstall32]\nAddDevice = PCI\\VEN_1234&DEV_5678\n") },
    { 1271, BREAK("= Install2,", "= ,"), ALSO(2083) },
    { 1272, BREAK("AddService = ,2", "AddService = ,2, Helper"), KEEP("AddService = ,2", "AddService = ,2,") },
    { 1273, BREAK("good.sys = 1", "good.sys = 7"), KEEP("good.sys = 1", "good.sys = 7", "1 = %Disk%\n", "1 = %Disk%\n7 = %Disk%\n") },
    { 1274, BREAK("NTamd64.10", "NT$ARCH$.10", "NTamd64.10", "NT$ARCH$.10") },
    { 1275, BREAK("\nFiles = 13", ""), KEEP("\nFiles = 13", "\nDefaultDestDir = 13") },
    { 1280, BREAK("Class = Net", "Class = Networks"), KEEP("Class = Net", "Class = NET") },
    { 1281, BREAK("{4d36e972", "{4d36e999") },
    { 1284, BREAK(NET_CLASS, "Class = USB\nClassGuid = {36fc9e60-c465-11cf-8056-444553540000}\n"),
      KEEP(NET_CLASS, "Class = USBDevice\nClassGuid = {88bae032-5a81-49f0-bc3d-a4ff138216d6}\n") },
    { 1285, BREAK("+", "[ClassInstall32]\nAddReg = Class.Values\n[Class.Values]\nHKR,,, 0, \"Things\"\n"),
      KEEP("+", "[ClassInstall32]\nAddReg = Class.Values\n[Class.Values]\nHKR,,, 0, \"Things\"\n", NET_CLASS,
           "Class = Things\nClassGuid = " GUID_B "\n") },
    { 1286, BREAK(NET_CLASS, "Class = Contoso6789012345678901234567890\nClassGuid = " GUID_B "\n"),
      KEEP(NET_CLASS, "Class = Contoso890123456789012345678901\nClassGuid = " GUID_B "\n") },
    { 1287, BREAK(", NTamd64.10", ", NTamd64.10.0...26100, NTpdp11.10") },
    { 1288, BREAK("NTamd64.10.0...26100", "NTamd64.10.0...14309", "NTamd64.10.0...26100", "NTamd64.10.0...14309"), ALSO(1199),
      KEEP("NTamd64.10.0...26100", "NTamd64.10.0...14310", "NTamd64.10.0...26100", "NTamd64.10.0...14310"), KEPT(1199) },
    { 1289, BREAK("FilterPosition = Upper\n", "") },
    { 1290, BREAK("ErrorControl = 1\n", "ErrorControl = 1\nColour = red\n"), KEEP("ErrorControl = 1\n", "ErrorControl = 1\nLoadOrderGroup = NDIS\n") },
    { 1293, BREAK("AddService = helper", "AddService = Tcpip"), KEEP("AddService = helper", "AddService = Tcpip2") },
    { 1294, BREAK("%Device% = Install2, PCI\\VEN_1234&DEV_5679\n",
                  "%Device% = Install2, PCI\\VEN_1234&DEV_5679\n%device% = Install2, PCI\\VEN_1234&DEV_5679\n"),
      KEEP("%Device% = Install2, PCI\\VEN_1234&DEV_5679\n", "%Device% = Install2, PCI\\VEN_1234&DEV_5679\n%Device% = Install2, PCI\\VEN_1234&DEV_5680\n") },
    { 1295, BREAK("+", "[Strings.0407]\nUs = \"Contoso\"\n"), KEEP("+", "[Strings.0407]\nUs = Contoso\nDevice = Karte\nDisk = Platte\n") },
    { 1296, BREAK("AddService = ,2\n", ""), KEEP("AddService = ,2\n", "AddService = good, 2, Service\n") },
    { 1297, BREAK("Install, PCI\\VEN_1234&DEV_5678", "Install", "Install2, PCI\\VEN_1234&DEV_5679", "Install2") },
};

static const int else_where[6] = { 1210, 1299 };

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
    check_complete(rules, sizeof rules / sizeof rules[0], 1200, 1299, else_where);
}

static int errors_for(const struct inf_check_options *options, const char *const *edit)
{
    struct inf_report report;
    char *text = edited(device_inf, edit, 0);
    int errors;

    write_text(inf_path, text);
    CHECK(inf_check(inf_path, options, &report));
    errors = report.count == 0 ? 0 : report.problem[0].code;
    inf_report_free(&report);
    free(text);
    return errors;
}

TEST(the_provider_may_be_demanded)
{
    static const char *const nothing[] = { NULL };

    make_directory();
    CHECK_EQ(errors_for(&(struct inf_check_options){ .mode = INF_MODE_W, .provider = "Fabrikam" }, nothing), 1210);
    CHECK_EQ(errors_for(&(struct inf_check_options){ .mode = INF_MODE_W, .provider = "Contoso" }, nothing), 0);
    remove_directory();
}

TEST(an_architecture_that_is_not_stamped_is_good_before_stamping)
{
    static const char *const edit[] = { "NTamd64.10", "NT$ARCH$.10", "NTamd64.10", "NT$ARCH$.10", NULL };

    make_directory();
    CHECK_EQ(errors_for(&(struct inf_check_options){ .mode = INF_MODE_W, .before_stamping = true }, edit), 0);
    remove_directory();
}
