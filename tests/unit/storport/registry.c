/* Values outside of a miniport's own keys. */
#include "fake.h"

#include "nt/cm.h"

#define SERVICE "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\fakestor"
#define WIDE_SERVICE (PWSTR)u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\fakestor"

static void read_values(void *unused)
{
    struct cm_key *key = cm_key(NULL, SERVICE, true), *sub = cm_key(NULL, SERVICE "\\Sub", true);
    uint8_t bytes[16];
    ULONG number = 0, length = sizeof bytes;
    PVOID at = &number;

    CHECK(key && sub);
    CHECK(cm_set(key, "Bytes", REG_BINARY, "abcdef", 6));
    CHECK(cm_set_dword(key, "Number", 77));
    CHECK(cm_set_dword(sub, "Deep", 99));
    plug_fake();
    CHECK(StorPortReadDriverRegistry(&fake.io->object, (PUCHAR)"Bytes", &length, bytes));
    CHECK_EQ(length, 6);
    CHECK(!memcmp(bytes, "abcdef", 6));
    length = 3;
    CHECK(!StorPortReadDriverRegistry(&fake.io->object, (PUCHAR)"Bytes", &length, bytes));
    CHECK_EQ(length, 6);
    length = sizeof bytes;
    CHECK(!StorPortReadDriverRegistry(&fake.io->object, (PUCHAR)"Missing", &length, bytes));
    CHECK(!StorPortReadDriverRegistry(NULL, (PUCHAR)"Bytes", &length, bytes));
    length = sizeof number;
    CHECK_EQ(StorPortReadRegistryKey(fake.extension, WIDE_SERVICE, (PWSTR)u"Number", REG_DWORD, &at, &length), STOR_STATUS_SUCCESS);
    CHECK_EQ(number, 77);
    CHECK_EQ(StorPortReadRegistryKey(fake.extension, WIDE_SERVICE, (PWSTR)u"Sub\\Deep", REG_DWORD, &at, &length), STOR_STATUS_SUCCESS);
    CHECK_EQ(number, 99);
    CHECK_EQ(StorPortReadRegistryKey(fake.extension, WIDE_SERVICE, (PWSTR)u"Bytes", REG_BINARY, &at, &length),
             (ULONG)STOR_STATUS_INVALID_PARAMETER);     /* numbers only */
    CHECK_EQ(StorPortReadRegistryKey(fake.extension, WIDE_SERVICE, (PWSTR)u"Missing", REG_DWORD, &at, &length),
             (ULONG)STOR_STATUS_UNSUCCESSFUL);
    length = 2;
    CHECK_EQ(StorPortReadRegistryKey(fake.extension, WIDE_SERVICE, (PWSTR)u"Number", REG_DWORD, &at, &length),
             (ULONG)STOR_STATUS_BUFFER_TOO_SMALL);
    KIRQL old = ke_raise(DISPATCH_LEVEL);
    CHECK_EQ(StorPortReadRegistryKey(fake.extension, WIDE_SERVICE, (PWSTR)u"Number", REG_DWORD, &at, &length),
             (ULONG)STOR_STATUS_INVALID_IRQL);
    ke_lower(old);
    unplug_fake();
}

TEST(a_miniport_reads_its_service_key_and_any_number)
{
    on_a_computer(read_values, 1);
    CHECK_EQ(fake_findings, 0);
}
