/* Random numbers of cng.sys. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "nt/cng.h"

#include <openssl/rand.h>
#include <string.h>

#include "nt/ke_internal.h"

static bool installed;

static int seeded_bytes(unsigned char *to, int size)
{
    for (int at = 0; at < size; at += 8) {
        uint64_t bits = random_next(&ke.random);

        memcpy(to + at, &bits, size - at < 8 ? (size_t)(size - at) : 8);
    }
    return 1;
}

static int seeded_status(void)
{
    return 1;
}

static const RAND_METHOD seeded = { .bytes = seeded_bytes, .pseudorand = seeded_bytes, .status = seeded_status };

void cng_random_start(void)
{
    if (!installed && ke_deterministic()) {
        RAND_set_rand_method(&seeded);
        installed = true;
    }
}

void cng_random_stop(void)
{
    if (installed)
        RAND_set_rand_method(NULL);
    installed = false;
}

void cng_random(void *to, size_t size)
{
    unsigned char *at = to;

    cng_random_start();
    while (size != 0) {
        int part = size > 1 << 20 ? 1 << 20 : (int)size;

        if (RAND_bytes(at, part) != 1)
            KeBugCheckEx(MANUALLY_INITIATED_CRASH, 0, 0, 0, 0);
        at += part;
        size -= (size_t)part;
    }
}

/* Fills a buffer (pbBuffer, cbBuffer bytes) from the provider of an RNG algorithm, or, with BCRYPT_USE_SYSTEM_PREFERRED_RNG and no
 * handle, from the system's; that at PASSIVE_LEVEL only. STATUS_INVALID_HANDLE: not an RNG provider; STATUS_INVALID_PARAMETER.
 * <= DISPATCH_LEVEL. docs: sdk-api bcrypt/nf-bcrypt-bcryptgenrandom */
NTSTATUS NTAPI BCryptGenRandom(BCRYPT_ALG_HANDLE hAlgorithm, PUCHAR pbBuffer, ULONG cbBuffer, ULONG dwFlags)
{
    bool preferred = dwFlags & BCRYPT_USE_SYSTEM_PREFERRED_RNG;

    if (dwFlags & ~(ULONG)(BCRYPT_RNG_USE_ENTROPY_IN_BUFFER | BCRYPT_USE_SYSTEM_PREFERRED_RNG))
        return STATUS_INVALID_PARAMETER;
    if (preferred ? hAlgorithm != NULL || ke_irql() != PASSIVE_LEVEL : hAlgorithm == NULL)
        return preferred ? STATUS_INVALID_PARAMETER : STATUS_INVALID_HANDLE;
    if (!preferred) {
        struct cng_object *provider = cng_object(hAlgorithm, CNG_PROVIDER, "BCryptGenRandom", PE_CALLER());

        if (provider == NULL || provider->algorithm->class != CNG_RNG)
            return STATUS_INVALID_HANDLE;
    }
    if (pbBuffer == NULL && cbBuffer != 0)
        return STATUS_INVALID_PARAMETER;
    cng_random(pbBuffer, cbBuffer);
    return STATUS_SUCCESS;
}

/* The system's generator: always TRUE. <= DISPATCH_LEVEL. docs: seccng/systemprng */
int NTAPI SystemPrng(PUCHAR pbRandomData, SIZE_T cbRandomData)
{
    cng_random(pbRandomData, cbRandomData);
    return 1;
}
