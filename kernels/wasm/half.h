// Numbers of 16 bits as f32, four at once.
#pragma once
#include "simd.h"

// f16, sign-extended to 32 bits. The exponent is moved in place, then corrected; infinity and NaN are made anew.
static inline v128_t f16_values(v128_t words) {
    v128_t bits = wasm_v128_and(wasm_i32x4_shl(words, 13), wasm_u32x4_const_splat(0x8fffe000));
    v128_t x = wasm_f32x4_mul(bits, wasm_f32x4_const_splat(0x1p112f));
    v128_t special = wasm_f32x4_ge(wasm_f32x4_abs(x), wasm_f32x4_const_splat(65536));
    return wasm_v128_or(x, wasm_v128_and(special, wasm_i32x4_const_splat(0x7f800000)));
}

// bf16 in the lower 16 bits.
static inline v128_t bf16_values(v128_t words) { return wasm_i32x4_shl(words, 16); }

// The f16 nearest to a number that is not negative, ties to even; the largest one for what is beyond.
static inline u16 f16_bits(f32 x) {
    if (x < 0x1p-14f) return (u16)__builtin_rintf(x * 0x1p24f);
    u32 bits = wasm_u32x4_extract_lane(wasm_f32x4_splat(x < 65504 ? x : 65504), 0);
    return (u16)((bits + 0xfff + (bits >> 13 & 1) - (112u << 23)) >> 13);
}
