/* What pe/ needs of the executive: memory, IRQL, device registers, the shared data page, bug checks. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "machine/machine.h"
#include "nt/bugcheck.h"
#include "nt/event.h"
#include "nt/hal.h"
#include "nt/ram.h"
#include "pe/pe.h"
#include "pe/trap.h"

static void *shared_page;

static void *alloc_pages(size_t pages)
{
    return ram_alloc(pages, true);
}

static void free_pages(void *va, size_t pages)
{
    ram_free(va, pages);
}

static void export_hook(const struct pe_export *row, const struct pe_caller *caller, bool irql_wrong)
{
    if (irql_wrong)
        NT_EMIT(NT_EVENT_EXPORT_IRQL, row->name, row, ke_irql(), *caller);
    if (ke_attention)
        ke_export_hook();
}

static void missing_called(const char *module, const char *name, const struct pe_caller *caller)
{
    static const uint64_t entry_point_not_found = 0xC0000139;
    char text[256];

    snprintf(text, sizeof text, "the driver called %s!%s, which ring3 does not have", module, name);
    const uint64_t parameters[4] = { entry_point_not_found, caller->rip, 0, 0 };
    bugcheck_report(KMODE_EXCEPTION_NOT_HANDLED, parameters, NULL, text);
}

static uint64_t next_random(void)
{
    return random_next(&ke.random);
}

static void mmio_read(uint64_t address, void *data, unsigned size)
{
    uint64_t value = hal_mmio_read(address - MMIO_BASE, size);

    memcpy(data, &value, size);
}

static void mmio_write(uint64_t address, const void *data, unsigned size)
{
    uint64_t value = 0;

    memcpy(&value, data, size);
    hal_mmio_write(address - MMIO_BASE, size, value);
}

static uint8_t irql_get(void)
{
    return ke_irql();
}

static void irql_set(uint8_t irql)
{
    if (irql < ke_irql())
        ke_lower(irql);
    else
        ke_raise(irql);
}

static void stack_limits(uint64_t *low, uint64_t *high)
{
    const struct fiber *fiber = ke.inside ? &ke_current()->fiber : NULL;

    if (!fiber)
        return;
    *low = (uint64_t)(uintptr_t)fiber->stack;
    *high = *low + fiber->stack_size;
}

bool crossing_open(struct ring3_computer *computer)
{
    struct pe_config config = {
        .alloc_pages = alloc_pages,
        .free_pages = free_pages,
        .exports = pe_export_table,
        .export_count = pe_export_table_count,
        .documented = pe_documented_table,
        .documented_count = pe_documented_table_count,
        .attention = &ke_attention,
        .export_hook = export_hook,
        .exits = &ke.config.seeded,
        .export_exit_hook = ke_export_exit_hook,
        .missing_called = missing_called,
        .random = next_random,
        .mmio_base = MMIO_BASE,
        .mmio_size = MMIO_SIZE,
        .mmio_read = mmio_read,
        .mmio_write = mmio_write,
        .shared_data_va = KUSER_VA,
        .shared_data_refresh = ke_refresh_shared_data,
        .system_range_start = RAM_BASE,
        .irql_get = irql_get,
        .irql_set = irql_set,
        .processor_slot = (void *const *)&this_cpu,
        .pending_offset = offsetof(struct cpu, pending),
        .stack_limits = stack_limits,
        .bug_check = bugcheck_report,
    };

    shared_page = ram_alloc(1, true);
    if (!shared_page)
        return error_set("no memory");
    config.shared_data = shared_page;
    bugcheck_reset(computer->replay);
    return pe_open(&config) && trap_install(pe_trap, ke_stack_limit);
}

void crossing_close(struct ring3_computer *computer)
{
    trap_install(NULL, NULL);
    pe_close();
    ram_free(shared_page, 1);
    shared_page = NULL;
}
