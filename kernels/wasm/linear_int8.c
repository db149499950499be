// y = x · Wᵀ, weights of 8 bits, activations quantised to 15.
//
// Relaxed SIMD, whose one operand has 7 bits, would need four products of bytes instead of two of i16: as many
// instructions. So both builds multiply i16.
#include "tiles.h"

#define CALL linear_int8
#define group int8_group
#define BIASED 0
#define STEPS 8
#define TOKENS PAIR_TOKENS
#define DIGITS 1
#define PLANES 2
#define MASK wasm_i8x16_const_splat(0) // none is needed

// Even bytes, then odd ones, as i16.
static inline v128_t plane(v128_t v, u32 i, v128_t mask) {
    (void)mask;
    return wasm_i16x8_shr(i ? v : wasm_i16x8_shl(v, 8), 8);
}

static inline u32 word(u32 step, u32 i) { return 2 * step + i; }

#include "product.h"
