/* DDInstall, DDInstall.HW and DDInstall.Services: services and the sections that write the registry.
 * docs: install/inf-ddinstall-section, install/inf-ddinstall-services-section, install/inf-addservice-directive */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "pkg/inf_install.h"
#include "pkg/inf_internal.h"

#define SPSVCINST_ASSOCSERVICE 0x2u
#define NEEDS_DEPTH 8
#define MOST_NEEDS 1000

const struct inf_section *inf_decorated(const struct inf *inf, const char *base)
{
    static const char *const ending[] = { ".NTamd64", ".NT$ARCH$", ".NT", "" };

    for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++) {
        const struct inf_section *section;
        char name[300];

        snprintf(name, sizeof(name), "%.255s%s", base, ending[i]);
        section = inf_section(inf, name);
        if (section != NULL)
            return section;
    }
    return NULL;
}

typedef bool (*section_work)(struct inf_builder *, const struct inf_section *, const struct inf_place *);

/* Does `work` with each section that a directive names. */
static bool each_section(struct inf_builder *builder, const struct inf_section *section, const char *directive,
                         const struct inf_place *place, section_work work)
{
    const struct inf_line *line = NULL;

    while ((line = inf_line(section, directive, line)) != NULL) {
        for (int i = 0; i < line->count; i++) {
            const struct inf_section *values = inf_section(builder->inf, line->field[i]);

            if (*line->field[i] == 0)
                continue;
            if (values == NULL)
                return inf_error(builder->inf, line->number, "%s: there is no section [%.200s]", directive, line->field[i]);
            if (!work(builder, values, place))
                return false;
        }
    }
    return true;
}

/* What the section deletes goes first: a section that deletes and sets a value leaves it set. */
static bool change_registry(struct inf_builder *builder, const struct inf_section *section, const struct inf_place *place)
{
    return each_section(builder, section, "DelReg", place, inf_del_reg) && each_section(builder, section, "AddReg", place, inf_add_reg);
}

/* The section of that name here, or in an INF beside this one that the section includes; *home is the INF that has it. */
static const struct inf_section *needed_section(struct inf *inf, const struct inf_section *from, const char *name, struct inf **home)
{
    const struct inf_section *section = inf_section(inf, name);
    const struct inf_line *line = NULL;

    *home = inf;
    while (section == NULL && (line = inf_line(from, "Include", line)) != NULL) {
        for (int i = 0; i < line->count && section == NULL; i++) {
            *home = inf_sibling(inf, line->field[i]);
            section = *home != NULL ? inf_section(*home, name) : NULL;
        }
    }
    return section;
}

/* Runs `work` for a section, then for those its Needs entries name. Sections of system INFs are not ours to have.
 * docs: install/inf-addproperty-directive (the order) */
static bool with_needs(struct inf_builder *builder, const struct inf_section *section, int depth,
                       bool (*work)(struct inf_builder *, const struct inf_section *))
{
    struct inf *inf = builder->inf;
    const struct inf_line *line = NULL;
    bool good = true;

    if (section == NULL)
        return true;
    if (!work(builder, section))
        return false;
    while (good && (line = inf_line(section, "Needs", line)) != NULL) {
        if (depth == NEEDS_DEPTH)
            return inf_error(inf, line->number, "Needs entries are nested more than %d deep", NEEDS_DEPTH);
        for (int i = 0; i < line->count && good; i++) {
            const struct inf_section *needed = needed_section(inf, section, line->field[i], &builder->inf);

            if (needed == NULL)
                log_info("inf", "%s:%d: Needs = %s comes from a system INF and is left out", inf->name, line->number, line->field[i]);
            else
                good = ++builder->followed > MOST_NEEDS
                           ? inf_error(inf, line->number, "Needs entries lead to more than %d sections", MOST_NEEDS)
                           : with_needs(builder, needed, depth + 1, work);
            builder->inf = inf;
        }
    }
    return good;
}

/* Entries of a network device's DDInstall section that the class installer turns into values of the driver key. */
static bool class_values(struct inf_builder *builder, const struct inf_section *section)
{
    for (int i = 0; i < section->count; i++) {
        const struct inf_line *line = &section->line[i];
        uint64_t number;

        if (line->key == NULL || (line->key[0] != '*' && !inf_same(line->key, "Characteristics") &&
                                  !inf_same(line->key, "BusType")))
            continue;
        if (!inf_number(builder->inf, line, 0, 0, &number))
            return false;
        if (!inf_add_dword(builder, INF_DRIVER_KEY, line->key, (uint32_t)number))
            return false;
    }
    return true;
}

static bool device_section(struct inf_builder *builder, const struct inf_section *section)
{
    return change_registry(builder, section, &(struct inf_place){ .root = INF_DRIVER_KEY }) && class_values(builder, section);
}

static bool hardware_section(struct inf_builder *builder, const struct inf_section *section)
{
    return change_registry(builder, section, &(struct inf_place){ .root = INF_DEVICE_KEY });
}

/* docs: install/inf-addinterface-directive */
static bool interfaces_section(struct inf_builder *builder, const struct inf_section *section)
{
    struct inf_install *install = builder->install;
    const struct inf_line *line = NULL;

    while ((line = inf_line(section, "AddInterface", line)) != NULL) {
        struct inf_interface interface = { .guid = inf_field(line, 0), .reference = inf_field(line, 1) };
        const struct inf_section *values = inf_section(builder->inf, inf_field(line, 2));
        struct inf_place place = { .root = INF_INTERFACE_KEY, .interface = install->interface_count };

        if (*inf_field(line, 2) != 0 && values == NULL)
            return inf_error(builder->inf, line->number, "AddInterface: there is no section [%.200s]", inf_field(line, 2));
        install->interface = inf_grow(builder->owner, install->interface, install->interface_count, sizeof(interface));
        install->interface[install->interface_count++] = interface;
        if (values != NULL && !change_registry(builder, values, &place))
            return false;
    }
    return true;
}

static const char *file_part(const char *path)
{
    const char *slash = strrchr(path, '\\');

    return slash != NULL ? slash + 1 : path;
}

static bool service_number(struct inf *inf, const struct inf_section *section, const char *key, uint32_t *value)
{
    const struct inf_line *line = inf_line(section, key, NULL);
    uint64_t number;

    if (line == NULL)
        return inf_error(inf, section->number, "[%s] has no %s", section->name, key);
    if (!inf_number(inf, line, 0, 0, &number))
        return false;
    *value = (uint32_t)number;
    return true;
}

/* docs: install/inf-addservice-directive (service-install-section) */
static bool read_service(struct inf *inf, const struct inf_section *section, struct inf_service *service)
{
    const struct inf_line *binary = inf_line(section, "ServiceBinary", NULL);

    if (binary == NULL || *file_part(inf_field(binary, 0)) == 0)
        return inf_error(inf, section->number, "[%s] has no ServiceBinary", section->name);
    service->binary = file_part(inf_field(binary, 0));
    service->display_name = inf_field(inf_line(section, "DisplayName", NULL), 0);
    service->load_order_group = inf_field(inf_line(section, "LoadOrderGroup", NULL), 0);
    return service_number(inf, section, "ServiceType", &service->type) &&
           service_number(inf, section, "StartType", &service->start) &&
           service_number(inf, section, "ErrorControl", &service->error_control);
}

static bool add_service(struct inf_builder *builder, const struct inf_line *line)
{
    struct inf_install *install = builder->install;
    const struct inf_section *section = inf_section(builder->inf, inf_field(line, 2));
    const struct inf_section *events = inf_section(builder->inf, inf_field(line, 3));
    struct inf_service service = { .name = inf_field(line, 0) };
    uint64_t flags;

    if (!inf_number(builder->inf, line, 1, 0, &flags))
        return false;
    service.associated = (flags & SPSVCINST_ASSOCSERVICE) != 0;
    if (*service.name == 0)             /* "AddService = ,2": a device without a driver */
        return true;
    if (section == NULL)
        return inf_error(builder->inf, line->number, "AddService: there is no section [%.200s]", inf_field(line, 2));
    if (!read_service(builder->inf, section, &service))
        return false;
    install->services = inf_grow(builder->owner, install->services, install->service_count, sizeof(service));
    install->services[install->service_count++] = service;
    if (service.associated) {
        install->service = service.name;
        install->binary = service.binary;
    }
    return change_registry(builder, section, &(struct inf_place){ .root = INF_SERVICE_KEY, .service = service.name }) &&
           (events == NULL || change_registry(builder, events, &(struct inf_place){ .root = INF_EVENT_LOG_KEY, .service = service.name }));
}

static bool services_section(struct inf_builder *builder, const struct inf_section *section)
{
    const struct inf_line *line = NULL;

    while ((line = inf_line(section, "AddService", line)) != NULL) {
        if (!add_service(builder, line))
            return false;
    }
    return true;
}

static const struct inf_section *with_ending(struct inf *inf, const char *section, const char *ending)
{
    char name[600];

    snprintf(name, sizeof(name), "%.512s%s", section, ending);
    return inf_section(inf, name);
}

struct inf_install *inf_install_of(struct inf *inf, const struct inf_model *model)
{
    struct inf_install *install = calloc(1, sizeof(*install));
    struct inf_builder builder = { .inf = inf, .owner = inf, .install = install, .slot = calloc(INF_SLOTS, sizeof(int)) };
    const struct inf_section *section;

    if (install == NULL || builder.slot == NULL)
        abort();
    section = inf_decorated(inf, model->install_section);
    if (section == NULL) {
        inf_error(inf, model->number, "there is no install section [%.200s]", model->install_section);
        goto fail;
    }
    install->section = section->name;
    if (!with_needs(&builder, section, 0, device_section) ||
        !with_needs(&builder, with_ending(inf, section->name, ".HW"), 0, hardware_section) ||
        !with_needs(&builder, with_ending(inf, section->name, ".Interfaces"), 0, interfaces_section) ||
        !with_needs(&builder, with_ending(inf, section->name, ".Services"), 0, services_section) || !inf_add_keyword_defaults(&builder))
        goto fail;
    free(builder.slot);
    return install;
fail:
    free(builder.slot);
    free(install);
    return NULL;
}

struct inf_install *inf_default_install(struct inf *inf)
{
    const struct inf_section *section = inf_decorated(inf, "DefaultInstall");

    return section ? inf_install_of(inf, &(struct inf_model){ .install_section = "DefaultInstall", .number = section->number }) : NULL;
}

void inf_install_free(struct inf_install *install)
{
    free(install);                      /* its arrays belong to the INF */
}
