/* The machine half of exceptions: capture and restore of a CONTEXT, and calls to handlers in frames that a stack
 * walk recognises by their return address (seh_in_handler, seh_in_unwind). CONTEXT offsets: MxCsr 0x34, SegCs 0x38,
 * EFlags 0x44, Rax 0x78 (then rcx rdx rbx rsp rbp rsi rdi r8..r15), Rip 0xf8, FltSave 0x100, xmm0 0x1a0. */
    .text

/* ms_abi: rcx = CONTEXT. The caller's registers, as after the return. */
    .globl RtlCaptureContext
    .type RtlCaptureContext, @function
RtlCaptureContext:
    .cfi_startproc
    pushfq
    .cfi_adjust_cfa_offset 8
    movq %rax, 0x78(%rcx)
    movq %rcx, 0x80(%rcx)
    movq %rdx, 0x88(%rcx)
    movq %rbx, 0x90(%rcx)
    leaq 16(%rsp), %rax
    movq %rax, 0x98(%rcx)
    movq %rbp, 0xa0(%rcx)
    movq %rsi, 0xa8(%rcx)
    movq %rdi, 0xb0(%rcx)
    movq %r8, 0xb8(%rcx)
    movq %r9, 0xc0(%rcx)
    movq %r10, 0xc8(%rcx)
    movq %r11, 0xd0(%rcx)
    movq %r12, 0xd8(%rcx)
    movq %r13, 0xe0(%rcx)
    movq %r14, 0xe8(%rcx)
    movq %r15, 0xf0(%rcx)
    movq 8(%rsp), %rax
    movq %rax, 0xf8(%rcx)
    fxsave64 0x100(%rcx)
    stmxcsr 0x34(%rcx)
    movl (%rsp), %eax
    movl %eax, 0x44(%rcx)
    movw %cs, 0x38(%rcx)
    movw %ss, 0x42(%rcx)
    movl $0x10000f, 0x30(%rcx)
    movq 0x78(%rcx), %rax
    popfq
    .cfi_adjust_cfa_offset -8
    ret
    .cfi_endproc
    .size RtlCaptureContext, . - RtlCaptureContext

/* void seh_restore(const CONTEXT *): continues there. Writes nothing below the new stack pointer. */
    .globl seh_restore
    .type seh_restore, @function
seh_restore:
    .cfi_startproc
    .cfi_undefined rip
    movq %rdi, %rax
    ldmxcsr 0x34(%rax)
    movaps 0x1a0(%rax), %xmm0
    movaps 0x1b0(%rax), %xmm1
    movaps 0x1c0(%rax), %xmm2
    movaps 0x1d0(%rax), %xmm3
    movaps 0x1e0(%rax), %xmm4
    movaps 0x1f0(%rax), %xmm5
    movaps 0x200(%rax), %xmm6
    movaps 0x210(%rax), %xmm7
    movaps 0x220(%rax), %xmm8
    movaps 0x230(%rax), %xmm9
    movaps 0x240(%rax), %xmm10
    movaps 0x250(%rax), %xmm11
    movaps 0x260(%rax), %xmm12
    movaps 0x270(%rax), %xmm13
    movaps 0x280(%rax), %xmm14
    movaps 0x290(%rax), %xmm15
    subq $64, %rsp
    movq 0xf8(%rax), %rcx
    movq %rcx, (%rsp)
    movq %cs, %rcx
    movq %rcx, 8(%rsp)
    movl 0x44(%rax), %ecx
    andl $0xcd5, %ecx
    orl $0x202, %ecx
    movq %rcx, 16(%rsp)
    movq 0x98(%rax), %rcx
    movq %rcx, 24(%rsp)
    movq %ss, %rcx
    movq %rcx, 32(%rsp)
    movq 0x80(%rax), %rcx
    movq 0x88(%rax), %rdx
    movq 0x90(%rax), %rbx
    movq 0xa0(%rax), %rbp
    movq 0xa8(%rax), %rsi
    movq 0xb0(%rax), %rdi
    movq 0xb8(%rax), %r8
    movq 0xc0(%rax), %r9
    movq 0xc8(%rax), %r10
    movq 0xd0(%rax), %r11
    movq 0xd8(%rax), %r12
    movq 0xe0(%rax), %r13
    movq 0xe8(%rax), %r14
    movq 0xf0(%rax), %r15
    movq 0x78(%rax), %rax
    iretq
    .cfi_endproc
    .size seh_restore, . - seh_restore

/* int seh_call_handler / seh_call_unwind(record, establisher, context, dispatcher, handler). While the handler runs, the
 * dispatcher context is at 32(%rsp) of the frame. */
    .macro handler_call name, inside
    .globl \name
    .type \name, @function
\name:
    .cfi_startproc
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset rbp, 0
    movq %rsp, %rbp
    .cfi_def_cfa_register rbp
    subq $48, %rsp
    movq %rcx, 32(%rsp)
    movq %r8, %rax
    movq %rcx, %r9
    movq %rdx, %r8
    movq %rsi, %rdx
    movq %rdi, %rcx
    call *%rax
    .globl \inside
\inside:
    leave
    .cfi_def_cfa rsp, 8
    ret
    .cfi_endproc
    .size \name, . - \name
    .endm

    handler_call seh_call_handler, seh_in_handler
    handler_call seh_call_unwind, seh_in_unwind
    .section .note.GNU-stack,"",@progbits
