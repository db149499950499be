// Attention of up to four queries over a tile of keys.
#include "attention.h"
#include "maths.h"

// The sums of a, b, c and d, each over its lanes.
static inline v128_t sums_of(v128_t a, v128_t b, v128_t c, v128_t d) {
    v128_t ab = wasm_f32x4_add(wasm_i32x4_shuffle(a, b, 0, 4, 1, 5), wasm_i32x4_shuffle(a, b, 2, 6, 3, 7));
    v128_t cd = wasm_f32x4_add(wasm_i32x4_shuffle(c, d, 0, 4, 1, 5), wasm_i32x4_shuffle(c, d, 2, 6, 3, 7));
    return wasm_f32x4_add(wasm_i32x4_shuffle(ab, cd, 0, 1, 4, 5), wasm_i32x4_shuffle(ab, cd, 2, 3, 6, 7));
}

// Products of queries with neighbouring keys, for a few of either: so many that loads are shared and that sums
// do not wait for themselves, so few that all stay in registers (15 on x86).
__attribute__((always_inline)) static inline void
dot(const u32 queries, const u32 keys, const f32 *query, const f32 *key, u32 head_dim, v128_t *scores) {
    v128_t sums[4][4] = {0}, k[4];
    const f32 *rows[4];
    for (u32 j = 0; j < keys; j++) rows[j] = key + j * head_dim;
    for (u32 i = 0; i < head_dim / 8; i++) {
        UNROLL
        for (u32 half = 0; half < 2; half++) {
            UNROLL
            for (u32 j = 0; j < keys; j++) {
                HOLD(rows[j]);
                k[j] = wasm_v128_load(rows[j] + 4 * half);
                HOLD(k[j]);
            }
            UNROLL
            for (u32 q = 0; q < queries; q++) {
                HOLD(query);
                v128_t x = wasm_v128_load(query + 16 * half + 4 * q);
                HOLD(x);
                UNROLL
                for (u32 j = 0; j < keys; j++) {
                    sums[q][j] = madd(x, k[j], sums[q][j]);
                    HOLD(sums[q][j]);
                }
            }
        }
        query += 32;
        for (u32 j = 0; j < keys; j++) rows[j] += 8;
    }
    for (u32 j = 0; j < keys; j++) scores[j] = sums_of(sums[0][j], sums[1][j], sums[2][j], sums[3][j]);
}

// Adds `weights` [count][4] times 8 · `blocks` columns of the values to the result, which is scaled first.
__attribute__((always_inline)) static inline void
add_weighted(const u32 queries, const u32 blocks, const f32 *weights, const f32 *value, u32 count, u32 head_dim,
             const f32 *scale, f32 *result) {
    v128_t sums[4][2 * 4];
    for (u32 q = 0; q < queries; q++)
        for (u32 i = 0; i < 2 * blocks; i++) {
            v128_t factor = wasm_v128_load32_splat(scale + q);
            sums[q][i] = wasm_f32x4_mul(wasm_v128_load(result + i / 2 * 32 + 8 * q + i % 2 * 4), factor);
        }
    for (; count; count--, value += head_dim, weights += 4) {
        v128_t columns[2 * 4];
        for (u32 i = 0; i < 2 * blocks; i++) columns[i] = wasm_v128_load(value + 4 * i);
        for (u32 q = 0; q < queries; q++) {
            v128_t weight = wasm_v128_load32_splat(weights + q);
            for (u32 i = 0; i < 2 * blocks; i++) sums[q][i] = madd(weight, columns[i], sums[q][i]);
        }
    }
    for (u32 q = 0; q < queries; q++)
        for (u32 i = 0; i < 2 * blocks; i++)
            wasm_v128_store(result + i / 2 * 32 + 8 * q + i % 2 * 4, sums[q][i]);
}

__attribute__((always_inline)) static inline void accumulate(const u32 queries, const f32 *weights,
                                                             const struct tile *tile, u32 head_dim,
                                                             const f32 *scale, f32 *result) {
    const u32 blocks = 4 / queries;
    const f32 *value = tile->values;
    u32 left = head_dim / 8;
    for (; left >= blocks; left -= blocks, value += 8 * blocks, result += 32 * blocks)
        add_weighted(queries, blocks, weights, value, tile->count, head_dim, scale, result);
    for (; left; left--, value += 8, result += 32)
        add_weighted(queries, 1, weights, value, tile->count, head_dim, scale, result);
}

static inline void cap(v128_t *scores, u32 count, f32 softcap) {
    v128_t limit = wasm_f32x4_splat(softcap), inverse = wasm_f32x4_splat(1 / softcap);
    for (u32 k = 0; k < count; k++)
        scores[k] = wasm_f32x4_mul(limit, hyperbolic_tangent(wasm_f32x4_mul(scores[k], inverse)));
}

// Keys that a query may not see get the score minus infinity, whose exponential is 0.
static inline void mask(v128_t *scores, const struct tile *tile, const struct quad *quad) {
    const v128_t hidden = wasm_f32x4_const_splat(-__builtin_inff());
    for (u32 k = 0; k < tile->count; k++) {
        v128_t position = wasm_i32x4_splat((i32)(tile->position + k));
        v128_t seen = wasm_v128_and(wasm_i32x4_ge(position, quad->first), wasm_i32x4_le(position, quad->last));
        scores[k] = wasm_v128_bitselect(scores[k], hidden, seen);
    }
}

__attribute__((always_inline)) static inline void
attend_as(const u32 queries, struct quad *quad, const struct tile *tile, u32 head_dim, f32 softcap) {
    v128_t scores[TILE], scale;
    u32 count = tile->count, k = 0;
    const u32 keys = queries == 4 ? 2 : 4;
    for (; k + keys <= count; k += keys)
        dot(queries, keys, quad->query, tile->keys + k * head_dim, head_dim, scores + k);
    for (; k < count; k++) dot(queries, 1, quad->query, tile->keys + k * head_dim, head_dim, scores + k);
    if (softcap != 0) cap(scores, count, softcap);
    i32 start = (i32)tile->position, end = start + (i32)count;
    if (start < wasm_i32x4_extract_lane(quad->first, 3) || end > wasm_i32x4_extract_lane(quad->last, 0) + 1)
        mask(scores, tile, quad);

    v128_t largest = quad->largest;
    for (k = 0; k < count; k++) largest = wasm_f32x4_pmax(largest, scores[k]);
    scale = exponential(wasm_f32x4_sub(quad->largest, largest));
    v128_t total = wasm_f32x4_mul(quad->total, scale);
    for (k = 0; k < count; k++) {
        scores[k] = exponential(wasm_f32x4_sub(scores[k], largest));
        total = wasm_f32x4_add(total, scores[k]);
    }
    quad->largest = largest;
    quad->total = total;
    accumulate(queries, (const f32 *)scores, tile, head_dim, (const f32 *)&scale, quad->result);
}

void attend(struct quad *quad, const struct tile *tile, u32 head_dim, f32 softcap) {
    switch (quad->queries) {
    case 1: attend_as(1, quad, tile, head_dim, softcap); break;
    case 2: attend_as(2, quad, tile, head_dim, softcap); break;
    default: attend_as(4, quad, tile, head_dim, softcap); break;
    }
}
