/* What a miniport is told of its interrupt before it is connected. */
#include "fake.h"

static KINTERRUPT_MODE mode;

static void note_mode(PCHAR argument, PPORT_CONFIGURATION_INFORMATION config)
{
    mode = config->InterruptMode;
}

static KINTERRUPT_MODE started_with(struct adapter *a, USHORT flags)
{
    CM_RESOURCE_LIST list = { .Count = 1 };
    PCM_PARTIAL_RESOURCE_DESCRIPTOR d = list.List[0].PartialResourceList.PartialDescriptors;

    list.List[0].PartialResourceList.Count = 1;
    d->Type = CmResourceTypeInterrupt;
    d->Flags = flags;
    adapter_stop(a, StorStopDevice);
    CHECK_EQ((uint32_t)adapter_start(a, &list, &list), STATUS_SUCCESS);
    return mode;
}

static void modes(void *unused)
{
    fake.on_find = note_mode;
    plug_fake();
    struct adapter *a = adapter_find(fake.extension);
    CHECK_EQ(mode, LevelSensitive);
    CHECK_EQ(started_with(a, CM_RESOURCE_INTERRUPT_LATCHED | CM_RESOURCE_INTERRUPT_MESSAGE), Latched);
    CHECK_EQ(started_with(a, CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE), LevelSensitive);
    CHECK_STR(fake.adapter_pnp, "PxPx");
    unplug_fake();
    CHECK_STR(fake.adapter_pnp, "PxPxRx");
}

TEST(a_miniport_finds_out_whether_its_interrupt_is_a_message)
{
    on_a_computer(modes, 1);
    CHECK_EQ(fake_findings, 0);
}
