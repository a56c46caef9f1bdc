/* Packs structures to 1 byte(s) until poppack.h. No include guard: it is included many times. */
#ifdef __clang__
#pragma clang diagnostic ignored "-Wpragma-pack"
#endif
#pragma pack(push, 1)
