/* Floor: kernels. Eight floats at once where a vector has four: the coefficients of one input with a group of targets. */
#ifndef FASTSGNS_OCT_PAIR_H
#define FASTSGNS_OCT_PAIR_H

typedef struct Oct {
    Vec low;
    Vec high;
} Oct;

#define OCT_OF(low_half, high_half)            \
    Oct pair;                                  \
    pair.low = (low_half);                     \
    pair.high = (high_half);                   \
    return pair

SGNS_INLINE Oct oct_set1(float value) { OCT_OF(vec_set1(value), vec_set1(value)); }
SGNS_INLINE Oct oct_load(const float *source) { OCT_OF(vec_load(source), vec_load(source + 4)); }
SGNS_INLINE Oct oct_sub(Oct a, Oct b) { OCT_OF(vec_sub(a.low, b.low), vec_sub(a.high, b.high)); }
SGNS_INLINE Oct oct_mul(Oct a, Oct b) { OCT_OF(vec_mul(a.low, b.low), vec_mul(a.high, b.high)); }
SGNS_INLINE Oct oct_fma(Oct a, Oct b, Oct c) { OCT_OF(vec_fma(a.low, b.low, c.low), vec_fma(a.high, b.high, c.high)); }

SGNS_INLINE Oct oct_fnma(Oct a, Oct b, Oct c)
{
    OCT_OF(vec_fnma(a.low, b.low, c.low), vec_fnma(a.high, b.high, c.high));
}

SGNS_INLINE Oct oct_clamp(Oct v, Oct low, Oct high)
{
    OCT_OF(vec_min(vec_max(v.low, low.low), high.low), vec_min(vec_max(v.high, low.high), high.high));
}

SGNS_INLINE void oct_store(float *goal, Oct v)
{
    vec_store(goal, v.low);
    vec_store(goal + 4, v.high);
}

/* Floats i .. i + 4 of an array of octs. */
SGNS_INLINE Vec vec_of_octs(const Oct *octs, int64_t i) { return i % 8 == 0 ? octs[i / 8].low : octs[i / 8].high; }

#undef OCT_OF

#endif
