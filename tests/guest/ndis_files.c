/* Files that lie where the driver does: this one reads itself. docs: ndis/nf-ndis-ndisopenfile */
#define NDIS630 1
#include <ndis.h>
#include "testing.h"

static NDIS_STATUS Open(PCWSTR name, NDIS_HANDLE *file, UINT *length, LONGLONG highest)
{
    NDIS_PHYSICAL_ADDRESS address;
    NDIS_STATUS status;
    NDIS_STRING string;

    address.QuadPart = highest;
    NdisInitUnicodeString(&string, name);
    NdisOpenFile(&status, file, length, &string, address);
    return status;
}

TEST_CASE(a_file_beside_the_driver_is_read)
{
    NDIS_HANDLE file = NULL;
    NDIS_STATUS status;
    UINT length = 0;
    PUCHAR data = NULL;

    REQUIRE(Open(L"ndis_files.sys", &file, &length, -1) == NDIS_STATUS_SUCCESS);
    EXPECT(length > 1024);
    NdisMapFile(&status, (PVOID *)&data, file);
    EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
    EXPECT(data != NULL && data[0] == 'M' && data[1] == 'Z');
    NdisUnmapFile(file);
    NdisCloseFile(file);
}

TEST_CASE(names_are_not_case_sensitive)
{
    NDIS_HANDLE file = NULL;
    UINT length = 0;

    REQUIRE(Open(L"NDIS_Files.SYS", &file, &length, -1) == NDIS_STATUS_SUCCESS);
    NdisCloseFile(file);
}

TEST_CASE(a_file_is_mapped_once_at_a_time)
{
    PVOID data = NULL, again = &again;
    NDIS_HANDLE file = NULL;
    NDIS_STATUS status;
    UINT length = 0;

    REQUIRE(Open(L"ndis_files.sys", &file, &length, -1) == NDIS_STATUS_SUCCESS);
    NdisMapFile(&status, &data, file);
    EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
    NdisMapFile(&status, &again, file);
    EXPECT_EQ(status, NDIS_STATUS_ALREADY_MAPPED);
    EXPECT(again == NULL);
    NdisUnmapFile(file);
    NdisMapFile(&status, &again, file);
    EXPECT_EQ(status, NDIS_STATUS_SUCCESS);
    EXPECT(again != NULL);
    NdisCloseFile(file);                /* mapped as it is */
}

TEST_CASE(the_memory_is_below_the_address_asked_for)
{
    NDIS_HANDLE file = NULL;
    NDIS_STATUS status;
    UINT length = 0;
    PVOID data;

    REQUIRE(Open(L"ndis_files.sys", &file, &length, 0xFFFFFFFF) == NDIS_STATUS_SUCCESS);
    NdisMapFile(&status, &data, file);
    REQUIRE(status == NDIS_STATUS_SUCCESS);
    EXPECT(MmGetPhysicalAddress(data).QuadPart + length <= 0x100000000);
    NdisCloseFile(file);
}

TEST_CASE(a_file_that_is_not_there_is_said_so)
{
    NDIS_HANDLE file = &file;
    UINT length = 77;

    EXPECT_EQ(Open(L"no_such_firmware.bin", &file, &length, -1), NDIS_STATUS_FILE_NOT_FOUND);
    EXPECT_EQ(Open(L"..\\ndis_files.sys", &file, &length, -1), NDIS_STATUS_FILE_NOT_FOUND);
}
