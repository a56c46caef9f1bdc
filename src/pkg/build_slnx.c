/* Solutions in XML. What is used of them:
 *   <Configurations> <BuildType Name=""/> <Platform Name=""/>    Debug and Release, and every platform, unless they are named
 *   <Project Path="" DisplayName="">                             also inside <Folder>, relative to the solution
 *     <BuildType Solution="TYPE|PLATFORM" Project="TYPE"/>       a rule for the solution's configurations that fit, * being any; the last wins
 *     <Platform Solution="" Project=""/>  <Build Solution="" Project="false"/>
 *     <BuildDependency Project="PATH"/>
 * docs: visualstudio/extensibility/internals/solution-dot-slnx-file */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <libxml/parser.h>

#include "base/error.h"
#include "pkg/build_solution.h"

static bool is(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && !strcmp((const char *)node->name, name);
}

/* The attribute's text, cut to `size`; "" when it is not there. */
static const char *attribute(xmlNode *node, const char *name, char *text, size_t size)
{
    xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)name);

    snprintf(text, size, "%s", value ? (const char *)value : "");
    xmlFree(value);
    return text;
}

static void set_slashes(char *path)
{
    for (; *path; path++)
        *path = *path == '\\' ? '/' : *path;
}

/* Whether the rule's Solution, TYPE|PLATFORM, is about this configuration for x64. */
static bool applies(const struct solution *s, xmlNode *rule)
{
    char text[128], *bar;

    if (!*attribute(rule, "Solution", text, sizeof text))
        return true;
    bar = strchr(text, '|');
    if (bar)
        *bar++ = 0;
    return (!strcmp(text, "*") || !strcasecmp(text, s->configuration)) && (!bar || !strcmp(bar, "*") || !strcasecmp(bar, "x64"));
}

static void read_rule(const struct solution *s, struct member *m, xmlNode *rule)
{
    char value[1024];

    attribute(rule, "Project", value, sizeof value);
    if (is(rule, "BuildDependency")) {
        set_slashes(value);
        build_add(&m->needs, "%s", value);
    } else if (!applies(s, rule) || !*value) {
        return;
    } else if (is(rule, "BuildType")) {
        snprintf(m->configuration, sizeof m->configuration, "%.63s", value);
    } else if (is(rule, "Platform")) {
        m->built = !strcasecmp(value, "x64");
    } else if (is(rule, "Build")) {
        m->built = strcasecmp(value, "false") != 0;
    }
}

/* The file's name is the project's; its place among the projects stands for a GUID. */
static bool read_project(struct solution *s, xmlNode *node)
{
    struct member *m = solution_member(s, (int)xmlGetLineNo(node));
    const char *file;

    if (!m)
        return false;
    if (!*attribute(node, "Path", m->path, sizeof m->path))
        return error_set("%s:%ld: a Project without Path", s->path, xmlGetLineNo(node));
    set_slashes(m->path);
    file = strrchr(m->path, '/');
    file = file ? file + 1 : m->path;
    snprintf(m->name, sizeof m->name, "%.*s", (int)strcspn(file, "."), file);
    snprintf(m->guid, sizeof m->guid, "#%zu", s->count);
    snprintf(m->configuration, sizeof m->configuration, "%s", s->configuration);
    m->built = true;
    for (xmlNode *rule = node->children; rule; rule = rule->next)
        if (rule->type == XML_ELEMENT_NODE)
            read_rule(s, m, rule);
    return true;
}

static bool read_projects(struct solution *s, xmlNode *parent)
{
    for (xmlNode *node = parent->children; node; node = node->next)
        if ((is(node, "Project") && !read_project(s, node)) || (is(node, "Folder") && !read_projects(s, node)))
            return false;
    return true;
}

/* Whether the list of these elements names it; `otherwise` when it has none of them. */
static bool names(xmlNode *configurations, const char *element, const char *wanted, bool otherwise)
{
    bool any = false;

    for (xmlNode *node = configurations ? configurations->children : NULL; node; node = node->next) {
        char name[128];

        if (!is(node, element))
            continue;
        any = true;
        if (!strcasecmp(attribute(node, "Name", name, sizeof name), wanted))
            return true;
    }
    return !any && otherwise;
}

static bool has_configuration(const struct solution *s, xmlNode *root)
{
    bool usual = !strcasecmp(s->configuration, "Debug") || !strcasecmp(s->configuration, "Release");
    xmlNode *list = root->children;

    while (list && !is(list, "Configurations"))
        list = list->next;
    return (names(list, "BuildType", s->configuration, usual) && names(list, "Platform", "x64", true)) ||
           error_set("%s: it has no configuration %s|x64", s->path, s->configuration);
}

/* Paths of BuildDependency become what stands for the GUID of the project; those of no member are dropped. */
static void name_needs(struct solution *s)
{
    for (size_t i = 0; i < s->count; i++) {
        struct build_list needs = { 0 };

        for (size_t n = 0; n < s->member[i].needs.count; n++)
            for (size_t k = 0; k < s->count; k++)
                if (!strcasecmp(s->member[k].path, s->member[i].needs.text[n])) {
                    build_add(&needs, "%s", s->member[k].guid);
                    break;
                }
        build_list_free(&s->member[i].needs);
        s->member[i].needs = needs;
    }
}

bool solution_read_xml(struct solution *s, const char *text, size_t size)
{
    xmlDoc *document = xmlReadMemory(text, (int)size, s->path, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    xmlNode *root = document ? xmlDocGetRootElement(document) : NULL;
    bool good;

    if (!document) {
        const xmlError *error = xmlGetLastError();
        const char *message = error && error->message ? error->message : "no XML";

        good = error_set("%s:%d: %.*s", s->path, error ? error->line : 1, (int)strcspn(message, "\n"), message);
    } else if (!root || !is(root, "Solution")) {
        good = error_set("%s: no solution: its root element is %s, not Solution", s->path, root ? (const char *)root->name : "missing");
    } else {
        good = has_configuration(s, root) && read_projects(s, root);
        name_needs(s);
    }
    xmlFreeDoc(document);
    xmlResetLastError();
    return good;
}
