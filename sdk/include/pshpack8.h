/* Packs structures to 8 byte(s) until poppack.h. No include guard: it is included many times. */
#ifdef __clang__
#pragma clang diagnostic ignored "-Wpragma-pack"
#endif
#pragma pack(push, 8)
