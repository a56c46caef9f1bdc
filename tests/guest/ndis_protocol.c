/* A protocol driver without adapters: registration, configuration, strings, versions. */
#include <ndis.h>
#include "testing.h"

static NDIS_STATUS NTAPI bind(NDIS_HANDLE context, NDIS_HANDLE bind_context, PNDIS_BIND_PARAMETERS parameters)
{
    return NDIS_STATUS_NOT_ACCEPTED;
}

static NDIS_STATUS NTAPI unbind(NDIS_HANDLE unbind_context, NDIS_HANDLE context)
{
    return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI opened(NDIS_HANDLE context, NDIS_STATUS status)
{
}

static VOID NTAPI closed(NDIS_HANDLE context)
{
}

static NDIS_STATUS NTAPI event(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION notification)
{
    return NDIS_STATUS_SUCCESS;
}

static VOID NTAPI oid_complete(NDIS_HANDLE context, PNDIS_OID_REQUEST request, NDIS_STATUS status)
{
}

static VOID NTAPI status_indicated(NDIS_HANDLE context, PNDIS_STATUS_INDICATION indication)
{
}

static VOID NTAPI received(NDIS_HANDLE context, PNET_BUFFER_LIST lists, NDIS_PORT_NUMBER port, ULONG count, ULONG flags)
{
}

static VOID NTAPI sent(NDIS_HANDLE context, PNET_BUFFER_LIST lists, ULONG flags)
{
}

static void fill(NDIS_PROTOCOL_DRIVER_CHARACTERISTICS *c)
{
    NdisZeroMemory(c, sizeof(*c));
    c->Header.Type = NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS;
    c->Header.Revision = NDIS_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1;
    c->Header.Size = NDIS_SIZEOF_PROTOCOL_DRIVER_CHARACTERISTICS_REVISION_1;
    c->MajorNdisVersion = 6;
    c->MinorNdisVersion = 30;
    NdisInitUnicodeString(&c->Name, L"ndis_protocol");
    c->BindAdapterHandlerEx = bind;
    c->UnbindAdapterHandlerEx = unbind;
    c->OpenAdapterCompleteHandlerEx = opened;
    c->CloseAdapterCompleteHandlerEx = closed;
    c->NetPnPEventHandler = event;
    c->OidRequestCompleteHandler = oid_complete;
    c->StatusHandlerEx = status_indicated;
    c->ReceiveNetBufferListsHandler = received;
    c->SendNetBufferListsCompleteHandler = sent;
}

TEST_CASE(a_protocol_registers_and_deregisters)
{
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS c;
    NDIS_HANDLE protocol = NULL;

    fill(&c);
    REQUIRE(NdisRegisterProtocolDriver(NULL, &c, &protocol) == NDIS_STATUS_SUCCESS);
    EXPECT(protocol != NULL);
    NdisDeregisterProtocolDriver(protocol);
}

TEST_CASE(incomplete_characteristics_are_refused)
{
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS c;
    NDIS_HANDLE protocol = NULL;

    fill(&c);
    c.ReceiveNetBufferListsHandler = NULL;
    EXPECT_EQ(NdisRegisterProtocolDriver(NULL, &c, &protocol), NDIS_STATUS_BAD_CHARACTERISTICS);
    fill(&c);
    c.Header.Size = 20;
    EXPECT_EQ(NdisRegisterProtocolDriver(NULL, &c, &protocol), NDIS_STATUS_BAD_CHARACTERISTICS);
    fill(&c);
    c.MajorNdisVersion = 5;
    EXPECT_EQ(NdisRegisterProtocolDriver(NULL, &c, &protocol), NDIS_STATUS_BAD_VERSION);
    EXPECT(protocol == NULL);
}

static void write_text(NDIS_HANDLE config, PCWSTR keyword, PCWSTR text)
{
    NDIS_CONFIGURATION_PARAMETER value;
    NDIS_STRING name;
    NDIS_STATUS status;

    NdisInitUnicodeString(&name, keyword);
    value.ParameterType = NdisParameterString;
    NdisInitUnicodeString(&value.ParameterData.StringData, text);
    NdisWriteConfiguration(&status, config, &name, &value);
    EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
}

static PNDIS_CONFIGURATION_PARAMETER read(NDIS_HANDLE config, PCWSTR keyword, NDIS_PARAMETER_TYPE type, NDIS_STATUS *status)
{
    PNDIS_CONFIGURATION_PARAMETER value = NULL;
    NDIS_STRING name;

    NdisInitUnicodeString(&name, keyword);
    NdisReadConfiguration(status, &value, config, &name, type);
    return value;
}

static void check_values(NDIS_HANDLE config)
{
    NDIS_STATUS status;
    PNDIS_CONFIGURATION_PARAMETER value;

    write_text(config, L"*SpeedDuplex", L"20");
    value = read(config, L"*SpeedDuplex", NdisParameterInteger, &status);
    EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
    EXPECT(value && value->ParameterType == NdisParameterInteger && value->ParameterData.IntegerData == 20);
    value = read(config, L"*SpeedDuplex", NdisParameterHexInteger, &status);
    EXPECT(value && value->ParameterData.IntegerData == 0x20);
    value = read(config, L"*SpeedDuplex", NdisParameterString, &status);
    EXPECT(value && value->ParameterType == NdisParameterString && value->ParameterData.StringData.Length == 4);
    value = read(config, L"NoSuchKeyword", NdisParameterInteger, &status);
    EXPECT_EQ(status, NDIS_STATUS_FAILURE);
    EXPECT(value == NULL);
    value = read(config, L"ProcessorType", NdisParameterInteger, &status);
    EXPECT(value && value->ParameterData.IntegerData == 4);
}

TEST_CASE(configuration_is_read_and_written)
{
    NDIS_PROTOCOL_DRIVER_CHARACTERISTICS c;
    NDIS_CONFIGURATION_OBJECT object;
    NDIS_HANDLE protocol = NULL, config = NULL;

    fill(&c);
    REQUIRE(NdisRegisterProtocolDriver(NULL, &c, &protocol) == NDIS_STATUS_SUCCESS);
    NdisZeroMemory(&object, sizeof(object));
    object.Header.Type = NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT;
    object.Header.Revision = NDIS_CONFIGURATION_OBJECT_REVISION_1;
    object.Header.Size = NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1;
    object.NdisHandle = protocol;
    EXPECT_EQ(NdisOpenConfigurationEx(&object, &config), NDIS_STATUS_SUCCESS);
    if (config != NULL) {
        check_values(config);
        NdisCloseConfiguration(config);
    }
    NdisDeregisterProtocolDriver(protocol);
}

TEST_CASE(ndis_says_what_it_is)
{
    NDIS_STRING name;

    EXPECT(NdisGetVersion() >= NDIS_RUNTIME_VERSION_630);
    EXPECT(NdisSystemProcessorCount() >= 1);
    NdisInitUnicodeString(&name, L"NdisGetVersion");
    EXPECT(NdisGetRoutineAddress(&name) != NULL);
    NdisInitUnicodeString(&name, L"NdisNoSuchFunction");
    EXPECT(NdisGetRoutineAddress(&name) == NULL);
}
