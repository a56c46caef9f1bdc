/* Pools of NET_BUFFER_LISTs and NET_BUFFERs.
 *
 * Invariants
 *  1. A structure is on its pool's free list or outside; `outside` counts the latter. Lists are last in, first out.
 *  2. A pool grows by slabs of pool memory and gives them back only when it is freed: allocation after the first
 *     round is a pop.
 *  3. A slab cell is [struct nbl_cell | context header + context | NET_BUFFER | MDL | data], as the pool's parameters
 *     ask for; cell parts that are not asked for take no room.
 *  4. NdisPoolHandle of a structure is the pool it came from; the handle of a pool is its struct.
 *  5. Fields a driver may rely on after an allocation are reset at every allocation, not at free.
 *  6. A list on a free list is marked (ledger.h); whoever writes to it is noticed when it is allocated, when its pool goes, and when an
 *     adapter pauses. */
#ifndef NDIS_NBL_POOL_H
#define NDIS_NBL_POOL_H

#include "ndis/object.h"

struct nb_cell {
    NET_BUFFER nb;
    struct nb_cell *next_free;
    PMDL own_mdl;                       /* of NdisAllocateNetBufferMdlAndData pools; NULL otherwise */
    uint32_t sg_lists;                  /* that a miniport made for it and has not freed */
    bool embedded;                      /* belongs to an nbl_cell */
};

/* Where a list is (ledger.h). */
struct nbl_trace {
    const void *origin, *holder;        /* who set it on its way; who has it: a binding, filter module or adapter */
    const void *caller;                 /* who moved it last */
    uint64_t since;
};

/* What every walk over a chain touches is in two cache lines: the trace with Next and FirstNetBuffer, and from ProtocolReserved[2] to
 * Status. */
struct nbl_cell {
    struct nbl_trace trace;
    struct nbl_cell *next_free;
    PNET_BUFFER_LIST_CONTEXT own_context;   /* space for the pool's ContextSize; NULL: none */
    NET_BUFFER_LIST nbl;
    struct nb_cell *own_nb;                 /* fAllocateNetBuffer; NULL: none */
};
_Static_assert(offsetof(struct nbl_cell, nbl) == 48, "a list begins 48 bytes into a cache line");

struct nbl_pool {
    struct ndis_object object;
    uint32_t tag;
    uint16_t context_size;
    uint8_t protocol_id;
    bool with_nb;
    uint32_t data_size;
    size_t cell_size, nb_offset, context_offset, mdl_offset, data_offset;
    struct nbl_cell *free;
    void *slabs;
    uint64_t outside, total;
};

struct nb_pool {
    struct ndis_object object;
    uint32_t tag, data_size;
    size_t cell_size, mdl_offset, data_offset;
    struct nb_cell *free;
    void *slabs;
    uint64_t outside, total;
};

/* The pools behind calls that name none (clones, fragments, reassembled lists). Made at ndis_open. */
extern struct nbl_pool *ndis_default_nbl_pool;
extern struct nb_pool *ndis_default_nb_pool;

struct nbl_pool *nbl_pool_create(const NET_BUFFER_LIST_POOL_PARAMETERS *parameters, const void *caller);
struct nb_pool *nb_pool_create(uint32_t tag, uint32_t data_size, const void *caller);
PNET_BUFFER_LIST nbl_alloc(struct nbl_pool *pool, uint16_t context_size, uint16_t backfill, const void *caller);
void nbl_free(PNET_BUFFER_LIST nbl, const void *caller);
PNET_BUFFER nb_alloc(struct nb_pool *pool, PMDL mdl, uint32_t offset, size_t length);
void nb_free(PNET_BUFFER nb);
/* Sets MdlChain, DataOffset, DataLength and the current MDL from them. */
void nb_set_data(PNET_BUFFER nb, PMDL mdl, uint32_t offset, size_t length);

/* Every list that is allocated. */
void nbl_each(void (*visit)(void *context, PNET_BUFFER_LIST nbl), void *context);
/* Looks at the marks of every list that is free. */
void nbl_check_free(void);

/* Copies `length` bytes from the data start + offset into `to`; false when there are not as many. */
bool nb_copy_out(const NET_BUFFER *nb, uint32_t offset, void *to, size_t length);

/* MDLs that NDIS makes for itself: with memory of their own behind them, freed together. */
PMDL mdl_alloc_with_data(uint32_t size, uint32_t tag, const void *caller);
void mdl_free_with_data(PMDL mdl);
/* A partial view of an MDL chain: fresh MDLs for [offset, offset + length) of the chain. NULL: no memory. */
PMDL mdl_chain_slice(PMDL chain, uint32_t offset, size_t length);
void mdl_chain_free(PMDL chain);

/* nbl_copy.c */
VOID NTAPI nbl_set_timestamp(PNET_BUFFER_LIST nbl, const NET_BUFFER_LIST_TIMESTAMP *timestamp);
VOID NTAPI nbl_get_timestamp(const NET_BUFFER_LIST *nbl, NET_BUFFER_LIST_TIMESTAMP *timestamp);
VOID NTAPI nbl_copy_timestamp(PNET_BUFFER_LIST to, const NET_BUFFER_LIST *from);

#endif
