/* The load configuration directory: where the loader finds the stack cookie and the control-flow-guard pointers. */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned u32;
typedef unsigned long long u64;

struct load_config {
    u32 size, time_stamp;
    u16 major, minor;
    u32 global_flags_clear, global_flags_set, critical_section_timeout;
    u64 decommit_free_block, decommit_total_free, lock_prefix_table, maximum_allocation, virtual_memory_threshold;
    u64 process_affinity;
    u32 process_heap_flags;
    u16 csd_version, dependent_load_flags;
    u64 edit_list, security_cookie, se_handler_table, se_handler_count;
    u64 guard_check_pointer, guard_dispatch_pointer, guard_function_table, guard_function_count;
    u32 guard_flags;
    u16 code_integrity_flags, code_integrity_catalog;
    u32 code_integrity_catalog_offset, code_integrity_reserved;
    u64 guard_iat_table, guard_iat_count, guard_long_jump_table, guard_long_jump_count;
    u64 dynamic_relocations, chpe_metadata, guard_rf_failure, guard_rf_failure_pointer;
    u32 dynamic_relocation_offset;
    u16 dynamic_relocation_section, reserved2;
    u64 guard_rf_verify_stack_pointer;
    u32 hot_patch_offset, reserved3;
    u64 enclave_configuration, volatile_metadata;
    u64 guard_eh_table, guard_eh_count;
};

extern u64 __security_cookie;
extern u8 __guard_fids_table, __guard_fids_count, __guard_flags, __guard_iat_table, __guard_iat_count;
extern u8 __guard_longjmp_table, __guard_longjmp_count, __guard_eh_cont_table, __guard_eh_cont_count;

void __guard_check_nop(void)
{
}

__asm__(".globl __guard_dispatch_nop\n"
        "__guard_dispatch_nop:\n\t"
        "jmp *%rax");
void __guard_dispatch_nop(void);

/* The loader points these at its own; these serve where nobody does. */
#pragma section(".00cfg", read)
__declspec(allocate(".00cfg")) void *const __guard_check_icall_fptr = (void *)__guard_check_nop;
__declspec(allocate(".00cfg")) void *const __guard_dispatch_icall_fptr = (void *)__guard_dispatch_nop;

/* Guard fields are link-time values: their "addresses" are the table, the count and the flags. */
#define LINK_VALUE(symbol) ((u64)&(symbol))

const struct load_config _load_config_used = {
    .size = sizeof(struct load_config),
    .security_cookie = (u64)&__security_cookie,
    .guard_check_pointer = (u64)&__guard_check_icall_fptr,
    .guard_dispatch_pointer = (u64)&__guard_dispatch_icall_fptr,
    .guard_function_table = LINK_VALUE(__guard_fids_table),
    .guard_function_count = LINK_VALUE(__guard_fids_count),
    .guard_iat_table = LINK_VALUE(__guard_iat_table),
    .guard_iat_count = LINK_VALUE(__guard_iat_count),
    .guard_long_jump_table = LINK_VALUE(__guard_longjmp_table),
    .guard_long_jump_count = LINK_VALUE(__guard_longjmp_count),
    .guard_eh_table = LINK_VALUE(__guard_eh_cont_table),
    .guard_eh_count = LINK_VALUE(__guard_eh_cont_count),
};
