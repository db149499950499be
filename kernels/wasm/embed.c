// Rows of a table picked by token ids, times a number. A call has some of the table's rows; ids in others are left
// to those rows' calls, ids beyond the table read its last row.
#include "calls.h"
#include "tiles.h"

// Whether an id's row is among those of the call, and which of them it is.
static inline _Bool find(u32 id, u32 vocabulary, u32 first_row, u32 rows, u32 *row) {
    if (id >= vocabulary) id = vocabulary - 1;
    *row = id - first_row;
    return id >= first_row && *row < rows;
}

// A row's scale of a group, of which a tile's row holds the words, times a number.
static inline v128_t scale_of(const scales_t scales, u32 row, f32 factor) {
    v128_t words = wasm_v128_load32_splat(scales + row % 4), mask = wasm_u32x4_const_splat(SCALE_MASK);
    v128_t scale = row < 4 ? lower_scales(words, mask) : upper_scales(words, mask);
    return wasm_f32x4_mul(wasm_f32x4_mul(scale, wasm_f32x4_const_splat(0x1p112f)), wasm_f32x4_splat(factor));
}

// Four words at p, `stride` words apart.
static inline v128_t gather(const void *p, u32 stride) {
    const u32 *words = p;
    v128_t x = wasm_v128_load32_zero(words);
    x = wasm_v128_load32_lane(words + stride, x, 1);
    x = wasm_v128_load32_lane(words + 2 * stride, x, 2);
    return wasm_v128_load32_lane(words + 3 * stride, x, 3);
}

// Sixteen signed bytes times a scale.
static inline void expand(f32 *out, v128_t q, v128_t scale) {
    v128_t low = wasm_i16x8_extend_low_i8x16(q), high = wasm_i16x8_extend_high_i8x16(q);
    v128_t wide[4] = {wasm_i32x4_extend_low_i16x8(low), wasm_i32x4_extend_high_i16x8(low),
                      wasm_i32x4_extend_low_i16x8(high), wasm_i32x4_extend_high_i16x8(high)};
    for (u32 i = 0; i < 4; i++)
        wasm_v128_store(out + 4 * i, wasm_f32x4_mul(wasm_f32x4_convert_i32x4(wide[i]), scale));
}

static inline void embed_int4_row(const struct embed_int4 *call, u32 row, f32 *out) {
    u32 groups = call->columns / GROUP, r = row % TILE_ROWS;
    const struct int4_group *group = (const struct int4_group *)call->tiles + row / TILE_ROWS * groups;
    for (u32 g = 0; g < groups; g++, group++, out += GROUP) {
        v128_t v = gather(group->quants + 16 * (r / 4) + 4 * (r % 4), 8), eight = wasm_i8x16_const_splat(8);
        v128_t low = wasm_i8x16_sub(wasm_v128_and(v, wasm_i8x16_const_splat(15)), eight);
        v128_t high = wasm_i8x16_sub(wasm_u8x16_shr(v, 4), eight);
        v128_t scale = scale_of(group->scales, r, call->scale);
        expand(out, wasm_i32x4_shuffle(low, high, 0, 4, 1, 5), scale);
        expand(out + 16, wasm_i32x4_shuffle(low, high, 2, 6, 3, 7), scale);
    }
}

static inline void embed_int8_row(const struct embed_int8 *call, u32 row, f32 *out) {
    u32 groups = call->columns / GROUP, r = row % TILE_ROWS;
    const struct int8_group *group = (const struct int8_group *)call->tiles + row / TILE_ROWS * groups;
    for (u32 g = 0; g < groups; g++, group++, out += GROUP) {
        const i8 *quants = group->quants + 16 * (r / 4) + 4 * (r % 4);
        v128_t scale = scale_of(group->scales, r, call->scale);
        expand(out, gather(quants, 8), scale);
        expand(out + 16, gather(quants + 128, 8), scale);
    }
}

static inline void embed_f32_row(const struct embed_f32 *call, u32 row, f32 *out) {
    v128_t scale = wasm_f32x4_splat(call->scale);
    const f32 *x = call->values + row * call->columns;
    for (u32 i = 0; i < call->columns; i += 4)
        store_some(out + i, wasm_f32x4_mul(load_some(x + i, call->columns - i), scale), call->columns - i);
}

// A call: every token whose row is among the call's gets it.
#define EMBED(CALL)                                                                                            \
    void CALL(const struct CALL *call) {                                                                       \
        u32 first, end, row;                                                                                   \
        while (take(valid_rows(call->state, call->tokens), 1, &first, &end))                                   \
            for (u32 token = first; token < end; token++)                                                      \
                if (find(call->ids[token], call->vocabulary, call->first_row, call->rows, &row))               \
                    CALL##_row(call, row, call->out + token * call->columns);                                  \
    }

EMBED(embed_int4)
EMBED(embed_int8)
EMBED(embed_f32)
