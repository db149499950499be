// How quantised matrices and activations lie in memory, for products of 15-bit activations and 4- or 8-bit weights.
//
// A matrix [rows, columns] is tiles of eight rows, one after the other; a tile is columns / 32 groups. A vector of
// 16 bytes holds four columns of four rows, row by row, so that a product with four activations in every lane
// adds up to four rows' sums: nothing is ever summed across lanes.
#pragma once
#include "simd.h"

#define GROUP 32    // columns that share a scale
#define TILE_ROWS 8 // rows that lie interleaved

// The eight rows' scales, f16: row r in the lower half of word r, row r + 4 in the upper.
typedef u32 scales_t[4];

// value = (q - 8) · scale. Vector 2 p + h holds rows 4 h … 4 h + 3: byte 4 r + j has column 8 p + j in its lower
// and column 8 p + 4 + j in its upper half.
struct int4_group {
    u8 quants[128];
    scales_t scales;
};

// value = q · scale, q in -127 … 127. Vector 2 c + h: byte 4 r + j is row 4 h + r, column 4 c + j.
struct int8_group {
    i8 quants[256];
    scales_t scales;
};

// Scales as f32, times 2^-112: the f16's exponent is kept as it is, because shifting it is all that vectors can do
// cheaply. ACTIVATION_SCALE and RESULT_SCALE make up for it. The mask is SCALE_MASK in all lanes.
#define SCALE_MASK 0x8fffe000u

static inline v128_t upper_scales(v128_t words, v128_t mask) { return wasm_v128_and(wasm_i32x4_shr(words, 3), mask); }

static inline v128_t lower_scales(v128_t words, v128_t mask) { return upper_scales(wasm_i32x4_shl(words, 16), mask); }

#define ACTIVATION_SCALE 0x1p100f // times a scale, it stays finite for activations up to 2^41
#define RESULT_SCALE 0x1p12f

// Activations of a group, quantised to x = q · scale, |q| <= LARGEST, for `tokens` rows at once:
//
//   u32 words[WORDS][tokens]   two i16 or four bytes, to be put into every lane
//   f32 scales[tokens]         · ACTIVATION_SCALE
//   i32 biases[tokens]         -8 · Σ q, which undoes that weights of 4 bits are stored with 8 added
//
// Pairs, for plain SIMD and for weights of 8 bits: word 2 c has q of columns 4 c and 4 c + 2, word 2 c + 1 that of
// columns 4 c + 1 and 4 c + 3. (In weights, odd columns are the upper bytes.)
// Digits, for weights of 4 bits and relaxed SIMD, which multiplies signed bytes with bytes of 7 bits:
// q = 128 · high + low with low in -64 … 63; word 2 c has the high digits of columns 4 c … 4 c + 3, word 2 c + 1 the
// low ones.
#define LARGEST 16256 // 127 · 128
#define WORDS 16

// Rows of activations that are multiplied together, unless there is only one: as many as leave registers enough.
#define PAIR_TOKENS 4
#ifdef RELAXED
#define DIGIT_TOKENS 2
#else
#define DIGIT_TOKENS PAIR_TOKENS // there are no digits
#endif
