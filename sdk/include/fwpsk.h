/* What a callout driver uses at run time: layers, callouts, classification, packets, streams. The names without a version
 * (FwpsCalloutRegister) come from fwpvi.h. docs: fwpsk */
#ifndef RING3_FWPSK_H
#define RING3_FWPSK_H

#include <ndis.h>
#include <netioapi.h>
#include <fwpmtypes.h>
#include <fwpstypes.h>
#include <fwp/layers.h>
#include <fwp/fields_packet.h>
#include <fwp/fields_ale_connection.h>
#include <fwp/fields_ale_endpoint.h>
#include <fwp/fields_other.h>
#include <fwp/callout.h>
#include <fwp/classify.h>
#include <fwp/inject.h>
#include <fwp/stream.h>
#include <fwp/vswitch.h>
#include <fwpvi.h>

#endif
