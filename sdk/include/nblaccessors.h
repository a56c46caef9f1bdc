/* Lists and buffers: their members. docs: nblaccessors */
#ifndef RING3_NBLACCESSORS_H
#define RING3_NBLACCESSORS_H

#include <ndis/nblaccessors.h>

#endif
