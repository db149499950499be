// Root-mean-square normalisation of a vector of any length.
#pragma once
#include "simd.h"

// 1 / sqrt(mean(x²) + eps).
static inline f32 inverse_rms(const f32 *x, u32 count, f32 eps) {
    v128_t sums[4] = {0}, y[4];
    u32 i = 0;
    for (; i + 16 <= count; i += 16)
        for (u32 j = 0; j < 4; j++) {
            y[j] = wasm_v128_load(x + i + 4 * j);
            sums[j] = madd(y[j], y[j], sums[j]);
        }
    for (; i < count; i += 4) {
        y[0] = load_some(x + i, count - i);
        sums[0] = madd(y[0], y[0], sums[0]);
    }
    v128_t sum = wasm_f32x4_add(wasm_f32x4_add(sums[0], sums[1]), wasm_f32x4_add(sums[2], sums[3]));
    return 1 / __builtin_sqrtf(sum_lanes(sum) / (f32)count + eps);
}

// out = x · scale · weight; out may be x.
static inline void normalise(const f32 *x, const f32 *weight, u32 count, f32 scale, f32 *out) {
    v128_t factor = wasm_f32x4_splat(scale);
    u32 i = 0;
    for (; i + 4 <= count; i += 4) {
        v128_t y = wasm_f32x4_mul(wasm_v128_load(x + i), factor);
        wasm_v128_store(out + i, wasm_f32x4_mul(y, wasm_v128_load(weight + i)));
    }
    v128_t y = wasm_f32x4_mul(load_some(x + i, count - i), factor);
    store_some(out + i, wasm_f32x4_mul(y, load_some(weight + i, count - i)), count - i);
}

// out = x + y; out may be either.
static inline void add_rows(const f32 *x, const f32 *y, u32 count, f32 *out) {
    u32 i = 0;
    for (; i + 4 <= count; i += 4)
        wasm_v128_store(out + i, wasm_f32x4_add(wasm_v128_load(x + i), wasm_v128_load(y + i)));
    v128_t sum = wasm_f32x4_add(load_some(x + i, count - i), load_some(y + i, count - i));
    store_some(out + i, sum, count - i);
}
