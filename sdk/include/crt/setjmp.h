/* Jumps out of nested calls. longjmp unwinds: __finally blocks of the frames it leaves run. Values and layout as the x64 run-time
 * library has them. */
#ifndef RING3_CRT_SETJMP_H
#define RING3_CRT_SETJMP_H

#define _JBLEN 16
typedef struct __attribute__((aligned(16))) _SETJMP_FLOAT128 {
    unsigned long long Part[2];
} SETJMP_FLOAT128;
typedef SETJMP_FLOAT128 _JBTYPE;
typedef _JBTYPE jmp_buf[_JBLEN];

/* What a jmp_buf holds. */
typedef struct _JUMP_BUFFER {
    unsigned long long Frame;                   /* 0: longjmp does not unwind */
    unsigned long long Rbx, Rsp, Rbp, Rsi, Rdi, R12, R13, R14, R15;
    unsigned long long Rip;
    unsigned int MxCsr;
    unsigned short FpCsr;
    unsigned short Spare;
    SETJMP_FLOAT128 Xmm6, Xmm7, Xmm8, Xmm9, Xmm10, Xmm11, Xmm12, Xmm13, Xmm14, Xmm15;
} _JUMP_BUFFER;

#ifdef _WIN32                                   /* only a driver calls them; its compiler passes the frame, or these macros do */
#ifdef __cplusplus
extern "C" {
#endif
#if defined(__clang__) && __STDC_HOSTED__       /* then clang knows them by name, declares the first itself and passes the frame */
#define RING3_SETJMP_BY_COMPILER
int __cdecl _setjmp(jmp_buf buffer);
int __cdecl _setjmpex(jmp_buf buffer);
#else
int __cdecl _setjmp(jmp_buf buffer, void *frame) __attribute__((returns_twice));
int __cdecl _setjmpex(jmp_buf buffer, void *frame) __attribute__((returns_twice));
#endif
__declspec(noreturn) void __cdecl longjmp(jmp_buf buffer, int value);
#ifdef __cplusplus
}
#endif
#ifndef RING3_SETJMP_BY_COMPILER
#define _setjmp(buffer) _setjmp((buffer), __builtin_frame_address(0))
#define _setjmpex(buffer) _setjmpex((buffer), __builtin_frame_address(0))
#endif
#define setjmp(buffer) _setjmp(buffer)
#endif

#endif
