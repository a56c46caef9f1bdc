/* Sections and virtual memory of the System process. */
#include "helpers.h"

TEST_CASE(views_of_a_section_are_the_same_memory)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\SharedTest");
    OBJECT_ATTRIBUTES attributes;
    LARGE_INTEGER size = { .QuadPart = 0x21000 }, offset = { .QuadPart = 0x10008 };
    HANDLE section, again;
    PVOID one = NULL, two = NULL, object, system;
    SIZE_T bytes = 0, more = 0x1000, all = 0;

    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    REQUIRE(ZwCreateSection(&section, SECTION_ALL_ACCESS, &attributes, &size, PAGE_READWRITE, SEC_COMMIT, NULL) == STATUS_SUCCESS);
    REQUIRE(ZwOpenSection(&again, SECTION_ALL_ACCESS, &attributes) == STATUS_SUCCESS);
    REQUIRE(ZwMapViewOfSection(section, ZwCurrentProcess(), &one, 0, 0, NULL, &bytes, ViewUnmap, 0, PAGE_READWRITE) == STATUS_SUCCESS);
    EXPECT_EQ(bytes, 0x21000);
    EXPECT(one < MmHighestUserAddress);
    EXPECT_EQ(*(PULONG)one, 0);
    REQUIRE(ZwMapViewOfSection(again, ZwCurrentProcess(), &two, 0, 0, &offset, &more, ViewUnmap, 0, PAGE_READWRITE) == STATUS_SUCCESS);
    EXPECT_EQ(offset.QuadPart, 0x10000);
    ((PUCHAR)one)[0x10004] = 77;
    EXPECT_EQ(((PUCHAR)two)[4], 77);
    REQUIRE(ObReferenceObjectByHandle(section, SECTION_ALL_ACCESS, *MmSectionObjectType, KernelMode, &object, NULL) == STATUS_SUCCESS);
    REQUIRE(MmMapViewInSystemSpace(object, &system, &all) == STATUS_SUCCESS);
    EXPECT(system > MmSystemRangeStart);
    EXPECT_EQ(((PUCHAR)system)[0x10004], 77);
    EXPECT_EQ(MmUnmapViewInSystemSpace(system), STATUS_SUCCESS);
    ObDereferenceObject(object);
    EXPECT_EQ(ZwUnmapViewOfSection(ZwCurrentProcess(), two), STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(section), STATUS_SUCCESS);
    EXPECT_EQ(ZwClose(again), STATUS_SUCCESS);
    EXPECT_EQ(((PUCHAR)one)[0x10004], 77);
    EXPECT_EQ(ZwUnmapViewOfSection(ZwCurrentProcess(), one), STATUS_SUCCESS);
    EXPECT_EQ(ZwUnmapViewOfSection(ZwCurrentProcess(), one), STATUS_NOT_MAPPED_VIEW);
}

TEST_CASE(a_section_says_what_is_wrong_with_it)
{
    LARGE_INTEGER size = { .QuadPart = 0x1000 };
    PVOID base = NULL;
    SIZE_T bytes = 0x2000;
    HANDLE section;

    EXPECT_EQ(ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, 0, SEC_COMMIT, NULL), STATUS_INVALID_PAGE_PROTECTION);
    EXPECT_EQ(ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READWRITE, SEC_COMMIT, NULL), STATUS_INVALID_PARAMETER_4);
    REQUIRE(ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READONLY, SEC_COMMIT, NULL) == STATUS_SUCCESS);
    EXPECT_EQ(ZwMapViewOfSection(section, ZwCurrentProcess(), &base, 0, 0, NULL, &bytes, ViewUnmap, 0, PAGE_READONLY), STATUS_INVALID_VIEW_SIZE);
    bytes = 0;
    EXPECT_EQ(ZwMapViewOfSection(section, ZwCurrentProcess(), &base, 0, 0, NULL, &bytes, ViewUnmap, 0, PAGE_READWRITE), STATUS_SECTION_PROTECTION);
    EXPECT_EQ(ZwClose(section), STATUS_SUCCESS);
}

TEST_CASE(virtual_memory_is_reserved_committed_and_released)
{
    MEMORY_BASIC_INFORMATION info;
    PVOID base = NULL, part;
    SIZE_T size = 0x4800, bytes, got;

    REQUIRE(ZwAllocateVirtualMemory(ZwCurrentProcess(), &base, 0, &size, MEM_RESERVE, PAGE_READWRITE) == STATUS_SUCCESS);
    EXPECT_EQ(size, 0x5000);
    EXPECT_EQ(ZwQueryVirtualMemory(ZwCurrentProcess(), base, MemoryBasicInformation, &info, sizeof(info), &got), STATUS_SUCCESS);
    EXPECT_EQ(info.State, MEM_RESERVE);
    EXPECT_EQ(info.RegionSize, 0x5000);
    part = (PUCHAR)base + 0x1800;
    bytes = 0x1000;
    REQUIRE(ZwAllocateVirtualMemory(ZwCurrentProcess(), &part, 0, &bytes, MEM_COMMIT, PAGE_READWRITE) == STATUS_SUCCESS);
    EXPECT_EQ(part, (PUCHAR)base + 0x1000);
    EXPECT_EQ(bytes, 0x2000);
    *(PULONG)part = 5;
    EXPECT_EQ(ZwQueryVirtualMemory(ZwCurrentProcess(), (PUCHAR)part + 0x10, MemoryBasicInformation, &info, sizeof(info), NULL), STATUS_SUCCESS);
    EXPECT_EQ(info.State, MEM_COMMIT);
    EXPECT_EQ(info.RegionSize, 0x2000);
    EXPECT_EQ(info.AllocationBase, base);
    EXPECT_EQ(info.Type, MEM_PRIVATE);
    bytes = 0;
    EXPECT_EQ(ZwFreeVirtualMemory(ZwCurrentProcess(), &part, &bytes, MEM_RELEASE), STATUS_FREE_VM_NOT_AT_BASE);
    EXPECT_EQ(ZwFreeVirtualMemory(ZwCurrentProcess(), &base, &bytes, MEM_RELEASE), STATUS_SUCCESS);
    EXPECT_EQ(bytes, 0x5000);
    EXPECT_EQ(ZwFreeVirtualMemory(ZwCurrentProcess(), &base, &bytes, MEM_RELEASE), STATUS_MEMORY_NOT_ALLOCATED);
    size = 0;
    base = NULL;
    EXPECT_EQ(ZwAllocateVirtualMemory(ZwCurrentProcess(), &base, 0, &size, MEM_COMMIT, PAGE_READWRITE), STATUS_INVALID_PARAMETER_4);
}

TEST_CASE(sizes_beyond_the_address_space_are_refused)
{
    LARGE_INTEGER size = { .QuadPart = 0x3000 };
    PVOID base = NULL, part, view = NULL;
    SIZE_T bytes = 0x3000, huge;
    HANDLE section;

    REQUIRE(ZwAllocateVirtualMemory(ZwCurrentProcess(), &base, 0, &bytes, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) == STATUS_SUCCESS);
    *(PULONG)base = 5;
    for (ULONG i = 0; i < 3; i++) {
        static const SIZE_T sizes[] = { (SIZE_T)-0x1000, (SIZE_T)-1, (SIZE_T)1 << 62 };

        part = (PUCHAR)base + 0x1000;
        huge = sizes[i];
        EXPECT(!NT_SUCCESS(ZwAllocateVirtualMemory(ZwCurrentProcess(), &part, 0, &huge, MEM_COMMIT, PAGE_READWRITE)));
        EXPECT_EQ(ZwFreeVirtualMemory(ZwCurrentProcess(), &part, &huge, MEM_DECOMMIT), STATUS_UNABLE_TO_FREE_VM);
        part = NULL;
        EXPECT_EQ(ZwAllocateVirtualMemory(ZwCurrentProcess(), &part, 0, &huge, MEM_RESERVE, PAGE_READWRITE), STATUS_NO_MEMORY);
    }
    EXPECT_EQ(*(PULONG)base, 5);
    bytes = 0;
    EXPECT_EQ(ZwFreeVirtualMemory(ZwCurrentProcess(), &base, &bytes, MEM_RELEASE), STATUS_SUCCESS);
    REQUIRE(ZwCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT, NULL) == STATUS_SUCCESS);
    huge = (SIZE_T)-1;
    EXPECT_EQ(ZwMapViewOfSection(section, ZwCurrentProcess(), &view, 0, 0, NULL, &huge, ViewUnmap, 0, PAGE_READWRITE), STATUS_INVALID_VIEW_SIZE);
    EXPECT_EQ(ZwClose(section), STATUS_SUCCESS);
}
