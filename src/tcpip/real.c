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
        real.ip4_input = find("ip4_input");
        real.ip6_input = find("ip6_input");
        real.ip4_frag = find("ip4_frag");
        real.ip6_frag = find("ip6_frag");
        real.ip4_output_if_opt_src = find("ip4_output_if_opt_src");
        real.ip6_output_if_src = find("ip6_output_if_src");
        real.tcp_alloc = find("tcp_alloc");
        real.raw_input = find("raw_input");
    }
    return &real;
}
