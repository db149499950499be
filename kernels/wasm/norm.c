// Root-mean-square normalisation (Zhang and Sennrich 2019, arXiv:1910.07467), alone and after an addition.
#include "calls.h"
#include "norm.h"

#define STEP 4u // rows taken at once

// Rows of `groups` vectors of `columns` floats, each normalised and multiplied with the weight [columns].
//
//   x    rows x_stride apart, from x_offset on
//   out  [rows, groups, columns]
void rms_norm(const struct rms_norm *call) {
    u32 rows = valid_rows(call->state, call->rows);
    u32 columns = call->columns, groups = call->groups, i, end;
    while (take(rows * groups, STEP, &i, &end))
        for (; i < end; i++) {
            const f32 *x = call->x + call->x_offset + i / groups * call->x_stride + i % groups * columns;
            f32 scale = inverse_rms(x, columns, call->eps);
            normalise(x, call->weight, columns, scale, call->out + i * columns);
        }
}

// total = x + o, or x + norm(o) post where post is given; out = norm(total) weight. All are [rows, columns].
void residual_norm(const struct residual_norm *call) {
    u32 rows = valid_rows(call->state, call->rows);
    u32 columns = call->columns, row, end;
    while (take(rows, STEP, &row, &end))
        for (; row < end; row++) {
            const f32 *x = call->x + row * columns, *o = call->o + row * columns;
            f32 *total = call->total + row * columns;
            if (call->post) {
                normalise(o, call->post, columns, inverse_rms(o, columns, call->eps), total);
                o = total;
            }
            add_rows(x, o, columns, total);
            f32 scale = inverse_rms(total, columns, call->eps);
            normalise(total, call->weight, columns, scale, call->out + row * columns);
        }
}
