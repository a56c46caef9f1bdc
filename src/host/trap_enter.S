/* trap_enter: runs on the interrupted stack (or the spare one) with rsp = rdi = struct trap_frame, rsi = handler.
 * Saves the extended state, calls handler(frame), then resumes whatever the frame now says. The return is an iretq,
 * which writes nothing below the resumed stack pointer. */
    .text
    .globl trap_enter
    .type trap_enter, @function
trap_enter:
    .cfi_startproc
    .cfi_undefined rip
    movq %rsi, %rbx
    movq 160(%rdi), %rcx
    movl $7, %eax
    xorl %edx, %edx
    xsave64 (%rcx)
    movl $0x1f80, -8(%rsp)
    ldmxcsr -8(%rsp)
    movq %rsp, %rbp
    call *%rbx
    movq %rbp, %rsp
    movq 160(%rsp), %rcx
    movl $7, %eax
    xorl %edx, %edx
    xrstor64 (%rcx)
    movq %rsp, %rax
    subq $64, %rsp                  /* iretq's own frame: rip, cs, rflags, rsp, ss */
    movq 128(%rax), %rcx
    movq %rcx, (%rsp)
    movq %cs, %rcx
    movq %rcx, 8(%rsp)
    movq 136(%rax), %rcx
    movq %rcx, 16(%rsp)
    movq 32(%rax), %rcx
    movq %rcx, 24(%rsp)
    movq %ss, %rcx
    movq %rcx, 32(%rsp)
    movq 8(%rax), %rcx
    movq 16(%rax), %rdx
    movq 24(%rax), %rbx
    movq 40(%rax), %rbp
    movq 48(%rax), %rsi
    movq 56(%rax), %rdi
    movq 64(%rax), %r8
    movq 72(%rax), %r9
    movq 80(%rax), %r10
    movq 88(%rax), %r11
    movq 96(%rax), %r12
    movq 104(%rax), %r13
    movq 112(%rax), %r14
    movq 120(%rax), %r15
    movq (%rax), %rax
    iretq
    .cfi_endproc
    .size trap_enter, . - trap_enter
    .section .note.GNU-stack,"",@progbits
