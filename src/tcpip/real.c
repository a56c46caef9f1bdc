#include <assert.h>
#include <dlfcn.h>

#include "tcpip/real.h"

static void *find(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);

    assert(function);
    return function;
}

const struct real *real_lwip(void)
{
    static struct real real;

    if (!real.raw_input) {
        real.pbuf_alloc = find("pbuf_alloc");
        real.memp_malloc = find("memp_malloc");
        real.tcp_input = find("tcp_input");
        real.tcp_slowtmr = find("tcp_slowtmr");
        real.icmp_input = find("icmp_input");
        real.icmp6_input = find("icmp6_input");
        real.tcp_alloc = find("tcp_alloc");
        real.raw_input = find("raw_input");
    }
    return &real;
}
