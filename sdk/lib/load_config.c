/* The load configuration directory: where the loader finds the stack cookie and the control-flow-guard pointers. */
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

/* In assembly, because the flags are a link-time value of 32 bits, which C cannot initialise with; table, count and flags are what the "addresses" of
 * the linker's symbols say. The offsets are those of IMAGE_LOAD_CONFIG_DIRECTORY64. */
__asm__(".section .rdata,\"dr\"\n\t"
        ".globl _load_config_used\n\t"
        ".p2align 4\n"
        "_load_config_used:\n\t"
        ".long 0x118\n\t"                       /* Size */
        ".zero 0x54\n\t"
        ".quad __security_cookie\n\t"           /* 0x58 SecurityCookie */
        ".zero 0x10\n\t"
        ".quad __guard_check_icall_fptr\n\t"    /* 0x70 GuardCFCheckFunctionPointer */
        ".quad __guard_dispatch_icall_fptr\n\t"
        ".quad __guard_fids_table\n\t"          /* 0x80 GuardCFFunctionTable */
        ".quad __guard_fids_count\n\t"
        ".long __guard_flags\n\t"               /* 0x90 GuardFlags */
        ".zero 0xc\n\t"
        ".quad __guard_iat_table\n\t"           /* 0xa0 GuardAddressTakenIatEntryTable */
        ".quad __guard_iat_count\n\t"
        ".quad __guard_longjmp_table\n\t"       /* 0xb0 GuardLongJumpTargetTable */
        ".quad __guard_longjmp_count\n\t"
        ".zero 0x48\n\t"
        ".quad __guard_eh_cont_table\n\t"       /* 0x108 GuardEHContinuationTable */
        ".quad __guard_eh_cont_count\n\t"
        ".text");
