/* void emulate_run(struct trap_frame *frame, void *code, bool with_xmm): runs `code` (one instruction that does not
 * touch rsp, and ret) with the frame's registers, and stores them back. trap_frame: gpr[16] at 0, rflags at 136,
 * xsave at 160; xmm0 at +160 of the xsave area. */
    .text
    .globl emulate_run
    .type emulate_run, @function
emulate_run:
    .cfi_startproc
    pushq %rbx
    .cfi_adjust_cfa_offset 8
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    pushq %r12
    .cfi_adjust_cfa_offset 8
    pushq %r13
    .cfi_adjust_cfa_offset 8
    pushq %r14
    .cfi_adjust_cfa_offset 8
    pushq %r15
    .cfi_adjust_cfa_offset 8
    pushq %rdx
    .cfi_adjust_cfa_offset 8
    pushq %rdi
    .cfi_adjust_cfa_offset 8
    pushq %rsi
    .cfi_adjust_cfa_offset 8
    testb %dl, %dl
    jz 1f
    movq 160(%rdi), %rax
    .irp r, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    movups 160+16*\r(%rax), %xmm\r
    .endr
1:  movq 136(%rdi), %rax
    andl $0x8d5, %eax
    orl $0x202, %eax
    pushq %rax
    popfq
    movq 0(%rdi), %rax
    movq 8(%rdi), %rcx
    movq 16(%rdi), %rdx
    movq 24(%rdi), %rbx
    movq 40(%rdi), %rbp
    movq 48(%rdi), %rsi
    movq 64(%rdi), %r8
    movq 72(%rdi), %r9
    movq 80(%rdi), %r10
    movq 88(%rdi), %r11
    movq 96(%rdi), %r12
    movq 104(%rdi), %r13
    movq 112(%rdi), %r14
    movq 120(%rdi), %r15
    movq 56(%rdi), %rdi
    call *(%rsp)
    pushfq
    pushq %rdi
    movq 24(%rsp), %rdi
    movq %rax, 0(%rdi)
    movq %rcx, 8(%rdi)
    movq %rdx, 16(%rdi)
    movq %rbx, 24(%rdi)
    movq %rbp, 40(%rdi)
    movq %rsi, 48(%rdi)
    movq %r8, 64(%rdi)
    movq %r9, 72(%rdi)
    movq %r10, 80(%rdi)
    movq %r11, 88(%rdi)
    movq %r12, 96(%rdi)
    movq %r13, 104(%rdi)
    movq %r14, 112(%rdi)
    movq %r15, 120(%rdi)
    popq %rax
    movq %rax, 56(%rdi)
    popq %rax
    andl $0x8d5, %eax
    movq 136(%rdi), %rcx
    andq $~0x8d5, %rcx
    orq %rcx, %rax
    movq %rax, 136(%rdi)
    cmpb $0, 16(%rsp)
    jz 2f
    movq 160(%rdi), %rax
    .irp r, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    movups %xmm\r, 160+16*\r(%rax)
    .endr
2:  addq $24, %rsp
    .cfi_adjust_cfa_offset -24
    popq %r15
    .cfi_adjust_cfa_offset -8
    popq %r14
    .cfi_adjust_cfa_offset -8
    popq %r13
    .cfi_adjust_cfa_offset -8
    popq %r12
    .cfi_adjust_cfa_offset -8
    popq %rbp
    .cfi_adjust_cfa_offset -8
    popq %rbx
    .cfi_adjust_cfa_offset -8
    ret
    .cfi_endproc
    .size emulate_run, . - emulate_run

/* patch_enter: called from a patched site's stub. (%rsp) = behind the call; ten bytes further is the struct site
 * pointer. Makes a trap_frame of the machine state at the site, calls patch_dispatch(frame, site), and goes on where
 * frame.rip says with all registers as the frame has them. Driver code has no red zone. */
    .globl patch_enter
    .type patch_enter, @function
patch_enter:
    .cfi_startproc
    .cfi_undefined rip
    pushfq
    pushq %rbx
    movq %rsp, %rbx                 /* (rbx) = rbx, 8 = flags, 16 = return slot, 24 = the site's stack pointer */
    subq $(192 + 512 + 64), %rsp
    andq $-64, %rsp
    movq %rax, 0(%rsp)
    movq %rcx, 8(%rsp)
    movq %rdx, 16(%rsp)
    movq (%rbx), %rax
    movq %rax, 24(%rsp)
    leaq 24(%rbx), %rax
    movq %rax, 32(%rsp)
    movq %rbp, 40(%rsp)
    movq %rsi, 48(%rsp)
    movq %rdi, 56(%rsp)
    movq %r8, 64(%rsp)
    movq %r9, 72(%rsp)
    movq %r10, 80(%rsp)
    movq %r11, 88(%rsp)
    movq %r12, 96(%rsp)
    movq %r13, 104(%rsp)
    movq %r14, 112(%rsp)
    movq %r15, 120(%rsp)
    movq 8(%rbx), %rax
    movq %rax, 136(%rsp)
    leaq 192(%rsp), %rax
    movq %rax, 160(%rsp)
    movaps %xmm0, 160(%rax)
    .irp r, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    movaps %xmm\r, 160+16*\r(%rax)
    .endr
    xorps %xmm0, %xmm0
    movaps %xmm0, 0(%rax)
    movaps %xmm0, 16(%rax)
    stmxcsr 24(%rax)
    movq 16(%rbx), %rsi
    movq 10(%rsi), %rsi
    movq %rsp, %rdi
    cld
    call patch_dispatch
    .globl patch_in_dispatch
patch_in_dispatch:
    movq 160(%rsp), %rax
    .irp r, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    movaps 160+16*\r(%rax), %xmm\r
    .endr
    movq 128(%rsp), %rax
    movq %rax, 16(%rbx)             /* rip takes the return slot */
    movq 136(%rsp), %rax
    movq %rax, 8(%rbx)
    movq 24(%rsp), %rax
    movq %rax, (%rbx)
    movq 0(%rsp), %rax
    movq 8(%rsp), %rcx
    movq 16(%rsp), %rdx
    movq 40(%rsp), %rbp
    movq 48(%rsp), %rsi
    movq 56(%rsp), %rdi
    movq 64(%rsp), %r8
    movq 72(%rsp), %r9
    movq 80(%rsp), %r10
    movq 88(%rsp), %r11
    movq 96(%rsp), %r12
    movq 104(%rsp), %r13
    movq 112(%rsp), %r14
    movq 120(%rsp), %r15
    movq %rbx, %rsp
    popq %rbx
    popfq
    ret
    .cfi_endproc
    .size patch_enter, . - patch_enter
    .section .note.GNU-stack,"",@progbits
