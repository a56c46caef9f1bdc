/* See hot.h. */
#include "nt/hot.h"

#include "nt/raise.h"

COLD void hot_settle_slow(void)
{
    ke_settle_slow();
}

COLD _Noreturn void hot_raise(NTSTATUS status)
{
    nt_raise_status(status);
}
