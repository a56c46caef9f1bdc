#include "host/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"

static int native(int protection)
{
    return (protection & HOST_READ ? PROT_READ : 0) | (protection & HOST_WRITE ? PROT_WRITE : 0) |
           (protection & HOST_EXECUTE ? PROT_EXEC : 0);
}

static void *map(void *address, size_t size, int protection, int flags, int object, uint64_t offset)
{
    if (address)
        flags |= MAP_FIXED_NOREPLACE;
    void *p = mmap(address, size, native(protection), flags | MAP_NORESERVE, object, (off_t)offset);
    if (p != MAP_FAILED && (!address || p == address))
        return p;
    if (p != MAP_FAILED) {
        munmap(p, size);
        errno = EEXIST;
    }
    error_set("cannot map %zu bytes at %p: %s", size, address, strerror(errno));
    return NULL;
}

void *host_map(void *address, size_t size, int protection)
{
    return map(address, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

void *host_map_large(size_t size)
{
    size_t wanted = (size + HOST_LARGE - 1) / HOST_LARGE * HOST_LARGE;
    uint8_t *p = map(NULL, wanted + HOST_LARGE, HOST_READ | HOST_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (!p)
        return NULL;
    size_t before = (HOST_LARGE - (uintptr_t)p % HOST_LARGE) % HOST_LARGE;
    if (before)
        munmap(p, before);
    if (before != HOST_LARGE)
        munmap(p + before + wanted, HOST_LARGE - before);
    madvise(p + before, wanted, MADV_HUGEPAGE);
    return p + before;
}

int host_memory_object(const char *name, size_t size)
{
    int object = memfd_create(name, MFD_CLOEXEC);

    if (object >= 0 && ftruncate(object, (off_t)size) == 0)
        return object;
    error_set("cannot make a memory object of %zu bytes: %s", size, strerror(errno));
    if (object >= 0)
        close(object);
    return -1;
}

void *host_map_object(int object, uint64_t offset, void *address, size_t size, int protection)
{
    return map(address, size, protection, MAP_SHARED, object, offset);
}

bool host_protect(void *address, size_t size, int protection)
{
    if (mprotect(address, size, native(protection)) == 0)
        return true;
    return error_set("cannot protect %zu bytes at %p: %s", size, address, strerror(errno));
}

void host_unmap(void *address, size_t size)
{
    munmap(address, size);
}

void host_discard(void *address, size_t size)
{
    if (madvise(address, size, MADV_REMOVE) != 0)
        memset(address, 0, size);
}

void host_close(int object)
{
    close(object);
}

#if defined(__SANITIZE_ADDRESS__)
#define MEMORY_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEMORY_ASAN 1
#endif
#endif

#ifdef MEMORY_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
#endif

void host_forget_frames(void *address, size_t size)
{
#ifdef MEMORY_ASAN
    __asan_unpoison_memory_region(address, size);
#else
    (void)address;
    (void)size;
#endif
}

void host_keep_roots(void *address, size_t size)
{
#ifdef MEMORY_ASAN
    __lsan_register_root_region(address, size);
#else
    (void)address;
    (void)size;
#endif
}

void host_forget_roots(void *address, size_t size)
{
#ifdef MEMORY_ASAN
    __lsan_unregister_root_region(address, size);
#else
    (void)address;
    (void)size;
#endif
}
