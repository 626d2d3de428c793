/* Floor: kernels. The vector words of AVX2 with FMA (8 floats; Intel since Haswell, AMD since
 * Zen). */
#include "kernels.h"

#if defined(__x86_64__) || defined(_M_X64)

#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#elif defined(__GNUC__)
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif

#define KERNEL_NAME "avx2"
#define KERNEL_RECORD sgns_kernel_avx2

#define VEC_LANES 8
#define TILE_INPUTS 2 /* 2 x 6 sums, two inputs and a target: 15 of the 16 registers */
/* 6 targets x 2 vectors + 2 inputs and a coefficient: 15 registers; more targets, one vector */
#define UPDATE_VECS 2
#define UPDATE_ROWS 12
#define UPDATE_FULL 8 /* with more, old inputs stay in memory */
#define HIDDEN_VECS 6
#define RAW_CALLS 1 /* to the code of coefficients: with the loss */

typedef __m256 Vec;

SGNS_INLINE Vec vec_zero(void)
{
    return _mm256_setzero_ps();
}
SGNS_INLINE Vec vec_set1(float value)
{
    return _mm256_set1_ps(value);
}
SGNS_INLINE Vec vec_load(const float *source)
{
    return _mm256_loadu_ps(source);
}
SGNS_INLINE Vec vec_once(Vec v)
{
    SGNS_ONE_LOAD(v);
    return v;
}
SGNS_INLINE void vec_store(float *goal, Vec v)
{
    _mm256_storeu_ps(goal, v);
}
SGNS_INLINE Vec vec_add(Vec a, Vec b)
{
    return _mm256_add_ps(a, b);
}
SGNS_INLINE Vec vec_sub(Vec a, Vec b)
{
    return _mm256_sub_ps(a, b);
}
SGNS_INLINE Vec vec_mul(Vec a, Vec b)
{
    return _mm256_mul_ps(a, b);
}
SGNS_INLINE Vec vec_max(Vec a, Vec b)
{
    return _mm256_max_ps(a, b);
}
SGNS_INLINE Vec vec_fma(Vec a, Vec b, Vec c)
{
    return _mm256_fmadd_ps(a, b, c);
}
SGNS_INLINE Vec vec_fnma(Vec a, Vec b, Vec c)
{
    return _mm256_fnmadd_ps(a, b, c);
}

SGNS_INLINE Vec vec_where_below(Vec x, float limit, Vec kept)
{
    Vec magnitude = _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
    return _mm256_and_ps(_mm256_cmp_ps(magnitude, _mm256_set1_ps(limit), _CMP_LT_OQ), kept);
}

SGNS_INLINE Vec vec_split(Vec x, Vec *rest)
{
    Vec whole = _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    *rest = _mm256_sub_ps(x, whole);
    return whole;
}

/* x * 2^whole through the exponent bits: |whole| must stay below 127. */
SGNS_INLINE Vec vec_scale2(Vec x, Vec whole)
{
    __m256i exponent = _mm256_add_epi32(_mm256_cvtps_epi32(whole), _mm256_set1_epi32(127));
    return _mm256_mul_ps(x, _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23)));
}

SGNS_INLINE Vec vec_reciprocal(Vec x)
{
    return _mm256_div_ps(_mm256_set1_ps(1.0f), x);
}

SGNS_INLINE Vec vec_fold4(Vec a, Vec b, Vec c, Vec d)
{
    Vec ab = _mm256_add_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
    Vec cd = _mm256_add_ps(_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
    return _mm256_add_ps(_mm256_shuffle_ps(ab, cd, 0x44), _mm256_shuffle_ps(ab, cd, 0xEE));
}

SGNS_INLINE Vec vec_fold_quads(const Vec *quads)
{
    return _mm256_add_ps(_mm256_permute2f128_ps(quads[0], quads[1], 0x20),
                         _mm256_permute2f128_ps(quads[0], quads[1], 0x31));
}

#include "oct_m256.inc"
#include "sgns_kernel.inc"

#if defined(__clang__)
#pragma clang attribute pop
#elif defined(__GNUC__)
#pragma GCC pop_options
#endif

#endif
