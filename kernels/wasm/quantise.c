// Activations to 15 bits, each group of 32 columns with a scale of its own: scale = max |x| / LARGEST, q = x / scale
// rounded to the nearest integer, ties to even. Rows beyond the valid ones, up to whole blocks, become zeros.
#include "calls.h"
#include "tiles.h"

#define ROUND 0x1.8p23f // added to |x| < 2^22 leaves the nearest integer in the lowest bits

// The larger of a and |b|, as bits: NaN is the largest of all.
static v128_t largest_magnitude(v128_t a, v128_t b) {
    return wasm_i32x4_max(a, wasm_v128_and(b, wasm_i32x4_const_splat(0x7fffffff)));
}

// Puts words i … i + 3 of a record whose words are `stride` apart.
static inline void put_vector(u32 *words, u32 stride, u32 i, v128_t x) {
    wasm_v128_store32_lane(words + i * stride, x, 0);
    wasm_v128_store32_lane(words + (i + 1) * stride, x, 1);
    wasm_v128_store32_lane(words + (i + 2) * stride, x, 2);
    wasm_v128_store32_lane(words + (i + 3) * stride, x, 3);
}

// A group's quants as i16, 8 columns a vector; returns the scale.
static inline f32 quantise_group(const f32 *x, v128_t q[4]) {
    v128_t largest = wasm_i32x4_const_splat(0);
    for (u32 i = 0; i < GROUP; i += 4) largest = largest_magnitude(largest, wasm_v128_load(x + i));
    largest = wasm_i32x4_max(largest, wasm_i32x4_shuffle(largest, largest, 2, 3, 0, 1));
    largest = wasm_i32x4_max(largest, wasm_i32x4_shuffle(largest, largest, 1, 0, 3, 2));
    f32 most = wasm_f32x4_extract_lane(largest, 0);
    v128_t inverse = wasm_f32x4_splat(most > 0 ? LARGEST / most : 0), round = wasm_f32x4_const_splat(ROUND);
    v128_t limit = wasm_f32x4_const_splat(LARGEST), wide[8];
    for (u32 i = 0; i < 8; i++) {
        v128_t scaled = wasm_f32x4_mul(wasm_v128_load(x + 4 * i), inverse);
        // The limits matter where LARGEST / most is infinite.
        scaled = wasm_f32x4_pmax(wasm_f32x4_neg(limit), wasm_f32x4_pmin(limit, scaled));
        wide[i] = wasm_i32x4_sub(wasm_f32x4_add(scaled, round), round);
    }
    for (u32 i = 0; i < 4; i++) q[i] = wasm_i16x8_narrow_i32x4(wide[2 * i], wide[2 * i + 1]);
    return most / LARGEST;
}

// The sum of a group's quants.
static i32 sum(const v128_t q[4]) {
    v128_t ones = wasm_i16x8_const_splat(1), fours = wasm_i32x4_dot_i16x8(q[0], ones);
    for (u32 i = 1; i < 4; i++) fours = wasm_i32x4_add(fours, wasm_i32x4_dot_i16x8(q[i], ones));
    v128_t pairs = wasm_i32x4_add(fours, wasm_i32x4_shuffle(fours, fours, 2, 3, 0, 1));
    return wasm_i32x4_extract_lane(pairs, 0) + wasm_i32x4_extract_lane(pairs, 1);
}

// Two i16 a word, see tiles.h.
static void put_pairs(u32 *words, u32 stride, const v128_t q[4]) {
    for (u32 i = 0; i < 4; i++)
        put_vector(words, stride, 4 * i, wasm_i16x8_shuffle(q[i], q[i], 0, 2, 1, 3, 4, 6, 5, 7));
}

#ifdef RELAXED
// Four high or four low digits a word.
static void put_digits(u32 *words, u32 stride, const v128_t q[4]) {
    for (u32 i = 0; i < 4; i += 2) {
        v128_t high[2], low[2];
        for (u32 j = 0; j < 2; j++) {
            high[j] = wasm_i16x8_shr(wasm_i16x8_add(q[i + j], wasm_i16x8_const_splat(64)), 7);
            low[j] = wasm_i16x8_sub(q[i + j], wasm_i16x8_shl(high[j], 7));
        }
        v128_t highs = wasm_i8x16_narrow_i16x8(high[0], high[1]), lows = wasm_i8x16_narrow_i16x8(low[0], low[1]);
        put_vector(words, stride, 4 * i, wasm_i32x4_shuffle(highs, lows, 0, 4, 1, 5));
        put_vector(words, stride, 4 * i + 4, wasm_i32x4_shuffle(highs, lows, 2, 6, 3, 7));
    }
}
#else
#define put_digits put_pairs
#endif

__attribute__((noinline)) static void quantise_row(const struct quantise *call, u32 row, u32 rows, u32 tokens) {
    u32 groups = call->columns / GROUP, words = (WORDS + 2) * tokens;
    u32 *record = call->quantised + row / tokens * groups * words + row % tokens;
    const f32 *x = call->x + (row < rows ? row : 0) * call->columns;
    for (u32 g = 0; g < groups; g++, record += words, x += GROUP) {
        v128_t q[4] = {0};
        f32 scale = 0;
        if (row < rows) scale = quantise_group(x, q);
        if (call->digits) put_digits(record, tokens, q);
        else put_pairs(record, tokens, q);
        *(f32 *)(record + WORDS * tokens) = scale * ACTIVATION_SCALE;
        record[(WORDS + 1) * tokens] = (u32)(-8 * sum(q));
    }
}

void quantise(const struct quantise *call) {
    u32 rows = valid_rows(call->state, call->tokens), first, end;
    u32 tokens = rows == 1 ? 1 : call->digits ? DIGIT_TOKENS : PAIR_TOKENS;
    while (take((rows + tokens - 1) / tokens * tokens, 4, &first, &end))
        for (u32 row = first; row < end; row++) quantise_row(call, row, rows, tokens);
}
