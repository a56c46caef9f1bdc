/* What drivers compile inline: IRQL in cr8, the shared data page, processor fields behind gs. */
#include "testing.h"

static __forceinline ULONG64 read_cr8(void)
{
    ULONG64 value;

    __asm__ volatile("mov %%cr8, %0" : "=r"(value));
    return value;
}

static __forceinline void write_cr8(ULONG64 value)
{
    __asm__ volatile("mov %0, %%cr8" : : "r"(value) : "memory");
}

TEST_CASE(cr8_is_the_irql)
{
    for (int round = 0; round < 3; round++) {
        EXPECT_EQ(read_cr8(), PASSIVE_LEVEL);
        write_cr8(DISPATCH_LEVEL);
        EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
        EXPECT_EQ(read_cr8(), DISPATCH_LEVEL);
        write_cr8(PASSIVE_LEVEL);
        EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
    }
}

static KDPC dpc;
static volatile int dpc_ran;

static VOID NTAPI count_dpc(PKDPC self, PVOID context, PVOID first, PVOID second)
{
    dpc_ran++;
}

TEST_CASE(lowering_cr8_runs_the_dpcs_that_waited)
{
    dpc_ran = 0;
    KeInitializeDpc(&dpc, count_dpc, NULL);
    KeSetTargetProcessorDpc(&dpc, (CCHAR)KeGetCurrentProcessorNumber());
    write_cr8(DISPATCH_LEVEL);
    KeInsertQueueDpc(&dpc, NULL, NULL);
    EXPECT_EQ(dpc_ran, 0);
    write_cr8(PASSIVE_LEVEL);
    EXPECT_EQ(dpc_ran, 1);
}

/* The same site over and over: the first read faults, the others must not, and all must be right. */
__declspec(noinline) static ULONG64 level_now(void)
{
    return read_cr8();
}

TEST_CASE(a_patched_site_still_reads_the_irql)
{
    KIRQL old;

    for (int i = 0; i < 100; i++) {
        EXPECT_EQ(level_now(), PASSIVE_LEVEL);
        KeRaiseIrql(DISPATCH_LEVEL, &old);
        EXPECT_EQ(level_now(), DISPATCH_LEVEL);
        KeLowerIrql(old);
    }
}

#define SHARED 0xFFFFF78000000000ull

TEST_CASE(the_shared_data_page_has_time_and_version)
{
    ULONG64 first = *(volatile ULONG64 *)(SHARED + 0x08), system = *(volatile ULONG64 *)(SHARED + 0x14);
    LARGE_INTEGER now;

    KeQuerySystemTime(&now);
    EXPECT(system != 0);
    EXPECT((ULONG64)now.QuadPart - system < 10000000ull);
    EXPECT(*(volatile ULONG64 *)(SHARED + 0x08) >= first);
    EXPECT_EQ(*(volatile ULONG *)(SHARED + 0x26c), 10);
}

/* Loads of every width and form from the page agree with a plain byte copy. */
TEST_CASE(every_form_of_load_reads_the_shared_page)
{
    volatile UCHAR *page = (volatile UCHAR *)SHARED;
    ULONG major = *(volatile ULONG *)(page + 0x26c);
    ULONG64 wide;
    ULONG value = 5, carry;

    EXPECT_EQ(page[0x26c], (UCHAR)major);
    EXPECT_EQ(*(volatile USHORT *)(page + 0x26c), (USHORT)major);
    __asm__ volatile("movzbq (%1), %0" : "=r"(wide) : "r"(page + 0x26c));
    EXPECT_EQ(wide, (UCHAR)major);
    __asm__ volatile("movsbq (%1), %0" : "=r"(wide) : "r"(page + 0x26c));
    EXPECT_EQ(wide, major);
    __asm__ volatile("addl (%1), %0" : "+r"(value) : "r"(page + 0x26c));
    EXPECT_EQ(value, 5 + major);
    __asm__ volatile("cmpl %2, (%1)\n\tsete %b0" : "=q"(carry) : "r"(page + 0x26c), "r"(major) : "cc");
    EXPECT_EQ(carry & 0xff, 1);
    __asm__ volatile("movq (%1), %%xmm0\n\tmovq %%xmm0, %0" : "=r"(wide) : "r"(page + 0x26c) : "xmm0");
    EXPECT_EQ((ULONG)wide, major);
}

__declspec(noinline) static ULONG load(volatile ULONG *place)
{
    return *place;
}

static ULONG (*volatile load_indirect)(volatile ULONG *) = load;

/* One site, now in the page, now in plain memory, now nowhere: it was patched at the first fault. */
TEST_CASE(a_patched_load_still_reads_plain_memory_and_still_faults)
{
    volatile ULONG *version = (volatile ULONG *)(SHARED + 0x26c);
    ULONG local = 77, caught = 0;
    volatile ULONG_PTR address = 0, place = 0;

    for (int i = 0; i < 10; i++) {
        EXPECT_EQ(load_indirect(version), 10);
        EXPECT_EQ(load_indirect(&local), 77);
        __try {
            load_indirect((volatile ULONG *)24);
        } __except (address = GetExceptionInformation()->ExceptionRecord->ExceptionInformation[1],
                    place = (ULONG_PTR)GetExceptionInformation()->ExceptionRecord->ExceptionAddress,
                    EXCEPTION_EXECUTE_HANDLER) {
            caught++;
        }
        EXPECT_EQ(address, 24);
        EXPECT(place >= (ULONG_PTR)load && place < (ULONG_PTR)load + 16);
    }
    EXPECT_EQ(caught, 10);
}

/* Loads that follow each other: the jump over the first takes the second with it. */
__declspec(noinline) static ULONG load_both(volatile ULONG *first, volatile ULONG *second)
{
    ULONG a = *first;

    return a * 100 + *second;
}

TEST_CASE(neighbouring_loads_are_patched_together)
{
    volatile ULONG *version = (volatile ULONG *)(SHARED + 0x26c);
    ULONG local = 7;

    for (int i = 0; i < 10; i++) {
        EXPECT_EQ(load_both(version, version), 1010);
        EXPECT_EQ(load_both(&local, version), 710);
        EXPECT_EQ(load_both(version, &local), 1007);
        EXPECT_EQ(load_both(&local, &local), 707);
    }
}

TEST_CASE(gs_has_the_thread_and_the_processor)
{
    ULONG64 thread;
    UCHAR number;
    KIRQL old;

    KeRaiseIrql(DISPATCH_LEVEL, &old);
    __asm__ volatile("movq %%gs:0x188, %0" : "=r"(thread));
    __asm__ volatile("movb %%gs:0x184, %0" : "=r"(number));
    EXPECT_EQ(thread, KeGetCurrentThread());
    EXPECT_EQ(number, KeGetCurrentProcessorNumber());
    KeLowerIrql(old);
}

TEST_CASE(writing_the_caches_back_goes_on)
{
    volatile int before = 1;

    __asm__ volatile("wbinvd" : : : "memory");
    EXPECT_EQ(before, 1);
}

/* Out of line, so that the __try has something to guard. */
__declspec(noinline) static ULONG64 read_register(ULONG number)
{
    ULONG low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
    return (ULONG64)high << 32 | low;
}

TEST_CASE(a_model_specific_register_that_is_not_there_is_an_exception)
{
    NTSTATUS status = STATUS_SUCCESS;

    __try {
        read_register(0x4b564d00);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    EXPECT_EQ((ULONG)status, (ULONG)STATUS_ACCESS_VIOLATION);
}
