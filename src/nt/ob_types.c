/* The object types that drivers can name, and the exported variables that point at them. Whoever owns a type sets its
 * `ops` when it starts. */
#include "nt/ob.h"
#include "nt/ob_internal.h"
#include "ring3/zw.h"

#define TYPE(variable, text, specific, is_waitable)                                                              \
    static struct _OBJECT_TYPE variable##_type = {                                                               \
        .name = text,                                                                                            \
        .read = STANDARD_RIGHTS_READ | ((specific) & 0x5555),                                                    \
        .write = STANDARD_RIGHTS_WRITE | ((specific) & 0xAAAA),                                                  \
        .execute = STANDARD_RIGHTS_EXECUTE | ((is_waitable) ? SYNCHRONIZE : 0),                                  \
        .all = STANDARD_RIGHTS_REQUIRED | ((is_waitable) ? SYNCHRONIZE : 0) | (specific),                        \
        .waitable = is_waitable,                                                                                 \
    };                                                                                                           \
    POBJECT_TYPE variable = &variable##_type;

TYPE(ExDesktopObjectType, "Desktop", 0x1FF, false)
TYPE(ExEventObjectType, "Event", 0x3, true)
TYPE(ExSemaphoreObjectType, "Semaphore", 0x3, true)
TYPE(ExTimerObjectType, "Timer", 0x3, true)
TYPE(ExMutantObjectType, "Mutant", 0x1, true)
TYPE(ExWindowStationObjectType, "WindowStation", 0x37F, false)
TYPE(IoAdapterObjectType, "Adapter", 0x1, false)
TYPE(IoDriverObjectType, "Driver", 0x1, false)
TYPE(LpcPortObjectType, "ALPC Port", 0x1, true)
TYPE(PsJobType, "Job", 0x3F, true)
TYPE(PsProcessType, "Process", 0xFFFF, true)
TYPE(PsThreadType, "Thread", 0xFFFF, true)
TYPE(SeTokenObjectType, "Token", 0x1FF, false)
TYPE(TmTransactionObjectType, "TmTx", 0x3F, true)

static struct _OBJECT_TYPE key_type = {
    .name = "Key", .read = KEY_READ, .write = KEY_WRITE, .execute = KEY_EXECUTE, .all = KEY_ALL_ACCESS,
};
POBJECT_TYPE CmKeyObjectType = &key_type;

/* FILE_GENERIC_READ, _WRITE, _EXECUTE and FILE_ALL_ACCESS. */
static struct _OBJECT_TYPE file_type = {
    .name = "File", .read = 0x120089, .write = 0x120116, .execute = 0x1200A0, .all = 0x1F01FF, .waitable = true,
};
POBJECT_TYPE IoFileObjectType = &file_type;

static struct _OBJECT_TYPE device_type = {
    .name = "Device", .read = 0x120089, .write = 0x120116, .execute = 0x1200A0, .all = 0x1F01FF,
};
POBJECT_TYPE IoDeviceObjectType = &device_type;

static struct _OBJECT_TYPE section_type = {
    .name = "Section", .read = STANDARD_RIGHTS_READ | SECTION_QUERY | SECTION_MAP_READ,
    .write = STANDARD_RIGHTS_WRITE | SECTION_MAP_WRITE, .execute = STANDARD_RIGHTS_EXECUTE | SECTION_MAP_EXECUTE,
    .all = SECTION_ALL_ACCESS,
};
POBJECT_TYPE MmSectionObjectType = &section_type;

static struct _OBJECT_TYPE directory_type = {
    .name = "Directory", .ops = &ob_directory_ops, .read = STANDARD_RIGHTS_READ | DIRECTORY_QUERY | DIRECTORY_TRAVERSE,
    .write = STANDARD_RIGHTS_WRITE | DIRECTORY_CREATE_OBJECT | DIRECTORY_CREATE_SUBDIRECTORY,
    .execute = STANDARD_RIGHTS_EXECUTE | DIRECTORY_QUERY | DIRECTORY_TRAVERSE, .all = DIRECTORY_ALL_ACCESS,
};
POBJECT_TYPE ob_directory_type = &directory_type;

static struct _OBJECT_TYPE symbolic_link_type = {
    .name = "SymbolicLink", .ops = &ob_link_ops, .read = STANDARD_RIGHTS_READ | SYMBOLIC_LINK_QUERY,
    .write = STANDARD_RIGHTS_WRITE, .execute = STANDARD_RIGHTS_EXECUTE | SYMBOLIC_LINK_QUERY,
    .all = SYMBOLIC_LINK_ALL_ACCESS,
};
POBJECT_TYPE ob_symbolic_link_type = &symbolic_link_type;

static struct _OBJECT_TYPE callback_type = {
    .name = "Callback", .read = STANDARD_RIGHTS_READ, .write = STANDARD_RIGHTS_WRITE | 1,
    .execute = STANDARD_RIGHTS_EXECUTE, .all = STANDARD_RIGHTS_ALL | 1,
};
POBJECT_TYPE ob_callback_type = &callback_type;

static struct _OBJECT_TYPE type_type = {.name = "Type"};
POBJECT_TYPE ob_type_type = &type_type;
