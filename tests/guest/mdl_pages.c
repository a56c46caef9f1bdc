/* MDLs, physical addresses, contiguous memory, probes. docs: kernel/using-mdls */
#include "helpers.h"

#define TAG 'ldMT'

static PHYSICAL_ADDRESS Address(ULONG64 value)
{
    PHYSICAL_ADDRESS address;

    address.QuadPart = (LONGLONG)value;
    return address;
}

TEST_CASE(an_mdl_describes_nonpaged_memory)
{
    PUCHAR buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, TAG), start = buffer + 100;

    REQUIRE(buffer != NULL);
    PMDL mdl = IoAllocateMdl(start, 2 * PAGE_SIZE, FALSE, FALSE, NULL);
    REQUIRE(mdl != NULL);
    EXPECT(MmGetMdlVirtualAddress(mdl) == start);
    EXPECT_EQ(MmGetMdlByteCount(mdl), 2 * PAGE_SIZE);
    EXPECT_EQ(MmGetMdlByteOffset(mdl), BYTE_OFFSET(start));
    MmBuildMdlForNonPagedPool(mdl);
    EXPECT(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority) == start);
    EXPECT_EQ(ADDRESS_AND_SIZE_TO_SPAN_PAGES(start, 2 * PAGE_SIZE), 3);
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(MmGetMdlPfnArray(mdl)[i], MmGetPhysicalAddress(buffer + i * PAGE_SIZE).QuadPart >> PAGE_SHIFT);
    IoFreeMdl(mdl);
    ExFreePoolWithTag(buffer, TAG);
}

TEST_CASE(a_partial_mdl_shares_pages)
{
    PUCHAR buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 4 * PAGE_SIZE, TAG);

    REQUIRE(buffer != NULL);
    PMDL source = IoAllocateMdl(buffer, 4 * PAGE_SIZE, FALSE, FALSE, NULL);
    PMDL target = IoAllocateMdl(buffer, 4 * PAGE_SIZE, FALSE, FALSE, NULL);
    REQUIRE(source && target);
    MmBuildMdlForNonPagedPool(source);
    IoBuildPartialMdl(source, target, buffer + PAGE_SIZE + 10, 200);
    EXPECT_EQ(MmGetMdlByteCount(target), 200);
    EXPECT_EQ(MmGetMdlByteOffset(target), 10);
    EXPECT_EQ(MmGetMdlPfnArray(target)[0], MmGetMdlPfnArray(source)[1]);
    EXPECT(MmGetSystemAddressForMdlSafe(target, NormalPagePriority) == buffer + PAGE_SIZE + 10);
    MmPrepareMdlForReuse(target);
    IoBuildPartialMdl(source, target, buffer + 2 * PAGE_SIZE, 0);
    EXPECT_EQ(MmGetMdlByteCount(target), 2 * PAGE_SIZE);
    IoFreeMdl(target);
    IoFreeMdl(source);
    ExFreePoolWithTag(buffer, TAG);
}

TEST_CASE(locked_pages_can_be_mapped_and_advanced)
{
    PUCHAR buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE, TAG);

    REQUIRE(buffer != NULL);
    PMDL mdl = IoAllocateMdl(buffer, 3 * PAGE_SIZE, FALSE, FALSE, NULL);
    REQUIRE(mdl != NULL);
    MmProbeAndLockPages(mdl, KernelMode, IoModifyAccess);
    EXPECT(mdl->MdlFlags & MDL_PAGES_LOCKED);
    PUCHAR mapped = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute);
    REQUIRE(mapped != NULL);
    buffer[5000] = 7;
    EXPECT_EQ(mapped[5000], 7);
    MmUnmapLockedPages(mapped, mdl);
    EXPECT_EQ(MmAdvanceMdl(mdl, PAGE_SIZE + 5), STATUS_SUCCESS);
    EXPECT_EQ(MmGetMdlByteCount(mdl), 2 * PAGE_SIZE - 5);
    EXPECT(MmGetMdlVirtualAddress(mdl) == buffer + PAGE_SIZE + 5);
    EXPECT_EQ((ULONG)MmAdvanceMdl(mdl, 3 * PAGE_SIZE), (ULONG)STATUS_INVALID_PARAMETER_2);
    MmUnlockPages(mdl);
    EXPECT(!(mdl->MdlFlags & MDL_PAGES_LOCKED));
    IoFreeMdl(mdl);
    ExFreePoolWithTag(buffer, TAG);
}

TEST_CASE(a_partial_mdl_may_be_as_large_as_its_source)
{
    const ULONG size = 40u << 20;
    PHYSICAL_ADDRESS highest;

    highest.QuadPart = -1;
    PUCHAR memory = MmAllocateContiguousMemory(size, highest);
    REQUIRE(memory != NULL);
    PMDL source = IoAllocateMdl(memory, size, FALSE, FALSE, NULL), target = IoAllocateMdl(memory, size, FALSE, FALSE, NULL);
    REQUIRE(source && target);
    MmBuildMdlForNonPagedPool(source);
    IoBuildPartialMdl(source, target, memory, 0);
    EXPECT_EQ(MmGetMdlByteCount(target), size);
    EXPECT_EQ(MmGetMdlPfnArray(target)[size / PAGE_SIZE - 1], MmGetMdlPfnArray(source)[size / PAGE_SIZE - 1]);
    IoFreeMdl(target);
    IoFreeMdl(source);
    MmFreeContiguousMemory(memory);
}

TEST_CASE(locking_what_is_not_there_raises)
{
    NTSTATUS status = STATUS_SUCCESS;
    PMDL mdl = IoAllocateMdl((PVOID)0x10000, PAGE_SIZE, FALSE, FALSE, NULL);

    REQUIRE(mdl != NULL);
    __try {
        MmProbeAndLockPages(mdl, UserMode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    EXPECT_EQ((ULONG)status, (ULONG)STATUS_ACCESS_VIOLATION);
    IoFreeMdl(mdl);
}

TEST_CASE(locking_system_addresses_behind_the_memory_there_is_raises)
{
    PPHYSICAL_MEMORY_RANGE ranges = MmGetPhysicalMemoryRanges();
    NTSTATUS status = STATUS_SUCCESS;
    LONGLONG size = 0;
    PVOID here = &size;

    REQUIRE(ranges != NULL);
    for (int i = 0; ranges[i].NumberOfBytes.QuadPart; i++)
        size = ranges[i].BaseAddress.QuadPart + ranges[i].NumberOfBytes.QuadPart;
    PMDL mdl = IoAllocateMdl((PUCHAR)here - MmGetPhysicalAddress(here).QuadPart + size, PAGE_SIZE, FALSE, FALSE, NULL);
    REQUIRE(mdl != NULL);
    if (!MmIsAddressValid(MmGetMdlVirtualAddress(mdl))) {
        __try {
            MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            status = GetExceptionCode();
        }
        EXPECT_EQ((ULONG)status, (ULONG)STATUS_ACCESS_VIOLATION);
    }
    IoFreeMdl(mdl);
    ExFreePool(ranges);
}

TEST_CASE(locking_system_memory_for_user_mode_raises)
{
    NTSTATUS status = STATUS_SUCCESS;
    PVOID buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
    PMDL mdl = IoAllocateMdl(buffer, 100, FALSE, FALSE, NULL);

    __try {
        MmProbeAndLockPages(mdl, UserMode, IoReadAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    EXPECT_EQ((ULONG)status, (ULONG)STATUS_ACCESS_VIOLATION);
    IoFreeMdl(mdl);
    ExFreePoolWithTag(buffer, TAG);
}

TEST_CASE(pages_for_an_mdl_are_zeroed_and_given_back)
{
    PMDL mdl = MmAllocatePagesForMdlEx(Address(0), Address(~0ull), Address(0), 5 * PAGE_SIZE, MmCached, 0);

    REQUIRE(mdl != NULL);
    EXPECT_EQ(MmGetMdlByteCount(mdl), 5 * PAGE_SIZE);
    PUCHAR mapped = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
    REQUIRE(mapped != NULL);
    EXPECT(mapped[0] == 0 && mapped[5 * PAGE_SIZE - 1] == 0);
    MmUnmapLockedPages(mapped, mdl);
    MmFreePagesFromMdl(mdl);
    ExFreePool(mdl);
}

TEST_CASE(contiguous_memory_keeps_its_limits)
{
    PUCHAR low = MmAllocateContiguousMemory(10000, Address(0xffffffff));
    PUCHAR bounded = MmAllocateContiguousMemorySpecifyCache(3 * PAGE_SIZE, Address(0), Address(~0ull),
                                                            Address(4 * PAGE_SIZE), MmCached);

    REQUIRE(low && bounded);
    EXPECT_EQ(BYTE_OFFSET(low), 0);
    EXPECT((ULONG64)MmGetPhysicalAddress(low).QuadPart + 10000 <= 0x100000000ull);
    EXPECT_EQ(MmGetPhysicalAddress(low + 9000).QuadPart - MmGetPhysicalAddress(low).QuadPart, 9000);
    ULONG64 first = (ULONG64)MmGetPhysicalAddress(bounded).QuadPart, last = first + 3 * PAGE_SIZE - 1;
    EXPECT_EQ(first / (4 * PAGE_SIZE), last / (4 * PAGE_SIZE));
    EXPECT(MmAllocateContiguousMemory(1ull << 40, Address(~0ull)) == NULL);
    MmFreeContiguousMemory(low);
    MmFreeContiguousMemorySpecifyCache(bounded, 3 * PAGE_SIZE, MmCached);
}

TEST_CASE(addresses_translate_both_ways)
{
    PVOID buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);

    EXPECT(MmGetVirtualForPhysical(MmGetPhysicalAddress(buffer)) == buffer);
    EXPECT(MmIsAddressValid(buffer));
    EXPECT(!MmIsAddressValid((PVOID)8));
    ExFreePoolWithTag(buffer, TAG);
}

TEST_CASE(copying_reports_what_it_could_not_read)
{
    ULONG value = 0x12345678, copy = 0;
    SIZE_T done;
    MM_COPY_ADDRESS from = { .VirtualAddress = &value };

    EXPECT_EQ(MmCopyMemory(&copy, from, sizeof copy, MM_COPY_MEMORY_VIRTUAL, &done), STATUS_SUCCESS);
    EXPECT(copy == value && done == sizeof copy);
    from.VirtualAddress = (PVOID)16;
    EXPECT(!NT_SUCCESS(MmCopyMemory(&copy, from, sizeof copy, MM_COPY_MEMORY_VIRTUAL, &done)));
    EXPECT_EQ(done, 0);
    from.PhysicalAddress = MmGetPhysicalAddress(&value);
    copy = 0;
    EXPECT_EQ(MmCopyMemory(&copy, from, sizeof copy, MM_COPY_MEMORY_PHYSICAL, &done), STATUS_SUCCESS);
    EXPECT_EQ(copy, value);
}

static NTSTATUS Probe(PVOID address, SIZE_T length, ULONG alignment, BOOLEAN write)
{
    __try {
        if (write)
            ProbeForWrite(address, length, alignment);
        else
            ProbeForRead(address, length, alignment);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

TEST_CASE(probes_know_the_user_range_and_alignment)
{
    ULONG local;

    EXPECT_EQ(Probe((PVOID)0x20000000, 100, 1, FALSE), STATUS_SUCCESS);
    EXPECT_EQ((ULONG)Probe((PVOID)0x20000002, 100, 4, FALSE), (ULONG)STATUS_DATATYPE_MISALIGNMENT);
    EXPECT_EQ((ULONG)Probe(&local, 4, 1, FALSE), (ULONG)STATUS_ACCESS_VIOLATION);
    EXPECT_EQ((ULONG)Probe(&local, 4, 1, TRUE), (ULONG)STATUS_ACCESS_VIOLATION);
    EXPECT_EQ((ULONG)Probe((PVOID)(ULONG_PTR)(MM_USER_PROBE_ADDRESS - 4), 100, 1, FALSE),
              (ULONG)STATUS_ACCESS_VIOLATION);
    EXPECT_EQ((ULONG)Probe((PVOID)0x20000000, ~0ull, 1, FALSE), (ULONG)STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(Probe(&local, 0, 1, TRUE), STATUS_SUCCESS);
    EXPECT_EQ((ULONG)Probe((PVOID)0x6f000000, 100, 1, TRUE), (ULONG)STATUS_ACCESS_VIOLATION);
}

TEST_CASE_THAT_STOPS(unlocking_pages_that_are_not_locked, 0x4E)
{
    PVOID buffer = ExAllocatePoolWithTag(NonPagedPoolNx, 100, TAG);
    PMDL mdl = IoAllocateMdl(buffer, 100, FALSE, FALSE, NULL);

    MmUnlockPages(mdl);
}
