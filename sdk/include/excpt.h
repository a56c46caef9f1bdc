/* Structured exception handling: what a filter returns, and the intrinsics that a filter may use. */
#ifndef RING3_EXCPT_H
#define RING3_EXCPT_H

#define EXCEPTION_EXECUTE_HANDLER 1
#define EXCEPTION_CONTINUE_SEARCH 0
#define EXCEPTION_CONTINUE_EXECUTION (-1)

typedef enum _EXCEPTION_DISPOSITION {
    ExceptionContinueExecution,
    ExceptionContinueSearch,
    ExceptionNestedException,
    ExceptionCollidedUnwind
} EXCEPTION_DISPOSITION;

#ifndef RING3_HOST
#define GetExceptionCode() ((NTSTATUS)_exception_code())
#define exception_code() GetExceptionCode()
#define GetExceptionInformation() ((struct _EXCEPTION_POINTERS *)_exception_info())
#define exception_info() GetExceptionInformation()
#define AbnormalTermination() _abnormal_termination()
#define abnormal_termination() AbnormalTermination()
#ifndef __cplusplus
#define try __try
#define except __except
#define finally __finally
#define leave __leave
#endif
#ifdef __cplusplus
extern "C" {
#endif
unsigned long __cdecl _exception_code(void);
void *__cdecl _exception_info(void);
int __cdecl _abnormal_termination(void);
#ifdef __cplusplus
}
#endif
#endif

#endif
