// Helpers that are the same in every kernel: which rows count, how code is laid out, a multiply-add, sums and maxima
// over lanes, runs of floats that are no multiple of four.
#pragma once
#include "calls.h"

// Rows of an activation that count: the running chunk's, or the activation's own where the head has but one.
static inline u32 valid_rows(const u32 *state, u32 rows) {
    return state[STATE_ROWS] < rows ? state[STATE_ROWS] : rows;
}

// Has a value made here and used below, nowhere else. The compiler else orders operations so that each stands right
// before the one that uses it, as a stack machine likes it; engines take that order over, and where many sums grow
// side by side they run out of registers. Of a pointer, it has addresses made by constant offsets from it.
#define HOLD(value) __asm__ volatile("" : "+r"(value))

// Unrolls the loop that follows, whose bounds are known.
#define UNROLL _Pragma("unroll")

// a · b + c, rounded once or twice (see RELAXED).
static inline v128_t madd(v128_t a, v128_t b, v128_t c) {
#ifdef RELAXED
    return wasm_f32x4_relaxed_madd(a, b, c);
#else
    return wasm_f32x4_add(wasm_f32x4_mul(a, b), c);
#endif
}

// The sum of four lanes.
static inline f32 sum_lanes(v128_t x) {
    v128_t pairs = wasm_f32x4_add(x, wasm_i32x4_shuffle(x, x, 2, 3, 0, 1));
    return wasm_f32x4_extract_lane(pairs, 0) + wasm_f32x4_extract_lane(pairs, 1);
}

// The largest of four lanes, none of which is NaN.
static inline f32 max_lanes(v128_t x) {
    v128_t pairs = wasm_f32x4_pmax(x, wasm_i32x4_shuffle(x, x, 2, 3, 0, 1));
    return wasm_f32x4_extract_lane(wasm_f32x4_pmax(pairs, wasm_i32x4_shuffle(pairs, pairs, 1, 0, 3, 2)), 0);
}

// The first `count` (at most 4) floats at p, then zeros.
static inline v128_t load_some(const f32 *p, u32 count) {
    if (count >= 4) return wasm_v128_load(p);
    v128_t x = wasm_f32x4_splat(0);
    if (count > 0) x = wasm_v128_load32_zero(p);
    if (count > 1) x = wasm_v128_load32_lane(p + 1, x, 1);
    if (count > 2) x = wasm_v128_load32_lane(p + 2, x, 2);
    return x;
}

// Stores the first `count` (at most 4) lanes.
static inline void store_some(f32 *p, v128_t x, u32 count) {
    if (count >= 4) {
        wasm_v128_store(p, x);
        return;
    }
    if (count > 0) wasm_v128_store32_lane(p, x, 0);
    if (count > 1) wasm_v128_store32_lane(p + 1, x, 1);
    if (count > 2) wasm_v128_store32_lane(p + 2, x, 2);
}
