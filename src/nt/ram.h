/* The memory of the computer. Everything a driver or a device can see lives here: pool, stacks, images, contiguous
 * memory. The arena is mapped once at a fixed address, so runs with equal inputs use equal addresses, and a physical
 * address is the offset into it. Host data structures that no driver sees belong to malloc.
 *
 * Layout of addresses (also good under AddressSanitizer):
 *   USER_BASE .. USER_END        user-mode buffers, an alias of RAM pages (below MmUserProbeAddress)
 *   RAM_BASE  .. +RAM size       RAM; PA = VA - RAM_BASE
 *   MMIO_BASE .. +MMIO_SIZE      trapped window; VA = MMIO_BASE + PA of a device register
 *   KUSER_VA                     KUSER_SHARED_DATA, not mappable by Linux: reads are emulated */
#ifndef NT_RAM_H
#define NT_RAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RAM_BASE 0x200000000000ull
#define RAM_MAX_SIZE (8ull << 30)
#define MMIO_BASE 0x300000000000ull
#define MMIO_SIZE (1ull << 40)
#define MMIO32_PA 0xE0000000ull         /* 32-bit BARs: [MMIO32_PA, 4 GiB); no RAM has these physical addresses */
#define MMIO64_PA 0x4000000000ull       /* 64-bit BARs start here */
#define USER_BASE 0x10000000ull
#define USER_END 0x70000000ull
#define USER_PROBE_ADDRESS 0x00007fff0000ull    /* MmUserProbeAddress: user addresses are below this */
#define KUSER_VA 0xFFFFF78000000000ull
#define RAM_PAGE 4096u

/* size: bytes, a page multiple, at most RAM_MAX_SIZE. False with error_text(). */
bool ram_open(size_t size);
void ram_close(void);

/* Pages in one physically and virtually contiguous piece. Contents are undefined unless zero is set.
 * NULL when there is no such piece. */
void *ram_alloc(size_t pages, bool zero);
/* lowest <= PA and PA + size - 1 <= highest, aligned to align bytes (a power of two >= page), not crossing a multiple of
 * boundary (0: none). */
void *ram_alloc_limits(size_t pages, uint64_t lowest, uint64_t highest, uint64_t align, uint64_t boundary);
void ram_free(void *va, size_t pages);
size_t ram_pages_used(void);
size_t ram_pages_total(void);

/* A stack of STACK_SIZE bytes with an inaccessible page below; kept for reuse when freed. Returns its lowest byte. */
#define STACK_SIZE (256u * 1024u)
void *ram_alloc_stack(void);
void ram_free_stack(void *stack);

/* A buffer as a user process would have it: returns its user address; *system gets the RAM alias. */
void *ram_user_alloc(size_t size, void **system);
void ram_user_free(void *user, size_t size);

static inline bool ram_contains(const void *va)
{
    return (uint64_t)(uintptr_t)va - RAM_BASE < RAM_MAX_SIZE;
}

/* Physical address of a RAM or user address; UINT64_MAX when it is neither. */
uint64_t ram_pa(const void *va);
/* Host address of [pa, pa+size), or NULL when any of it is not RAM. */
void *ram_va(uint64_t pa, size_t size);

#endif
