/* void fiber_swap(void **save_sp, void *load_sp): saves what the System V ABI calls preserved, changes stacks.
 * The layout on the stack, from the saved sp up: mxcsr+fpucw, r15, r14, r13, r12, rbx, rbp, return address. */
    .text
    .globl fiber_swap
    .type fiber_swap, @function
fiber_swap:
    .cfi_startproc
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset rbp, 0
    pushq %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset rbx, 0
    pushq %r12
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset r12, 0
    pushq %r13
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset r13, 0
    pushq %r14
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset r14, 0
    pushq %r15
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset r15, 0
    subq $8, %rsp
    .cfi_adjust_cfa_offset 8
    stmxcsr (%rsp)
    fnstcw 4(%rsp)
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    ldmxcsr (%rsp)
    fldcw 4(%rsp)
    addq $8, %rsp
    .cfi_adjust_cfa_offset -8
    popq %r15
    .cfi_adjust_cfa_offset -8
    popq %r14
    .cfi_adjust_cfa_offset -8
    popq %r13
    .cfi_adjust_cfa_offset -8
    popq %r12
    .cfi_adjust_cfa_offset -8
    popq %rbx
    .cfi_adjust_cfa_offset -8
    popq %rbp
    .cfi_adjust_cfa_offset -8
    ret
    .cfi_endproc
    .size fiber_swap, . - fiber_swap

/* First instruction of a new fiber: entry in rbx, argument in r12. */
    .globl fiber_trampoline
    .type fiber_trampoline, @function
fiber_trampoline:
    .cfi_startproc
    .cfi_undefined rip
    movq %rbx, %rdi
    movq %r12, %rsi
    xorl %ebp, %ebp
    andq $-16, %rsp
    call fiber_main
    ud2
    .cfi_endproc
    .size fiber_trampoline, . - fiber_trampoline
    .section .note.GNU-stack,"",@progbits
