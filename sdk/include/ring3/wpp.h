/* What a NAME.tmh that `ring3 build` writes stands on: the trace preprocessor's macros over DbgPrintEx.
 * docs: devtest/wpp-software-tracing, devtest/can-i-customize-dotracemessage
 *
 * A message goes to the debugger output with the function it comes from. The preprocessor's own format words (%!STATUS!, %!FUNC! and so
 * on) are understood.
 *
 * 1. A source that defines WPP_CONTROL_GUIDS before it includes its .tmh has a bit WPP_BIT_NAME for each WPP_DEFINE_BIT(NAME). Nothing
 *    comes out before WPP_INIT_TRACING, or of a flag or level that is off. Without WPP_CONTROL_GUIDS there are no flags, and all is on.
 * 2. A bit's number is the control GUID's place times 65536, plus its own place.
 * 3. What the driver defines of the _ENABLED, _PRE and _POST macros counts; the others are made here. */
#ifndef RING3_WPP_H
#define RING3_WPP_H

#include <wdm.h>
#include <evntrace.h>

RING3_BEGIN_C

#define WPP_CONTROLS_MAX 16

typedef struct _WPP_CONTROL_BLOCK {
    ULONG64 Logger;                     /* 0: no session */
    ULONG Flags[1];
    UCHAR Level;
} WPP_CONTROL_BLOCK;
extern WPP_CONTROL_BLOCK WppControls[WPP_CONTROLS_MAX];

/* Guids: "XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX" in the order of the control GUIDs; NULL ends them. Each is on up to the level that the
 * debugger output shows, with all flags, unless a session below Control\WMI\Autologger names it: then with that session's EnableLevel and
 * EnableFlags. PASSIVE_LEVEL. */
VOID WppTraceStart(_In_ const PCSTR *Guids);
VOID WppTraceStop(VOID);
/* Level: TRACE_LEVEL_*, 0: not known. Message: as in DbgPrint, and %!NAME!. At most 500 characters of it count. Any IRQL. */
VOID WppTrace(_In_ ULONG Level, _In_ PCSTR Function, _In_ PCSTR Message, ...);

/* An argument that tracing does not need is named all the same: the driver's parameter is used. */
static __inline VOID WppNamed(const VOID *First, ...)
{
    (void)First;
}
#define WPP_NAMED(...) __VA_OPT__(WppNamed(__VA_ARGS__), )
#define WPP_CLEANUP(...) (WPP_NAMED(__VA_ARGS__) WppTraceStop())
/* WMI carries no traces here: a driver's own WMI stays as it is. docs: devtest/wpp-systemcontrol */
#define WPP_SYSTEMCONTROL(...) (WPP_NAMED(__VA_ARGS__) (void)0)
#define WPP_SYSTEMCONTROL2(...) (WPP_NAMED(__VA_ARGS__) (void)0)
#define WPP_CONTROL(BIT) (WppControls[(BIT) >> 16])
#define WPP_FLAG_NO(BIT) 0
#define WPP_MASK(BIT) (1u << ((BIT) & 31))

#ifdef WPP_CONTROL_GUIDS
enum {
#define WPP_DEFINE_CONTROL_GUID(NAME, GUID, BITS) WPP_PLACE_##NAME,
    WPP_CONTROL_GUIDS
#undef WPP_DEFINE_CONTROL_GUID
    WPP_PLACES
};
enum {
#define WPP_DEFINE_CONTROL_GUID(NAME, GUID, BITS) WPP_BEFORE_##NAME = (WPP_PLACE_##NAME << 16) - 1, BITS WPP_BEHIND_##NAME,
#define WPP_DEFINE_BIT(NAME) WPP_BIT_##NAME,
    WPP_CONTROL_GUIDS
#undef WPP_DEFINE_CONTROL_GUID
#undef WPP_DEFINE_BIT
    WPP_BITS
};
/* From here on WPP_CONTROL_GUIDS is a list of the GUIDs as text. */
#define WPP_GUID_TEXT(A, B, C, D, E) #A "-" #B "-" #C "-" #D "-" #E
#define WPP_DEFINE_CONTROL_GUID(NAME, GUID, BITS) WPP_GUID_TEXT GUID,
#define WPP_INIT_TRACING(...) (WPP_NAMED(__VA_ARGS__) WppTraceStart((const PCSTR[]){ WPP_CONTROL_GUIDS NULL }))
#define WPP_FLAG_ON(FLAG) ((WPP_CONTROL(WPP_BIT_##FLAG).Flags[0] & WPP_MASK(WPP_BIT_##FLAG)) != 0)
#define WPP_LEVEL_ON(FLAG, LEVEL) (WPP_CONTROL(WPP_BIT_##FLAG).Level >= (LEVEL))
#define WPP_LOGGER(FLAG) WPP_CONTROL(WPP_BIT_##FLAG).Logger,
#else
enum { WPP_BIT_Error, WPP_BIT_Unusual, WPP_BIT_Noise };
#define WPP_INIT_TRACING(...) (WPP_NAMED(__VA_ARGS__) WppTraceStart((const PCSTR[]){ NULL }))
#define WPP_FLAG_ON(FLAG) 1
#define WPP_LEVEL_ON(FLAG, LEVEL) 1
#define WPP_LOGGER(FLAG) 0,
#endif

#ifndef WPP_LEVEL_ENABLED
#define WPP_LEVEL_ENABLED(FLAG) WPP_FLAG_ON(FLAG)
#endif
#ifndef WPP_LEVEL_LOGGER
#define WPP_LEVEL_LOGGER(FLAG) WPP_LOGGER(FLAG)
#endif
#ifndef WPP_FLAG_ENABLED
#define WPP_FLAG_ENABLED(FLAG) WPP_FLAG_ON(FLAG)
#endif
#ifndef WPP_FLAGS_ENABLED
#define WPP_FLAGS_ENABLED(FLAG) WPP_FLAG_ON(FLAG)
#endif
#ifndef WPP_LEVEL_FLAGS_ENABLED
#define WPP_LEVEL_FLAGS_ENABLED(LEVEL, FLAG) (WPP_FLAG_ON(FLAG) && WPP_LEVEL_ON(FLAG, LEVEL))
#endif
#ifndef WPP_LEVEL_FLAG_ENABLED
#define WPP_LEVEL_FLAG_ENABLED(LEVEL, FLAG) (WPP_FLAG_ON(FLAG) && WPP_LEVEL_ON(FLAG, LEVEL))
#endif
#ifndef WPP_FLAGS_LEVEL_ENABLED
#define WPP_FLAGS_LEVEL_ENABLED(FLAG, LEVEL) (WPP_FLAG_ON(FLAG) && WPP_LEVEL_ON(FLAG, LEVEL))
#endif
#ifndef WPP_FLAG_LEVEL_ENABLED
#define WPP_FLAG_LEVEL_ENABLED(FLAG, LEVEL) (WPP_FLAG_ON(FLAG) && WPP_LEVEL_ON(FLAG, LEVEL))
#endif

#define WPP_WHEN(CONDITION, CALL) ((void)((CONDITION) ? (CALL, 0) : 0))
#define DoTraceMessage(FLAGS, MSG, ...) WPP_WHEN(WPP_LEVEL_ENABLED(FLAGS), WppTrace(0, __FUNCTION__, MSG, ##__VA_ARGS__))
#define DoTraceLevelMessage(LEVEL, FLAGS, MSG, ...) \
    WPP_WHEN(WPP_LEVEL_FLAGS_ENABLED(LEVEL, FLAGS), WppTrace(LEVEL, __FUNCTION__, MSG, ##__VA_ARGS__))

RING3_END_C

#endif
