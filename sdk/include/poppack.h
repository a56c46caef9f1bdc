/* Ends the packing that a pshpackN.h began. No include guard. */
#pragma pack(pop)
