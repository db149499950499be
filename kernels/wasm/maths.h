// Exponentials and their kin on four lanes. Arguments that are not numbers give anything; nothing traps.
// Errors are the largest found over all floats of the range, beside the exact function in f64.
#pragma once
#include "simd.h"

#define LOG2_E 1.44269504f
#define LN_2_HIGH 0.693359375f // few bits, so that its multiples are exact
#define LN_2_LOW -2.12194440e-4f

// e^x, error at most 1 unit in the last place. 0 below -87.3, and constant above 88.
//
// x = n ln 2 + r with |r| <= ln 2 / 2; the polynomial for e^r and the split of ln 2 are those of expf in Cephes
// (Moshier 1989). Adding 1.5 * 2^23 rounds to a whole number and leaves it in the lowest bits, from where a
// shift brings it into the exponent.
static inline v128_t exponential(v128_t x) {
    const v128_t shift = wasm_f32x4_const_splat(12582912.0f), lowest = wasm_f32x4_const_splat(-87.3f);
    v128_t valid = wasm_f32x4_ge(x, lowest);
    x = wasm_f32x4_pmin(wasm_f32x4_const_splat(88.0f), x);
    v128_t shifted = madd(x, wasm_f32x4_const_splat(LOG2_E), shift);
    v128_t n = wasm_f32x4_sub(shifted, shift);
    v128_t r = madd(n, wasm_f32x4_const_splat(-LN_2_HIGH), x);
    r = madd(n, wasm_f32x4_const_splat(-LN_2_LOW), r);
    v128_t y = wasm_f32x4_const_splat(1.9875691500e-4f);
    y = madd(y, r, wasm_f32x4_const_splat(1.3981999507e-3f));
    y = madd(y, r, wasm_f32x4_const_splat(8.3334519073e-3f));
    y = madd(y, r, wasm_f32x4_const_splat(4.1665795894e-2f));
    y = madd(y, r, wasm_f32x4_const_splat(1.6666665459e-1f));
    y = madd(y, r, wasm_f32x4_const_splat(5.0000001201e-1f));
    y = wasm_f32x4_add(madd(y, wasm_f32x4_mul(r, r), r), wasm_f32x4_const_splat(1));
    return wasm_v128_and(wasm_i32x4_add(y, wasm_i32x4_shl(shifted, 23)), valid);
}

// tanh x, error at most 1.3 units in the last place. The polynomial below 0.625 is that of tanhf in Cephes.
static inline v128_t hyperbolic_tangent(v128_t x) {
    const v128_t one = wasm_f32x4_const_splat(1);
    v128_t square = wasm_f32x4_mul(x, x);
    v128_t y = wasm_f32x4_const_splat(-5.70498872745e-3f);
    y = madd(y, square, wasm_f32x4_const_splat(2.06390887954e-2f));
    y = madd(y, square, wasm_f32x4_const_splat(-5.37397155531e-2f));
    y = madd(y, square, wasm_f32x4_const_splat(1.33314422036e-1f));
    y = madd(y, square, wasm_f32x4_const_splat(-3.33332819422e-1f));
    y = madd(wasm_f32x4_mul(y, square), x, x);
    v128_t size = wasm_f32x4_abs(x);
    v128_t e = exponential(wasm_f32x4_add(size, size));
    v128_t large = wasm_f32x4_sub(one, wasm_f32x4_div(wasm_f32x4_const_splat(2), wasm_f32x4_add(e, one)));
    large = wasm_v128_or(large, wasm_v128_and(x, wasm_f32x4_const_splat(-0.0f)));
    return wasm_v128_bitselect(y, large, wasm_f32x4_lt(size, wasm_f32x4_const_splat(0.625f)));
}

// x / (1 + e^-x): x times the logistic function. Error at most 2.3 units in the last place.
static inline v128_t silu_of(v128_t x) {
    v128_t e = exponential(wasm_f32x4_neg(x));
    return wasm_f32x4_div(x, wasm_f32x4_add(e, wasm_f32x4_const_splat(1)));
}

// x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) (Hendrycks and Gimpel 2016, arXiv:1606.08415), for which
// x / (1 + e^-2u) is another way to write x / 2 (1 + tanh u). Error at most 2 units in the last place, or 6e-8
// where x < 0.
static inline v128_t gelu_of(v128_t x) {
    v128_t cubic = madd(wasm_f32x4_mul(x, x), wasm_f32x4_const_splat(0.044715f), wasm_f32x4_const_splat(1));
    v128_t inner = wasm_f32x4_mul(wasm_f32x4_mul(x, cubic), wasm_f32x4_const_splat(-1.59576912f));
    return wasm_f32x4_div(x, wasm_f32x4_add(exponential(inner), wasm_f32x4_const_splat(1)));
}
