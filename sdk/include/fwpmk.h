/* Management of the filtering engine from a driver: sessions, transactions, objects, events. docs: fwpmk */
#ifndef RING3_FWPMK_H
#define RING3_FWPMK_H

#include <ntddk.h>
#include <fwpmtypes.h>
#include <fwp/layer_guids.h>
#include <fwp/condition_guids.h>
#include <fwp/object_guids.h>
#include <fwp/object_calls.h>
#include <fwp/event_calls.h>
#include <fwp/ipsec_calls.h>
#include <fwpvi.h>

#endif
