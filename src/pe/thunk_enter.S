/* thunk_slow: called from an export thunk with the driver's arguments in place.
 * On entry: (%rsp) = behind the call in the thunk, 8(%rsp) = the driver's return address. Saves the argument
 * registers, runs thunk_hook(back, caller), restores them and jumps to what it returned; the thunk's own return
 * address is dropped. The Windows convention also wants rsi, rdi and xmm6-15 kept: the C hook may change them, so
 * they are saved too.
 * When the hook's second answer (rdx) says that the exit is a point of interest, too, the function is called instead, with a
 * copy of THUNK_COPY bytes of the driver's stack arguments, and thunk_exit_hook() runs after it. Its return address is then
 * thunk_called, and behind the copy lies the struct pe_caller (pe_caller_of). Unwinding sees one more host frame. */
#include "pe/thunk_copy.h"
    .macro restore_registers
    movaps 32(%rsp), %xmm0
    movaps 48(%rsp), %xmm1
    movaps 64(%rsp), %xmm2
    movaps 80(%rsp), %xmm3
    movaps 96(%rsp), %xmm6
    movaps 112(%rsp), %xmm7
    movaps 128(%rsp), %xmm8
    movaps 144(%rsp), %xmm9
    movaps 160(%rsp), %xmm10
    movaps 176(%rsp), %xmm11
    movaps 192(%rsp), %xmm12
    movaps 208(%rsp), %xmm13
    movaps 224(%rsp), %xmm14
    movaps 240(%rsp), %xmm15
    movq -8(%rbp), %rcx
    movq -16(%rbp), %rdx
    movq -24(%rbp), %r8
    movq -32(%rbp), %r9
    movq -40(%rbp), %rsi
    movq -48(%rbp), %rdi
    .endm

    .text
    .globl thunk_slow
    .type thunk_slow, @function
thunk_slow:
    .cfi_startproc
    .cfi_def_cfa rsp, 16
    .cfi_offset rip, -8
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset rbp, 0
    movq %rsp, %rbp
    .cfi_def_cfa rbp, 24
    pushq %rcx
    pushq %rdx
    pushq %r8
    pushq %r9
    pushq %rsi
    .cfi_offset rsi, -64
    pushq %rdi
    .cfi_offset rdi, -72
    subq $(15*16 + 32), %rsp
    andq $-16, %rsp
    movaps %xmm0, 32(%rsp)
    movaps %xmm1, 48(%rsp)
    movaps %xmm2, 64(%rsp)
    movaps %xmm3, 80(%rsp)
    movaps %xmm6, 96(%rsp)
    movaps %xmm7, 112(%rsp)
    movaps %xmm8, 128(%rsp)
    movaps %xmm9, 144(%rsp)
    movaps %xmm10, 160(%rsp)
    movaps %xmm11, 176(%rsp)
    movaps %xmm12, 192(%rsp)
    movaps %xmm13, 208(%rsp)
    movaps %xmm14, 224(%rsp)
    movaps %xmm15, 240(%rsp)
    movq 16(%rbp), %rax             /* struct pe_caller: rip, rsp, rbp */
    movq %rax, (%rsp)
    leaq 24(%rbp), %rax
    movq %rax, 8(%rsp)
    movq (%rbp), %rax
    movq %rax, 16(%rsp)
    movq 8(%rbp), %rdi
    movq %rsp, %rsi
    call thunk_hook
    testq %rdx, %rdx
    jnz 1f
    restore_registers
    .cfi_remember_state
    leave
    .cfi_def_cfa rsp, 16
    .cfi_restore rbp
    .cfi_restore rsi
    .cfi_restore rdi
    addq $8, %rsp
    .cfi_adjust_cfa_offset -8
    jmp *%rax

1:  .cfi_restore_state
    restore_registers
    leaq 24(%rbp), %rsi             /* home space and stack arguments */
    subq $THUNK_COPY, %rsp
    movq %rsp, %rdi
    movl $(THUNK_COPY / 8), %ecx
    rep movsq
    movq -8(%rbp), %rcx
    movq -40(%rbp), %rsi
    movq -48(%rbp), %rdi
    call *%rax
    .globl thunk_called
thunk_called:
    addq $THUNK_COPY, %rsp
    movq %rax, 256(%rsp)            /* what the function returned */
    movaps %xmm0, 32(%rsp)
    call thunk_exit_hook
    restore_registers
    movq 256(%rsp), %rax
    leave
    .cfi_def_cfa rsp, 16
    .cfi_restore rbp
    .cfi_restore rsi
    .cfi_restore rdi
    addq $8, %rsp
    .cfi_adjust_cfa_offset -8
    ret
    .cfi_endproc
    .size thunk_slow, . - thunk_slow

/* thunk_missing: the same way in; never returns. */
    .globl thunk_missing
    .type thunk_missing, @function
thunk_missing:
    .cfi_startproc
    .cfi_def_cfa rsp, 16
    .cfi_offset rip, -8
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset rbp, 0
    movq %rsp, %rbp
    .cfi_def_cfa rbp, 24
    subq $32, %rsp
    andq $-16, %rsp
    movq 16(%rbp), %rax
    movq %rax, (%rsp)
    leaq 24(%rbp), %rax
    movq %rax, 8(%rsp)
    movq (%rbp), %rax
    movq %rax, 16(%rsp)
    movq 8(%rbp), %rdi
    movq %rsp, %rsi
    call thunk_report_missing
    ud2
    .cfi_endproc
    .size thunk_missing, . - thunk_missing
    .section .note.GNU-stack,"",@progbits
