/* What a NAME.tmh that `ring3 build` writes stands on: the trace preprocessor's macros over DbgPrint.
 * docs: devtest/wpp-software-tracing
 *
 * A message goes to the debugger output at DPFLTR_INFO_LEVEL, with the function it comes from. The preprocessor's own format
 * words (%!STATUS!, %!FUNC! and so on) are understood; flags and levels are not looked at, so that every message comes out. */
#ifndef RING3_WPP_H
#define RING3_WPP_H

#include <wdm.h>

RING3_BEGIN_C

/* Message: as in DbgPrint, and %!NAME!. At most 500 characters of it count. Any IRQL. */
VOID WppTrace(_In_ PCSTR Function, _In_ PCSTR Message, ...);

RING3_END_C

#define WPP_INIT_TRACING(...) ((void)0)
#define WPP_CLEANUP(...) ((void)0)
#define WPP_LEVEL_ENABLED(FLAGS) 1
#define WPP_FLAG_ENABLED(FLAGS) 1
#define DoTraceMessage(FLAGS, MSG, ...) WppTrace(__FUNCTION__, MSG, ##__VA_ARGS__)
#define DoTraceLevelMessage(LEVEL, FLAGS, MSG, ...) WppTrace(__FUNCTION__, MSG, ##__VA_ARGS__)

#endif
