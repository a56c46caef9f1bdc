/* Between wfp_stream.c (the socket's side, drivers' calls), wfp_stages.c (what a stage does with its bytes) and wfp_steps.c (which stages
 * there are). wfp_stream.h has the invariants. */
#ifndef TCPIP_WFP_STREAM_INTERNAL_H
#define TCPIP_WFP_STREAM_INTERNAL_H

#include "base/list.h"
#include "fwp/waterfall.h"
#include "tcpip/wfp_chunks.h"
#include "tcpip/wfp_stream.h"

#define SHOWN_MAX (8u << 20)            /* what a callout may have gathered before it must take it */
#define INJECTED_MAX (16u << 20)        /* of injected bytes that wait in one place */

struct stage_side {
    struct chunks waiting;
    size_t needed;                      /* bytes that must wait before the callout is shown them again; 0: it has not asked for more */
    size_t rest;                        /* of the bytes shown, that the answer was not about: they are shown before others; 0: none */
    size_t missed;                      /* that went by, or were taken out before it, since it was called */
    bool deferred, continued;           /* continued: while it was still being asked */
    bool end_waits, end_gone;           /* gone: shown and permitted, or blocked */
    bool end_held;                      /* blocked: its callout may still inject it */
};

struct stage {
    struct stage *next;
    struct fwp_step step;
    bool gone;                          /* its filter is: bytes pass, and what the callout still injects enters behind it */
    bool allowed;                       /* FWPS_STREAM_ACTION_ALLOW_CONNECTION */
    bool chosen;                        /* while the list is made anew */
    struct stage_side side[2];          /* by `inbound` */
};

struct direction {
    struct chunks ready;
    struct stage *shown;                /* whose callout is running, */
    const void *shown_by;               /* on this processor */
    bool running, end_ready, ended;
};

struct wfp_stream {
    struct tcpip_tcp *tcp;
    struct stage *stages;
    struct direction direction[2];
    uint64_t version;                   /* of the layer's filters, as the stages are */
    bool resets;                        /* callouts are being told of a reset */
    bool lingers;                       /* it outlives the connection below */
    bool made, dead, was_full, dirty;
    unsigned users;
    size_t to_report;                   /* sent bytes that the owner has not heard of */
    size_t owed;                        /* bytes that were with lwIP when the stream began: it tells when they are acknowledged */
    size_t unread;                      /* delivered, and not yet consumed */
    size_t closed;                      /* by how much the window is closed */
    struct list dirty_node;
};

/* --- wfp_steps.c ------------------------------------------------------------------------------------------------------------------ */

struct wfp_info wfp_stream_info(const struct tcpip_tcp *tcp);
/* Makes the stages those of the filters that are there now. False without memory: as before, but not to be used. */
bool stages_refresh(struct wfp_stream *s);
void stages_free(struct wfp_stream *s);
struct stage *stage_of(struct wfp_stream *s, bool inbound, uint32_t callout);

/* --- wfp_stages.c ----------------------------------------------------------------------------------------------------------------- */

/* Moves everything as far as it goes. False: the connection is to be dropped. */
bool stages_run(struct wfp_stream *s, bool inbound);
/* Where what leaves the stage (NULL: what comes) waits. */
struct chunks *queue_behind(struct wfp_stream *s, struct stage *g, bool inbound);
bool end_behind(struct wfp_stream *s, const struct stage *g, bool inbound);     /* it is past there */
void give_end(struct wfp_stream *s, struct stage *g, bool inbound);
/* Everybody is told that the connection is reset. */
void stages_abort(struct wfp_stream *s, bool inbound);
/* Bytes that wait and are not held because a callout wants more of them. */
size_t stages_hold(const struct wfp_stream *s, bool inbound);
bool stages_full(const struct wfp_stream *s, bool inbound);

/* wfp_stream.c: the other direction, or this one again, is looked at by and by. */
void wfp_stream_mark(struct wfp_stream *s);

#endif
