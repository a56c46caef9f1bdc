/* What bug checks mean, in our words: one line for the code, one for the parameters that a driver's author needs. */
#include <stdarg.h>
#include <stdio.h>

#include "bugcodes.h"
#include "nt/bugcheck.h"
#include "pe/stack.h"

struct meaning {
    uint32_t code;
    const char *text;
};

static const struct meaning meanings[] = {
    { IRQL_NOT_LESS_OR_EQUAL,
      "Kernel code, working for a driver, touched memory that is not there at an IRQL where page faults are fatal." },
    { DRIVER_IRQL_NOT_LESS_OR_EQUAL, "A driver touched memory that is not there at an IRQL where page faults are fatal." },
    { KMODE_EXCEPTION_NOT_HANDLED, "An exception was raised that no __except block of the stack took." },
    { SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, "A system thread raised an exception that no __except block of its stack took." },
    { PAGE_FAULT_IN_NONPAGED_AREA, "A system address was used behind which there is no memory: a freed block, a wild pointer." },
    { ATTEMPTED_WRITE_TO_READONLY_MEMORY, "A driver wrote to memory that may only be read, such as its own code or constants." },
    { ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY, "A call or jump went to memory that holds no code." },
    { UNEXPECTED_KERNEL_MODE_TRAP, "The processor met a condition the kernel cannot go on from." },
    { KERNEL_SECURITY_CHECK_FAILURE, "A check compiled into the driver found a corrupted structure and stopped (int 29h)." },
    { BAD_POOL_CALLER, "A pool function was called in a way it does not allow." },
    { BAD_POOL_HEADER, "Pool memory next to a block was overwritten: somebody wrote outside an allocation." },
    { SPIN_LOCK_ALREADY_OWNED, "A processor asked for a spin lock that it holds already: it would wait for ever." },
    { SPIN_LOCK_NOT_OWNED, "A spin lock was released that the processor does not hold." },
    { SPIN_LOCK_INIT_FAILURE, "A spin lock was used that was never initialised, or was overwritten." },
    { ATTEMPTED_SWITCH_FROM_DPC, "A wait at DISPATCH_LEVEL or above: the processor cannot leave the thread there." },
    { MAXIMUM_WAIT_OBJECTS_EXCEEDED, "A wait for more objects than allowed, or for more than three without a wait-block array." },
    { NO_MORE_IRP_STACK_LOCATIONS, "A driver passed an IRP down with no stack location left for the next driver." },
    { MULTIPLE_IRP_COMPLETE_REQUESTS, "An IRP was completed that had been completed before." },
    { INCONSISTENT_IRP, "A structure passed as an IRP is not one." },
    { CANCEL_STATE_IN_COMPLETED_IRP, "An IRP was completed with its cancel routine still set." },
    { DRIVER_VERIFIER_DETECTED_VIOLATION, "The driver broke a rule of the verifier." },
    { DRIVER_VERIFIER_IOMANAGER_VIOLATION, "The driver broke a rule of the I/O manager." },
    { DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS,
      "A driver unloaded while timers, DPCs, work items or threads of it were still to run." },
    { DRIVER_POWER_STATE_FAILURE, "A power IRP was not passed on or completed in time." },
    { TIMER_OR_DPC_INVALID, "Memory with a queued timer or DPC in it was freed or reused." },
    { THREAD_TERMINATE_HELD_MUTEX, "A thread ended while it held a mutex." },
    { IRQL_GT_ZERO_AT_SYSTEM_SERVICE, "A system service returned at raised IRQL." },
    { DPC_WATCHDOG_VIOLATION, "A DPC, or code at DISPATCH_LEVEL, ran for too long." },
    { PNP_DETECTED_FATAL_ERROR, "A driver handed PnP something that cannot be: a device object that is not one, say." },
    { REFERENCE_BY_POINTER, "The reference count of an object was dropped below what it may be." },
    { BUGCODE_NDIS_DRIVER, "A network driver used NDIS in a way that is not allowed." },
    { MANUALLY_INITIATED_CRASH, "Somebody asked for this bug check." },
    { KERNEL_APC_PENDING_DURING_EXIT, "Critical regions were entered and not left, or left too often." },
    { RESOURCE_NOT_OWNED, "An ERESOURCE was released by a thread that does not own it." },
};

struct lines {
    char *at;
    size_t left;
};

static void add(struct lines *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct lines *out, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int n = vsnprintf(out->at, out->left, format, args);
    va_end(args);
    if (n > 0 && (size_t)n < out->left) {
        out->at += n;
        out->left -= (size_t)n;
    }
}

static const char *operation(uint64_t code)
{
    return code == 0 ? "read" : code == 8 || code == 0x10 ? "execution" : "write";
}

static const char *exception_name(uint32_t code)
{
    switch (code) {
    case 0xC0000005: return "access violation";
    case 0xC0000094: return "integer division by zero";
    case 0xC000001D: return "illegal instruction";
    case 0xC0000096: return "privileged instruction";
    case 0x80000003: return "breakpoint";
    case 0x80000004: return "single step";
    case 0xC0000420: return "assertion failed";
    case 0xC00000FD: return "stack overflow";
    case 0x80000002: return "misaligned data";
    case 0xC0000139: return "missing import";
    case 0xC0000025: return "continued after an exception that does not allow it";
    default: return NULL;
    }
}

static const char *fast_fail_name(uint64_t code)
{
    static const char *const names[] = {
        "a legacy stack-cookie check", "a virtual table guard", "a stack cookie was overwritten",
        "a linked list is corrupted (LIST_ENTRY neighbours disagree)", "incorrect stack", "an invalid argument",
        "the stack cookie was not initialised", "a fatal exit", "a range check failed", "an unsafe registry access",
        "an indirect call to a place that is no function", "a guarded write",
    };

    return code < sizeof names / sizeof names[0] ? names[code] : NULL;
}

static void place(struct lines *out, const char *what, uint64_t address)
{
    char text[512];

    pe_describe(address, true, text, sizeof text);
    add(out, "%s %s\n", what, text);
}

static void explain_parameters(struct lines *out, uint32_t code, const uint64_t p[4])
{
    const char *name;

    switch (code) {
    case IRQL_NOT_LESS_OR_EQUAL: case DRIVER_IRQL_NOT_LESS_OR_EQUAL:
        add(out, "A %s of address 0x%llx at IRQL %llu.\n", operation(p[2]), (unsigned long long)p[0],
            (unsigned long long)p[1]);
        place(out, "At", p[3]);
        break;
    case PAGE_FAULT_IN_NONPAGED_AREA:
        add(out, "A %s of address 0x%llx.\n", operation(p[1]), (unsigned long long)p[0]);
        place(out, "At", p[2]);
        break;
    case KMODE_EXCEPTION_NOT_HANDLED: case SYSTEM_THREAD_EXCEPTION_NOT_HANDLED:
        name = exception_name((uint32_t)p[0]);
        add(out, "Exception 0x%08x%s%s.\n", (uint32_t)p[0], name ? ": " : "", name ? name : "");
        place(out, "At", p[1]);
        break;
    case ATTEMPTED_WRITE_TO_READONLY_MEMORY: case ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY:
        add(out, "Address 0x%llx.\n", (unsigned long long)p[0]);
        break;
    case UNEXPECTED_KERNEL_MODE_TRAP:
        if (p[0] == 8)
            add(out, "Double fault: the kernel stack is used up (deep recursion, or large local variables).\n");
        break;
    case KERNEL_SECURITY_CHECK_FAILURE:
        name = fast_fail_name(p[0]);
        add(out, "Fail-fast code %llu%s%s.\n", (unsigned long long)p[0], name ? ": " : "", name ? name : "");
        break;
    default:
        break;
    }
}

void bugcheck_explain(uint32_t code, const uint64_t parameter[4], char *text, size_t size)
{
    struct lines out = { text, size };

    if (size)
        *text = 0;
    for (unsigned i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (meanings[i].code == code)
            add(&out, "%s\n", meanings[i].text);
    explain_parameters(&out, code, parameter);
}
