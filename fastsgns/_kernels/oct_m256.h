/* Floor: kernels. Eight floats at once on x86: the coefficients of one input with a group of targets. */
#ifndef FASTSGNS_OCT_M256_H
#define FASTSGNS_OCT_M256_H

typedef __m256 Oct;

SGNS_INLINE Oct oct_set1(float value) { return _mm256_set1_ps(value); }
SGNS_INLINE Oct oct_load(const float *source) { return _mm256_loadu_ps(source); }
SGNS_INLINE void oct_store(float *goal, Oct v) { _mm256_storeu_ps(goal, v); }
SGNS_INLINE Oct oct_sub(Oct a, Oct b) { return _mm256_sub_ps(a, b); }
SGNS_INLINE Oct oct_mul(Oct a, Oct b) { return _mm256_mul_ps(a, b); }
SGNS_INLINE Oct oct_fma(Oct a, Oct b, Oct c) { return _mm256_fmadd_ps(a, b, c); }
SGNS_INLINE Oct oct_fnma(Oct a, Oct b, Oct c) { return _mm256_fnmadd_ps(a, b, c); }
SGNS_INLINE Oct oct_clamp(Oct v, Oct low, Oct high) { return _mm256_min_ps(_mm256_max_ps(v, low), high); }

/* Floats i .. i + VEC_LANES of an array of octs, without a detour through memory: a load that spans two stores has to
 * wait until all stores before it are done. */
SGNS_INLINE Vec vec_of_octs(const Oct *octs, int64_t i)
{
#if VEC_LANES == 16
    return _mm512_insertf32x8(_mm512_castps256_ps512(octs[i / 8]), octs[i / 8 + 1], 1);
#else
    return octs[i / 8];
#endif
}

#endif
