/* __finally: order, abnormal termination, leaving early, and exceptions raised while unwinding. */
#include "testing.h"

static volatile int *const bad_address = (volatile int *)16;
static char path[64];
static int steps;

static void step(char what)
{
    if (steps < (int)sizeof path - 1)
        path[steps++] = what;
    path[steps] = 0;
}

static void begin(void)
{
    steps = 0;
    path[0] = 0;
}

static BOOLEAN path_is(const char *expected)
{
    int i = 0;

    while (path[i] && path[i] == expected[i])
        i++;
    if (path[i] != expected[i])
        DbgPrint("path was '%s', not '%s'\n", path, expected);
    return path[i] == expected[i];
}

__declspec(noinline) static void inner_finally(void)
{
    __try {
        step('a');
        *bad_address = 1;
        step('X');
    } __finally {
        step(AbnormalTermination() ? 'b' : 'B');
    }
    step('X');
}

TEST_CASE(finally_runs_before_the_outer_handler)
{
    begin();
    __try {
        inner_finally();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        step('c');
    }
    EXPECT(path_is("abc"));
}

TEST_CASE(the_filter_runs_before_any_finally)
{
    begin();
    __try {
        inner_finally();
    } __except (step('f'), EXCEPTION_EXECUTE_HANDLER) {
        step('c');
    }
    EXPECT(path_is("afbc"));
}

TEST_CASE(finally_without_exception_is_normal)
{
    begin();
    __try {
        step('a');
    } __finally {
        step(AbnormalTermination() ? 'b' : 'B');
    }
    EXPECT(path_is("aB"));
}

__declspec(noinline) static int return_out_of_try(void)
{
    __try {
        step('a');
        return 5;
    } __finally {
        step('b');
    }
    return 6;
}

TEST_CASE(returning_out_of_a_try_runs_its_finally)
{
    begin();
    EXPECT_EQ(return_out_of_try(), 5);
    EXPECT(path_is("ab"));
}

TEST_CASE(leave_is_a_normal_end)
{
    begin();
    __try {
        step('a');
        if (steps)
            __leave;
        step('X');
    } __finally {
        step(AbnormalTermination() ? 'b' : 'B');
    }
    EXPECT(path_is("aB"));
}

__declspec(noinline) static void nested_finally(void)
{
    __try {
        __try {
            *bad_address = 1;
        } __finally {
            step('1');
        }
    } __finally {
        step('2');
    }
}

TEST_CASE(nested_finally_blocks_run_inside_out)
{
    begin();
    __try {
        nested_finally();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        step('3');
    }
    EXPECT(path_is("123"));
}

__declspec(noinline) static void collide(void)
{
    __try {
        __try {
            *bad_address = 1;
        } __finally {
            step('1');
            if (steps)                  /* so that the compiler sees a way out to the outer block */
                ExRaiseStatus(STATUS_INVALID_PARAMETER);
        }
    } __finally {
        step('2');
    }
}

TEST_CASE(an_exception_in_a_finally_replaces_the_first)
{
    volatile NTSTATUS last = 0;

    begin();
    __try {
        collide();
    } __except (last = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
        step('3');
    }
    EXPECT(path_is("123"));
    EXPECT_EQ(last, STATUS_INVALID_PARAMETER);
}

__declspec(noinline) static void catch_inside(void)
{
    __try {
        ExRaiseStatus(STATUS_UNSUCCESSFUL);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        step('i');
    }
}

__declspec(noinline) static void finally_with_own_exception(void)
{
    __try {
        *bad_address = 1;
    } __finally {
        step('1');
        catch_inside();
        step('2');
    }
}

TEST_CASE(an_exception_taken_inside_a_finally_does_not_disturb_the_unwind)
{
    begin();
    __try {
        finally_with_own_exception();
    } __except (GetExceptionCode() == STATUS_ACCESS_VIOLATION) {
        step('3');
    }
    EXPECT(path_is("1i23"));
}

static int filter_with_exception(void)
{
    catch_inside();
    return EXCEPTION_EXECUTE_HANDLER;
}

TEST_CASE(a_filter_may_raise_and_catch_for_itself)
{
    begin();
    __try {
        *bad_address = 1;
    } __except (filter_with_exception()) {
        step('h');
    }
    EXPECT(path_is("ih"));
}

TEST_CASE(loops_leave_and_enter_their_try_blocks)
{
    int normal = 0, abnormal = 0;

    for (int i = 0; i < 10; i++) {
        __try {
            if (i % 2)
                continue;
            if (i == 8)
                break;
        } __finally {
            if (AbnormalTermination())
                abnormal++;
            else
                normal++;
        }
    }
    EXPECT_EQ(normal, 4);
    EXPECT_EQ(abnormal, 5);
}
