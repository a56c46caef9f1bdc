/* What a user changes: who stands on an adapter, in which order, and what protocols hear of it. */
#include "fake_filter.h"
#include "fake_own.h"

#include "ndis/user.h"
#include "nt/text.h"

static char device[80];
static int32_t status;

static void begin(void)
{
    plug_fake();
    CHECK_EQ(register_own(), NDIS_STATUS_SUCCESS);
    text_utf8(device, sizeof device, &((struct adapter *)mp.adapter)->name);
    memset(own.journal, 0, sizeof own.journal);
}

static void end(void)
{
    NdisDeregisterProtocolDriver(own.protocol);
    unplug_fake();
}

static void configuration(void *unused)
{
    begin();
    CHECK(ndis_user_reconfigure("own", NULL, "data", 4, &status));
    CHECK(own.event_context == NULL);
    CHECK(ndis_user_reconfigure("own", device, NULL, 0, &status));
    CHECK(own.event_context == &own);
    CHECK_STR(own.journal, "RR");
    CHECK(!ndis_user_reconfigure("nobody", NULL, NULL, 0, &status));
    CHECK_STR(error_text(), "no protocol 'nobody' is registered");
    CHECK(!ndis_user_reconfigure("own", "{0}", NULL, 0, &status));
    CHECK_STR(error_text(), "there is no network adapter '{0}'");
    own.reconfigure_status = NDIS_STATUS_RESOURCES;
    CHECK(!ndis_user_reconfigure("own", device, NULL, 0, &status));
    CHECK_EQ(status, NDIS_STATUS_RESOURCES);
    end();
}

TEST(a_protocol_hears_that_its_configuration_has_changed)
{
    with(configuration);
}

static void order(void *unused)
{
    const char *list[1];
    struct cm_value value;
    struct cm_key *key;

    begin();
    list[0] = strrchr(device, '\\') + 1;
    CHECK(ndis_user_order("own", list, 1, &status));
    CHECK_STR(own.journal, "L");
    CHECK_EQ(own.names, (strlen(device) + 2) * sizeof(WCHAR));  /* one name, and the end of the list */
    key = cm_key(NULL, "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\own\\Linkage", false);
    CHECK(key && cm_get(key, "Bind", &value) && value.size == own.names);
    CHECK(ndis_user_order("own", NULL, 0, &status));    /* its bindings as they are */
    CHECK_EQ(own.names, value.size);
    list[0] = "{0}";
    CHECK(!ndis_user_order("own", list, 1, &status));
    end();
}

TEST(a_protocol_hears_the_order_of_its_bindings)
{
    with(order);
}

static void unbound(void *unused)
{
    begin();
    CHECK(ndis_user_bind("own", device, false));
    CHECK_STR(own.journal, "pu");
    CHECK(ndis_user_bind("OWN", mp.node->instance_path, true));        /* names do not tell case, devices name adapters */
    CHECK_STR(own.journal, "pubr");
    CHECK(ndis_user_bind("own", device, false));
    NdisReEnumerateProtocolBindings(own.protocol);
    CHECK_STR(own.journal, "pubrpu");   /* it stays off */
    CHECK(!ndis_user_bind("nobody", device, true));
    CHECK(ndis_user_bind("own", device, true));
    own.bind_status = NDIS_STATUS_RESOURCES;
    CHECK(ndis_user_bind("own", device, false));
    CHECK(!ndis_user_bind("own", device, true));
    CHECK(strstr(error_text(), "does not stand on this adapter") != NULL);
    end();
}

TEST(a_protocol_is_taken_off_an_adapter_and_stays_off_until_it_is_let_on_again)
{
    with(unbound);
}

static void modules(void *unused)
{
    memset(ff, 0, sizeof ff);
    begin();
    describe_filter('a', 2, 1, "custom");               /* mandatory */
    CHECK_EQ(register_filter(&ff[0], 'a'), NDIS_STATUS_SUCCESS);
    CHECK_EQ(ff[0].attached, 1);
    memset(everything, 0, sizeof everything);
    CHECK(ndis_user_bind("fakelwf", device, false));
    CHECK_STR(everything, "pp ap mp pu ad pb mr pr ");
    CHECK_EQ(ff[0].attached, 0);
    NdisReEnumerateProtocolBindings(own.protocol);
    CHECK(own.binding != NULL);         /* the stack lacks nothing: the user did not want it */
    CHECK(ndis_user_bind("fakelwf", device, true));
    CHECK_EQ(ff[0].attached, 1);
    NdisFDeregisterFilterDriver(ff[0].driver);
    end();
}

TEST(a_filter_driver_is_taken_off_an_adapter_and_let_on_again)
{
    with(modules);
}

static NDIS_PM_CAPABILITIES power = {
    .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PM_CAPABILITIES_REVISION_1, NDIS_SIZEOF_NDIS_PM_CAPABILITIES_REVISION_1 },
    .SupportedWoLPacketPatterns = NDIS_PM_WOL_MAGIC_PACKET_SUPPORTED,
    .MinMagicPacketWakeUp = NdisDeviceStateD3,
};
static ULONG told;                      /* EnabledWoLPacketPatterns of the last OID_PM_PARAMETERS */

static NDIS_STATUS take_power(PNDIS_OID_REQUEST r)
{
    if (r->DATA.Oid == OID_PM_PARAMETERS)
        told = ((NDIS_PM_PARAMETERS *)r->DATA.SET_INFORMATION.InformationBuffer)->EnabledWoLPacketPatterns;
    return r->DATA.Oid == OID_PNP_SET_POWER || r->DATA.Oid == OID_PM_PARAMETERS ? NDIS_STATUS_SUCCESS : NDIS_STATUS_NOT_SUPPORTED;
}

static void sleep_and_wake(ULONG expected)
{
    told = 0xdead;
    CHECK_EQ(po_set_system_state(PowerSystemSleeping3, false), STATUS_SUCCESS);
    CHECK_EQ(told, expected);
    CHECK_EQ(po_set_system_state(PowerSystemWorking, false), STATUS_SUCCESS);
}

static void waking(void *unused)
{
    NDIS_PM_PARAMETERS p = {
        .Header = { NDIS_OBJECT_TYPE_DEFAULT, NDIS_PM_PARAMETERS_REVISION_1, NDIS_SIZEOF_NDIS_PM_PARAMETERS_REVISION_1 },
        .EnabledWoLPacketPatterns = NDIS_PM_WOL_MAGIC_PACKET_ENABLED,
    };
    NDIS_OID_REQUEST r = {
        .Header = { NDIS_OBJECT_TYPE_OID_REQUEST, 1, NDIS_SIZEOF_OID_REQUEST_REVISION_1 },
        .RequestType = NdisRequestSetInformation, .DATA.SET_INFORMATION = { OID_PM_PARAMETERS, &p, sizeof p, 0, 0 },
    };

    mp.power = &power;
    mp.on_set = take_power;
    begin();
    CHECK_EQ(NdisOidRequest(own.binding, &r), NDIS_STATUS_SUCCESS);
    sleep_and_wake(NDIS_PM_WOL_MAGIC_PACKET_ENABLED);
    memset(own.journal, 0, sizeof own.journal);
    CHECK(ndis_user_wake(device, false));
    CHECK_STR(own.journal, "C");
    CHECK_EQ(own.capabilities, 0);
    sleep_and_wake(0);
    CHECK(ndis_user_wake(device, true));
    CHECK_EQ(own.capabilities, NDIS_DEVICE_WAKE_UP_ENABLE);
    sleep_and_wake(NDIS_PM_WOL_MAGIC_PACKET_ENABLED);
    end();
}

TEST(protocols_hear_whether_the_device_may_wake_the_computer)
{
    with(waking);
}

static void no_power(void *unused)
{
    begin();
    CHECK(!ndis_user_wake(device, true));
    CHECK_STR(error_text(), "the adapter knows no power management");
    end();
}

TEST(an_adapter_without_power_management_does_not_wake)
{
    with(no_power);
}
