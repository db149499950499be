// y = x · Wᵀ, weights of 4 bits, activations quantised to 15.
#include "tiles.h"

#define CALL linear_int4
#define group int4_group
#define BIASED 1
#define STEPS 4
#define TOKENS DIGIT_TOKENS

#ifdef RELAXED
#define DIGITS 2
#define PLANES 2
#define MASK wasm_i8x16_const_splat(15)

// The lower and the upper halves of bytes.
static inline v128_t plane(v128_t v, u32 i, v128_t mask) { return wasm_v128_and(i ? wasm_u16x8_shr(v, 4) : v, mask); }

static inline u32 word(u32 step, u32 i) { return 2 * step + i; }
#else
#define DIGITS 1
#define PLANES 4
#define MASK wasm_i16x8_const_splat(15)

// The same of even bytes, then of odd ones, as i16.
static inline v128_t plane(v128_t v, u32 i, v128_t mask) {
    v128_t shifted = i ? wasm_u16x8_shr(v, 4 * i) : v;
    return i == 3 ? shifted : wasm_v128_and(shifted, mask);
}

static inline u32 word(u32 step, u32 i) { return 4 * step + 2 * (i % 2) + i / 2; }
#endif

#include "product.h"
