/* Classifications that drivers may go on with later (FwpsPendClassify0): at the redirect layers, whose data they may change, too, and at
 * the end of an endpoint; and the records of what was redirected.
 *
 *  1. A redirection's first version is what the client asked for. Each FwpsAcquireWritableLayerDataPointer0 makes a new version,
 *     FwpsApplyModifiedLayerData0 makes it the latest. Versions live until the redirection ends.
 *  2. A redirection lives while its owner, a handle (FwpsAcquireClassifyHandle0) or a pend (FwpsPendClassify0) refers to it. Its owner
 *     is told nothing after fwp_redirect_end.
 *  3. A driver's context is the system's once it is applied: it goes with the last reference to the record that holds it, or with the
 *     redirection when that became no record.
 *  4. Records never change. A connection that is redirected again gets new ones, which refer to the earlier ones. */
#ifndef FWP_REDIRECT_H
#define FWP_REDIRECT_H

#include <fwpsk.h>

#include <stdbool.h>
#include <stddef.h>

#include "fwp/pending.h"

struct fwp_redirect;
struct fwp_records;

/* request: FWPS_CONNECT_REQUEST0, or FWPS_BIND_REQUEST0; copied. NULL: no memory. IRQL <= DISPATCH_LEVEL. */
struct fwp_redirect *fwp_redirect_begin(bool bind, const void *request);
/* The same at a layer where there is nothing to change. */
struct fwp_redirect *fwp_redirect_begin_without_data(void);
/* Around a classification, whose classify_context is the redirection. */
void fwp_redirect_ask(struct fwp_redirect *redirect, bool cannot_pend);
/* What is classified, between fwp_redirect_ask and fwp_redirect_asked; NULL: nothing any more. */
void fwp_redirect_show(struct fwp_redirect *redirect, const FWPS_INCOMING_VALUES0 *values);
/* What a driver wants to go on with later; NULL: it is decided. */
struct fwp_pended *fwp_redirect_asked(struct fwp_redirect *redirect);
/* What FwpsCompleteClassify0 said; NULL: that it is to be asked again. */
const FWPS_CLASSIFY_OUT0 *fwp_redirect_decision(const struct fwp_redirect *redirect);
/* The latest version. */
const void *fwp_redirect_request(const struct fwp_redirect *redirect);
/* False: nobody applied anything. */
bool fwp_redirect_changed(const struct fwp_redirect *redirect);
/* A driver that wants to be asked again when others change the data behind its version has to be. */
bool fwp_redirect_overtaken(const struct fwp_redirect *redirect);
/* The records of the versions that name a redirect handle, after `earlier`, which may be NULL. NULL: none, or no memory. */
struct fwp_records *fwp_redirect_records(struct fwp_redirect *redirect, struct fwp_records *earlier);
void fwp_redirect_end(struct fwp_redirect *redirect);

struct fwp_records *fwp_records_reference(struct fwp_records *records);
/* NULL: no effect. */
void fwp_records_release(struct fwp_records *records);
/* Where the client wanted to go. */
const SOCKADDR_STORAGE *fwp_records_destination(const struct fwp_records *records);
DWORD fwp_records_pid(const struct fwp_records *records);
/* The opaque bytes of the sockets' control codes. STATUS_BUFFER_TOO_SMALL: *needed says how many. */
NTSTATUS fwp_records_write(const struct fwp_records *records, void *to, size_t size, size_t *needed);
/* A reference to the records that such bytes name. NULL: there are none. */
struct fwp_records *fwp_records_read(const void *bytes, size_t size);
NTSTATUS fwp_records_context(const struct fwp_records *records, void *to, size_t size, size_t *needed);

/* redirect_records.c, for redirect.c: takes the context. NULL: no memory, and the context is the caller's. */
struct fwp_records *fwp_records_make(const FWPS_CONNECT_REQUEST0 *request, const SOCKADDR_STORAGE *original, struct fwp_records *earlier);

void fwp_redirect_handles_each(void (*visit)(void *context, uint64_t caller), void *context);
void fwp_redirect_driver_gone(uint64_t base, uint64_t size);
void fwp_redirect_open(void);
void fwp_redirect_close(void);

#endif
