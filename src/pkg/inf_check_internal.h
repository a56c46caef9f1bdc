/* Shared by the files of the INF check only.
 *
 * What is walked: [Manufacturer] -> Models -> DDInstall and its parts (.HW, .Services, ...) -> the sections their directives name.
 *  1. A section is walked once for each role it has; struct note remembers the role and who gave it.
 *  2. DDInstall sections that the newest Windows uses come first, so that a section shared with older ones is held to the full rules.
 *  3. Whatever is looked up by name in a file of any size goes through a struct map or the INF's own index. */
#ifndef PKG_INF_CHECK_INTERNAL_H
#define PKG_INF_CHECK_INTERNAL_H

#include "pkg/inf_check.h"
#include "pkg/inf_internal.h"

enum inf_kind {
    KIND_NONE, KIND_INSTALL, KIND_COPY, KIND_DELETE, KIND_RENAME, KIND_ADD_REG, KIND_DEL_REG, KIND_BIT_REG, KIND_ADD_PROPERTY,
    KIND_DEL_PROPERTY, KIND_SERVICE, KIND_EVENT_LOG, KIND_TRIGGER, KIND_FAILURE, KIND_INTERFACE, KIND_FILTER, KIND_COMPONENT, KIND_SOFTWARE,
    KIND_PROVIDER, KIND_CHANNEL, KIND_LOGGER, KIND_LOGGER_UPDATE, KIND_LOGGER_PROVIDER, KIND_COM_SERVER, KIND_COM_CLASS, KIND_KMDF,
    KIND_UMDF, KIND_WMI, KIND_NET_COMPONENT, KIND_LEGACY, KIND_MODELS
};

#define NEVER (~0ul)
#define MOST_WINDOWS 64

/* What is known of a section, by its index. */
struct note {
    enum inf_kind kind;
    const char *directive;              /* that gave it the role */
    int part, next_part;                /* the sections below its name, a list of 1 + index */
    unsigned long since;                /* the oldest Windows that uses it; NEVER until one does */
    bool walked, walked_service, followed, has_service;
    uint64_t windows, origins;          /* inf_check_windows.c */
};

struct map_entry {
    const char *key;
    const void *value;
    int line;
};

/* From a name, without regard to case, to a thing. */
struct map {
    struct map_entry **slot;
    unsigned room, count;
};

/* An architecture with the versions [from, to) of Windows. */
struct window {
    char architecture[12];
    unsigned long from, to;
};

struct checking {
    struct inf *inf;
    const struct inf_check_options *options;
    struct inf_report *report;
    struct note *note;
    struct inf_section **section;       /* by index */
    struct map sources;                 /* [SourceDisksFiles*] */
    struct map disks, destinations;     /* [SourceDisksNames*], [DestinationDirs] */
    struct map copied;                  /* file names that CopyFiles makes */
    struct map services;                /* names -> section */
    struct map set;                     /* what install sections set that others may set differently */
    bool may_conflict;
    struct binary *binaries;
    struct window window[MOST_WINDOWS];
    int window_count, install_count;
    struct map once;                    /* what may stand once in a section */
    struct map ids;                     /* hardware IDs that are installed */
    const struct inf_section *install;  /* DDInstall section that is walked */
    const char *service;                /* whose section is walked; NULL */
    const struct inf_line *effect;      /* that gives the device an audio effect of Windows; NULL */
    bool enforced;                      /* the newest Windows' sections: all rules of the mode count */
    bool has_siblings;                  /* an INF beside this one is included */
    bool extension, display, network, primitive;
};

void problem(struct checking *c, int code, int line, const char *format, ...) __attribute__((format(printf, 4, 5)));
void use(struct checking *c, const struct inf_section *section);
bool is_used(const struct checking *c, const struct inf_section *section);
struct note *note_of(struct checking *c, const struct inf_section *section);
/* The section that a directive names, marked as used and in its role; NULL after code 1203 (or `missing`), 1220, 1005 or 1206. */
const struct inf_section *refer(struct checking *c, const char *directive, enum inf_kind kind, const char *name, int line);
const struct inf_section *refer_or(struct checking *c, const char *directive, enum inf_kind kind, const char *name, int line, int missing);
/* Syntax that Windows has since a version: code 1199 when the section that is walked installs on an older one. */
void since(struct checking *c, const char *syntax, unsigned long version, int line);

/* The entry for a key made like printf; *known when it was there before. */
struct map_entry *map_put(struct checking *c, struct map *map, bool *known, const char *format, ...) __attribute__((format(printf, 4, 5)));
struct map_entry *map_put_key(struct checking *c, struct map *map, bool *known, const char *key);
const struct map_entry *map_get(const struct map *map, const char *key);
void map_free(struct map *map);

bool is_guid_text(const char *text);
/* A number as INF files have it; false when it is none. */
bool number_of(const char *text, unsigned long *value);
/* "%13%\x" gives 13; false when the text does not begin with a directory number. */
bool dirid_of(const char *text, long *dirid);
bool is_version_text(const char *text, int parts);
bool matches(const char *text, const char *more);       /* letters, digits, and those of `more` only */
const char *file_part(const char *path);
bool one_of(const char *text, const char *const *list);         /* without regard to case; the list ends with NULL */
bool is_class(const struct checking *c, const char *name);

/* inf_check_version.c */
void check_version(struct checking *c);
void check_version_text(struct checking *c, const char *directive, const char *text, int line);
/* inf_check_strings.c */
void check_strings(struct checking *c);
/* inf_check_files.c: [SourceDisksFiles], [SourceDisksNames], [DestinationDirs]; CopyFiles, DelFiles, RenFiles, CopyINF */
void check_disks(struct checking *c);
void check_copy(struct checking *c, const struct inf_line *line);
void check_file_list(struct checking *c, const struct inf_line *line, const char *directive, enum inf_kind kind);
/* A path that begins with a directory number that is no longer allowed. */
void check_path_dirid(struct checking *c, const char *path, int line);
bool is_deprecated_dirid(long dirid);
/* inf_check_models.c */
void check_models(struct checking *c);
/* Whether a version of Windows, "NTamd64.10.0...22000"; architecture gets "amd64". */
struct target {
    char architecture[12];
    unsigned long version;
    bool with_build, with_product;
};
bool target_of(const char *text, struct target *target);
/* The section of that name for an architecture: NAME.NTamd64, NAME.NT, NAME. */
const struct inf_section *install_section(const struct checking *c, const char *name, const char *architecture);
/* inf_check_windows.c: the bit of a window; an install section that is for it */
uint64_t window_of(struct checking *c, const char *architecture, unsigned long from, unsigned long to);
void installs_on(struct checking *c, const struct inf_section *section, uint64_t window);
/* That a section sets the thing of that name; code 1330 to 1333 when another one sets it otherwise. */
struct set_by {
    int code, line;
    const struct inf_section *section;
    const char *source;                 /* of a file */
    uint64_t content;
};
void sets(struct checking *c, const struct set_by *by, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Entries of a list that copy a file; a binary that some list must copy on every Windows that leads to the section: code 2084. */
void copies(struct checking *c, const struct inf_section *list, const char *file);
void must_be_copied(struct checking *c, const struct inf_section *section, const char *file, int line);
void check_windows(struct checking *c);
/* inf_check_install.c: a DDInstall section with its parts; whether it has a service for the device */
bool check_install(struct checking *c, const struct inf_section *section);
/* [ClassInstall32] and [InterfaceInstall32] */
void check_classes(struct checking *c);
void link_parts(struct checking *c);
void use_parts(struct checking *c, const struct inf_section *section);
/* The section below `section` with that suffix; NULL. */
const struct inf_section *part_of(struct checking *c, const struct inf_section *section, const char *suffix);
/* AddReg, DelReg and BitReg directives of any section */
void check_registry_directives(struct checking *c, const struct inf_section *section);
/* inf_check_needs.c: Include and Needs of a section with that suffix ("" for DDInstall itself); whether anything is needed */
bool check_needs(struct checking *c, const struct inf_section *section, const char *suffix);
/* inf_check_registry.c: one section that AddReg, DelReg or BitReg names; c->service says whose it is */
void check_registry(struct checking *c, const struct inf_section *section, enum inf_kind kind);
/* inf_check_classes.c: what audio and display devices have in the registry */
void check_class_key(struct checking *c, const char *key, int line);
void check_class_value(struct checking *c, const struct inf_line *line);
void check_effect(struct checking *c, const struct inf_section *section);
/* inf_check_service.c: DDInstall.Services; whether there is a service for the device */
bool check_services(struct checking *c, const struct inf_section *section);
/* inf_check_parts.c: the parts whose directives read NAME, flags, section */
void check_part(struct checking *c, const struct inf_section *section, const char *suffix);
void check_interface_section(struct checking *c, const struct inf_section *section);
/* inf_check_keys.c: the keys of a section with a role */
void check_keys(struct checking *c, const struct inf_section *section, enum inf_kind kind);
/* inf_check_events.c, inf_check_software.c, inf_check_wdf.c */
void check_provider_section(struct checking *c, const struct inf_section *section);
void check_logger_section(struct checking *c, const struct inf_section *section);
void check_component_section(struct checking *c, const struct inf_section *section);
void check_software_section(struct checking *c, const struct inf_section *section);
void check_com_server_section(struct checking *c, const struct inf_section *section);
void check_com_class_section(struct checking *c, const struct inf_section *section);
void check_filter_section(struct checking *c, const struct inf_section *section);
void check_wdf(struct checking *c, const struct inf_section *section);
/* inf_check_network.c */
void check_network_install(struct checking *c, const struct inf_section *section);
void check_net_driver(struct checking *c);

#endif
