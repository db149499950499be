// The loops of a product with a quantised matrix, for linear_int4.c and linear_int8.c, which say beforehand:
//
//   CALL, struct group     the call, and a group of a tile
//   BIASED                 whether sums begin with the bias
//   DIGITS                 words of activations per operand: 1, or 2 where they are the digits of larger numbers
//   TOKENS                 rows of activations that are multiplied together
//   STEPS, PLANES          two neighbouring vectors of a group (one for each half of the tile) are a step;
//                          a vector gives one operand or several, its planes
//   MASK                   a constant that planes are made with
//   plane(v, i, mask)      an operand
//   word(step, i)          the index of the activations that it is multiplied with
//
// One row of activations is bound by reading the weights once; many are bound by arithmetic, so that a tile is
// multiplied with some of them at once while it is in registers, and with all of them while it is in the cache.
#include "calls.h"
#include "tiles.h"

// The most bytes of tiles that a thread takes at once for several rows: they stay in its first cache while these pass.
#define ITEM_BYTES 24576

// How many times tiles are taken: often enough for threads to finish together, and not so often that it costs.
#define FEWEST_ITEMS 32
#define ENOUGH_ITEMS 256

// Adds products of a vector of weights and activations in all lanes to sums of four rows.
static inline v128_t add_products(v128_t sums, v128_t weights, v128_t activations) {
#if DIGITS == 2
    return wasm_i32x4_relaxed_dot_i8x16_i7x16_add(activations, weights, sums);
#else
    return wasm_i32x4_add(sums, wasm_i32x4_dot_i16x8(weights, activations));
#endif
}

// What the sums of a digit begin with.
static inline v128_t first_sum(const u32 *bias, u32 digit) {
    return BIASED && digit == DIGITS - 1 ? wasm_v128_load32_splat(bias) : wasm_i32x4_const_splat(0);
}

// What the sums of the digits amount to.
static inline v128_t total(const v128_t sums[DIGITS]) {
    return DIGITS == 2 ? wasm_i32x4_add(wasm_i32x4_shl(sums[0], 7), sums[DIGITS - 1]) : sums[0];
}

// The sums over a tile's row of `tokens` rows of activations times eight of the matrix, times 1 / RESULT_SCALE; the
// lower and the upper four rows of the matrix by themselves. `tokens` is a constant.
static inline __attribute__((always_inline)) void multiply(const struct group *group, u32 groups, const u32 *record,
                                                           u32 tokens, v128_t y[][2]) {
    UNROLL for (u32 t = 0; t < tokens; t++) y[t][0] = y[t][1] = wasm_f32x4_const_splat(0);
    const u8 *weights = (const u8 *)group;
    v128_t mask = MASK, scale_mask = wasm_i32x4_splat((i32)SCALE_MASK);
    HOLD(mask); // or it would be made anew in every round
    HOLD(scale_mask);
    for (u32 g = 0; g < groups; g++) {
        HOLD(weights);
        HOLD(record);
        v128_t sums[TOKENS][2][DIGITS];
        UNROLL for (u32 t = 0; t < tokens; t++)
            UNROLL for (u32 digit = 0; digit < DIGITS; digit++)
                sums[t][0][digit] = sums[t][1][digit] = first_sum(record + (WORDS + 1) * tokens + t, digit);
        UNROLL for (u32 step = 0; step < STEPS; step++) {
            v128_t lower = wasm_v128_load(weights + 32 * step);
            v128_t upper = wasm_v128_load(weights + 32 * step + 16);
            UNROLL for (u32 i = 0; i < PLANES; i++) {
                v128_t a = plane(lower, i, mask), b = plane(upper, i, mask);
                UNROLL for (u32 digit = 0; digit < DIGITS; digit++) {
                    const u32 *words = record + (word(step, i) * DIGITS + digit) * tokens;
                    UNROLL for (u32 t = 0; t < tokens; t++) {
                        v128_t x = wasm_v128_load32_splat(words + t);
                        sums[t][0][digit] = add_products(sums[t][0][digit], a, x);
                        sums[t][1][digit] = add_products(sums[t][1][digit], b, x);
                        HOLD(sums[t][0][digit]);
                        HOLD(sums[t][1][digit]);
                    }
                }
            }
        }
        v128_t scales = wasm_v128_load(weights + sizeof(group->quants));
        v128_t a = lower_scales(scales, scale_mask), b = upper_scales(scales, scale_mask);
        UNROLL for (u32 t = 0; t < tokens; t++) {
            v128_t scale = wasm_v128_load32_splat(record + WORDS * tokens + t);
            y[t][0] = madd(wasm_f32x4_convert_i32x4(total(sums[t][0])), wasm_f32x4_mul(a, scale), y[t][0]);
            y[t][1] = madd(wasm_f32x4_convert_i32x4(total(sums[t][1])), wasm_f32x4_mul(b, scale), y[t][1]);
            HOLD(y[t][0]);
            HOLD(y[t][1]);
        }
        weights += sizeof(struct group);
        record += (WORDS + 2) * tokens;
    }
}

// Stores the first `rows` of a tile's eight results.
static inline void put(f32 *y, const v128_t sums[2], u32 rows) {
    v128_t scale = wasm_f32x4_const_splat(RESULT_SCALE);
    store_some(y, wasm_f32x4_mul(sums[0], scale), rows);
    if (rows > 4) store_some(y + 4, wasm_f32x4_mul(sums[1], scale), rows - 4);
}

// Tiles first … end - 1 times one row of activations.
static __attribute__((noinline)) void one_token(const struct CALL *call, u32 first, u32 end) {
    u32 groups = call->columns / GROUP;
    const struct group *tiles = (const struct group *)call->tiles;
    for (u32 tile = first; tile < end; tile++) {
        v128_t y[1][2];
        multiply(tiles + tile * groups, groups, call->quantised, 1, y);
        put(call->y + call->first_row + tile * TILE_ROWS, y[0], call->rows - tile * TILE_ROWS);
    }
}

// Tiles first … end - 1 times the rows of activations from `token` on, at most TOKENS, of which `valid` count.
static __attribute__((noinline)) void some_tokens(const struct CALL *call, u32 first, u32 end, u32 token, u32 valid) {
    u32 groups = call->columns / GROUP;
    const struct group *tiles = (const struct group *)call->tiles;
    const u32 *record = call->quantised + token * groups * (WORDS + 2);
    f32 *out = call->y + token * call->y_stride + call->first_row;
    for (u32 tile = first; tile < end; tile++) {
        v128_t y[TOKENS][2];
        multiply(tiles + tile * groups, groups, record, TOKENS, y);
        UNROLL for (u32 t = 0; t < TOKENS; t++)
            if (t < valid) put(out + t * call->y_stride + tile * TILE_ROWS, y[t], call->rows - tile * TILE_ROWS);
    }
}

void CALL(const struct CALL *call) {
    u32 tokens = valid_rows(call->state, call->tokens), first, end;
    u32 tiles = (call->rows + TILE_ROWS - 1) / TILE_ROWS;
    u32 step = ITEM_BYTES / (call->columns / GROUP * sizeof(struct group));
    if (tokens == 1 && step < tiles / ENOUGH_ITEMS) step = tiles / ENOUGH_ITEMS;
    if (step > tiles / FEWEST_ITEMS) step = tiles / FEWEST_ITEMS;
    if (step == 0) step = 1;
    while (take(tiles, step, &first, &end))
        for (; first < end; first += step) {
            u32 last = first + step < end ? first + step : end;
            if (tokens == 1) {
                one_token(call, first, last);
                continue;
            }
            for (u32 token = 0; token < tokens; token += TOKENS)
                some_tokens(call, first, last, token, tokens - token);
        }
}
