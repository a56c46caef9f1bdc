/* Between check.c and finding.c. */
#ifndef CHECK_INTERNAL_H
#define CHECK_INTERNAL_H

void finding_open(const char *replay);
void finding_close(void);

#endif
