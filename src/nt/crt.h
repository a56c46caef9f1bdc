/* The C run-time library that the kernel exports to drivers, under our own prefix. The contracts are C's and Microsoft's;
 * a comment says what is not obvious. All run at any IRQL on memory that is resident. */
#ifndef NT_CRT_H
#define NT_CRT_H

#include <ntdef.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Declares and starts the definition of an export: nobody on the host calls these, the export table does. */
#define CRT_EXPORT(type, name, parameters) \
    type NTAPI name parameters;            \
    type NTAPI name parameters

/* A new computer: rand() begins its sequence again. */
void crt_reset(void);

typedef int(NTAPI *crt_compare)(const void *, const void *);
typedef int(NTAPI *crt_compare_s)(void *, const void *, const void *);

/* errno values that the _s functions return. */
#define CRT_EINVAL 22
#define CRT_ERANGE 34
#define CRT_STRUNCATE 80
#define CRT_TRUNCATE ((size_t)-1)

#endif
