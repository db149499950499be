// Operations that touch each element by itself: out = operation(a, b).
//
//   a, b  `columns` floats of a row, rows `a_stride` and `b_stride` apart, from `a_offset` and `b_offset` on;
//         b is missing where the operation has one operand
//   out   [rows, columns]
#include "calls.h"
#include "maths.h"

#define COLUMNS 1024u // of an item

static inline v128_t apply(enum operation operation, v128_t a, v128_t b, f32 cap) {
    switch (operation) {
    case ADD: return wasm_f32x4_add(a, b);
    case MUL: return wasm_f32x4_mul(a, b);
    case GELU: return gelu_of(a);
    case SILU: return silu_of(a);
    case GELU_MUL: return wasm_f32x4_mul(gelu_of(a), b);
    case SILU_MUL: return wasm_f32x4_mul(silu_of(a), b);
    case SOFTCAP: {
        v128_t bounded = hyperbolic_tangent(wasm_f32x4_div(a, wasm_f32x4_splat(cap)));
        return wasm_f32x4_mul(wasm_f32x4_splat(cap), bounded);
    }
    }
    return a;
}

// One loop for each operation, because the operation is known where this is called.
__attribute__((always_inline)) static inline void
apply_all(enum operation operation, const f32 *a, const f32 *b, f32 *out, u32 count, f32 cap) {
    _Bool pair = operation == ADD || operation == MUL || operation == GELU_MUL || operation == SILU_MUL;
    v128_t y = wasm_f32x4_const_splat(0);
    u32 i = 0;
    for (; i + 4 <= count; i += 4) {
        if (pair) y = wasm_v128_load(b + i);
        wasm_v128_store(out + i, apply(operation, wasm_v128_load(a + i), y, cap));
    }
    if (pair) y = load_some(b + i, count - i);
    store_some(out + i, apply(operation, load_some(a + i, count - i), y, cap), count - i);
}

__attribute__((noinline)) static void item(const struct elementwise *call, u32 row, u32 column) {
    const f32 *a = call->a + call->a_offset + row * call->a_stride + column;
    const f32 *b = call->b + call->b_offset + row * call->b_stride + column;
    f32 *out = call->out + row * call->columns + column;
    u32 left = call->columns - column, count = left < COLUMNS ? left : COLUMNS;
    switch (call->operation) {
    case ADD: apply_all(ADD, a, b, out, count, 0); break;
    case MUL: apply_all(MUL, a, b, out, count, 0); break;
    case GELU: apply_all(GELU, a, b, out, count, 0); break;
    case SILU: apply_all(SILU, a, b, out, count, 0); break;
    case SOFTCAP: apply_all(SOFTCAP, a, b, out, count, call->cap); break;
    case GELU_MUL: apply_all(GELU_MUL, a, b, out, count, 0); break;
    case SILU_MUL: apply_all(SILU_MUL, a, b, out, count, 0); break;
    }
}

void elementwise(const struct elementwise *call) {
    u32 rows = valid_rows(call->state, call->rows);
    u32 blocks = (call->columns + COLUMNS - 1) / COLUMNS, i, end;
    while (take(rows * blocks, 1, &i, &end))
        for (; i < end; i++) item(call, i / blocks, i % blocks * COLUMNS);
}

// Copies the last row that counts.
void last_row(const struct last_row *call) {
    u32 i, end;
    while (take(1, 1, &i, &end)) {
        const f32 *row = call->x + call->x_offset + (call->state[STATE_ROWS] - 1) * call->x_stride;
        __builtin_memcpy(call->out, row, call->columns * sizeof(f32));
    }
}
