/* __try/__except: which handler takes an exception, with what code, and where execution goes on. */
#include "testing.h"

static volatile int *const bad_address = (volatile int *)16;

static int note_code(NTSTATUS code, NTSTATUS *seen, int verdict)
{
    *seen = code;
    return verdict;
}

TEST_CASE(a_bad_load_is_an_access_violation_with_its_address)
{
    volatile BOOLEAN caught = FALSE;
    EXCEPTION_RECORD record;

    __try {
        (void)*bad_address;
    } __except (record = *GetExceptionInformation()->ExceptionRecord, EXCEPTION_EXECUTE_HANDLER) {
        caught = TRUE;
    }
    REQUIRE(caught);
    EXPECT_EQ(record.ExceptionCode, STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(record.NumberParameters, 2);
    EXPECT_EQ(record.ExceptionInformation[0], 0);
    EXPECT_EQ(record.ExceptionInformation[1], 16);
}

TEST_CASE(a_bad_store_says_that_it_was_a_write)
{
    volatile ULONG_PTR operation = 99;

    __try {
        *bad_address = 1;
    } __except (operation = GetExceptionInformation()->ExceptionRecord->ExceptionInformation[0], EXCEPTION_EXECUTE_HANDLER) {
    }
    EXPECT_EQ(operation, 1);
}

TEST_CASE(the_inner_filter_may_pass_to_the_outer_handler)
{
    volatile int path = 0;
    NTSTATUS seen = 0;

    __try {
        __try {
            *bad_address = 1;
        } __except (note_code(GetExceptionCode(), &seen, EXCEPTION_CONTINUE_SEARCH)) {
            path = 1;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        path += 10;
    }
    EXPECT_EQ(path, 10);
    EXPECT_EQ(seen, STATUS_ACCESS_VIOLATION);
}

TEST_CASE(a_handler_may_raise_again)
{
    volatile int path = 0;

    __try {
        __try {
            *bad_address = 1;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            path += 1;
            ExRaiseStatus(STATUS_INVALID_PARAMETER);
        }
    } __except (GetExceptionCode() == STATUS_INVALID_PARAMETER ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
        path += 10;
    }
    EXPECT_EQ(path, 11);
}

/* The filter repairs the pointer register's source and lets the load run again. */
static int repair(EXCEPTION_POINTERS *pointers, int **pointer, int *good)
{
    CONTEXT *c = pointers->ContextRecord;
    ULONG64 *registers = &c->Rax;

    *pointer = good;
    for (int i = 0; i < 16; i++)
        if (i != 4 && registers[i] == 16)
            registers[i] = (ULONG64)good;
    return EXCEPTION_CONTINUE_EXECUTION;
}

__declspec(noinline) static int load_through(int *pointer)
{
    return *(volatile int *)pointer;
}

TEST_CASE(a_filter_may_continue_execution)
{
    int good = 42, *pointer = (int *)16;
    volatile int value = 0, repairs = 0;

    __try {
        value = load_through(pointer);
    } __except (repairs++, repair(GetExceptionInformation(), &pointer, &good)) {
        value = -1;
    }
    EXPECT_EQ(value, 42);
    EXPECT_EQ(repairs, 1);
}

TEST_CASE(dividing_by_zero_is_an_exception)
{
    volatile int zero = 0, result = 7;
    NTSTATUS seen = 0;

    __try {
        result = 5 / zero;
    } __except (note_code(GetExceptionCode(), &seen, EXCEPTION_EXECUTE_HANDLER)) {
    }
    EXPECT_EQ(seen, STATUS_INTEGER_DIVIDE_BY_ZERO);
    EXPECT_EQ(result, 7);
}

TEST_CASE(breakpoints_and_illegal_instructions_are_exceptions)
{
    NTSTATUS seen = 0;

    __try {
        __debugbreak();
    } __except (note_code(GetExceptionCode(), &seen, EXCEPTION_EXECUTE_HANDLER)) {
    }
    EXPECT_EQ(seen, STATUS_BREAKPOINT);
    __try {
        __asm__ volatile("ud2");
    } __except (note_code(GetExceptionCode(), &seen, EXCEPTION_EXECUTE_HANDLER)) {
    }
    EXPECT_EQ(seen, STATUS_ILLEGAL_INSTRUCTION);
}

TEST_CASE(int_2c_is_an_assertion_failure)
{
    NTSTATUS seen = 0;

    __try {
        __asm__ volatile("int $0x2c");
    } __except (note_code(GetExceptionCode(), &seen, EXCEPTION_EXECUTE_HANDLER)) {
    }
    EXPECT_EQ(seen, STATUS_ASSERTION_FAILURE);
}

TEST_CASE(calling_a_null_pointer_can_be_caught)
{
    void (*volatile nowhere)(void) = NULL;
    volatile ULONG_PTR operation = 99;

    __try {
        nowhere();
    } __except (operation = GetExceptionInformation()->ExceptionRecord->ExceptionInformation[0], EXCEPTION_EXECUTE_HANDLER) {
    }
    EXPECT_EQ(operation, 8);
}

TEST_CASE(an_address_that_is_none_is_an_access_violation)
{
    NTSTATUS seen = 0;

    __try {
        (void)*(volatile char *)0xABCD000000000000ull;
    } __except (note_code(GetExceptionCode(), &seen, EXCEPTION_EXECUTE_HANDLER)) {
    }
    EXPECT_EQ(seen, STATUS_ACCESS_VIOLATION);
}

TEST_CASE(raised_statuses_carry_their_code)
{
    static const NTSTATUS codes[] = { STATUS_INSUFFICIENT_RESOURCES, STATUS_ACCESS_DENIED, (NTSTATUS)0xE0001234 };

    for (int i = 0; i < 3; i++) {
        NTSTATUS seen = 0;

        __try {
            ExRaiseStatus(codes[i]);
        } __except (note_code(GetExceptionCode(), &seen, EXCEPTION_EXECUTE_HANDLER)) {
        }
        EXPECT_EQ(seen, codes[i]);
    }
    __try {
        ExRaiseAccessViolation();
    } __except (GetExceptionCode() == STATUS_ACCESS_VIOLATION) {
    }
    __try {
        ExRaiseDatatypeMisalignment();
    } __except (GetExceptionCode() == STATUS_DATATYPE_MISALIGNMENT) {
    }
}

__declspec(noinline) static int deep(int depth, volatile double *numbers)
{
    volatile double local = numbers[0] * depth;
    int below;

    if (depth == 0 && numbers[0] > 0)
        ExRaiseStatus(STATUS_UNSUCCESSFUL);
    below = deep(depth - 1, numbers);
    return below + (int)local;
}

TEST_CASE(registers_survive_an_unwind_through_many_frames)
{
    volatile double numbers[2] = { 1.5, 2.5 };
    double kept = numbers[0] + numbers[1];
    ULONG64 a = (ULONG64)numbers[0] + 11, b = a * 3, c = b + a;
    volatile int caught = 0;

    for (int i = 0; i < 3; i++) {
        __try {
            deep(20, numbers);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            caught++;
        }
        EXPECT(kept == 4.0);
        EXPECT_EQ(a, 12);
        EXPECT_EQ(b, 36);
        EXPECT_EQ(c, 48);
    }
    EXPECT_EQ(caught, 3);
}

/* Nothing here but a load that faults. */
__declspec(noinline) static int fault_below(int depth, volatile int *numbers)
{
    return depth == 0 ? *bad_address : fault_below(depth - 1, numbers) + numbers[0];
}

TEST_CASE(functions_that_call_nothing_can_raise)
{
    volatile int number = 1, caught = 0;

    __try {
        fault_below(3, &number);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        caught = 1;
    }
    EXPECT_EQ(caught, 1);
}

__declspec(noinline) static int probe_many(int rounds)
{
    int caught = 0;

    for (int i = 0; i < rounds; i++) {
        __try {
            *bad_address = i;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            caught++;
        }
    }
    return caught;
}

TEST_CASE(a_thousand_exceptions_leave_the_stack_where_it_was)
{
    EXPECT_EQ(probe_many(1000), 1000);
}

TEST_CASE(handlers_run_at_raised_irql_for_raised_statuses)
{
    KIRQL old;
    volatile BOOLEAN caught = FALSE;

    KeRaiseIrql(APC_LEVEL, &old);
    __try {
        ExRaiseStatus(STATUS_UNSUCCESSFUL);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        caught = TRUE;
    }
    EXPECT_EQ(KeGetCurrentIrql(), APC_LEVEL);
    KeLowerIrql(old);
    EXPECT(caught);
}

TEST_CASE_THAT_STOPS(an_exception_nobody_takes_stops_the_system, SYSTEM_THREAD_EXCEPTION_NOT_HANDLED)
{
    *bad_address = 1;
}

TEST_CASE_THAT_STOPS(a_status_nobody_takes_stops_the_system, SYSTEM_THREAD_EXCEPTION_NOT_HANDLED)
{
    ExRaiseStatus(STATUS_UNSUCCESSFUL);
}

TEST_CASE_THAT_STOPS(continuing_after_a_raised_status_stops_the_system, KMODE_EXCEPTION_NOT_HANDLED)
{
    __try {
        ExRaiseStatus(STATUS_UNSUCCESSFUL);
    } __except (EXCEPTION_CONTINUE_EXECUTION) {
    }
}
