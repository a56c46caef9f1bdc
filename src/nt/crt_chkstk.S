/* __chkstk: called with a frame's size in rax before a large frame is made; it keeps every register but r10 and r11.
 * Touches a byte in each page of the frame, top down, so that one that does not fit meets the guard page below the stack
 * and nothing behind it. It is exported as data, which binds the import straight to this code: a thunk would change rax. */
    .text
    .globl crt_chkstk
    .type crt_chkstk, @function
crt_chkstk:
    .cfi_startproc
    leaq 8(%rsp), %r10
    movq %r10, %r11
    subq %rax, %r11                 /* the new end of the stack */
1:  subq $4096, %r10
    cmpq %r11, %r10
    jbe 2f
    testb %al, (%r10)
    jmp 1b
2:  testb %al, (%r11)
    ret
    .cfi_endproc
    .size crt_chkstk, . - crt_chkstk
    .section .note.GNU-stack, "", @progbits
