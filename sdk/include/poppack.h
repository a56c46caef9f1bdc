/* Ends the packing that a pshpackN.h began. No include guard. */
#ifdef __clang__
#pragma clang diagnostic ignored "-Wpragma-pack"
#endif
#pragma pack(pop)
