// First half of sampling: penalties, and a summary of every slab of logits, which lets the second half look at
// few of them.
//
//   logits     [vocabulary]
//   counts     [vocabulary]: how often a token was generated, and in the top bit whether the prompt has it
//   processed  [vocabulary]: the penalised logits, written only if there are penalties
//   largest    [slabs]: the largest logit of each
//   mass       [slabs]: sum of exp((logit - largest) / temperature), where the draw needs it
//
// Repetition (Keskar et al. 2019, arXiv:1909.05858) divides positive and multiplies negative logits of tokens
// seen anywhere; presence and frequency are subtracted for tokens generated.
#include "calls.h"
#include "sampling.h"

struct penalties {
    v128_t repetition, presence, frequency;
};

static inline v128_t penalised(v128_t x, v128_t counts, const struct penalties *by) {
    const v128_t zero = wasm_i32x4_const_splat(0);
    v128_t seen = wasm_i32x4_ne(counts, zero);
    v128_t generated = wasm_v128_and(counts, wasm_u32x4_const_splat(COUNT_BITS));
    v128_t weakened = wasm_v128_bitselect(wasm_f32x4_mul(x, by->repetition), wasm_f32x4_div(x, by->repetition),
                                          wasm_f32x4_lt(x, zero));
    x = wasm_v128_bitselect(weakened, x, seen);
    x = wasm_f32x4_sub(x, wasm_v128_and(by->presence, wasm_i32x4_ne(generated, zero)));
    return wasm_f32x4_sub(x, wasm_f32x4_mul(by->frequency, wasm_f32x4_convert_i32x4(generated)));
}

static void penalise(const struct sample_slabs *call, u32 id, u32 end) {
    struct penalties by = {
        wasm_f32x4_splat(number(call->state, STATE_REPETITION)),
        wasm_f32x4_splat(number(call->state, STATE_PRESENCE)),
        wasm_f32x4_splat(number(call->state, STATE_FREQUENCY)),
    };
    for (; id < end; id += 4) {
        v128_t counts = load_some((const f32 *)call->counts + id, end - id);
        v128_t x = penalised(load_some(call->logits + id, end - id), counts, &by);
        store_some(call->processed + id, x, end - id);
    }
}

static void summarise(const struct sample_slabs *call, const f32 *logits, u32 slab, _Bool weighed) {
    u32 id = slab * SLAB, vocabulary = call->vocabulary;
    v128_t x[SLAB / 4], largest = wasm_f32x4_const_splat(-__builtin_inff()), mass = wasm_f32x4_const_splat(0);
    for (u32 i = 0; i < SLAB / 4; i++) {
        x[i] = logits_at(logits, id + 4 * i, vocabulary);
        largest = wasm_f32x4_pmax(largest, x[i]);
    }
    call->largest[slab] = max_lanes(largest);
    call->mass[slab] = 0;
    if (!weighed || id >= vocabulary) return;
    largest = wasm_f32x4_splat(call->largest[slab]);
    v128_t factor = wasm_f32x4_splat(inverse_temperature(call->state));
    for (u32 i = 0; i < SLAB / 4; i++)
        mass = wasm_f32x4_add(mass, exponential(wasm_f32x4_mul(wasm_f32x4_sub(x[i], largest), factor)));
    call->mass[slab] = sum_lanes(mass);
}

__attribute__((noinline)) static void block(const struct sample_slabs *call, u32 index) {
    _Bool untouched = neutral(call->state);
    u32 slab = index * BLOCK_SLABS, id = slab * SLAB, end = id + BLOCK_SLABS * SLAB;
    if (!untouched) penalise(call, id, end < call->vocabulary ? end : call->vocabulary);
    _Bool weighed = number(call->state, STATE_TEMPERATURE) > 0 && !top_k_of(call->state, call->vocabulary);
    const f32 *logits = untouched ? call->logits : call->processed;
    for (u32 i = 0; i < BLOCK_SLABS; i++) summarise(call, logits, slab + i, weighed);
}

void sample_slabs(const struct sample_slabs *call) {
    u32 blocks = (call->vocabulary + BLOCK_SLABS * SLAB - 1) / (BLOCK_SLABS * SLAB), i, end;
    while (take(blocks, 1, &i, &end))
        for (; i < end; i++) block(call, i);
}
