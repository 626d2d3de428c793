/* Floor: kernels. The search with AVX2, FMA and F16C (8 floats; Intel since Haswell, AMD since Zen). */
#if defined(__x86_64__) || defined(_M_X64)

#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "heap.h"
#include "kernels.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#elif defined(__GNUC__)
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c")
#endif

#define KERNEL_NAME "avx2"
#define KERNEL_RECORD search_kernel_avx2
#define FIND_DIRECTLY search_find_directly_avx2
#define COMPARE_DIRECTLY search_compare_directly_avx2

#define VEC_LANES 8
#define N_VECS 2
#define GROUP 6 /* 12 sums, two of rows, one weight: 15 of the 16 registers */

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
SGNS_INLINE void vec_store(float *goal, Vec v)
{
    _mm256_storeu_ps(goal, v);
}
SGNS_INLINE Vec vec_add(Vec a, Vec b)
{
    return _mm256_add_ps(a, b);
}
SGNS_INLINE Vec vec_mul(Vec a, Vec b)
{
    return _mm256_mul_ps(a, b);
}
SGNS_INLINE Vec vec_fma(Vec a, Vec b, Vec c)
{
    return _mm256_fmadd_ps(a, b, c);
}
SGNS_INLINE uint32_t vec_not_below(Vec x, Vec bound)
{
    return (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(x, bound, _CMP_NLE_UQ));
}
SGNS_INLINE uint32_t vec_above(Vec x, Vec bound)
{
    return (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(x, bound, _CMP_GT_OQ));
}

SGNS_INLINE Vec vec_div(Vec a, Vec b)
{
    return _mm256_div_ps(a, b);
}
SGNS_INLINE Vec vec_sqrt(Vec a)
{
    return _mm256_sqrt_ps(a);
}
SGNS_INLINE Vec vec_and(Vec v, const uint32_t *mask)
{
    return _mm256_and_ps(v, _mm256_castsi256_ps(_mm256_loadu_si256((const __m256i *)mask)));
}
SGNS_INLINE void vec_sum4(Vec a, Vec b, Vec c, Vec d, float *sums)
{
    __m256 all = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
    _mm_storeu_ps(sums, _mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1)));
}

#define WIDE_LANES 4

typedef __m256d Wide;

SGNS_INLINE Wide wide_zero(void)
{
    return _mm256_setzero_pd();
}
SGNS_INLINE Wide wide_load(const float *source)
{
    return _mm256_cvtps_pd(_mm_loadu_ps(source));
}
SGNS_INLINE Wide wide_load_and(const float *source, const uint32_t *mask)
{
    __m128 lanes = _mm_castsi128_ps(_mm_loadu_si128((const __m128i *)mask));
    return _mm256_cvtps_pd(_mm_and_ps(_mm_loadu_ps(source), lanes));
}
SGNS_INLINE Wide wide_add(Wide a, Wide b)
{
    return _mm256_add_pd(a, b);
}
SGNS_INLINE Wide wide_fma(Wide a, Wide b, Wide c)
{
    return _mm256_fmadd_pd(a, b, c);
}
SGNS_INLINE double wide_fold(Wide x)
{
    __m128d two = _mm_add_pd(_mm256_castpd256_pd128(x), _mm256_extractf128_pd(x, 1));
    return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

#include "convert_x86.inc"
#include "rows.inc"
#include "transpose_x86.inc"
#include "search_kernel.inc"

#if defined(__clang__)
#pragma clang attribute pop
#elif defined(__GNUC__)
#pragma GCC pop_options
#endif

#endif
