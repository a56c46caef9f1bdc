/* Layout checks: every structure that a driver can see has them, so that the driver's compiler and the host's agree. */
#ifndef RING3_LAYOUT_H
#define RING3_LAYOUT_H

#ifdef __cplusplus
#define RING3_ASSERT_LAYOUT(condition, text) static_assert(condition, text)
#else
#define RING3_ASSERT_LAYOUT(condition, text) _Static_assert(condition, text)
#endif

/* sizeof(type) is `bytes`. */
#define RING3_SIZE(type, bytes) RING3_ASSERT_LAYOUT(sizeof(type) == (bytes), "size of " #type)

/* `field` is `bytes` from the start of `type`. */
#define RING3_OFFSET(type, field, bytes) \
    RING3_ASSERT_LAYOUT(__builtin_offsetof(type, field) == (bytes), "offset of " #type "." #field)

/* The pointer of a 32-bit caller inside a structure. */
#ifdef _MSC_VER
typedef void *__ptr32 RING3_POINTER32;
#else
typedef unsigned RING3_POINTER32;
#endif

#endif
