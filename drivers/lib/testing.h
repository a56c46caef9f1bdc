/* Test drivers: a .sys whose DriverEntry runs test cases and says what held.
 *
 *     #include "testing.h"
 *
 *     TEST_CASE(a_dpc_queued_at_passive_runs_at_once)
 *     {
 *         REQUIRE(queue != NULL);      // ends the case when it does not hold
 *         EXPECT_EQ(count, 1);         // notes the failure and goes on
 *     }
 *
 * One source file is one driver; it is linked with testing.c, which has DriverEntry and DriverUnload. The value
 * Parameters\Test (REG_SZ) of the driver's service key names the one case to run; without it all cases run, except
 * those that stop the system. Each case prints `ok NAME` or `not ok NAME: file:line: EXPECT(...)` with DbgPrint.
 * DriverEntry returns STATUS_SUCCESS when everything held and STATUS_UNSUCCESSFUL otherwise.
 * A test for NDIS or another technology includes that header before this one. */
#ifndef DRIVERS_LIB_TESTING_H
#define DRIVERS_LIB_TESTING_H

#include <ntddk.h>

typedef struct _TEST_CASE_ENTRY {
    const char *Name;
    void (*Run)(void);
    ULONG BugCheckCode;         /* not 0: the case is right when the system stops with this code */
} TEST_CASE_ENTRY;

/* The driver under test itself, for cases that create devices or read their own registry key. */
extern PDRIVER_OBJECT TestDriverObject;
extern PUNICODE_STRING TestRegistryPath;

/* Called once before DriverEntry returns and once at unload; define them with TEST_SETUP and TEST_TEARDOWN. */
typedef struct _TEST_HOOK_ENTRY {
    void (*Run)(void);
    BOOLEAN Teardown;
} TEST_HOOK_ENTRY;

#pragma section(".tst$m", read)
#pragma section(".tsh$m", read)

#define TEST_CASE_ENTRY_(name, code)                                                                              \
    static void name(void);                                                                                       \
    static const TEST_CASE_ENTRY name##_entry = { #name, name, (code) };                                          \
    __declspec(allocate(".tst$m")) __attribute__((used)) static const TEST_CASE_ENTRY *const name##_pointer =     \
        &name##_entry;                                                                                            \
    static void name(void)

#define TEST_CASE(name) TEST_CASE_ENTRY_(name, 0)
/* A case that must end in a bug check with this code. It runs only when Parameters\Test names it. */
#define TEST_CASE_THAT_STOPS(name, code) TEST_CASE_ENTRY_(name, code)

#define TEST_HOOK_(name, teardown)                                                                                \
    static void name(void);                                                                                       \
    static const TEST_HOOK_ENTRY name##_hook = { name, (teardown) };                                              \
    __declspec(allocate(".tsh$m")) __attribute__((used)) static const TEST_HOOK_ENTRY *const name##_hook_pointer = \
        &name##_hook;                                                                                             \
    static void name(void)

#define TEST_SETUP(name) TEST_HOOK_(name, FALSE)
#define TEST_TEARDOWN(name) TEST_HOOK_(name, TRUE)

#define EXPECT(condition) TestCheck(!!(condition), __FILE__, __LINE__, "EXPECT(" #condition ")")
#define EXPECT_EQ(actual, expected)                                                                               \
    TestCheckEqual((ULONG64)(actual), (ULONG64)(expected), __FILE__, __LINE__, "EXPECT_EQ(" #actual ", " #expected ")")
#define REQUIRE(condition)                                                                                        \
    do {                                                                                                          \
        if (!TestCheck(!!(condition), __FILE__, __LINE__, "REQUIRE(" #condition ")"))                             \
            return;                                                                                               \
    } while (0)
/* Ends the case as skipped, with a reason. */
#define SKIP(reason)                                                                                              \
    do {                                                                                                          \
        TestSkip(reason);                                                                                         \
        return;                                                                                                   \
    } while (0)

/* All at any IRQL at which DbgPrint may be called. They return whether the check held. */
BOOLEAN TestCheck(BOOLEAN held, const char *file, int line, const char *text);
BOOLEAN TestCheckEqual(ULONG64 actual, ULONG64 expected, const char *file, int line, const char *text);
void TestSkip(const char *reason);

#endif
