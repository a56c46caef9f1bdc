/* Which image a program database (.pdb) belongs to. */
#ifndef PKG_PDB_H
#define PKG_PDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* GUID of the PDB's information stream. False with error_text() when it is no PDB, or damaged. Safe on hostile files; nothing is
 * allocated. Layout: llvm.org, "The MSF File Format", "The PDB Info Stream". */
bool pdb_identity(const char *name, const uint8_t *data, size_t size, uint8_t guid[16]);

#endif
