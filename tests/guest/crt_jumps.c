/* setjmp and longjmp, which on x64 unwinds. */
#include "helpers.h"

#include <setjmp.h>

static jmp_buf target;
static volatile LONG finals;

static __declspec(noinline) VOID Jump(int value)
{
    longjmp(target, value);
}

TEST_CASE(setjmp_returns_zero_first_and_the_value_of_longjmp_then)
{
    volatile int seen = -1;

    switch (setjmp(target)) {
    case 0:
        seen = 0;
        Jump(7);
        break;
    case 7:
        EXPECT_EQ(seen, 0);
        seen = 7;
        break;
    default:
        seen = 99;
    }
    EXPECT_EQ(seen, 7);
}

TEST_CASE(a_jump_with_zero_returns_one)
{
    int value = setjmp(target);

    if (value == 0)
        Jump(0);
    EXPECT_EQ(value, 1);
}

TEST_CASE(one_buffer_serves_many_jumps)
{
    volatile int rounds = 0;
    int value = setjmp(target);

    EXPECT_EQ(value, rounds);
    if (rounds < 100) {
        rounds = rounds + 1;
        Jump(rounds);
    }
    EXPECT_EQ(value, 100);
}

static __declspec(noinline) VOID Guarded(int depth)
{
    __try {
        if (depth == 0)
            Jump(3);
        Guarded(depth - 1);
    } __finally {
        if (AbnormalTermination())
            InterlockedIncrement(&finals);
    }
}

TEST_CASE(a_jump_runs_the_finally_blocks_that_it_leaves)
{
    finals = 0;
    int value = setjmp(target);

    if (value == 0)
        Guarded(5);
    EXPECT_EQ(value, 3);
    EXPECT_EQ(finals, 6);
}

static __declspec(noinline) VOID JumpWithFrame(SIZE_T size)
{
    volatile CHAR buffer[6000];

    for (SIZE_T i = 0; i < size; i++)
        buffer[i] = (CHAR)i;
    Guarded((int)buffer[2] - 2);
}

TEST_CASE(a_jump_leaves_an_exception_handler_alone)
{
    volatile LONG handled = 0;

    finals = 0;
    int value = setjmp(target);
    if (value == 0) {
        __try {
            JumpWithFrame(sizeof(CHAR[6000]));
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            handled = 1;
        }
    }
    EXPECT_EQ(value, 3);
    EXPECT_EQ(handled, 0);
    EXPECT_EQ(finals, 1);
}

static int __cdecl CompareAndJump(const void *a, const void *b)
{
    if (*(const int *)a == 3)
        Jump(*(const int *)b);
    return *(const int *)a - *(const int *)b;
}

TEST_CASE(a_jump_may_leave_a_function_of_the_system)
{
    int sorted[4] = { 1, 2, 5, 9 }, key = 3, value = setjmp(target);

    if (value == 0)
        EXPECT(bsearch(&key, sorted, 4, sizeof(int), CompareAndJump) == NULL);
    EXPECT(value == 2 || value == 5);
}

static __declspec(noinline) LONG Filter(VOID)
{
    Jump(11);
    return EXCEPTION_CONTINUE_SEARCH;
}

TEST_CASE(a_jump_may_leave_an_exception_filter)
{
    finals = 0;
    int value = setjmp(target);
    if (value == 0) {
        __try {
            __try {
                ExRaiseStatus(STATUS_UNSUCCESSFUL);
            } __finally {
                InterlockedIncrement(&finals);
            }
        } __except (Filter()) {
            finals = 100;
        }
    }
    EXPECT_EQ(value, 11);
    EXPECT_EQ(finals, 1);
}

TEST_CASE(registers_that_calls_keep_are_those_of_setjmp)
{
    ULONG64 a = __rdtsc() | 1, b = a * 3, c = b ^ a, d = c + b, e = d - a, f = e * 5;
    ULONG64 sum = a + b + c + d + e + f;

    if (setjmp(target) == 0)
        Guarded(2);
    EXPECT(a + b + c + d + e + f == sum);
}

TEST_CASE(setjmpex_is_the_same_on_x64)
{
    finals = 0;
    int value = _setjmpex(target);

    if (value == 0)
        Guarded(1);
    EXPECT_EQ(value, 3);
    EXPECT_EQ(finals, 2);
}
