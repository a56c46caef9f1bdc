/* Where the uncached extension lies. */
#include "fake.h"

#include "nt/cm.h"

static unsigned exponent;
static void *got, *again;
static uint64_t at;

static void take(PCHAR argument, PPORT_CONFIGURATION_INFORMATION config)
{
    ULONG length = 0;

    got = StorPortGetUncachedExtension(fake.extension, config, 5000);
    again = StorPortGetUncachedExtension(fake.extension, config, 5000);
    CHECK(got != NULL);
    at = (uint64_t)StorPortGetPhysicalAddress(fake.extension, NULL, got, &length).QuadPart;
    CHECK(length >= 5000);
    CHECK(StorPortGetVirtualAddress(fake.extension, (STOR_PHYSICAL_ADDRESS){ .QuadPart = (LONGLONG)at }) == got);
}

static void find(void *unused)
{
    struct cm_key *key = cm_key(NULL, "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\fakestor\\Parameters\\Device", true);

    CHECK(key != NULL);
    CHECK(cm_set_dword(key, "UncachedExtAlignment", exponent));
    fake.on_find = take;
    plug_fake();
    CHECK(again == got);
    unplug_fake();
}

TEST(an_uncached_extension_has_the_alignment_of_the_registry)
{
    exponent = 16;
    on_a_computer(find, 1);
    CHECK_EQ(fake_findings, 0);
    CHECK_EQ(at & 0xffff, 0);
}

TEST(an_alignment_out_of_range_is_not_looked_at)
{
    exponent = 17;
    on_a_computer(find, 1);
    CHECK_EQ(fake_findings, 0);
    CHECK_EQ(at & 0xfff, 0);
}
