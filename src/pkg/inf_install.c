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

const struct inf_section *inf_decorated(const struct inf *inf, const char *base)
{
    static const char *const ending[] = { ".NTamd64", ".NT", "" };

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

static bool each_add_reg(struct inf_builder *builder, const struct inf_section *section, enum inf_root root,
                         const char *service)
{
    const struct inf_line *line = NULL;

    while ((line = inf_line(section, "AddReg", line)) != NULL) {
        for (int i = 0; i < line->count; i++) {
            const struct inf_section *values = inf_section(builder->inf, line->field[i]);

            if (*line->field[i] == 0)
                continue;
            if (values == NULL)
                return inf_error(builder->inf, line->number, "AddReg: there is no section [%.200s]", line->field[i]);
            if (!inf_add_reg(builder, values, root, service))
                return false;
        }
    }
    return true;
}

/* Runs `work` for a section and those its Needs entries name. Sections of system INFs are not ours to have. */
static bool with_needs(struct inf_builder *builder, const struct inf_section *section, int depth,
                       bool (*work)(struct inf_builder *, const struct inf_section *))
{
    const struct inf_line *line = NULL;

    if (section == NULL)
        return true;
    while ((line = inf_line(section, "Needs", line)) != NULL) {
        if (depth == NEEDS_DEPTH)
            return inf_error(builder->inf, line->number, "Needs entries are nested more than %d deep", NEEDS_DEPTH);
        for (int i = 0; i < line->count; i++) {
            const struct inf_section *needed = inf_section(builder->inf, line->field[i]);

            if (needed == NULL)
                log_info("inf", "%s:%d: Needs = %s comes from a system INF and is left out", builder->inf->name,
                         line->number, line->field[i]);
            else if (!with_needs(builder, needed, depth + 1, work))
                return false;
        }
    }
    return work(builder, section);
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
        inf_add_dword(builder, INF_DRIVER_KEY, line->key, (uint32_t)number);
    }
    return true;
}

static bool device_section(struct inf_builder *builder, const struct inf_section *section)
{
    return each_add_reg(builder, section, INF_DRIVER_KEY, NULL) && class_values(builder, section);
}

static bool hardware_section(struct inf_builder *builder, const struct inf_section *section)
{
    return each_add_reg(builder, section, INF_DEVICE_KEY, NULL);
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
    install->services = inf_grow(builder->inf, install->services, install->service_count, sizeof(service));
    install->services[install->service_count++] = service;
    if (service.associated) {
        install->service = service.name;
        install->binary = service.binary;
    }
    return each_add_reg(builder, section, INF_SERVICE_KEY, service.name) &&
           (events == NULL || each_add_reg(builder, events, INF_EVENT_LOG_KEY, service.name));
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
    struct inf_builder builder = { .inf = inf, .install = install };
    const struct inf_section *section;

    if (install == NULL)
        abort();
    section = inf_decorated(inf, model->install_section);
    if (section == NULL) {
        inf_error(inf, model->number, "there is no install section [%.200s]", model->install_section);
        goto fail;
    }
    install->section = section->name;
    if (!with_needs(&builder, section, 0, device_section) ||
        !with_needs(&builder, with_ending(inf, section->name, ".HW"), 0, hardware_section) ||
        !with_needs(&builder, with_ending(inf, section->name, ".Services"), 0, services_section))
        goto fail;
    inf_add_keyword_defaults(&builder);
    return install;
fail:
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
