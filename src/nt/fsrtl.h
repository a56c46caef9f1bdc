/* Extra create parameters, between fsrtl_ecp.c and who opens files. */
#ifndef NT_FSRTL_H
#define NT_FSRTL_H

#include "nt/io_file.h"
#include "ring3/fsrtl.h"

/* Around IRP_MJ_CREATE of a file: what drivers insert between the two is freed by the second. */
void fsrtl_ecp_begin(PECP_LIST list);
void fsrtl_ecp_end(struct io_file_object *file);

/* An IRP without a cancel routine is cancelled: a wait on its behalf ends. The caller settles. */
void fsrtl_irp_cancelled(const IRP *irp);

#endif
