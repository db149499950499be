// What becomes of a head of a product before attention: normalised, rotated to its position, scaled.
#pragma once
#include "norm.h"

struct rotation {
    f32 cosine[LONGEST_HEAD / 2], sine[LONGEST_HEAD / 2];
};

// The rotary embedding of a position (Su et al. 2021, arXiv:2104.09864) from a two-level table, `low_size` rows
// for the low part of the position and then one for each high part: the product of two rotations.
static inline void
rotation_of(u32 position, const f32 *table, u32 low_size, u32 head_dim, struct rotation *rotation) {
    const f32 *low = table + position % low_size * head_dim;
    const f32 *high = table + (low_size + position / low_size) * head_dim;
    for (u32 i = 0; i < head_dim / 2; i += 4) {
        v128_t a = wasm_v128_load(low + 2 * i), b = wasm_v128_load(low + 2 * i + 4);
        v128_t c = wasm_v128_load(high + 2 * i), d = wasm_v128_load(high + 2 * i + 4);
        v128_t low_cosine = wasm_i32x4_shuffle(a, b, 0, 2, 4, 6), low_sine = wasm_i32x4_shuffle(a, b, 1, 3, 5, 7);
        v128_t cosine = wasm_i32x4_shuffle(c, d, 0, 2, 4, 6), sine = wasm_i32x4_shuffle(c, d, 1, 3, 5, 7);
        v128_t sines = wasm_f32x4_mul(low_sine, sine), mixed = wasm_f32x4_mul(low_sine, cosine);
        wasm_v128_store(rotation->cosine + i, wasm_f32x4_sub(wasm_f32x4_mul(low_cosine, cosine), sines));
        wasm_v128_store(rotation->sine + i, madd(low_cosine, sine, mixed));
    }
}

// Writes a head [head_dim], four columns after four, `stride` floats apart. `weight` and `rotation` may be null.
static inline void prepare_head(const f32 *x, const f32 *weight, f32 eps, const struct rotation *rotation,
                                f32 scale, u32 head_dim, f32 *out, u32 stride) {
    u32 half = head_dim / 2;
    v128_t factor = wasm_f32x4_splat(weight ? scale * inverse_rms(x, head_dim, eps) : scale);
    f32 *upper = out + half / 4 * stride;
    for (u32 i = 0; i < half; i += 4, out += stride, upper += stride) {
        v128_t a = wasm_f32x4_mul(wasm_v128_load(x + i), factor);
        v128_t b = wasm_f32x4_mul(wasm_v128_load(x + half + i), factor);
        if (weight) {
            a = wasm_f32x4_mul(a, wasm_v128_load(weight + i));
            b = wasm_f32x4_mul(b, wasm_v128_load(weight + half + i));
        }
        if (rotation) {
            v128_t cosine = wasm_v128_load(rotation->cosine + i), sine = wasm_v128_load(rotation->sine + i);
            v128_t rotated = wasm_f32x4_sub(wasm_f32x4_mul(a, cosine), wasm_f32x4_mul(b, sine));
            b = madd(b, cosine, wasm_f32x4_mul(a, sine));
            a = rotated;
        }
        wasm_v128_store(out, a);
        wasm_v128_store(upper, b);
    }
}
