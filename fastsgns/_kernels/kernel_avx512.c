/* Floor: kernels. The vector words of AVX-512 (16 floats; Intel since Skylake-SP, AMD since Zen
 * 4). */
#include "kernels.h"

#if defined(__x86_64__) || defined(_M_X64)

#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma,prfchw"))),                 \
    apply_to = function)
#elif defined(__GNUC__)
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma,prfchw,prefer-vector-width=512")
#endif

#define KERNEL_NAME "avx512"
#define KERNEL_RECORD sgns_kernel_avx512

#define VEC_LANES 16
#define TILE_INPUTS 3 /* 3 x 8 sums, three inputs and a target: 28 of the 32 registers */
/* 8 targets x 3 vectors + 3 inputs, old and new: 30 registers and a coefficient */
#define UPDATE_VECS 3
#define UPDATE_ROWS 24
#define UPDATE_FULL UPDATE_ROWS
#define HIDDEN_VECS 8 /* hidden vector and its move: 16 registers */
#define RAW_CALLS 0   /* to the code of coefficients: none */

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
SGNS_INLINE Vec vec_once(Vec v)
{
    SGNS_ONE_LOAD(v);
    return v;
}
SGNS_INLINE void vec_store(float *goal, Vec v)
{
    _mm512_storeu_ps(goal, v);
}
SGNS_INLINE Vec vec_add(Vec a, Vec b)
{
    return _mm512_add_ps(a, b);
}
SGNS_INLINE Vec vec_sub(Vec a, Vec b)
{
    return _mm512_sub_ps(a, b);
}
SGNS_INLINE Vec vec_mul(Vec a, Vec b)
{
    return _mm512_mul_ps(a, b);
}
SGNS_INLINE Vec vec_max(Vec a, Vec b)
{
    return _mm512_max_ps(a, b);
}
SGNS_INLINE Vec vec_fma(Vec a, Vec b, Vec c)
{
    return _mm512_fmadd_ps(a, b, c);
}
SGNS_INLINE Vec vec_fnma(Vec a, Vec b, Vec c)
{
    return _mm512_fnmadd_ps(a, b, c);
}

/* `kept` where |x| < limit, 0 elsewhere and where x is NaN. */
SGNS_INLINE Vec vec_where_below(Vec x, float limit, Vec kept)
{
    __mmask16 below = _mm512_cmp_ps_mask(_mm512_abs_ps(x), _mm512_set1_ps(limit), _CMP_LT_OQ);
    return _mm512_maskz_mov_ps(below, kept);
}

/* 2^x = 2^round(x) * 2^rest: `whole` and `rest` in [-0.5, 0.5]. */
SGNS_INLINE Vec vec_split(Vec x, Vec *rest)
{
    Vec whole = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    *rest = _mm512_sub_ps(x, whole);
    return whole;
}

SGNS_INLINE Vec vec_scale2(Vec x, Vec whole)
{
    return _mm512_scalef_ps(x, whole);
}

/* 1/x by an estimate of 14 bits and one Newton step: a 512-bit division would hold a port for 16
 * cycles. */
SGNS_INLINE Vec vec_reciprocal(Vec x)
{
    Vec estimate = _mm512_rcp14_ps(x);
    return _mm512_mul_ps(estimate, _mm512_fnmadd_ps(x, estimate, _mm512_set1_ps(2.0f)));
}

/* Four vectors -> in each 128-bit lane the partial sums of a, b, c, d. */
SGNS_INLINE Vec vec_fold4(Vec a, Vec b, Vec c, Vec d)
{
    Vec ab = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
    Vec cd = _mm512_add_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
    return _mm512_add_ps(_mm512_shuffle_ps(ab, cd, 0x44), _mm512_shuffle_ps(ab, cd, 0xEE));
}

/* Four folded quads -> their 16 sums, in order. */
SGNS_INLINE Vec vec_fold_quads(const Vec *quads)
{
    Vec first = _mm512_add_ps(_mm512_shuffle_f32x4(quads[0], quads[1], 0x88),
                              _mm512_shuffle_f32x4(quads[0], quads[1], 0xDD));
    Vec second = _mm512_add_ps(_mm512_shuffle_f32x4(quads[2], quads[3], 0x88),
                               _mm512_shuffle_f32x4(quads[2], quads[3], 0xDD));
    return _mm512_add_ps(_mm512_shuffle_f32x4(first, second, 0x88),
                         _mm512_shuffle_f32x4(first, second, 0xDD));
}

#include "oct_m256.inc"
#include "sgns_kernel.inc"

#if defined(__clang__)
#pragma clang attribute pop
#elif defined(__GNUC__)
#pragma GCC pop_options
#endif

#endif
