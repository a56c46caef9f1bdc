/* Warning numbers of analysis tools: none apply to this compiler, the header exists for sources that include it. */
#ifndef RING3_SUPPRESS_H
#define RING3_SUPPRESS_H
#endif
