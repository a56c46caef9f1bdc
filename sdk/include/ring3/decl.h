/* Compiler differences: calling convention, linkage, inlining. The driver side is clang for the msvc target, or GCC for mingw-w64; the
 * host side (RING3_HOST) is gcc or clang on Linux, where NTAPI selects the Windows calling convention per function. */
#ifndef RING3_DECL_H
#define RING3_DECL_H

#ifdef RING3_HOST
#define NTAPI __attribute__((ms_abi))
#define DECLSPEC_IMPORT
#define DECLSPEC_NORETURN __attribute__((noreturn))
#define DECLSPEC_ALIGN(x) __attribute__((aligned(x)))
#define DECLSPEC_NOTHROW
#define DECLSPEC_NOINLINE __attribute__((noinline))
#define DECLSPEC_ALLOCATE(section)
#define DECLSPEC_GUARDNOCF
#define DECLSPEC_DEPRECATED_DDK
#define FORCEINLINE static inline __attribute__((always_inline, unused))
#define NTINLINE FORCEINLINE
#else
#define NTAPI __stdcall
#define DECLSPEC_IMPORT __declspec(dllimport)
#define DECLSPEC_NORETURN __declspec(noreturn)
#if defined(__GNUC__) && !defined(__clang__)
#define DECLSPEC_ALIGN(x) __attribute__((aligned(x)))
#ifndef __forceinline
#define __forceinline static __inline__ __attribute__((always_inline, unused))
#endif
#ifndef __int64
#define __int64 long long
#endif
#define __unaligned
#else
#define DECLSPEC_ALIGN(x) __declspec(align(x))
#endif
#define DECLSPEC_NOTHROW __declspec(nothrow)
#define DECLSPEC_NOINLINE __declspec(noinline)
#define DECLSPEC_ALLOCATE(section) __declspec(allocate(section))
#define DECLSPEC_GUARDNOCF
#define DECLSPEC_DEPRECATED_DDK
#define FORCEINLINE __forceinline
#endif

#ifndef DECLSPEC_SELECTANY
#ifdef RING3_HOST
#define DECLSPEC_SELECTANY __attribute__((weak))
#else
#define DECLSPEC_SELECTANY __declspec(selectany)
#endif
#endif

#define DECLSPEC_CACHEALIGN DECLSPEC_ALIGN(64)
#define DECLSPEC_NOINITALL
#define DECLSPEC_RESTRICT
#define DECLSPEC_DEPRECATED
#define DECLSPEC_EXPORT
#define DECLSPEC_SAFEBUFFERS
#define DECLSPEC_NOVTABLE
#define DECLSPEC_UUID(text)
#define CFORCEINLINE FORCEINLINE
#define SYSTEM_CACHE_ALIGNMENT_SIZE 64
#define MEMORY_ALLOCATION_ALIGNMENT 16
#define NTSYSAPI DECLSPEC_IMPORT
#define NTKERNELAPI DECLSPEC_IMPORT
#define NTHALAPI DECLSPEC_IMPORT
#define NTSYSCALLAPI DECLSPEC_IMPORT
#define NTAPI_INLINE NTAPI
#define FASTCALL NTAPI

#ifndef RING3_HOST
#define WINAPI __stdcall
#define APIENTRY WINAPI
#define CALLBACK __stdcall
#define CDECL __cdecl
#define STDAPICALLTYPE __stdcall
#define STDMETHODCALLTYPE __stdcall
#ifndef _KERNEL_MODE
#define _KERNEL_MODE 1
#endif
#define IN
#define OUT
#define OPTIONAL
#define CRITICAL
#define RESTRICTED_POINTER
#define NOTHING
#define UNALIGNED __unaligned
#define UNALIGNED64 __unaligned
#define MAXIMUM_ALIGNMENT 16
#define POINTER_ALIGNMENT DECLSPEC_ALIGN(8)
#else
#define UNALIGNED
#define UNALIGNED64
#endif

/* Imported variables. RING3_DATA(type, name): the source names the variable itself (MmHighestUserAddress).
 * RING3_DATA_POINTER(type, name): the source names a pointer to the kernel's variable, as with
 * `*IoFileObjectType`: that pointer is the import table's slot. In the host, both are the variable. */
#ifdef RING3_HOST
#define RING3_DATA(type, name) extern type name
#define RING3_DATA_POINTER(type, name) extern type name
#else
#define RING3_DATA(type, name) extern __declspec(dllimport) type name
#define RING3_DATA_POINTER(type, name) extern type *name __asm__("__imp_" #name)
#endif

#ifdef __cplusplus
#define RING3_BEGIN_C extern "C" {
#define RING3_END_C }
#else
#define RING3_BEGIN_C
#define RING3_END_C
#endif

#endif
