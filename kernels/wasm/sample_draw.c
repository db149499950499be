// Second half of sampling: draws a token of the penalised logits and makes it the next step's input.
//
//   logits, processed, largest, mass  see sample_slabs.c
//   chosen, masses, ids               room for the candidates, at most all of the vocabulary
//   counts, tokens, state, out        updated for the next step
//
// Temperature 0 takes the largest logit, the lowest id of several. Otherwise top-k, then top-p (Holtzman et al.
// 2019, arXiv:1904.09751), then min-p (Nguyen et al. 2024, arXiv:2407.01082), each a threshold below which logits
// are dropped (ties stay), and the token is the first in order of ids at which the running mass of what is left
// exceeds a random share of it. So nothing is sorted:
//
//   1. A bound that no threshold can lie below, from the slabs: the k-th largest of their largest; the mass that
//      top-p drops, spread over the whole vocabulary; what min-p allows.
//   2. Logits above it, read from the few slabs that reach it, are gathered in order of ids as candidates.
//   3. Thresholds by bisection over the candidates, in the order of floats as integers.
//
// Masses are relative to the largest logit's; they are f32, and their sums f64.
#include "calls.h"
#include "sampling.h"

#define MARGIN 0.01f // of a bound, in units of the logits over the temperature: more than any rounding
#define DEPTH 4.0f   // in the same units, from the largest to the first bound that is tried, and to the next
#define FEW 64u      // masses that are summed in f32
#define ROUNDING 1e-4 // of sums of the same masses in different orders, at most

typedef double f64;

// The 32-bit PCG hash (Jarzynski and Olano 2020, JCGT 9(3)).
static u32 pcg_hash(u32 value) {
    u32 state = value * 747796405u + 2891336453u;
    u32 word = ((state >> ((state >> 28) + 4)) ^ state) * 277803737u;
    return (word >> 22) ^ word;
}

// A number in [0, 1), from 24 bits of the hash of seed and step.
static f64 random_share(const u32 *state) {
    return (pcg_hash(pcg_hash(state[STATE_SEED]) + state[STATE_STEP] * 0x9e3779b9u) >> 8) / 16777216.0;
}

// Integers in the order of the floats, and back.
static i32 rank_of(f32 value) {
    i32 bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    return bits < 0 ? bits ^ 0x7fffffff : bits;
}

static f32 of_rank(i32 rank) {
    i32 bits = rank < 0 ? rank ^ 0x7fffffff : rank;
    f32 value;
    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
}

static inline v128_t doubled_sum(v128_t sum, v128_t x) {
    v128_t high = wasm_i32x4_shuffle(x, x, 2, 3, 2, 3);
    sum = wasm_f64x2_add(sum, wasm_f64x2_promote_low_f32x4(x));
    return wasm_f64x2_add(sum, wasm_f64x2_promote_low_f32x4(high));
}

static inline f64 sum_pair(v128_t x) { return wasm_f64x2_extract_lane(x, 0) + wasm_f64x2_extract_lane(x, 1); }

// How many reach a bound, or what they weigh together; `count` is a multiple of 4. Sums of a few stay f32: whoever
// bisects comes by often.
__attribute__((noinline)) static f64 weight_above(const f32 *x, const f32 *weights, u32 count, f32 bound) {
    v128_t at = wasm_f32x4_splat(bound), sum = wasm_f64x2_const_splat(0);
    for (u32 i = 0; i < count;) {
        u32 end = i + FEW < count ? i + FEW : count;
        v128_t part = wasm_f32x4_const_splat(0);
        if (weights)
            for (; i < end; i += 4) {
                v128_t reached = wasm_f32x4_ge(wasm_v128_load(x + i), at);
                part = wasm_f32x4_add(part, wasm_v128_and(wasm_v128_load(weights + i), reached));
            }
        else
            for (; i < end; i += 4) {
                v128_t reached = wasm_f32x4_ge(wasm_v128_load(x + i), at);
                part = wasm_f32x4_add(part, wasm_v128_and(wasm_f32x4_const_splat(1), reached));
            }
        sum = doubled_sum(sum, part);
    }
    return sum_pair(sum);
}

// The largest bound between `low` and `high` that enough reaches, or one that just as much reaches as enough;
// `low`, if not even that is reached by enough.
static f32 bisect(const f32 *x, const f32 *weights, u32 count, f64 enough, f32 low, f32 high) {
    i32 bottom = rank_of(low), top = rank_of(high);
    while (bottom < top) {
        i32 middle = (i32)(bottom + ((long long)top - bottom + 1) / 2);
        f64 reached = weight_above(x, weights, count, of_rank(middle));
        if (reached >= enough) bottom = middle;
        else top = middle - 1;
        if (reached == enough) break;
    }
    return of_rank(bottom);
}

// masses = exp((x - largest) / temperature)
static void weigh(const f32 *x, u32 count, f32 largest, f32 factor, f32 *masses) {
    v128_t top = wasm_f32x4_splat(largest), by = wasm_f32x4_splat(factor);
    for (u32 i = 0; i < count; i += 4) {
        v128_t below = wasm_f32x4_sub(wasm_v128_load(x + i), top);
        wasm_v128_store(masses + i, exponential(wasm_f32x4_mul(below, by)));
    }
}

// The first of some masses at which their sum exceeds the goal, which then is what remains of the goal.
// Rounding may let it be missed by a little: then the last one that has any.
static u32 reach(const f32 *masses, u32 count, f64 *goal) {
    f64 before = 0, start = 0;
    u32 found = 0;
    for (u32 i = 0; i < count && before <= *goal; i++)
        if (masses[i] > 0) {
            found = i;
            start = before;
            before += (f64)masses[i];
        }
    *goal -= start;
    return found;
}

// ln x for x > 0, at most 0.06 too low: the exponent, and for the fraction a line through its ends.
static f32 rough_logarithm(f32 x) {
    i32 bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    return ((f32)bits * (1.0f / (1 << 23)) - 127) * 0.6931472f;
}

static u32 slabs_of(const struct sample_draw *call) {
    u32 block = SLAB * BLOCK_SLABS;
    return (call->vocabulary + block - 1) / block * BLOCK_SLABS;
}

static u32 draw_largest(const struct sample_draw *call, const f32 *logits, f32 largest) {
    u32 slab = 0;
    while (call->largest[slab] != largest) slab++;
    u32 id = slab * SLAB;
    v128_t top = wasm_f32x4_splat(largest);
    for (;; id += 4) {
        u32 hits = wasm_i32x4_bitmask(wasm_f32x4_eq(logits_at(logits, id, call->vocabulary), top));
        if (hits) return id + (u32)__builtin_ctz(hits);
    }
}

// Of everything: which slab, and then which of its ids.
static u32 draw_any(const struct sample_draw *call, const f32 *logits, f32 largest, f64 share) {
    u32 slabs = slabs_of(call), vocabulary = call->vocabulary;
    f32 factor = inverse_temperature(call->state);
    weigh(call->largest, slabs, largest, factor, call->masses);
    v128_t sum = wasm_f64x2_const_splat(0);
    for (u32 i = 0; i < slabs; i += 4) {
        v128_t mass = wasm_f32x4_mul(wasm_v128_load(call->masses + i), wasm_v128_load(call->mass + i));
        wasm_v128_store(call->masses + i, mass);
        sum = doubled_sum(sum, mass);
    }
    f64 goal = share * sum_pair(sum);
    u32 id = reach(call->masses, slabs, &goal) * SLAB;
    f32 masses[SLAB];
    for (u32 i = 0; i < SLAB; i += 4) wasm_v128_store(masses + i, logits_at(logits, id + i, vocabulary));
    weigh(masses, SLAB, largest, factor, masses);
    return id + reach(masses, SLAB, &goal);
}

struct truncation {
    u32 top_k; // 0: off
    f32 top_p, min_p;
};

// A bound below all thresholds.
static f32 lower_bound(const struct sample_draw *call, const struct truncation *asked, f32 largest, f64 total) {
    u32 slabs = slabs_of(call);
    f32 temperature = 1 / inverse_temperature(call->state), bound = LOWEST;
    if (asked->top_k && asked->top_k <= slabs)
        bound = bisect(call->largest, 0, slabs, asked->top_k, bound, largest);
    else if (asked->top_p < 1 && !asked->top_k) {
        f32 each = (1 - asked->top_p) * (f32)total / (f32)call->vocabulary;
        bound = largest + (rough_logarithm(each) - MARGIN) * temperature;
    }
    if (asked->min_p > 0 && (asked->top_p >= 1 || !asked->top_k)) {
        f32 least = largest + (rough_logarithm(asked->min_p) - MARGIN) * temperature;
        if (least > bound) bound = least;
    }
    return bound > LOWEST ? bound : LOWEST; // what lies beyond the vocabulary is lower
}

// Gathers the logits that reach a bound and their ids; returns how many there are.
__attribute__((noinline)) static u32 gather(const struct sample_draw *call, const f32 *logits, f32 bound) {
    u32 slabs = slabs_of(call), count = 0;
    v128_t at = wasm_f32x4_splat(bound);
    for (u32 slab = 0; slab < slabs; slab++) {
        if (!(call->largest[slab] >= bound)) continue;
        for (u32 id = slab * SLAB; id < (slab + 1) * SLAB; id += 4) {
            v128_t x = logits_at(logits, id, call->vocabulary);
            f32 lanes[4];
            wasm_v128_store(lanes, x);
            for (u32 hits = wasm_i32x4_bitmask(wasm_f32x4_ge(x, at)); hits; hits &= hits - 1) {
                u32 lane = (u32)__builtin_ctz(hits);
                call->chosen[count] = lanes[lane];
                call->ids[count++] = id + lane;
            }
        }
    }
    return count;
}

// Gathers and weighs candidates, up to a whole vector of them; returns their number. The bound of top-p, which must
// hold for any distribution, is far below the threshold for most: higher ones are tried first.
static u32 collect(const struct sample_draw *call, const f32 *logits, const struct truncation *asked, f32 largest,
                   f64 total, f32 *bound) {
    f32 factor = inverse_temperature(call->state), depth = DEPTH;
    _Bool nucleus = asked->top_p < 1 && !asked->top_k;
    for (;; depth += DEPTH) {
        f32 tried = largest - depth / factor;
        if (!nucleus || !(tried > *bound)) tried = *bound;
        u32 count = gather(call, logits, tried);
        for (; count % 4; count++) call->chosen[count] = -__builtin_inff();
        weigh(call->chosen, count, largest, factor, call->masses);
        f64 enough = (f64)asked->top_p * total * (1 + ROUNDING);
        if (tried == *bound || weight_above(call->chosen, call->masses, count, tried) >= enough) {
            *bound = tried;
            return count;
        }
    }
}

// Of what top-k, top-p and min-p leave.
static u32 draw_truncated(const struct sample_draw *call, const f32 *logits, const struct truncation *asked,
                          f32 largest, f64 share) {
    f32 factor = inverse_temperature(call->state), *chosen = call->chosen, *masses = call->masses;
    f64 total = 0;
    if (!asked->top_k) {
        u32 slabs = slabs_of(call);
        weigh(call->largest, slabs, largest, factor, masses);
        for (u32 i = 0; i < slabs; i++) total += (f64)masses[i] * (f64)call->mass[i];
    }
    f32 bound = lower_bound(call, asked, largest, total);
    u32 padded = collect(call, logits, asked, largest, total, &bound);
    if (asked->top_k) {
        bound = bisect(chosen, 0, padded, asked->top_k, bound, largest);
        total = weight_above(chosen, masses, padded, bound);
    }
    if (asked->top_p < 1) bound = bisect(chosen, masses, padded, (f64)asked->top_p * total, bound, largest);
    v128_t at = wasm_f32x4_splat(bound), least = wasm_f32x4_splat(asked->min_p), sum = wasm_f64x2_const_splat(0);
    for (u32 i = 0; i < padded; i += 4) {
        v128_t mass = wasm_v128_load(masses + i);
        v128_t kept = wasm_v128_and(wasm_f32x4_ge(wasm_v128_load(chosen + i), at), wasm_f32x4_ge(mass, least));
        mass = wasm_v128_and(mass, kept);
        wasm_v128_store(masses + i, mass);
        sum = doubled_sum(sum, mass);
    }
    f64 goal = share * sum_pair(sum);
    return call->ids[reach(masses, padded, &goal)];
}

static u32 draw(const struct sample_draw *call) {
    const u32 *state = call->state;
    const f32 *logits = neutral(state) ? call->logits : call->processed;
    v128_t top = wasm_f32x4_const_splat(-__builtin_inff());
    for (u32 i = 0; i < slabs_of(call); i += 4) top = wasm_f32x4_pmax(top, wasm_v128_load(call->largest + i));
    f32 largest = max_lanes(top), min_p = number(state, STATE_MIN_P);
    if (!(number(state, STATE_TEMPERATURE) > 0)) return draw_largest(call, logits, largest);
    struct truncation asked = {
        top_k_of(state, call->vocabulary), number(state, STATE_TOP_P), min_p < 1 ? min_p : 1};
    f64 share = random_share(state);
    if (!asked.top_k && asked.top_p >= 1 && !(asked.min_p > 0)) return draw_any(call, logits, largest, share);
    return draw_truncated(call, logits, &asked, largest, share);
}

void sample_draw(const struct sample_draw *call) {
    u32 i, end;
    while (take(1, 1, &i, &end)) {
        u32 token = draw(call), *state = call->state, step = state[STATE_STEP];
        call->tokens[0] = call->out[0] = token;
        state[STATE_OUTPUT + step % OUTPUT_RING] = token;
        call->counts[token]++;
        state[STATE_POSITION] += state[STATE_ROWS];
        state[STATE_ROWS] = 1;
        state[STATE_STEP] = step + 1;
    }
}
