// Attention of a chunk of rows: first their keys and values are added to the caches, then blocks of queries pass
// over the keys, tile by tile.
//
//   qkv      [rows, heads + 2 kv_heads, head_dim]
//   keys, values  rings [kv_heads, capacity, head_dim]
//   norms    [2, head_dim], for queries and keys, if `normed`
//   table    of the rotary embedding, if `low_size` is not 0
//   out      [rows, heads, head_dim]
#include "attention.h"
#include "calls.h"

#define STEP 4u // rows whose keys and values are written at once

static void write_row(const struct kv_write *call, u32 row) {
    u32 head_dim = call->head_dim, kv_heads = call->kv_heads;
    u32 position = call->state[STATE_POSITION] + row, slot = position % call->capacity;
    const f32 *key = call->qkv + (row * (call->heads + 2 * kv_heads) + call->heads) * head_dim;
    const f32 *norm = call->normed ? call->norms + head_dim : 0;
    struct rotation rotation;
    if (call->low_size) rotation_of(position, call->table, call->low_size, head_dim, &rotation);
    for (u32 head = 0; head < kv_heads; head++, key += head_dim) {
        u32 at = (head * call->capacity + slot) * head_dim;
        prepare_head(key, norm, call->eps, call->low_size ? &rotation : 0, 1, head_dim, call->keys + at, 4);
        __builtin_memcpy(call->values + at, key + kv_heads * head_dim, head_dim * sizeof(f32));
    }
}

void kv_write(const struct kv_write *call) {
    u32 row, end;
    while (take(valid_rows(call->state, call->rows), STEP, &row, &end))
        for (; row < end; row++) write_row(call, row);
}

// Rows of a block, as many as make MOST_QUADS quads.
static inline u32 rows_of(u32 group) { return 4 * MOST_QUADS / group; }

// The block's queries, row by row and head by head, in fours. The last one's empty lanes see what its last query
// sees, so that positions never fall from lane to lane.
static void prepare_block(const struct attention_prefill *call, u32 kv_head, u32 row, u32 rows, struct quad *quads,
                          f32 queries[][QUAD_FLOATS(LONGEST_HEAD)]) {
    u32 head_dim = call->head_dim, group = call->heads / call->kv_heads;
    const f32 *norm = call->normed ? call->norms : 0;
    struct rotation rotation;
    i32 first[4], last[4];
    for (u32 i = 0; i < rows * group; i++) {
        u32 r = row + i / group, position = call->state[STATE_POSITION] + r, lane = i % 4;
        const f32 *x = call->qkv + (r * (call->heads + 2 * call->kv_heads) + kv_head * group + i % group) * head_dim;
        if (call->low_size && i % group == 0)
            rotation_of(position, call->table, call->low_size, head_dim, &rotation);
        prepare_head(x, norm, call->eps, call->low_size ? &rotation : 0, call->scale, head_dim,
                     queries[i / 4] + 4 * lane, 16);
        for (u32 j = lane; j < 4; j++) {
            first[j] = (i32)first_seen(position, call->window);
            last[j] = (i32)position;
        }
        quads[i / 4].first = wasm_v128_load(first);
        quads[i / 4].last = wasm_v128_load(last);
    }
}

static void finish(const struct attention_prefill *call, const struct quad *quad, u32 kv_head, u32 row, u32 index) {
    u32 head_dim = call->head_dim, group = call->heads / call->kv_heads;
    f32 scale[4];
    wasm_v128_store(scale, wasm_f32x4_div(wasm_f32x4_const_splat(1), quad->total));
    for (u32 q = 0; q < quad->queries; q++, index++) {
        f32 *out = call->out + ((row + index / group) * call->heads + kv_head * group + index % group) * head_dim;
        const f32 *result = quad->result + 8 * q;
        v128_t factor = wasm_f32x4_splat(scale[q]);
        for (u32 i = 0; i < head_dim; i += 8, result += 32) {
            wasm_v128_store(out + i, wasm_f32x4_mul(wasm_v128_load(result), factor));
            wasm_v128_store(out + i + 4, wasm_f32x4_mul(wasm_v128_load(result + 4), factor));
        }
    }
}

static void attend_block(const struct attention_prefill *call, u32 kv_head, u32 row, u32 rows) {
    u32 head_dim = call->head_dim, group = call->heads / call->kv_heads;
    u32 count = rows * group, quads = (count + 3) / 4;
    f32 queries[MOST_QUADS][QUAD_FLOATS(LONGEST_HEAD)], results[MOST_QUADS][QUAD_FLOATS(LONGEST_HEAD)];
    struct quad quad[MOST_QUADS];
    for (u32 i = 0; i < quads; i++) {
        u32 left = count - 4 * i;
        begin(quad + i, left < 4 ? left : 4, queries[i], results[i], head_dim);
    }
    __builtin_memset(queries[quads - 1], 0, sizeof *queries);
    prepare_block(call, kv_head, row, rows, quad, queries);

    const f32 *keys = call->keys + kv_head * call->capacity * head_dim;
    const f32 *values = call->values + kv_head * call->capacity * head_dim;
    u32 position = call->state[STATE_POSITION] + row, end = position + rows;
    position = first_seen(position, call->window);
    while (position < end) {
        struct tile tile = tile_at(keys, values, position, end, call->capacity, head_dim);
        position += tile.count;
        for (u32 i = 0; i < quads; i++) {
            i32 first = wasm_i32x4_extract_lane(quad[i].first, 0), last = wasm_i32x4_extract_lane(quad[i].last, 3);
            if ((i32)tile.position <= last && (i32)position > first)
                attend(quad + i, &tile, head_dim, call->softcap);
        }
    }
    for (u32 i = 0; i < quads; i++) finish(call, quad + i, kv_head, row, 4 * i);
}

void attention_prefill(const struct attention_prefill *call) {
    u32 rows = valid_rows(call->state, call->rows), step = rows_of(call->heads / call->kv_heads);
    u32 blocks = (rows + step - 1) / step, i, end;
    while (take(blocks * call->kv_heads, 1, &i, &end))
        for (; i < end; i++) {
            // The last rows, which see the most, come first: what is left over at the end is short.
            u32 row = (blocks - 1 - i / call->kv_heads) * step, left = rows - row;
            attend_block(call, i % call->kv_heads, row, left < step ? left : step);
        }
}
