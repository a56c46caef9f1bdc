/* What a computer's registry has after an INF was installed: DelReg, Interfaces, and sections of an INF beside it. */
#define UNIT_LIBRARY_BYTES 512          /* lwIP's timers */
#include "machine/machine.h"
#include "nt/cm.h"
#include "nt/pnp.h"
#include "ring3.h"
#include "unit.h"

#define MS 1000000ull
#define INTERFACE "{11111111-2222-3333-4444-555555555555}"

static char directory[64];

/* $BUILD/tests/unit/machine/inf_install -> $BUILD/drivers/vionet/vionet.sys */
static void copy_driver(void)
{
    static char path[4096], command[8400];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 64);

    CHECK(length > 0);
    path[length] = 0;
    for (int up = 0; up < 4; up++)
        *strrchr(path, '/') = 0;
    strcat(path, "/drivers/vionet/vionet.sys");
    if (access(path, R_OK) != 0)
        SKIP("vionet.sys has not been built (make drivers)");
    strcpy(directory, "/tmp/ring3-inf-XXXXXX");
    CHECK(mkdtemp(directory) != NULL);
    snprintf(command, sizeof(command), "cp %s %s/", path, directory);
    CHECK_EQ(system(command), 0);
}

static void write_file(const char *name, const char *text)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    file = fopen(path, "w");
    CHECK(file != NULL);
    CHECK(fputs(text, file) >= 0);
    CHECK_EQ(fclose(file), 0);
}

#define HEAD "[Version]\nSignature=\"$Windows NT$\"\nClass=Net\nClassGuid={4d36e972-e325-11ce-bfc1-08002be10318}\nProvider=Us\n"

static const char own[] = HEAD
    "[Manufacturer]\nUs=Models,NTamd64\n[Models.NTamd64]\nCard=Install,PCI\\VEN_1AF4&DEV_1041\n"
    "[Install.NT]\nCharacteristics=0x84\nBusType=5\n*IfType=6\n*MediaType=0\n*PhysicalMediaType=14\n"
    "AddReg=Values\nDelReg=Old\nInclude=Other.inf,machine.inf\nNeeds=Shared,Unknown\n"
    "[Install.NT.Services]\nAddService=vionet,2,Service\n"
    "[Install.NT.Interfaces]\nAddInterface=" INTERFACE ",port,Interface\n"
    "[Values]\nHKR,Ndi,Service,,vionet\nHKR,Ndi\\Interfaces,UpperRange,,ndis5\nHKR,Ndi\\Interfaces,LowerRange,,ethernet\n"
    "HKR,,Twice,,first\nHKR,,Twice,,second\nHKR,,Kept,,first\nHKR,,Kept,2,second\nHKR,,Absent,0x20,x\n"
    "HKR,,Both,,own\nHKR,Gone,Inside,,x\nHKR,,Only,0x00010001,1\n"
    "[Old]\nHKR,,Stale\nHKR,Tree\n"
    "[Interface]\nAddReg=Interface.Values\n[Interface.Values]\nHKR,,Colour,,blue\n"
    "[Service]\nServiceType=1\nStartType=3\nErrorControl=1\nServiceBinary=%13%\\vionet.sys\n";
static const char other[] = HEAD
    "[Shared]\nAddReg=More\nDelReg=Less\n[More]\nHKR,,Both,,%Word%\nHKR,,Shared,,%Word%\n[Less]\nHKR,Gone\n"
    "[Strings]\nWord=\"needed\"\n";

static const char registry[] =
    "Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Class\\"
    "{4d36e972-e325-11ce-bfc1-08002be10318}\\0000]\n\"Stale\"=\"x\"\n\"Fresh\"=\"x\"\n\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\"
    "Control\\Class\\{4d36e972-e325-11ce-bfc1-08002be10318}\\0000\\Tree\\Below]\n\"Deep\"=\"x\"\n";

#define CLASS_KEY "\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Class\\{4d36e972-e325-11ce-bfc1-08002be10318}\\0000"

static const char *value(const char *subkey, const char *name)
{
    static char text[80];
    struct cm_key *key = cm_key(cm_key(NULL, CLASS_KEY, false), subkey, false);

    return key != NULL && cm_get_string(key, name, text, sizeof(text)) ? text : "(none)";
}

static const char *root_value(const char *name)
{
    static char text[80];

    return cm_get_string(cm_key(NULL, CLASS_KEY, false), name, text, sizeof(text)) ? text : "(none)";
}

static void look(void *arg)
{
    static const GUID guid = { 0x11111111, 0x2222, 0x3333, { 0x44, 0x44, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55 } };
    PWSTR links = NULL;
    char text[80] = "";
    HANDLE handle;
    struct cm_key *key;
    UNICODE_STRING link = { 0 };

    (void)arg;
    CHECK(cm_key(NULL, CLASS_KEY, false) != NULL);
    CHECK_STR(root_value("Stale"), "(none)");
    CHECK_STR(root_value("Fresh"), "x");
    CHECK_STR(value("Tree", "Deep"), "(none)");
    CHECK_STR(value("Tree\\Below", "Deep"), "(none)");
    CHECK_STR(root_value("Twice"), "second");
    CHECK_STR(root_value("Kept"), "first");
    CHECK_STR(root_value("Absent"), "(none)");
    CHECK_STR(root_value("Both"), "needed");
    CHECK_STR(root_value("Shared"), "needed");
    CHECK_STR(value("Gone", "Inside"), "(none)");
    CHECK(NT_SUCCESS(IoGetDeviceInterfaces(&guid, NULL, 0, &links)));
    CHECK_EQ(links[0], 0);              /* not enabled: that is for the driver */
    ExFreePool(links);
    CHECK(NT_SUCCESS(IoGetDeviceInterfaces(&guid, NULL, DEVICE_INTERFACE_INCLUDE_NONACTIVE, &links)));
    for (link.Buffer = links; link.Buffer[link.Length / 2] != 0;)
        link.Length = (USHORT)(link.Length + 2);
    CHECK(link.Length > 0);
    CHECK(NT_SUCCESS(IoOpenDeviceInterfaceRegistryKey(&link, KEY_READ, &handle)));
    CHECK(NT_SUCCESS(cm_from_handle(handle, KEY_READ, &key)));
    CHECK(cm_get_string(key, "Colour", text, sizeof(text)));
    CHECK_STR(text, "blue");
    ZwClose(handle);
    ExFreePool(links);
}

TEST(the_registry_has_what_the_inf_and_those_it_includes_say)
{
    struct ring3_computer *computer;
    struct ring3_config config;
    struct ring3_report report;
    char path[128];

    copy_driver();
    write_file("vionet.inf", own);
    write_file("other.INF", other);
    write_file("old.reg", registry);
    ring3_config_init(&config);
    config.memory = 64u << 20;
    config.clock = RING3_CLOCK_VIRTUAL;
    config.log = RING3_LOG_ERROR;
    computer = ring3_open(&config);
    CHECK(computer != NULL);
    snprintf(path, sizeof(path), "%s/old.reg", directory);
    CHECK(ring3_import_registry(computer, path));
    CHECK(ring3_add_nic(computer, "null") != NULL);
    snprintf(path, sizeof(path), "%s/vionet.sys", directory);
    CHECK(ring3_load(computer, path) != NULL);
    CHECK_EQ(ring3_run(computer, 100 * MS), RING3_END_TIME);
    CHECK(machine_call(look, NULL));
    ring3_close(computer, &report);
    CHECK_EQ(report.findings, 0);
    snprintf(path, sizeof(path), "rm -r %s", directory);
    CHECK_EQ(system(path), 0);
}
