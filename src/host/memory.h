/* Address space: the RAM of the computer, trapped windows, fixed pages. All sizes in bytes, page multiples. */
#ifndef HOST_MEMORY_H
#define HOST_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOST_PAGE 4096u

enum host_protection { HOST_NONE = 0, HOST_READ = 1, HOST_WRITE = 2, HOST_EXECUTE = 4 };

/* Anonymous zeroed pages at a fixed address (or anywhere when address is NULL). NULL with error_text(). */
void *host_map(void *address, size_t size, int protection);
/* The same anywhere and readable and writable, on huge pages where the kernel has them: for tables that are looked into at random. size
 * is rounded up to HOST_LARGE; host_unmap it with that size. */
#define HOST_LARGE (2u << 20)
void *host_map_large(size_t size);
/* A memory object whose pages can be mapped in several places; -1 with error_text(). */
int host_memory_object(const char *name, size_t size);
/* Maps [offset, offset+size) of the object, shared, at a fixed address (or anywhere when NULL). */
void *host_map_object(int object, uint64_t offset, void *address, size_t size, int protection);
bool host_protect(void *address, size_t size, int protection);
void host_unmap(void *address, size_t size);
/* Gives the pages' memory back; they read as zero afterwards (memory objects as well). */
void host_discard(void *address, size_t size);
void host_close(int object);
/* Frames that lived in this memory, a stack's, are gone for good: tells AddressSanitizer, when it is there. */
void host_forget_frames(void *address, size_t size);
/* What pointers in this memory lead to is not leaked, until host_forget_roots of the same range: tells LeakSanitizer, which does
 * not look into shared mappings by itself. */
void host_keep_roots(void *address, size_t size);
void host_forget_roots(void *address, size_t size);

#endif
