/* min and max as macros, unless NOMINMAX is defined; host sources have none. */
#ifndef RING3_MINMAX_H
#define RING3_MINMAX_H

#if !defined(NOMINMAX) && !defined(RING3_HOST)
#ifndef min
#define min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#ifndef max
#define max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#endif

#endif
