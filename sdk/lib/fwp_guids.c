/* GUIDs of the filtering platform that drivers declare without initguid.h. Each is in a section of its own; the linker keeps what is
 * used. */
#include <initguid.h>
#include <ntddk.h>
#include <ndis.h>
#include <fwpsk.h>
#include <fwpmk.h>
