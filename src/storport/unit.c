/* Logical units and the requests that are made with them. */
#include "storport/adapter.h"

#include <stdlib.h>
#include <string.h>

#include "nt/mm.h"
#include "nt/pool.h"
#include "nt/ram.h"

/* One request's part of a block: what the miniport and its device may touch. */
#define EXTENDED_BYTES 256u             /* STORAGE_REQUEST_BLOCK, address and data behind it */
#define ADDRESS_AT 128u
#define DATA_AT 144u
#define SECOND_AT 208u                  /* behind a CDB of REQUEST_CDB_AND_SECOND bytes */
_Static_assert(DATA_AT + offsetof(SRBEX_DATA_SCSI_CDB_VAR, Cdb) + REQUEST_CDB <= EXTENDED_BYTES &&
                   DATA_AT + sizeof(SRBEX_DATA_SCSI_CDB32) <= SECOND_AT && SECOND_AT + sizeof(SRBEX_DATA_BIDIRECTIONAL) <= EXTENDED_BYTES &&
                   sizeof(STOR_SCATTER_GATHER_LIST) + sizeof(STOR_SCATTER_GATHER_ELEMENT) <= SP_PARAMETER,
               "what lies in a request");

static size_t sgl_bytes(void)
{
    return sizeof(STOR_SCATTER_GATHER_LIST) + SP_ELEMENTS * sizeof(STOR_SCATTER_GATHER_ELEMENT);
}

/* --- blocks -------------------------------------------------------------------------------------------------------- */

/* While a request is free its SRB says so in what a miniport is most likely to write: the first 8 bytes (Length to Lun) and the
 * transfer length of the plain one. */
#define FREE_HEAD 0xf2ee5bf2ee5bf2eeull
#define FREE_LENGTH 0xf2ee5b00u
#define LENGTH_AT 16u

static void mark_free(struct request *r)
{
    *(uint64_t *)r->srb = FREE_HEAD;
    *(uint32_t *)(void *)((uint8_t *)r->srb + LENGTH_AT) = FREE_LENGTH;
}

static bool is_marked(const struct request *r)
{
    return *(const uint64_t *)r->srb == FREE_HEAD && *(const uint32_t *)(const void *)((const uint8_t *)r->srb + LENGTH_AT) == FREE_LENGTH;
}

static void place(struct request_block *block, unsigned n, struct unit *u)
{
    struct request *r = &block->requests[n];
    uint8_t *at = block->base + n * block->stride;

    r->adapter = u->adapter;
    r->unit = u;
    r->state = REQUEST_FREE;
    r->extended = u->adapter->storage_srbs;
    r->srb = at;
    r->sense = at + EXTENDED_BYTES;
    r->parameter = r->sense + align_up(SP_SENSE, 16);
    r->sgl = (PSTOR_SCATTER_GATHER_LIST)(void *)(r->parameter + SP_PARAMETER);
    r->extension = at + align_up(EXTENDED_BYTES + align_up(SP_SENSE, 16) + SP_PARAMETER + sgl_bytes(), 64);
    mark_free(r);
    list_push_back(&u->free, &r->node);
    u->free_count++;
}

static bool make_block(struct unit *u, unsigned count)
{
    struct request_block *block = &u->block;
    size_t head = align_up(EXTENDED_BYTES + align_up(SP_SENSE, 16) + SP_PARAMETER + sgl_bytes(), 64);

    block->stride = head + align_up(u->adapter->config->SrbExtensionSize, 64);
    block->count = count;
    block->requests = calloc(count, sizeof *block->requests);
    block->base = mm_alloc_pages(align_up(block->stride * count, RAM_PAGE), 0, adapter_dma_limit(u->adapter), 0,
                                 "storport request blocks", NULL);
    if (!block->requests || !block->base)
        return false;
    memset(block->base, 0, block->stride * count);
    for (unsigned n = 0; n < count; n++)
        place(block, n, u);
    return true;
}

struct lost_block {
    struct list node;                   /* adapter->lost */
    struct request_block block;
};

static bool miniport_has_some(const struct request_block *block)
{
    for (unsigned n = 0; block->requests && n < block->count; n++)
        if (block->requests[n].abandoned && !block->requests[n].returned)
            return true;
    return false;
}

static void free_block(struct request_block *block)
{
    for (unsigned n = 0; block->requests && n < block->count; n++)
        if (block->requests[n].mdl)
            mm_mdl_free(block->requests[n].mdl, NULL);
    if (block->base)
        mm_free_pages(block->base);
    free(block->requests);
    *block = (struct request_block){ 0 };
}

/* --- units ---------------------------------------------------------------------------------------------------------- */

static void resume(struct ke_alarm *alarm)
{
    struct unit *u = alarm->context;

    u->paused = false;
    unit_kick(u);
}

static void retry(struct ke_alarm *alarm)
{
    struct unit *u = alarm->context;

    u->busy = 0;
    unit_kick(u);
}

struct unit *unit_create(struct adapter *a, uint8_t path, uint8_t target, uint8_t lun, unsigned requests)
{
    struct unit *u = calloc(1, sizeof *u);
    ULONG size = a->config->SpecificLuExtensionSize;

    if (!u)
        return NULL;
    u->adapter = a;
    u->settings = (struct unit_settings)UNIT_SETTINGS_DEFAULT;
    u->path = path;
    u->target = target;
    u->lun = lun;
    u->pause_alarm = (struct ke_alarm){ .fire = resume, .context = u };
    u->busy_alarm = (struct ke_alarm){ .fire = retry, .context = u };
    list_init(&u->node);
    list_init(&u->free);
    list_init(&u->active);
    list_init(&u->waiting);
    list_init(&u->operations);
    list_init(&u->pump_node);
    list_init(&u->scsi_irps);
    if (size) {
        u->extension = pool_alloc(NonPagedPoolNx, size, SP_TAG, SP_OWNER(a));
        if (u->extension)
            memset(u->extension, 0, size);
    }
    if ((size && !u->extension) || !make_block(u, requests)) {
        unit_free(u);
        return NULL;
    }
    u->depth = requests > SP_RESERVED_REQUESTS ? requests - SP_RESERVED_REQUESTS : requests;
    return u;
}

void unit_free(struct unit *u)
{
    ke_alarm_cancel(&u->pofx.alarm);
    ke_alarm_cancel(&u->pause_alarm);
    ke_alarm_cancel(&u->busy_alarm);
    list_remove(&u->node);
    list_remove(&u->pump_node);
    list_each_safe(it, &u->active)
        list_remove(it);
    if (u->extension)
        pool_free(u->extension, SP_TAG, NULL);
    struct lost_block *lost = miniport_has_some(&u->block) ? calloc(1, sizeof *lost) : NULL;
    if (lost) {
        lost->block = u->block;
        list_push_back(&u->adapter->lost, &lost->node);
    } else {
        free_block(&u->block);
    }
    free(u);
}

static bool held(const struct request_block *block)
{
    for (unsigned n = 0; block->requests && n < block->count; n++)
        if (block->requests[n].state != REQUEST_FREE && !block->requests[n].released)
            return true;
    return false;
}

void unit_settle(struct unit *u)
{
    LARGE_INTEGER moment = { .QuadPart = -10000 };

    while (held(&u->block) || u->adapter->running)
        KeDelayExecutionThread(KernelMode, FALSE, &moment);
}

struct unit *unit_find(struct adapter *a, uint8_t path, uint8_t target, uint8_t lun)
{
    list_each(it, &a->units) {
        struct unit *u = container_of(it, struct unit, node);
        if (u->path == path && u->target == target && u->lun == lun && !u->gone)
            return u;
    }
    return NULL;
}

STOR_ADDR_BTL8 unit_address(const struct unit *u)
{
    return (STOR_ADDR_BTL8){ STOR_ADDRESS_TYPE_BTL8, (USHORT)u->adapter->number, STOR_ADDR_BTL8_ADDRESS_LENGTH,
                             u->path, u->target, u->lun, 0 };
}

struct unit *unit_of_address(struct adapter *a, PSTOR_ADDRESS address)
{
    PSTOR_ADDR_BTL8 btl = (PSTOR_ADDR_BTL8)address;

    return btl && btl->Type == STOR_ADDRESS_TYPE_BTL8 ? unit_find(a, btl->Path, btl->Target, btl->Lun) : NULL;
}

/* --- requests -------------------------------------------------------------------------------------------------------- */

struct request *request_take(struct unit *u)
{
    struct list *node = list_pop_front(&u->free);

    if (!node)
        return NULL;
    struct request *r = container_of(node, struct request, node);
    u->free_count--;
    if (unlikely(!is_marked(r)))
        SP_MISUSE(r->adapter, "writes to an SRB after it has completed it", r->srb, SP_NOBODY);
    r->state = REQUEST_HELD;
    r->attempts = r->busy_count = r->reset_rung = 0;
    r->bypass = r->is_reset = r->abandoned = r->returned = r->released = false;
    r->owner = r->owned = NULL;
    return r;
}

void request_release(struct request *r)
{
    struct unit *u = r->unit;

    if (unlikely(r->abandoned && !r->returned)) {
        r->released = true;
        return;
    }
    if (unlikely(r->bounced))
        bounce_drop(r);
    if (unlikely(r->second.length)) {
        if (r->second.mdl)
            mm_mdl_free(r->second.mdl, NULL);
        r->second = (struct second){ 0 };
    }
    r->state = REQUEST_FREE;
    mark_free(r);
    list_push_front(&u->free, &r->node);
    u->free_count++;
}

static struct request *in_block(const struct request_block *block, const uint8_t *srb)
{
    size_t offset = (size_t)(srb - block->base);

    if (srb < block->base || offset >= block->stride * block->count || offset % block->stride)
        return NULL;
    return &block->requests[offset / block->stride];
}

struct request *request_of(struct adapter *a, const void *srb)
{
    struct request *r;

    list_each(it, &a->units)
        if ((r = in_block(&container_of(it, struct unit, node)->block, srb)))
            return r;
    return a->control ? in_block(&a->control->block, srb) : NULL;
}

bool request_was_lost(struct adapter *a, const void *srb)
{
    list_each(it, &a->lost) {
        struct request *r = in_block(&container_of(it, struct lost_block, node)->block, srb);
        if (r && r->abandoned && !r->returned) {
            r->returned = true;
            return true;
        }
    }
    return false;
}

void unit_free_lost(struct adapter *a)
{
    list_each_safe(it, &a->lost) {
        struct lost_block *lost = container_of(it, struct lost_block, node);
        list_remove(it);
        free_block(&lost->block);
        free(lost);
    }
}

PMDL request_mdl(struct request *r)
{
    size_t most = r->adapter->max_transfer + RAM_PAGE;

    if (!r->buffer || !r->length)
        return NULL;
    if (!r->mdl)
        r->mdl = mm_mdl_alloc((void *)(RAM_BASE + RAM_PAGE - 1), most, NULL);
    if (!r->mdl)
        return NULL;
    MmInitializeMdl(r->mdl, r->buffer, r->length);
    MmBuildMdlForNonPagedPool(r->mdl);
    return r->mdl;
}

static void prepare_plain(struct request *r, uint32_t function, uint32_t flags)
{
    PSCSI_REQUEST_BLOCK srb = r->srb;

    *srb = (SCSI_REQUEST_BLOCK){
        .Length = sizeof *srb,
        .Function = (UCHAR)function,
        .PathId = r->unit->path,
        .TargetId = r->unit->target,
        .Lun = r->unit->lun,
        .QueueTag = SP_UNTAGGED,
        .SrbFlags = flags,
        .DataTransferLength = r->length,
        .TimeOutValue = r->timeout,
        .DataBuffer = r->buffer,
        .SrbExtension = r->adapter->config->SrbExtensionSize ? r->extension : NULL,
    };
}

static void prepare_extended(struct request *r, uint32_t function, uint32_t flags)
{
    PSTORAGE_REQUEST_BLOCK srb = r->srb;

    memset(srb, 0, EXTENDED_BYTES);
    srb->Length = offsetof(STORAGE_REQUEST_BLOCK, Signature);
    srb->Function = SRB_FUNCTION_STORAGE_REQUEST_BLOCK;
    srb->Signature = SRB_SIGNATURE;
    srb->Version = STORAGE_REQUEST_BLOCK_VERSION_1;
    srb->SrbLength = EXTENDED_BYTES;
    srb->SrbFunction = function;
    srb->SrbFlags = flags;
    srb->RequestTag = (ULONG)(r - r->unit->block.requests);
    srb->TimeOutValue = r->timeout;
    srb->AddressOffset = ADDRESS_AT;
    srb->DataTransferLength = r->length;
    srb->DataBuffer = r->buffer;
    srb->MiniportContext = r->adapter->config->SrbExtensionSize ? r->extension : NULL;
    *(PSTOR_ADDR_BTL8)(void *)((uint8_t *)r->srb + ADDRESS_AT) = (STOR_ADDR_BTL8){
        .Type = STOR_ADDRESS_TYPE_BTL8,
        .Port = (USHORT)r->adapter->number,
        .AddressLength = STOR_ADDR_BTL8_ADDRESS_LENGTH,
        .Path = r->unit->path,
        .Target = r->unit->target,
        .Lun = r->unit->lun,
    };
}

/* One element: RAM that is contiguous in addresses is so physically. */
static void list_data(struct request *r)
{
    r->sgl->NumberOfElements = r->length ? 1 : 0;
    r->sgl->Reserved = 0;
    if (r->length)
        r->sgl->List[0] = (STOR_SCATTER_GATHER_ELEMENT){ { .QuadPart = (LONGLONG)ram_pa(r->buffer) }, r->length, 0 };
}

void request_prepare(struct request *r, uint32_t function, uint32_t flags, void *data, uint32_t length, uint32_t timeout)
{
    r->buffer = data;
    r->length = length;
    r->timeout = timeout;
    list_data(r);
    if (r->extended)
        prepare_extended(r, function, flags);
    else
        prepare_plain(r, function, flags);
}

static void set_long_cdb(struct request *r, const void *cdb, unsigned length)
{
    PSTORAGE_REQUEST_BLOCK srb = r->srb;
    PSRBEX_DATA_SCSI_CDB_VAR data = (void *)((uint8_t *)r->srb + DATA_AT);

    srb->NumSrbExData = 1;
    srb->SrbExDataOffset[0] = DATA_AT;
    data->Type = SrbExDataTypeScsiCdbVar;
    data->Length = (ULONG)(SRBEX_DATA_SCSI_CDB_VAR_LENGTH_MIN + length);
    data->CdbLength = length;
    data->SenseInfoBuffer = r->sense;
    data->SenseInfoBufferLength = r->adapter->settings.sense_bytes;
    memcpy(data->Cdb, cdb, min_u64(length, REQUEST_CDB));
}

void request_set_cdb(struct request *r, const void *cdb, unsigned length)
{
    if (!r->extended) {
        PSCSI_REQUEST_BLOCK srb = r->srb;

        srb->CdbLength = (UCHAR)length;
        srb->SenseInfoBuffer = r->sense;
        srb->SenseInfoBufferLength = r->adapter->settings.sense_bytes;
        memcpy(srb->Cdb, cdb, min_u64(length, sizeof srb->Cdb));
        return;
    }
    if (length > sizeof ((PSRBEX_DATA_SCSI_CDB32)0)->Cdb) {
        set_long_cdb(r, cdb, length);
        return;
    }
    PSTORAGE_REQUEST_BLOCK srb = r->srb;
    PSRBEX_DATA_SCSI_CDB32 data = (void *)((uint8_t *)r->srb + DATA_AT);       /* CDB16 is its head */

    srb->NumSrbExData = 1;
    srb->SrbExDataOffset[0] = DATA_AT;
    data->Type = length > 16 ? SrbExDataTypeScsiCdb32 : SrbExDataTypeScsiCdb16;
    data->Length = length > 16 ? SRBEX_DATA_SCSI_CDB32_LENGTH : SRBEX_DATA_SCSI_CDB16_LENGTH;
    data->CdbLength = (UCHAR)length;
    data->SenseInfoBuffer = r->sense;
    data->SenseInfoBufferLength = r->adapter->settings.sense_bytes;
    memcpy(data->Cdb, cdb, min_u64(length, sizeof data->Cdb));
}

uint8_t request_srb_status(const struct request *r)
{
    return r->abandoned ? SRB_STATUS_TIMEOUT : (uint8_t)SRB_STATUS(((PSCSI_REQUEST_BLOCK)r->srb)->SrbStatus);
}

static PSRBEX_DATA_BIDIRECTIONAL second_of(const struct request *r)
{
    return (void *)((uint8_t *)r->srb + SECOND_AT);
}

void request_set_second(struct request *r, void *data, uint32_t length)
{
    PSTORAGE_REQUEST_BLOCK srb = r->srb;
    PSTOR_SCATTER_GATHER_LIST list = (void *)r->parameter;

    r->second.buffer = data;
    r->second.length = length;
    srb->SrbExDataOffset[srb->NumSrbExData++] = SECOND_AT;
    *second_of(r) = (SRBEX_DATA_BIDIRECTIONAL){ .Type = SrbExDataTypeBidirectional, .Length = SRBEX_DATA_BIDIRECTIONAL_LENGTH,
                                                .DataInTransferLength = length, .DataInBuffer = data };
    list->NumberOfElements = 1;
    list->Reserved = 0;
    list->List[0] = (STOR_SCATTER_GATHER_ELEMENT){ { .QuadPart = (LONGLONG)ram_pa(data) }, length, 0 };
}

uint32_t request_second(const struct request *r)
{
    return r->second.length ? second_of(r)->DataInTransferLength : 0;
}

PMDL request_second_mdl(struct request *r)
{
    if (!r->second.length)
        return NULL;
    if (!r->second.mdl && (r->second.mdl = mm_mdl_alloc(r->second.buffer, r->second.length, NULL)))
        MmBuildMdlForNonPagedPool(r->second.mdl);
    return r->second.mdl;
}

PSTOR_SCATTER_GATHER_LIST request_second_list(struct request *r)
{
    return r->second.length ? (PSTOR_SCATTER_GATHER_LIST)(void *)r->parameter : NULL;
}
