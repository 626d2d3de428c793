/* Floor: kernels. The vector words of NEON (4 floats, 32 registers; every 64-bit ARM processor). */
#include "kernels.h"

#if defined(__aarch64__) || defined(_M_ARM64)

#include <arm_neon.h>

#define KERNEL_NAME "neon"
#define KERNEL_RECORD sgns_kernel_neon

#define VEC_LANES 4
/* 4 x 6 sums, an input and 6 targets: 31 of the 32 registers, as there are no memory operands */
#define TILE_INPUTS 3 /* 3 x 8 sums, three inputs and a target: 28 of the 32 registers */
#define UPDATE_VECS 3 /* 8 targets x 3 vectors + 3 inputs, old and new, + a coefficient */
#define UPDATE_ROWS 24
#define UPDATE_FULL UPDATE_ROWS
#define HIDDEN_VECS 8
#define RAW_CALLS 1 /* to the code of coefficients: with the loss */

typedef float32x4_t Vec;

SGNS_INLINE Vec vec_zero(void)
{
    return vdupq_n_f32(0.0f);
}
SGNS_INLINE Vec vec_set1(float value)
{
    return vdupq_n_f32(value);
}
/* Products have no operands in memory: nothing is loaded twice. */
SGNS_INLINE Vec vec_once(Vec v)
{
    return v;
}
SGNS_INLINE Vec vec_load(const float *source)
{
    return vld1q_f32(source);
}
SGNS_INLINE void vec_store(float *goal, Vec v)
{
    vst1q_f32(goal, v);
}
SGNS_INLINE Vec vec_add(Vec a, Vec b)
{
    return vaddq_f32(a, b);
}
SGNS_INLINE Vec vec_sub(Vec a, Vec b)
{
    return vsubq_f32(a, b);
}
SGNS_INLINE Vec vec_mul(Vec a, Vec b)
{
    return vmulq_f32(a, b);
}
SGNS_INLINE Vec vec_max(Vec a, Vec b)
{
    return vmaxq_f32(a, b);
}
SGNS_INLINE Vec vec_min(Vec a, Vec b)
{
    return vminq_f32(a, b);
}
SGNS_INLINE Vec vec_fma(Vec a, Vec b, Vec c)
{
    return vfmaq_f32(c, a, b);
}
SGNS_INLINE Vec vec_fnma(Vec a, Vec b, Vec c)
{
    return vfmsq_f32(c, a, b);
}

SGNS_INLINE Vec vec_where_below(Vec x, float limit, Vec kept)
{
    const uint32x4_t below = vcaltq_f32(x, vdupq_n_f32(limit));
    return vreinterpretq_f32_u32(vandq_u32(below, vreinterpretq_u32_f32(kept)));
}

SGNS_INLINE Vec vec_split(Vec x, Vec *rest)
{
    const Vec whole = vrndnq_f32(x);
    *rest = vsubq_f32(x, whole);
    return whole;
}

/* x * 2^whole through the exponent bits: |whole| must stay below 127. */
SGNS_INLINE Vec vec_scale2(Vec x, Vec whole)
{
    const int32x4_t exponent = vaddq_s32(vcvtq_s32_f32(whole), vdupq_n_s32(127));
    return vmulq_f32(x, vreinterpretq_f32_s32(vshlq_n_s32(exponent, 23)));
}

SGNS_INLINE Vec vec_reciprocal(Vec x)
{
    return vdivq_f32(vdupq_n_f32(1.0f), x);
}

SGNS_INLINE Vec vec_fold4(Vec a, Vec b, Vec c, Vec d)
{
    return vpaddq_f32(vpaddq_f32(a, b), vpaddq_f32(c, d));
}

SGNS_INLINE Vec vec_fold_quads(const Vec *quads)
{
    return quads[0];
}

#include "oct_pair.inc"
#include "sgns_kernel.inc"

#endif
