// The file's blocks to the layouts of tiles.h, a piece of any number of blocks at a time.
#include "calls.h"
#include "half.h"
#include "tiles.h"

// Where row r's share of the first columns begins in a group, in bytes.
static inline u32 share(u32 r) { return 16 * (r / 4) + 4 * (r % 4); }

static inline void put_scale(scales_t scales, u32 r, u16 scale) { ((u16 *)scales)[2 * (r % 4) + r / 4] = scale; }

// A vector's words, every eighth word of a group.
static inline void scatter(void *p, v128_t words) {
    wasm_v128_store32_lane(p, words, 0);
    wasm_v128_store32_lane((u8 *)p + 32, words, 1);
    wasm_v128_store32_lane((u8 *)p + 64, words, 2);
    wasm_v128_store32_lane((u8 *)p + 96, words, 3);
}

// A block of Q4_0: an f16 scale; byte b has column b in its lower, b + 16 in its upper half.
static inline void put_q4_0(const u8 *block, struct int4_group *group, u32 r) {
    v128_t v = wasm_v128_load(block + 2), mask = wasm_i8x16_const_splat(15);
    v128_t low = wasm_v128_and(v, mask), high = wasm_v128_and(wasm_u16x8_shr(v, 4), mask);
    v128_t even = wasm_i32x4_shuffle(low, high, 0, 2, 4, 6), odd = wasm_i32x4_shuffle(low, high, 1, 3, 5, 7);
    scatter(group->quants + share(r), wasm_v128_or(even, wasm_i16x8_shl(odd, 4)));
    put_scale(group->scales, r, (u16)(block[0] | block[1] << 8));
}

// A block of Q8_0: an f16 scale and 32 signed bytes.
static inline void put_q8_0(const u8 *block, struct int8_group *group, u32 r) {
    scatter(group->quants + share(r), wasm_v128_load(block + 2));
    scatter(group->quants + 128 + share(r), wasm_v128_load(block + 18));
    put_scale(group->scales, r, (u16)(block[0] | block[1] << 8));
}

// 32 floats: the scale is max |x| / 127, rounded to f16; x / scale is rounded, ties to even, and kept within ±127.
static inline void put_floats(const v128_t x[8], struct int8_group *group, u32 r) {
    v128_t largest = wasm_f32x4_const_splat(0);
    for (u32 i = 0; i < 8; i++) largest = wasm_f32x4_pmax(largest, wasm_f32x4_abs(x[i]));
    u16 half = f16_bits(max_lanes(largest) / 127);
    v128_t scale = f16_values(wasm_i32x4_splat(half)), limit = wasm_f32x4_const_splat(127), wide[8];
    for (u32 i = 0; i < 8; i++) {
        v128_t q = wasm_f32x4_nearest(wasm_f32x4_div(x[i], scale));
        q = wasm_f32x4_pmax(wasm_f32x4_neg(limit), wasm_f32x4_pmin(limit, q));
        wide[i] = half ? wasm_i32x4_trunc_sat_f32x4(q) : wasm_i32x4_const_splat(0);
    }
    v128_t narrow[4];
    for (u32 i = 0; i < 4; i++) narrow[i] = wasm_i16x8_narrow_i32x4(wide[2 * i], wide[2 * i + 1]);
    scatter(group->quants + share(r), wasm_i8x16_narrow_i16x8(narrow[0], narrow[1]));
    scatter(group->quants + 128 + share(r), wasm_i8x16_narrow_i16x8(narrow[2], narrow[3]));
    put_scale(group->scales, r, half);
}

static inline void put_f32(const u8 *block, struct int8_group *group, u32 r) {
    v128_t x[8];
    for (u32 i = 0; i < 8; i++) x[i] = wasm_v128_load(block + 16 * i);
    put_floats(x, group, r);
}

static inline void put_f16(const u8 *block, struct int8_group *group, u32 r) {
    v128_t x[8];
    for (u32 i = 0; i < 8; i++) x[i] = f16_values(wasm_i32x4_load16x4(block + 8 * i));
    put_floats(x, group, r);
}

static inline void put_bf16(const u8 *block, struct int8_group *group, u32 r) {
    v128_t x[8];
    for (u32 i = 0; i < 8; i++) x[i] = bf16_values(wasm_i32x4_load16x4(block + 8 * i));
    put_floats(x, group, r);
}

// Blocks to tiles: the block after a row's last group is the next row's first.
#define TILED(NAME, PUT, BYTES, TYPE)                                                                          \
    static __attribute__((noinline)) void NAME(const u8 *source, u32 blocks, u32 first, u32 groups,            \
                                               TYPE *target) {                                                 \
        u32 row = first / groups, g = first % groups;                                                          \
        for (u32 b = 0; b < blocks; b++, source += BYTES) {                                                    \
            PUT(source, target + row / TILE_ROWS * groups + g, row % TILE_ROWS);                               \
            if (++g == groups) g = 0, row++;                                                                   \
        }                                                                                                      \
    }

TILED(tile_q4_0, put_q4_0, 18, struct int4_group)
TILED(tile_q8_0, put_q8_0, 34, struct int8_group)
TILED(tile_f32, put_f32, 128, struct int8_group)
TILED(tile_f16, put_f16, 64, struct int8_group)
TILED(tile_bf16, put_bf16, 64, struct int8_group)

// Blocks of two numbers of 16 bits to f32.
static inline __attribute__((always_inline)) void expand(v128_t (*values)(v128_t), const u8 *source, u32 blocks,
                                                         f32 *target) {
    for (; blocks >= 2; blocks -= 2, source += 8, target += 4)
        wasm_v128_store(target, values(wasm_i32x4_load16x4(source)));
    if (blocks) store_some(target, values(wasm_i32x4_extend_low_i16x8(wasm_v128_load32_zero(source))), 2);
}

static __attribute__((noinline)) void expand_f16(const u8 *source, u32 blocks, f32 *target) {
    expand(f16_values, source, blocks, target);
}

static __attribute__((noinline)) void expand_bf16(const u8 *source, u32 blocks, f32 *target) {
    expand(bf16_values, source, blocks, target);
}

// Puts blocks first_block … first_block + blocks - 1 of a matrix, counted row by row, where they belong in a target.
__attribute__((export_name("repack"))) void repack(u32 kind, const u8 *source, u32 blocks, u32 first_block,
                                                   u32 blocks_per_row, u8 *target) {
    struct int4_group *int4 = (struct int4_group *)target;
    struct int8_group *int8 = (struct int8_group *)target;
    f32 *values = (f32 *)target + 2 * first_block;
    switch (kind) {
        case REPACK_Q4_0: tile_q4_0(source, blocks, first_block, blocks_per_row, int4); break;
        case REPACK_Q8_0: tile_q8_0(source, blocks, first_block, blocks_per_row, int8); break;
        case QUANTISE_F32: tile_f32(source, blocks, first_block, blocks_per_row, int8); break;
        case QUANTISE_F16: tile_f16(source, blocks, first_block, blocks_per_row, int8); break;
        case QUANTISE_BF16: tile_bf16(source, blocks, first_block, blocks_per_row, int8); break;
        case EXPAND_F16: expand_f16(source, blocks, values); break;
        case EXPAND_BF16: expand_bf16(source, blocks, values); break;
    }
}
