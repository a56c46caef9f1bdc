/* Seeded pseudo-random numbers (xorshift64*): repeatable, not for secrets. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state;
};

/* Any seed is good, 0 included; different seeds give unrelated sequences. */
static inline void random_seed(struct random *r, uint64_t seed)
{
    uint64_t z = seed + 0x9E3779B97F4A7C15u;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    r->state = (z ^ (z >> 31)) | 1;
}

static inline uint64_t random_next(struct random *r)
{
    r->state ^= r->state >> 12;
    r->state ^= r->state << 25;
    r->state ^= r->state >> 27;
    return r->state * 0x2545F4914F6CDD1Du;
}

/* Uniform enough for scheduling: 0 <= result < bound; bound > 0. */
static inline uint32_t random_below(struct random *r, uint32_t bound)
{
    return (uint32_t)(((random_next(r) >> 32) * bound) >> 32);
}

#endif
