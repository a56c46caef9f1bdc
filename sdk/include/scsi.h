/* The SCSI command set as class and miniport drivers see it. docs: scsi */
#ifndef RING3_SCSI_H
#define RING3_SCSI_H

#include <storport/miniport_codes.h>
#include <storport/scsi_cdb.h>
#include <storport/scsi_data.h>
#include <storport/scsi_history.h>
#include <storport/scsi_inquiry.h>
#include <storport/scsi_mode.h>
#include <storport/scsi_opcodes.h>
#include <storport/scsi_optical.h>
#include <storport/scsi_sense.h>
#include <storport/scsi_sense_parse.h>
#include <srb.h>

#define IOCTL_SCSI_EXECUTE_IN ((FILE_DEVICE_SCSI << 16) + 0x0011)
#define IOCTL_SCSI_EXECUTE_OUT ((FILE_DEVICE_SCSI << 16) + 0x0012)
#define IOCTL_SCSI_EXECUTE_NONE ((FILE_DEVICE_SCSI << 16) + 0x0013)

#endif
