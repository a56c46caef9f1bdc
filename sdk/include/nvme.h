/* NVM Express controllers, for miniports and others that speak to them. The names are those of the documentation, the numbers those of the
 * specification. Structures of single vendors are not here. docs: nvme */
#ifndef RING3_NVME_H
#define RING3_NVME_H

#include <storport/nvme_registers.h>
#include <storport/nvme_status.h>
#include <storport/nvme_identify.h>
#include <storport/nvme_features.h>
#include <storport/nvme_logs.h>
#include <storport/nvme_admin.h>
#include <storport/nvme_io.h>

#endif
