/* Instructions that fault in ring 3 and are carried out by hand: cr8, device windows, KUSER_SHARED_DATA. */
#ifndef PE_EMULATE_H
#define PE_EMULATE_H

#include <stdbool.h>
#include <stdint.h>

#include <Zydis/Zydis.h>

#include "host/trap.h"

struct pe_image;

struct instruction {
    ZydisDecodedInstruction decoded;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

/* How one instruction is carried out; made once a site (or anew for each fault where nothing can be kept). */
enum site_kind { SITE_NONE, SITE_READ_CR8, SITE_WRITE_CR8, SITE_MEMORY, SITE_STRING };

struct site {
    struct site *next;
    uint64_t address;               /* of the instruction */
    uint8_t length;
    uint8_t kind;                   /* enum site_kind */
    uint8_t cr8_register;           /* processor order */
    uint8_t size;                   /* bytes of the memory operand */
    bool reads, writes;             /* the memory operand */
    bool uses_xmm;
    uint8_t string;                 /* 'm' movs, 's' stos, 'l' lods */
    bool repeat;
    int8_t base, index;             /* registers, processor order; -1 none */
    uint8_t scale;
    int64_t displacement;           /* with the address for rip-relative operands */
    void *run;                      /* the instruction with its operand moved to the scratch page, then ret */
    uint8_t *scratch;
    bool tried;                     /* patching was */
    bool hot;                       /* faulted; a stub it is moved to calls for it */
};

/* The bytes as loaded, whatever was patched since. */
const uint8_t *pristine_code(uint64_t address);
bool decode_at(uint64_t address, struct instruction *instruction);

/* Finds out how the instruction at rip is to be carried out; SITE_NONE when it is not one of ours. */
void site_describe(struct site *site, const struct instruction *instruction, uint64_t address);

/* Where the site's memory operand is now; only for SITE_MEMORY. */
uint64_t site_address(const struct site *site, const struct trap_frame *frame);
/* True when [address, address+size) is in a window that is emulated. */
bool emulated_address(uint64_t address, unsigned size);

/* Carries the site out on the frame and moves rip behind it. False when its operand is nowhere emulated. */
bool site_execute(struct site *site, struct trap_frame *frame);

/* patch.c. The site of an address in a driver image, made when need be; image NULL: host code. */
struct site *site_of(struct pe_image *image, uint64_t address);
/* After a site's fault: replaces it by a jump to a stub, or renews the stub it was moved to. */
void site_patch(struct pe_image *image, struct site *site);
/* Stubs and where they came from: an address in a stub as the address in the image it stands for, and an address that
 * now lies inside a patched place as the one in the stub. Others are unchanged. */
uint64_t patch_original(uint64_t rip);
uint64_t patch_resume(uint64_t rip);

/* emulate_enter.S */
void emulate_run(struct trap_frame *frame, void *code, bool with_xmm);

#endif
