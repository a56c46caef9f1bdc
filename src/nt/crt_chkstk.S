/* __chkstk: called with a frame's size in rax before a large frame is made; it keeps every register. NT stacks are wholly
 * mapped here and end at a guard page, so there is nothing to touch. It is exported as data, which binds the import
 * straight to this code: a thunk would change rax. */
    .text
    .globl crt_chkstk
    .type crt_chkstk, @function
crt_chkstk:
    .cfi_startproc
    ret
    .cfi_endproc
    .size crt_chkstk, . - crt_chkstk
    .section .note.GNU-stack, "", @progbits
