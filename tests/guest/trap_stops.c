/* Faults that stop the system, each with Windows' own code. */
#include "testing.h"

TEST_CASE(this_file_loads)
{
    EXPECT(TRUE);
}

TEST_CASE_THAT_STOPS(touching_nothing_at_dispatch_level_stops, DRIVER_IRQL_NOT_LESS_OR_EQUAL)
{
    KIRQL old;

    KeRaiseIrql(DISPATCH_LEVEL, &old);
    __try {
        *(volatile int *)16 = 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
    }
    KeLowerIrql(old);
}

TEST_CASE_THAT_STOPS(a_fail_fast_stops, KERNEL_SECURITY_CHECK_FAILURE)
{
    __asm__ volatile("int $0x29" : : "c"(3));
}

TEST_CASE_THAT_STOPS(running_data_stops, ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY)
{
    static UCHAR code[16] = { 0xc3 };

    ((void (*)(void))(PVOID)code)();
}

TEST_CASE_THAT_STOPS(writing_to_constants_stops, ATTEMPTED_WRITE_TO_READONLY_MEMORY)
{
    static const volatile int constant = 5;

    __asm__ volatile("movl $6, (%0)" : : "r"(&constant) : "memory");
}

TEST_CASE_THAT_STOPS(port_input_stops, KMODE_EXCEPTION_NOT_HANDLED)
{
    UCHAR value;

    __asm__ volatile("inb $0x60, %0" : "=a"(value));
}

TEST_CASE_THAT_STOPS(reading_a_model_specific_register_stops, KMODE_EXCEPTION_NOT_HANDLED)
{
    __asm__ volatile("rdmsr" : : "c"(0xC0000082) : "rax", "rdx");
}

TEST_CASE_THAT_STOPS(a_privileged_instruction_stops, KMODE_EXCEPTION_NOT_HANDLED)
{
    __asm__ volatile("cli");
}

__declspec(noinline) static int recurse(int depth, volatile char *above)
{
    volatile char local[2000];

    local[depth % 2000] = above[0];
    return depth == 1000000 ? local[1] : recurse(depth + 1, local) + local[0];
}

TEST_CASE_THAT_STOPS(running_off_the_stack_stops, UNEXPECTED_KERNEL_MODE_TRAP)
{
    volatile char first = 1;

    DbgPrint("%d\n", recurse(0, &first));
}

__declspec(noinline) static char take_a_large_frame(int at)
{
    volatile char frame[400 * 1024];

    frame[at] = 1;
    return frame[at];
}

TEST_CASE_THAT_STOPS(a_frame_that_reaches_over_the_guard_page_stops, UNEXPECTED_KERNEL_MODE_TRAP)
{
    volatile int at = 100;

    DbgPrint("%d\n", take_a_large_frame(at));
}

TEST_CASE_THAT_STOPS(a_wrecked_stack_pointer_stops, UNEXPECTED_KERNEL_MODE_TRAP)
{
    __asm__ volatile("movq $0x1238, %rsp\n\tpushq %rax");
}

TEST_CASE_THAT_STOPS(a_driver_may_stop_the_system_itself, MANUALLY_INITIATED_CRASH)
{
    KeBugCheckEx(MANUALLY_INITIATED_CRASH, 1, 2, 3, 4);
}

TEST_CASE_THAT_STOPS(an_overrun_of_the_stack_is_found_by_the_cookie, KERNEL_SECURITY_CHECK_FAILURE)
{
    char text[16];
    volatile char *p = text;

    for (int i = 0; i < 64; i++)
        p[i] = 'A';
    DbgPrint("%c\n", text[3]);
}
