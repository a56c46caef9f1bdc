/* Stack cookies and the entry point: what drivers built with stack protection need. The loader replaces the cookie
 * through the load configuration before the entry point runs. */
typedef unsigned long long u64;

struct driver;
struct unicode;

long DriverEntry(struct driver *driver, struct unicode *registry_path);

#define DEFAULT_COOKIE 0x00002B992DDFA232ull
#define FAIL_STACK_COOKIE 2
#define FAIL_COOKIE_INIT 6

u64 __security_cookie = DEFAULT_COOKIE;
u64 __security_cookie_complement = ~DEFAULT_COOKIE;

static __attribute__((noreturn)) void fast_fail(unsigned code)
{
    __asm__ volatile("int $0x29" : : "c"(code));
    __builtin_unreachable();
}

__attribute__((noreturn)) void __report_gsfailure(u64 cookie)
{
    (void)cookie;
    fast_fail(FAIL_STACK_COOKIE);
}

/* rcx = the cookie found on the stack. The upper 16 bits of a good one are zero. */
void __security_check_cookie(u64 cookie)
{
    if (__builtin_expect(cookie != __security_cookie || cookie >> 48, 0))
        __report_gsfailure(cookie);
}

void __security_init_cookie(void)
{
    if (__security_cookie != 0 && __security_cookie != DEFAULT_COOKIE)
        return;
    fast_fail(FAIL_COOKIE_INIT);
}

__attribute__((no_stack_protector)) long GsDriverEntry(struct driver *driver, struct unicode *registry_path)
{
    __security_init_cookie();
    __security_cookie_complement = ~__security_cookie;
    return DriverEntry(driver, registry_path);
}
