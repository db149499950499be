// Attention of one row, split over the keys, so that all threads have work even with a single key-value head
// (Dao et al. 2023, "Flash-Decoding"): each split leaves partial results, which another call combines.
//
//   qkv      [heads + 2 kv_heads, head_dim]
//   keys, values  rings [kv_heads, capacity, head_dim], to which those of this row are added
//   scratch  [kv_heads, splits, quads] partial results: largest score [4], total [4], result (see attention.h)
//   norms    [2, head_dim], for queries and keys, if `normed`
//   table    of the rotary embedding, if `low_size` is not 0
//
// The splits depend on the number of keys alone: results are the same for any number of threads.
#include "attention.h"
#include "calls.h"
#include "maths.h"

#define SHORTEST_SPLIT 32u // keys
#define CHUNK 64u          // columns that are combined as one item
#define PARTIAL_FLOATS(head_dim) (PARTIAL_HEAD + QUAD_FLOATS(head_dim))

struct splits {
    u32 first, end; // positions
    u32 length, count;
};

static inline struct splits splits_of(u32 position, u32 window, u32 most) {
    struct splits splits = {.first = first_seen(position, window), .end = position + 1};
    u32 seen = splits.end - splits.first;
    splits.length = (seen + most - 1) / most;
    if (splits.length < SHORTEST_SPLIT) splits.length = SHORTEST_SPLIT;
    splits.count = (seen + splits.length - 1) / splits.length;
    return splits;
}

static inline f32 *
partial(f32 *scratch, u32 kv_head, u32 split, u32 quad, u32 splits, u32 quads, u32 head_dim) {
    return scratch + ((kv_head * splits + split) * quads + quad) * PARTIAL_FLOATS(head_dim);
}

// The queries of a key-value head, in fours.
static void prepare_queries(const struct attention_decode *call, u32 kv_head, const struct rotation *rotation,
                            f32 queries[][QUAD_FLOATS(LONGEST_HEAD)]) {
    u32 head_dim = call->head_dim, group = call->heads / call->kv_heads;
    const f32 *x = call->qkv + kv_head * group * head_dim, *norm = call->normed ? call->norms : 0;
    __builtin_memset(queries[group / 4], 0, sizeof *queries);
    for (u32 i = 0; i < group; i++)
        prepare_head(x + i * head_dim, norm, call->eps, rotation, call->scale, head_dim,
                     queries[i / 4] + i % 4 * 4, 16);
}

// Adds the row's key and value to the caches of its head.
static void write_cache(const struct attention_decode *call, u32 kv_head, u32 slot, const struct rotation *rotation) {
    u32 head_dim = call->head_dim, at = (kv_head * call->capacity + slot) * head_dim;
    const f32 *key = call->qkv + (call->heads + kv_head) * head_dim, *value = key + call->kv_heads * head_dim;
    const f32 *norm = call->normed ? call->norms + head_dim : 0;
    prepare_head(key, norm, call->eps, rotation, 1, head_dim, call->keys + at, 4);
    __builtin_memcpy(call->values + at, value, head_dim * sizeof(f32));
}

static void attend_split(const struct attention_decode *call, u32 kv_head, const struct splits *splits, u32 split,
                         f32 queries[][QUAD_FLOATS(LONGEST_HEAD)]) {
    u32 head_dim = call->head_dim, group = call->heads / call->kv_heads, quads = (group + 3) / 4;
    u32 from = splits->first + split * splits->length, to = from + splits->length;
    if (to > splits->end) to = splits->end;
    struct quad quad[MOST_QUADS];
    for (u32 i = 0; i < quads; i++) {
        f32 *result = partial(call->scratch, kv_head, split, i, call->splits, quads, head_dim) + PARTIAL_HEAD;
        u32 left = group - 4 * i;
        begin(quad + i, left < 4 ? left : 4, queries[i], result, head_dim);
        quad[i].first = wasm_i32x4_splat((i32)from);
        quad[i].last = wasm_i32x4_splat((i32)to - 1);
    }
    const f32 *keys = call->keys + kv_head * call->capacity * head_dim;
    const f32 *values = call->values + kv_head * call->capacity * head_dim;
    while (from < to) {
        struct tile tile = tile_at(keys, values, from, to, call->capacity, head_dim);
        fetch_tile(&tile, head_dim);
        for (u32 i = 0; i < quads; i++) attend(quad + i, &tile, head_dim, call->softcap);
        from += tile.count;
    }
    for (u32 i = 0; i < quads; i++) {
        wasm_v128_store(quad[i].result - PARTIAL_HEAD, quad[i].largest);
        wasm_v128_store(quad[i].result - PARTIAL_HEAD + 4, quad[i].total);
    }
}

void attention_decode(const struct attention_decode *call) {
    u32 position = call->state[STATE_POSITION];
    struct splits splits = splits_of(position, call->window, call->splits);
    f32 queries[MOST_QUADS + 1][QUAD_FLOATS(LONGEST_HEAD)];
    struct rotation table;
    const struct rotation *rotation = call->low_size ? &table : 0;
    u32 prepared = ~0u, i, end;
    while (take(call->kv_heads * splits.count, 1, &i, &end))
        for (; i < end; i++) {
            u32 kv_head = i / splits.count, split = i % splits.count;
            if (rotation && prepared == ~0u)
                rotation_of(position, call->table, call->low_size, call->head_dim, &table);
            if (kv_head != prepared) prepare_queries(call, kv_head, rotation, queries);
            prepared = kv_head;
            if (split == splits.count - 1) write_cache(call, kv_head, position % call->capacity, rotation);
            attend_split(call, kv_head, &splits, split, queries);
        }
}

// Combines some columns of a quad: the splits weighted by how far their largest score is from the largest of all.
static void
combine(const struct attention_combine *call, const struct splits *splits, u32 kv_head, u32 quad, u32 column) {
    u32 head_dim = call->head_dim, group = call->heads / call->kv_heads, quads = (group + 3) / 4;
    const f32 *first = partial(call->scratch, kv_head, 0, quad, call->splits, quads, head_dim);
    u32 stride = quads * PARTIAL_FLOATS(head_dim);
    v128_t largest = wasm_v128_load(first), total = wasm_f32x4_const_splat(0);
    for (u32 s = 1; s < splits->count; s++)
        largest = wasm_f32x4_pmax(largest, wasm_v128_load(first + s * stride));
    f32 weights[4 * MOST_SPLITS];
    for (u32 s = 0; s < splits->count; s++) {
        v128_t weight = exponential(wasm_f32x4_sub(wasm_v128_load(first + s * stride), largest));
        total = madd(weight, wasm_v128_load(first + s * stride + 4), total);
        wasm_v128_store(weights + 4 * s, weight);
    }
    f32 scale[4];
    wasm_v128_store(scale, wasm_f32x4_div(wasm_f32x4_const_splat(1), total));
    u32 end = column + CHUNK < head_dim ? column + CHUNK : head_dim, left = group - 4 * quad;
    for (u32 q = 0; q < 4 && q < left; q++) {
        f32 *out = call->out + (kv_head * group + 4 * quad + q) * head_dim;
        v128_t factor = wasm_f32x4_splat(scale[q]);
        for (u32 i = column; i < end; i += 8) {
            const f32 *result = first + PARTIAL_HEAD + i * 4 + q * 8;
            v128_t low = wasm_f32x4_const_splat(0), high = low;
            for (u32 s = 0; s < splits->count; s++, result += stride) {
                v128_t weight = wasm_v128_load32_splat(weights + 4 * s + q);
                low = madd(weight, wasm_v128_load(result), low);
                high = madd(weight, wasm_v128_load(result + 4), high);
            }
            wasm_v128_store(out + i, wasm_f32x4_mul(low, factor));
            wasm_v128_store(out + i + 4, wasm_f32x4_mul(high, factor));
        }
    }
}

// out [heads, head_dim]
void attention_combine(const struct attention_combine *call) {
    struct splits splits = splits_of(call->state[STATE_POSITION], call->window, call->splits);
    u32 quads = (call->heads / call->kv_heads + 3) / 4, chunks = (call->head_dim + CHUNK - 1) / CHUNK, i, end;
    while (take(call->kv_heads * quads * chunks, 1, &i, &end))
        for (; i < end; i++)
            combine(call, &splits, i / chunks / quads, i / chunks % quads, i % chunks * CHUNK);
}
