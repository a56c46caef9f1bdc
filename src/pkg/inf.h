/* INF files: what a driver package says about itself, as setup on Windows reads it.
 *
 *   struct inf *inf = inf_open("vionet.inf");
 *   const struct inf_model *model = inf_match(inf, hardware_ids, compatible_ids);
 *   struct inf_install *install = inf_install_of(inf, model);
 *   ... install->service, install->binary, install->value[0 .. value_count) ...
 *   inf_install_free(install);
 *   inf_close(inf);
 *
 * All text is UTF-8 and belongs to the INF; it lives until inf_close. Every failure leaves a sentence with file,
 * line and reason in error_text(). Rules followed: Windows' "General Syntax Rules for INF Files" and the pages of the
 * sections and directives named below. */
#ifndef PKG_INF_H
#define PKG_INF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INF_MAX_SIZE (16u << 20)        /* bytes of the file */
#define INF_MAX_FIELD 4096              /* characters of a field, as documented */

/* The Windows whose decorations (NTamd64.10.0...build) are matched. */
#define INF_OS_MAJOR 10
#define INF_OS_MINOR 0
#define INF_OS_BUILD 26100
/* Its language, which chooses among [Strings.LANGUAGE]. */
#define INF_LANGUAGE 0x0409u

struct inf;

/* One entry: `key = field, field...`, or only fields (key is then NULL). Strings are expanded, quotes removed. */
struct inf_line {
    const char *key;
    const char **field;
    int count;
    int number;                         /* line of the file, from 1 */
    bool token;                         /* the INF's own: it had a percent sign */
};

struct inf_section {
    const char *name;
    struct inf_line *line;
    int count;
    int number;                         /* line of its first [header] */
    int again;                          /* line of its second header, 0 when there is none */
    int index;                          /* its place among the INF's sections, from 0 */
    unsigned hash;                      /* of its name */
    struct inf_section *next;
    struct inf_section *same_hash;      /* the INF's own: its index by name */
    bool marked;                        /* for whoever walks the sections */
};

/* Reads a file, or text in memory (`name` is for messages). UTF-16 needs its byte order mark; all else is UTF-8.
 * NULL when the text breaks the syntax, has no valid [Version], or uses a %string% that is not defined. */
struct inf *inf_open(const char *path);
struct inf *inf_parse(const char *name, const uint8_t *data, size_t size);
void inf_close(struct inf *inf);

const char *inf_name(const struct inf *inf);
const struct inf_section *inf_sections(const struct inf *inf);
/* Names and keys compare without case. NULL when there is none; `after` NULL starts at the first line. */
const struct inf_section *inf_section(const struct inf *inf, const char *name);
const struct inf_line *inf_line(const struct inf_section *section, const char *key, const struct inf_line *after);
/* The n-th field (from 0), "" when the entry has fewer. */
const char *inf_field(const struct inf_line *line, int n);
/* A value of [Version] (Class, ClassGuid, Provider, DriverVer, ...), "" when it is not there. */
const char *inf_version(const struct inf *inf, const char *key);
/* Decimal or 0x number. False with error_text() when the field is something else. Empty: `fallback`. */
bool inf_number(const struct inf *inf, const struct inf_line *line, int n, uint64_t fallback, uint64_t *value);

/* A device the package serves: one entry of a Models section that fits this Windows and amd64. */
struct inf_model {
    const char *manufacturer, *description, *install_section;
    const char *const *id;              /* the hardware ID, then compatible IDs */
    int id_count;
    int number;
};

/* The models in file order. -1 with error_text() when a section that is referred to is missing. */
int inf_models(struct inf *inf, const struct inf_model **models);
/* The best model for a device whose IDs (NULL-terminated lists, most specific first; compatible may be NULL) are
 * given, NULL with error_text() when none fits. */
const struct inf_model *inf_match(struct inf *inf, const char *const *hardware_ids, const char *const *compatible_ids);

enum inf_root {
    INF_DRIVER_KEY,                     /* HKR of DDInstall: the device's software key */
    INF_DEVICE_KEY,                     /* HKR of DDInstall.HW: the device's hardware key */
    INF_SERVICE_KEY,                    /* HKR of a service-install section: ...\Services\NAME */
    INF_EVENT_LOG_KEY,                  /* HKR of an event-log-install section */
    INF_INTERFACE_KEY,                  /* HKR of an add-interface-section: the interface's own key */
    INF_CLASSES_ROOT, INF_CURRENT_USER, INF_LOCAL_MACHINE, INF_USERS
};

/* One change to the registry. What sets the same value twice is one change: the later one, unless its flags say otherwise. */
struct inf_value {
    enum inf_root root;
    const char *service;                /* for INF_SERVICE_KEY and INF_EVENT_LOG_KEY */
    int interface;                      /* for INF_INTERFACE_KEY: index of the interface */
    const char *subkey;                 /* "" is the root itself */
    const char *name;                   /* "" is the unnamed value */
    uint32_t type;                      /* REG_SZ 1, REG_EXPAND_SZ 2, REG_BINARY 3, REG_DWORD 4, REG_MULTI_SZ 7, REG_QWORD 11 */
    uint32_t flags;                     /* FLG_ADDREG_* as written */
    const uint8_t *data;                /* as the registry stores it: UTF-16LE with NUL, little-endian numbers */
    uint32_t size;
    bool key_only;                      /* make the key, set nothing */
    bool remove, remove_key;            /* DelReg, FLG_ADDREG_DELVAL: delete the value, or the key with all below it */
};

/* A device interface that setup registers for the device. */
struct inf_interface {
    const char *guid;                   /* "{...}" */
    const char *reference;              /* "" for none */
};

#define INF_FLAG_NO_CLOBBER 0x2u
#define INF_FLAG_DELETE 0x4u
#define INF_FLAG_APPEND 0x8u
#define INF_FLAG_KEY_ONLY 0x10u
#define INF_FLAG_OVERWRITE_ONLY 0x20u

struct inf_service {
    const char *name;
    const char *binary;                 /* file name without directory, "vionet.sys" */
    const char *display_name, *load_order_group;
    uint32_t type, start, error_control;
    bool associated;                    /* the device's function driver */
};

/* What installing a model does. */
struct inf_install {
    const char *section;                /* decorated as chosen: "vionet.ndi.NTamd64" */
    const char *service, *binary;       /* of the associated service; NULL for a device without driver */
    struct inf_service *services;
    int service_count;
    struct inf_interface *interface;
    int interface_count;
    struct inf_value *value;            /* DelReg and AddReg of DDInstall, .HW, .Interfaces, services and event logs, then the
                                           keyword defaults of Ndi\params that a network device's driver key receives */
    int value_count;
};

/* A file the package installs on this Windows. */
struct inf_file {
    const char *source;                 /* its name in the package */
    const char *directory;              /* where in the package, "" is beside the INF; '/' between parts */
    int number;                         /* line that copies it */
};

/* The files that any model, [DefaultInstall] or [ClassInstall32] copies, each once, in the order of their lines. -1
 * with error_text(): a section or an entry of [SourceDisksFiles] is missing. docs: install/inf-copyfiles-directive,
 * install/inf-sourcedisksfiles-section */
int inf_files(struct inf *inf, const struct inf_file **files);

/* Sections that Needs names are looked for here and in the INFs beside this one that Include names; those of Windows' own INFs
 * are left out. NULL with error_text(). */
struct inf_install *inf_install_of(struct inf *inf, const struct inf_model *model);
/* What installing a primitive driver's INF does ([DefaultInstall.NTamd64]); NULL when it has no such section, or with error_text(). */
struct inf_install *inf_default_install(struct inf *inf);
void inf_install_free(struct inf_install *install);

#endif
