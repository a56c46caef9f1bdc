/* The codes that are checked, with their severities as documented. /h goes by /w's, but for paths that it still allows. */
#include <stddef.h>

#include "pkg/inf_check.h"

#define ALWAYS INF_ERROR, INF_ERROR, INF_ERROR
#define WARN INF_WARNING, INF_WARNING, INF_WARNING

const struct inf_code inf_codes[] = {
    { 1000, ALWAYS, "the file is not there" },
    { 1001, ALWAYS, "no [Version] section with the signature of Windows" },
    { 1002, ALWAYS, "the syntax cannot be read" },
    { 1003, ALWAYS, "an encoding other than ANSI or UTF-16 LE" },
    { 1005, ALWAYS, "a directive names no section" },
    { 1008, ALWAYS, "a disk of [SourceDisksFiles] has no valid number" },
    { 1010, ALWAYS, "ClassGuid is no GUID" },
    { 1011, ALWAYS, "a [Manufacturer] entry names no Models section" },
    { 1013, ALWAYS, "a service's section lacks a key" },
    { 1014, ALWAYS, "a service's key has an impossible value" },
    { 1201, WARN, "more values than the entry has" },
    { 1203, ALWAYS, "a section that is named is not there" },
    { 1204, ALWAYS, "the provider is Microsoft" },
    { 1210, ALWAYS, "another provider is demanded" },
    { 1211, ALWAYS, "two services want to be the device's" },
    { 1212, ALWAYS, "two sections exclude each other" },
    { 1213, ALWAYS, "a catalog in [SourceDisksFiles]" },
    { 1214, ALWAYS, "CatalogFile is no name of a .cat file" },
    { 1217, ALWAYS, "the version is not w.x.y.z of numbers below 65536" },
    { 1218, ALWAYS, "the date is not MM/DD/YYYY" },
    { 1224, ALWAYS, "a registry root that there is not" },
    { 1230, ALWAYS, "a file that is copied is not in [SourceDisksFiles]" },
    { 1233, ALWAYS, "a directive that a signature needs is missing" },
    { 1234, ALWAYS, "a directive of [Version] is missing, empty or wrong" },
    { 1235, ALWAYS, "a %token% is not in [Strings]" },
    { 1251, WARN, "the device's service is disabled" },
    { 1253, ALWAYS, "a service without name" },
    { 1254, ALWAYS, "ServiceBinary names no file" },
    { 1263, ALWAYS, "value flags contradict each other" },
    { 1265, ALWAYS, "appending to what is no list of strings" },
    { 1267, ALWAYS, "binary data is not made of bytes" },
    { 1268, ALWAYS, "a number is none" },
    { 1271, ALWAYS, "a model names no install section" },
    { 1272, ALWAYS, "a service section without service" },
    { 1273, ALWAYS, "a disk is not in [SourceDisksNames]" },
    { 1274, ALWAYS, "$ARCH$ was not stamped" },
    { 1275, ALWAYS, "a list of files has no entry in [DestinationDirs]" },
    { 1280, ALWAYS, "Class does not belong to ClassGuid" },
    { 1281, ALWAYS, "ClassGuid does not belong to Class" },
    { 1285, ALWAYS, "[ClassInstall32] for a class of Microsoft's" },
    { 1287, ALWAYS, "a decoration that there is not" },
    { 1288, ALWAYS, "a build number with Windows before 10" },
    { 1290, ALWAYS, "a directive that the section does not have" },
    { 1293, ALWAYS, "a service name that Windows has" },
    { 1294, ALWAYS, "an entry stands twice" },
    { 1296, ALWAYS, "hardware without a service" },
    { 1297, ALWAYS, "no hardware at all" },
    { 1299, ALWAYS, "the rest was not checked" },
    { 1300, ALWAYS, "a legacy directive" },
    { 1315, ALWAYS, "a needed section is not there" },
    { 1320, INF_NONE, INF_NONE, INF_ERROR, "the registry outside HKR" },
    { 1322, INF_NONE, INF_NONE, INF_ERROR, "a file outside the driver store (DIRID 13)" },
    { 1323, INF_NONE, INF_NONE, INF_ERROR, "a service's registry outside Parameters" },
    { 1324, INF_WARNING, INF_WARNING, INF_ERROR, "PnpLockdown is not 1" },
    { 1330, ALWAYS, "two files with one destination" },
    { 1380, ALWAYS, "ExtensionId is no GUID" },
    { 1381, ALWAYS, "an extension without ExtensionId" },
    { 1421, ALWAYS, "a DefaultInstall section without architecture" },
    { 1422, ALWAYS, "a DefaultUninstall section without LegacyUninstall=1" },
    { 1423, ALWAYS, "a primitive driver without decorated DefaultInstall" },
    { 2083, WARN, "a section that nobody uses" },
    { 2084, INF_WARNING, INF_WARNING, INF_ERROR, "a service binary that is not copied" },
    { 2085, ALWAYS, "a service binary without a DIRID" },
    { 2418, ALWAYS, "a modifying filter without FilterClass" },
    { 2651, ALWAYS, "Needs without Include" },
    { 0 }
};

const struct inf_code *inf_code(int code)
{
    for (const struct inf_code *c = inf_codes; c->code; c++)
        if (c->code == code)
            return c;
    return NULL;
}
