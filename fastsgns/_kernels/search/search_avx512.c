/* Floor: kernels. The search with AVX-512 (16 floats; Intel server CPUs since Skylake, AMD since
 * Zen 4). */
#if defined(__x86_64__) || defined(_M_X64)

#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "heap.h"
#include "kernels.h"

#if defined(__clang__)
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"))),                   \
    apply_to = function)
#elif defined(__GNUC__)
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")
#endif

#define KERNEL_NAME "avx512"
#define KERNEL_RECORD search_kernel_avx512

/* A query alone waits for rows to be loaded, not for products: twice as wide loads, which cross the
 * lines of the cache more often, take longer (10.2 us instead of 7.5 for 1,000 rows of 100). */
#define FIND_DIRECTLY search_find_directly_avx2
#define COMPARE_DIRECTLY search_compare_directly_avx2
#define DIRECT_ELSEWHERE

#define VEC_LANES 16
#define N_VECS 2
#define GROUP 12 /* 24 sums, two of rows, one weight: 27 of the 32 registers */

typedef __m512 Vec;

SGNS_INLINE Vec vec_zero(void)
{
    return _mm512_setzero_ps();
}
SGNS_INLINE Vec vec_set1(float value)
{
    return _mm512_set1_ps(value);
}
SGNS_INLINE Vec vec_load(const float *source)
{
    return _mm512_loadu_ps(source);
}
SGNS_INLINE void vec_store(float *goal, Vec v)
{
    _mm512_storeu_ps(goal, v);
}
SGNS_INLINE Vec vec_add(Vec a, Vec b)
{
    return _mm512_add_ps(a, b);
}
SGNS_INLINE Vec vec_mul(Vec a, Vec b)
{
    return _mm512_mul_ps(a, b);
}
SGNS_INLINE Vec vec_fma(Vec a, Vec b, Vec c)
{
    return _mm512_fmadd_ps(a, b, c);
}
SGNS_INLINE uint32_t vec_not_below(Vec x, Vec bound)
{
    return _mm512_cmp_ps_mask(x, bound, _CMP_NLE_UQ);
}
SGNS_INLINE uint32_t vec_above(Vec x, Vec bound)
{
    return _mm512_cmp_ps_mask(x, bound, _CMP_GT_OQ);
}

#define WIDE_LANES 8

typedef __m512d Wide;

SGNS_INLINE Wide wide_zero(void)
{
    return _mm512_setzero_pd();
}
SGNS_INLINE Wide wide_load(const float *source)
{
    return _mm512_cvtps_pd(_mm256_loadu_ps(source));
}
SGNS_INLINE Wide wide_load_and(const float *source, const uint32_t *mask)
{
    __m256 lanes = _mm256_castsi256_ps(_mm256_loadu_si256((const __m256i *)mask));
    return _mm512_cvtps_pd(_mm256_and_ps(_mm256_loadu_ps(source), lanes));
}
SGNS_INLINE Wide wide_add(Wide a, Wide b)
{
    return _mm512_add_pd(a, b);
}
SGNS_INLINE Wide wide_fma(Wide a, Wide b, Wide c)
{
    return _mm512_fmadd_pd(a, b, c);
}
SGNS_INLINE double wide_fold(Wide x)
{
    __m256d four = _mm256_add_pd(_mm512_castpd512_pd256(x), _mm512_extractf64x4_pd(x, 1));
    __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
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
