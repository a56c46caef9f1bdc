/* Functions that ndis.sys had for NDIS 5.x drivers, and what replaces them. The table is made from src/ndis/ndis5.tsv, whose rows
 * follow "Summary of Changes Required to Port a Miniport (Protocol, Intermediate) Driver to NDIS 6.0". */
#ifndef PE_REPLACED_H
#define PE_REPLACED_H

struct pe_replaced {
    const char *name, *instead;
};
extern const struct pe_replaced pe_replaced_rows[];
extern const unsigned pe_replaced_count;

#endif
