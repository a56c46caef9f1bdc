/* Registers and ports. docs: ioaccess */
#ifndef RING3_IOACCESS_H
#define RING3_IOACCESS_H

#include <wdm.h>

#endif
