// y = x · Wᵀ, weights in f32, row by row.
//
// One row of x is bound by reading the matrix, which is fastest in one go: a row at a time, sums in four vectors.
// For several, four rows of the matrix meet two of x, so that what is read is used several times.
#include "calls.h"
#include "simd.h"

#define ROWS 4   // of the matrix at once
#define TOKENS 2 // rows of x at once

// The dot product of two rows.
static inline f32 dot(const f32 *x, const f32 *w, u32 columns) {
    v128_t sums[4];
    UNROLL for (u32 i = 0; i < 4; i++) sums[i] = wasm_f32x4_const_splat(0);
    u32 k = 0;
    for (; k + 16 <= columns; k += 16, x += 16, w += 16) {
        HOLD(x);
        HOLD(w);
        UNROLL for (u32 i = 0; i < 4; i++) {
            sums[i] = madd(wasm_v128_load(w + 4 * i), wasm_v128_load(x + 4 * i), sums[i]);
            HOLD(sums[i]);
        }
    }
    for (; k < columns; k += 4, x += 4, w += 4)
        sums[0] = madd(load_some(w, columns - k), load_some(x, columns - k), sums[0]);
    return sum_lanes(wasm_f32x4_add(wasm_f32x4_add(sums[0], sums[1]), wasm_f32x4_add(sums[2], sums[3])));
}

// The dot products of every row of x with every row of w, per row of x.
static inline void multiply(const f32 *const x[TOKENS], const f32 *const w[ROWS], u32 columns, v128_t y[TOKENS]) {
    v128_t sums[TOKENS][ROWS];
    UNROLL for (u32 t = 0; t < TOKENS; t++)
        UNROLL for (u32 r = 0; r < ROWS; r++) sums[t][r] = wasm_f32x4_const_splat(0);
    u32 whole = columns / 4 * 4;
    for (u32 k = 0; k < whole; k += 4) {
        v128_t weights[ROWS];
        UNROLL for (u32 r = 0; r < ROWS; r++) weights[r] = wasm_v128_load(w[r] + k);
        UNROLL for (u32 t = 0; t < TOKENS; t++) {
            v128_t activations = wasm_v128_load(x[t] + k);
            UNROLL for (u32 r = 0; r < ROWS; r++) sums[t][r] = madd(weights[r], activations, sums[t][r]);
        }
    }
    u32 rest = columns - whole;
    UNROLL for (u32 t = 0; t < TOKENS; t++) {
        v128_t *s = sums[t], activations = load_some(x[t] + whole, rest);
        UNROLL for (u32 r = 0; r < ROWS; r++) s[r] = madd(load_some(w[r] + whole, rest), activations, s[r]);
        v128_t a = wasm_f32x4_add(wasm_i32x4_shuffle(s[0], s[1], 0, 4, 1, 5),
                                  wasm_i32x4_shuffle(s[0], s[1], 2, 6, 3, 7));
        v128_t b = wasm_f32x4_add(wasm_i32x4_shuffle(s[2], s[3], 0, 4, 1, 5),
                                  wasm_i32x4_shuffle(s[2], s[3], 2, 6, 3, 7));
        y[t] = wasm_f32x4_add(wasm_i64x2_shuffle(a, b, 0, 2), wasm_i64x2_shuffle(a, b, 1, 3));
    }
}

static __attribute__((noinline)) void one_token(const struct linear_f32 *call, u32 row, u32 end) {
    for (; row < end; row++)
        call->y[call->first_row + row] = dot(call->x, call->values + row * call->columns, call->columns);
}

// Up to four rows of the matrix times all rows of x. What is missing at an end is replaced by the last row.
static __attribute__((noinline)) void some_tokens(const struct linear_f32 *call, u32 row, u32 end, u32 tokens) {
    const f32 *w[ROWS], *x[TOKENS];
    for (u32 r = 0; r < ROWS; r++) w[r] = call->values + (row + r < end ? row + r : end - 1) * call->columns;
    f32 *out = call->y + call->first_row + row;
    v128_t y[TOKENS];
    for (u32 t = 0; t < tokens; t += TOKENS) {
        x[0] = call->x + t * call->columns;
        x[1] = t + 1 < tokens ? x[0] + call->columns : x[0];
        multiply(x, w, call->columns, y);
        store_some(out + t * call->y_stride, y[0], end - row);
        if (t + 1 < tokens) store_some(out + (t + 1) * call->y_stride, y[1], end - row);
    }
}

void linear_f32(const struct linear_f32 *call) {
    u32 tokens = valid_rows(call->state, call->tokens), first, end;
    while (take(call->rows, 4 * ROWS, &first, &end))
        for (; first < end; first += ROWS) {
            u32 last = first + ROWS < end ? first + ROWS : end;
            if (tokens == 1) one_token(call, first, last);
            else some_tokens(call, first, last, tokens);
        }
}
