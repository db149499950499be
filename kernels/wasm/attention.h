// Attention of a few queries over a tile of keys, the part that decoding and prefill share.
//
// Softmax runs along with the keys (Milakov and Gimelshein 2018, arXiv:1805.02867): what has been summed up is
// rescaled whenever a larger score turns up. Queries come in fours, so that every key and value that is loaded
// serves four of them, and maxima, exponentials and sums are vectors with a lane for each.
#pragma once
#include "heads.h"

#define TILE 32u // keys at once, at most: they and their values stay in the second-level cache
#define QUAD_FLOATS(n) (4 * (n)) // of four vectors of n

// Up to four queries and what they have seen. Lanes of queries that are missing hold numbers nobody reads.
struct quad {
    u32 queries;
    const f32 *query;      // [head_dim / 4][4 queries][4], scaled
    f32 *result;           // [head_dim / 8][4 queries][8], to be divided by `total`
    v128_t first, last;    // positions that each looks back to, and up to; neither falls from lane to lane
    v128_t largest, total; // of the scores; of their exponentials
};

// Keys and values of neighbouring positions, [count, head_dim] each.
struct tile {
    const f32 *keys, *values;
    u32 position, count;
};

// The positions from `position` on that lie side by side in a ring of `capacity` slots; at most until `end`.
static inline struct tile
tile_at(const f32 *keys, const f32 *values, u32 position, u32 end, u32 capacity, u32 head_dim) {
    u32 slot = position % capacity, count = end - position;
    if (count > capacity - slot) count = capacity - slot;
    if (count > TILE) count = TILE;
    return (struct tile){keys + slot * head_dim, values + slot * head_dim, position, count};
}

// Reads a word of every cache line in order. Processors see that coming and fetch ahead, which they do not in the
// order in which products take rows and columns: a tile that comes from memory is ready in two thirds of the time.
static inline void fetch(const f32 *x, u32 count) {
    for (u32 i = 0; i < count; i += 16) (void)*(const volatile f32 *)(x + i);
}

static inline void fetch_tile(const struct tile *tile, u32 head_dim) {
    fetch(tile->keys, tile->count * head_dim);
    fetch(tile->values, tile->count * head_dim);
}

// The first position that a query at `position` looks back to.
static inline u32 first_seen(u32 position, u32 window) {
    return position + 1 > window ? position + 1 - window : 0;
}

static inline void begin(struct quad *quad, u32 queries, const f32 *query, f32 *result, u32 head_dim) {
    *quad = (struct quad){.queries = queries, .query = query, .result = result};
    quad->largest = wasm_f32x4_const_splat(-1e30f); // below any score, and yet not infinite: see attend()
    __builtin_memset(result, 0, QUAD_FLOATS(head_dim) * sizeof(f32));
}

// Lets the queries see a tile. `softcap` 0: none.
void attend(struct quad *quad, const struct tile *tile, u32 head_dim, f32 softcap);
