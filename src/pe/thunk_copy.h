/* How much of the driver's stack arguments a called export sees (thunk_enter.S): 4 home slots and 36 arguments. A multiple of
 * 16. Also read by the assembler: nothing but this definition. */
#ifndef PE_THUNK_COPY_H
#define PE_THUNK_COPY_H

#define THUNK_COPY 320

#endif
