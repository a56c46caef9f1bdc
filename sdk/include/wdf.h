/* The Kernel-Mode Driver Framework, version KMDF_VERSION_MAJOR.KMDF_VERSION_MINOR (1.33 when not defined).
 * Who calls what, and at which IRQL, is written on the documentation page of each function and callback. */
#ifndef WDF_H
#define WDF_H

#include <wdm.h>
#ifndef RING3_HOST
#include <wdmsec.h>          /* the SDDL_DEVOBJ_ constants */
#endif
#include <wdfstatus.h>
#include <wdf/wdftypes.h>
#include <wdf/wdfcore.h>
#include <wdf/wdfobject.h>
#include <wdf/wdfsync.h>
#include <wdf/wdfdriver.h>
#include <wdf/wdfqueryinterface.h>
#include <wdf/wdfmemory.h>
#include <wdf/wdfchildlist.h>
#include <wdf/wdffileobject.h>
#include <wdf/wdfdevice.h>
#include <wdf/wdfcollection.h>
#include <wdf/wdfdpc.h>
#include <wdf/wdftimer.h>
#include <wdf/wdfworkitem.h>
#include <wdf/wdfinterrupt.h>
#include <wdf/wdfresource.h>
#include <wdf/wdfrequest.h>
#include <wdf/wdfiotarget.h>
#include <wdf/wdfio.h>
#include <wdf/wdffdo.h>
#include <wdf/wdfpdo.h>
#include <wdf/wdfcontrol.h>
#include <wdf/wdfwmi.h>
#include <wdf/wdfstring.h>
#include <wdf/wdfregistry.h>
#include <wdf/wdfdmaenabler.h>
#include <wdf/wdfdmatransaction.h>
#include <wdf/wdfcommonbuffer.h>
#include <wdf/wdfbugcodes.h>
#include <wdf/wdfroletypes.h>
#include <wdf/wdfcompaniontarget.h>
#include <wdf/wdfverifier.h>

#endif
