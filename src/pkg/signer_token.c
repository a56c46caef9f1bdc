/* Keys on tokens (PKCS #11). OpenSSL 3 reaches them by a provider or, where a distribution has none, by the older engine of the
 * same name; the engine's interface is deprecated and nowhere else in ring3. The engine does not know the query of a URI: it is read here.
 *
 * 1. The engine and the library it loads stay for the life of the process: keys refer to them.
 * 2. The library is the one that `module-path=` of the first URI names; else PKCS11_MODULE_PATH, else p11-kit's proxy.
 * 3. A PIN comes from the URI (`pin-value=`, `pin-source=`) or from the password file, never from a terminal. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/ui.h>

#include "base/error.h"
#include "host/file.h"
#include "pkg/signer_token.h"

bool token_is_uri(const char *uri)
{
    return !strncmp(uri, "pkcs11:", 7);
}

bool token_has_provider(void)
{
    static OSSL_PROVIDER *provider;

    if (!provider)
        provider = OSSL_PROVIDER_try_load(NULL, "pkcs11", 1);
    ERR_clear_error();
    return provider != NULL;
}

/* The value of a query attribute, %XX decoded; false when there is none, or it is too long. */
static bool query_value(const char *uri, const char *name, char *value, size_t room)
{
    const char *p = strchr(uri, '?');
    size_t length = strlen(name), used = 0;

    while (p && strncmp(p + 1, name, length) != 0)
        p = strchr(p + 1, '&');
    if (!p)
        return false;
    for (p += 1 + length; *p && *p != '&' && used + 1 < room; used++) {
        unsigned code;

        if (*p == '%' && sscanf(p + 1, "%2x", &code) == 1 && p[1] && p[2]) {
            value[used] = (char)code;
            p += 3;
        } else {
            value[used] = *p++;
        }
    }
    value[used] = 0;
    return used + 1 < room;
}

static ENGINE *open_engine(const char *uri)
{
    static ENGINE *engine;
    char module[4096];

    if (engine)
        return engine;
    ENGINE_load_builtin_engines();
    engine = ENGINE_by_id("pkcs11");
    if (engine && query_value(uri, "module-path=", module, sizeof module))
        ENGINE_ctrl_cmd_string(engine, "MODULE_PATH", module, 0);
    if (engine && !ENGINE_init(engine)) {
        ENGINE_free(engine);
        engine = NULL;
    }
    ERR_clear_error();
    return engine;
}

/* Asked for nothing: a question would hang a build. */
static UI_METHOD *silent(void)
{
    static UI_METHOD *method;

    if (!method)
        method = UI_create_method("ring3 asks nobody");
    return method;
}

/* From the URI, or `pin`. */
static bool set_pin(ENGINE *engine, const char *uri, const char *pin)
{
    char own[256], path[4096];
    uint8_t *data;
    size_t size;
    bool good;

    if (query_value(uri, "pin-value=", own, sizeof own))
        return ENGINE_ctrl_cmd_string(engine, "PIN", own, 0);
    if (!query_value(uri, "pin-source=", path, sizeof path))
        return !pin || !*pin || ENGINE_ctrl_cmd_string(engine, "PIN", pin, 0);
    if (!host_read_file(strncmp(path, "file:", 5) ? path : path + 5, sizeof own, &data, &size))
        return false;
    data[strcspn((char *)data, "\r\n")] = 0;
    good = ENGINE_ctrl_cmd_string(engine, "PIN", (char *)data, 0);
    OPENSSL_cleanse(data, size);
    free(data);
    return good;
}

static bool failed(const char *uri)
{
    unsigned long code = ERR_peek_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;

    ERR_clear_error();
    return error_set("%s: the token gives no key and no certificate for this URI (%s); `pkcs11-tool --list-objects` shows what it has",
                     uri, reason ? reason : "no such object");
}

static bool load(ENGINE *engine, const char *path, EVP_PKEY **key, STACK_OF(X509) *certificates)
{
    struct {
        const char *uri;
        X509 *certificate;
    } wanted = { path, NULL };

    if (!*key)
        *key = ENGINE_load_private_key(engine, path, silent(), NULL);
    if (ENGINE_ctrl_cmd(engine, "LOAD_CERT_CTRL", 0, &wanted, NULL, 0) && wanted.certificate &&
        !sk_X509_push(certificates, wanted.certificate)) {
        X509_free(wanted.certificate);
        wanted.certificate = NULL;
    }
    return *key || wanted.certificate;
}

bool token_load(const char *uri, const char *pin, EVP_PKEY **key, STACK_OF(X509) *certificates)
{
    ENGINE *engine = open_engine(uri);
    size_t length = strcspn(uri, "?");
    char *path;
    bool good;

    if (!engine)
        return error_set("%.*s: tokens need OpenSSL's pkcs11 provider or engine, and neither is installed (Debian package "
                         "libengine-pkcs11-openssl)", (int)length, uri);
    path = strndup(uri, length);
    if (!path)
        return error_set("out of memory");
    good = (set_pin(engine, uri, pin) && load(engine, path, key, certificates)) || failed(path);
    free(path);
    if (good)
        ERR_clear_error();
    return good;
}
