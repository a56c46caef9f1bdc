/* Export drivers as libraries of those that import from them. Not inside the computer. */
#ifndef MACHINE_LIBRARY_H
#define MACHINE_LIBRARY_H

#include "machine/machine.h"

/* Loads what the driver at this path imports from, where it is not there and its directory has it. False with error_text() when
 * one of these does not load or start; what is not found is left to the loader to name. */
bool libraries_load(struct ring3_computer *computer, const char *path);
/* Unloads those that nobody imports from any more. end: those, too, that have no DllUnload. */
void libraries_unload(struct ring3_computer *computer, bool end);

#endif
