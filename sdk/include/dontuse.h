/* Kept so that sources that include it compile: it deprecates nothing here. */
#ifndef RING3_DONTUSE_H
#define RING3_DONTUSE_H
#endif
