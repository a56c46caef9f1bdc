/* GUIDs of objects. */
#ifndef FWP_GUID_H
#define FWP_GUID_H

#include <guiddef.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline bool fwp_same_guid(const GUID *a, const GUID *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static inline bool fwp_null_guid(const GUID *guid)
{
    static const GUID null;

    return fwp_same_guid(guid, &null);
}

static inline uint64_t fwp_guid_hash(const GUID *guid)
{
    uint64_t half[2];

    memcpy(half, guid, sizeof half);
    half[0] = (half[0] ^ half[1] * 0x9e3779b97f4a7c15ull) * 0xbf58476d1ce4e5b9ull;
    return half[0] ^ half[0] >> 31;
}

/* A new one, from the computer's seed: a repeated run makes the same. */
void fwp_guid_new(GUID *guid);
/* "{...}" in 39 bytes. */
const char *fwp_guid_text(const GUID *guid, char text[40]);

#endif
