/* Where an injected packet comes from. */
#ifndef FWP_TAG_H
#define FWP_TAG_H

#define FWP_TAGS 4u

struct fwp_tag {
    const void *injector;               /* struct fwp_injector, for comparison only */
    void *context;
};

#endif
