/* Everything of the I/O manager. */
#ifndef RING3_IO_H
#define RING3_IO_H
#include <ring3/io_types.h>
#include <ring3/io_func.h>
#endif
