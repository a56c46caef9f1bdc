/* SCSI conformance as libiscsi's test program sees it: iscsi-test-cu -> a small iSCSI target -> IOCTL_SCSI_PASS_THROUGH -> ramlun.sys. */
#define UNIT_LIBRARY_BYTES 512          /* lwIP's timers */
#include <stddef.h>
#include <sys/wait.h>

#include "machine/machine.h"
#include "unit.h"

#include "iscsi_target.h"

#define MS 1000000ull

/* $BUILD/tests/unit/machine/iscsi -> $BUILD/drivers/ramlun/ramlun.sys */
static const char *driver_path(void)
{
    static char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 64);

    CHECK(length > 0);
    path[length] = 0;
    for (int up = 0; up < 4; up++)
        *strrchr(path, '/') = 0;
    strcat(path, "/drivers/ramlun/ramlun.sys");
    if (access(path, R_OK) != 0)
        SKIP("ramlun.sys has not been built (make drivers)");
    if (system("command -v iscsi-test-cu >/dev/null") != 0)
        SKIP("iscsi-test-cu is not installed (Debian package libiscsi-bin)");
    return path;
}

/* Two ways to the unit: PhysicalDrive0 and 1 are one disk. */
struct settings {
    unsigned sector, megabytes;
};

static void configure(struct ring3_computer *computer, const struct settings *settings)
{
    static const char text[] = "REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\ramlun\\Parameters\\Device]\r\n"
                               "\"Paths\"=dword:00000002\r\n\"SectorSize\"=dword:%08x\r\n\"SizeMB\"=dword:%08x\r\n";
    char path[64];
    FILE *file;

    snprintf(path, sizeof path, "/tmp/ring3-iscsi-%d.reg", (int)getpid());
    CHECK((file = fopen(path, "w")) != NULL && fprintf(file, text, settings->sector, settings->megabytes) > 0 && fclose(file) == 0);
    CHECK(ring3_import_registry(computer, path));
    unlink(path);
}

static void target(const struct settings *settings, int listener, int stop)
{
    struct ring3_computer *computer;
    struct ring3_config config;
    struct ring3_report report;

    ring3_config_init(&config);
    config.clock = RING3_CLOCK_VIRTUAL;
    config.log = RING3_LOG_ERROR;
    config.without_tcpip = true;
    CHECK((computer = ring3_open(&config)) != NULL);
    configure(computer, settings);
    CHECK(ring3_add_root_device(computer, "ROOT\\RAMLUN"));
    CHECK(ring3_load(computer, driver_path()) != NULL);
    ring3_run(computer, 10 * MS);
    while (iscsi.drives < NEXUSES) {
        char name[40];
        snprintf(name, sizeof name, "\\\\.\\PhysicalDrive%u", iscsi.drives);
        if (!(iscsi.drive[iscsi.drives] = ring3_file_open(computer, name, true)))
            break;
        iscsi.drives++;
    }
    CHECK(iscsi.drives > 0);
    iscsi_serve(listener, stop);
    while (iscsi.drives)
        ring3_file_close(iscsi.drive[--iscsi.drives]);
    ring3_close(computer, &report);
    CHECK(!report.bug_check);
    CHECK_EQ(report.findings, 0);
    CHECK_EQ(report.pool_bytes, 0);
    _exit(0);
}

/* --- the judge ---------------------------------------------------------------------------------------------------------- */

struct verdict {
    unsigned ran, failed;
    char names[2048];                   /* of the tests that failed, "Suite.Test " each */
};

static void read_verdict(const char *path, struct verdict *v)
{
    char line[1024], suite[64], test[64];
    FILE *file = fopen(path, "r");

    CHECK(file != NULL);
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "Suite %63[^,], Test %63s had failures", suite, test) == 2)
            snprintf(v->names + strlen(v->names), sizeof v->names - strlen(v->names), "%s.%s ", suite, test);
        sscanf(line, " tests %*u %u %*u %u", &v->ran, &v->failed);
    }
    fclose(file);
}

static void judge(const struct settings *settings, const char *tests, struct verdict *v)
{
    char command[600], log[64];
    int listener, ends[2], status;
    unsigned port;
    pid_t pid;

    driver_path();
    *v = (struct verdict){ 0 };
    listener = iscsi_listen(&port);
    CHECK_EQ(pipe(ends), 0);
    if ((pid = fork()) == 0) {
        close(ends[1]);
        target(settings, listener, ends[0]);
    }
    close(ends[0]);
    close(listener);
    snprintf(log, sizeof log, "/tmp/ring3-iscsi-%d.log", (int)getpid());
    snprintf(command, sizeof command, "iscsi-test-cu -t '%s' --dataloss -n iscsi://127.0.0.1:%u/" TARGET_NAME "/0 >%s 2>&1", tests, port, log);
    CHECK(system(command) != -1);
    close(ends[1]);
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    read_verdict(log, v);
    unlink(log);
}

/* Three tests ask for what the standards do not: GetLBAStatus.UnmapSingle takes the block behind an unmapped one to be a physical block
 * away; WriteSame10.UnmapUntilEnd wants zeroes after a WRITE SAME of other bytes; WriteSame16.Unmap writes 32 MiB in one command, which
 * MAXIMUM TRANSFER LENGTH rules out. */
TEST(scsi_commands_of_a_disk_conform)
{
    static const struct settings settings = { 512, 64 };
    struct verdict v;

    judge(&settings, "SCSI", &v);
    CHECK(v.ran > 200);
    CHECK_STR(v.names, "GetLBAStatus.UnmapSingle WriteSame10.UnmapUntilEnd WriteSame16.Unmap ");
    CHECK_EQ(v.failed, 3);
}

/* Two sessions, two targets of the adapter, one unit. */
TEST(reservations_of_two_initiators_conform_with_sectors_of_4096)
{
    static const struct settings settings = { 4096, 64 };
    static const char *const suites[] = { "SCSI.Prin*", "SCSI.Prout*", "SCSI.Reserve6", "SCSI.Unmap", "SCSI.Verify16" };
    struct verdict v;

    for (unsigned i = 0; i < sizeof suites / sizeof *suites; i++) {
        judge(&settings, suites[i], &v);
        CHECK(v.ran > 0);
        CHECK_STR(v.names, "");
    }
}
