/* security.c, for fwp.c. */
#ifndef FWP_SECURITY_H
#define FWP_SECURITY_H

void fwp_security_close(void);

#endif
