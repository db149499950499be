// What both halves of sampling know.
#pragma once
#include "calls.h"
#include "maths.h"

#define LOWEST -1e38f          // what is lower, or no number, counts as this
#define COUNT_BITS 0x7fffffffu // of a word of the counts: how often a token was generated

static inline f32 number(const u32 *state, u32 word) {
    f32 value;
    __builtin_memcpy(&value, state + word, sizeof value);
    return value;
}

// Whether no penalty changes anything: then the logits are read where they are.
static inline _Bool neutral(const u32 *state) {
    return number(state, STATE_REPETITION) == 1 && number(state, STATE_PRESENCE) == 0 &&
           number(state, STATE_FREQUENCY) == 0;
}

// How many of the largest logits are kept; 0 if all are.
static inline u32 top_k_of(const u32 *state, u32 vocabulary) {
    return state[STATE_TOP_K] < vocabulary ? state[STATE_TOP_K] : 0;
}

static inline f32 inverse_temperature(const u32 *state) {
    f32 temperature = number(state, STATE_TEMPERATURE);
    return 1 / (temperature > 1e-20f ? temperature : 1e-20f);
}

// The bounded logits of ids `id` to `id + 3`; minus infinity beyond the vocabulary.
static inline v128_t logits_at(const f32 *logits, u32 id, u32 vocabulary) {
    const v128_t outside = wasm_f32x4_const_splat(-__builtin_inff());
    const v128_t lowest = wasm_f32x4_const_splat(LOWEST), highest = wasm_f32x4_const_splat(-LOWEST);
    u32 left = id < vocabulary ? vocabulary - id : 0;
    v128_t x = wasm_f32x4_pmin(highest, wasm_f32x4_pmax(lowest, load_some(logits + id, left)));
    if (left >= 4) return x;
    return wasm_v128_bitselect(x, outside, wasm_u32x4_lt(wasm_u32x4_const(0, 1, 2, 3), wasm_u32x4_splat(left)));
}
