/* Device types and control codes. */
#ifndef RING3_DEVIOCTL_H
#define RING3_DEVIOCTL_H

#include <ring3/io_const.h>

#endif
