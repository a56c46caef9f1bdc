/* ATA devices, for miniports that speak to them. The names are those of the documentation, the numbers those of the ATA standards.
 * docs: ata */
#ifndef RING3_ATA_H
#define RING3_ATA_H

#include <storport/ata_commands.h>
#include <storport/ata_identify.h>
#include <storport/ata_logs.h>

#endif
