/* Routines that drivers registered for rare events; whoever raises the event calls these. */
#ifndef NT_KE_CALLBACKS_H
#define NT_KE_CALLBACKS_H

#include <stdbool.h>

/* A nonmaskable interrupt on this processor. True when a routine says that it was its device's. */
bool ke_run_nmi_callbacks(void);
/* Handles that drivers left registered are dropped; a new computer starts with none. */
void ke_callbacks_close(void);

#endif
