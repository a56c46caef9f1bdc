/* Request blocks between class, port and miniport drivers. docs: srb */
#ifndef RING3_SRB_H
#define RING3_SRB_H

#include <storport/srb_blocks.h>
#include <storport/srb_storage.h>

#endif
