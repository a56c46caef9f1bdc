/* An executive for unit tests: one processor that runs nothing, RAM, pool, objects, security, registry. */
#ifndef TESTS_UNIT_NT_FIXTURE_H
#define TESTS_UNIT_NT_FIXTURE_H

#include "unit.h"

#include "base/error.h"
#include "host/loop.h"
#include "nt/cm.h"
#include "nt/ke.h"
#include "nt/ob.h"
#include "nt/pool.h"
#include "nt/ram.h"
#include "nt/se.h"
#include "nt/text.h"

static inline void open_executive(void)
{
    struct ke_config config = {.cpus = 1, .clock = KE_CLOCK_VIRTUAL};

    CHECK(loop_open());
    CHECK(ram_open(64u << 20));
    CHECK(ke_open(&config));
    CHECK_EQ(ob_start(), STATUS_SUCCESS);
    CHECK_EQ(cm_start(), STATUS_SUCCESS);
}

static inline void close_processor(void)
{
    pool_close();
    ke_close();
    ram_close();
    loop_close();
}

static inline void close_executive(void)
{
    struct pool_stats stats;

    cm_stop();
    CHECK_EQ(ob_stop(), 0);
    pool_get_stats(&stats);
    CHECK_EQ(stats.live_blocks, 0);
    close_processor();
}

#define U(literal) ({ static UNICODE_STRING u_; u_ = TEXT_STRING(u##literal); &u_; })

#endif
