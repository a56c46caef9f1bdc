/* Subscriptions to net events (net_event_calls.c). */
#ifndef FWP_NET_EVENT_CALLS_H
#define FWP_NET_EVENT_CALLS_H

struct fwp_session;

void fwp_net_subscriptions_open(void);
/* Ends those of the session. */
void fwp_net_subscriptions_close(struct fwp_session *session);

#endif
