/* One stub a slot: a call whose return address tells which (bind.c). rcx is free to use: the stub never returns. */
    .text
    .globl wdf_stubs
    .balign 16
wdf_stubs:
    .rept 512
    call stub
    .balign 8
    .endr
stub:
    popq %rcx
    subq $5, %rcx
    jmp wdf_slot_missing
    .section .note.GNU-stack, "", @progbits
