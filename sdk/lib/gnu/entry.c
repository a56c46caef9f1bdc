/* For images of GNU ld, which has no load configuration: no loader gives them a stack cookie, so they choose one when they start.
 * -Wl,-e,GnuDriverEntry, or GnuFxDriverEntry for a framework driver. GCC's -fstack-protector uses the second pair of names. */
typedef unsigned long long u64;

struct driver;
struct unicode;

long GsDriverEntry(struct driver *driver, struct unicode *registry_path);

#define FAIL_STACK_COOKIE 2
#define COOKIE_MASK 0x0000ffffffffffffull

extern u64 __security_cookie, __security_cookie_complement;
u64 __stack_chk_guard;

__attribute__((noreturn)) void __stack_chk_fail(void)
{
    __asm__ volatile("int $0x29" : : "c"(FAIL_STACK_COOKIE));
    __builtin_unreachable();
}

/* From the time stamp counter and two addresses; never a value that a C string could hold whole. */
void ring3_choose_cookie(const void *driver)
{
    unsigned low, high;
    u64 cookie;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    cookie = ((u64)high << 32 | low) * 0x9e3779b97f4a7c15ull ^ (u64)driver ^ (u64)&low;
    cookie = (cookie ^ cookie >> 29) & COOKIE_MASK & ~0xffull;
    __security_cookie = cookie ? cookie : 0x00002B992DDFA300ull;
    __security_cookie_complement = ~__security_cookie;
    __stack_chk_guard = __security_cookie;
}

long GnuDriverEntry(struct driver *driver, struct unicode *registry_path)
{
    ring3_choose_cookie(driver);
    return GsDriverEntry(driver, registry_path);
}
