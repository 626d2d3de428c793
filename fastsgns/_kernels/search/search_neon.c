/* Floor: kernels. The search with NEON (4 floats; every 64-bit ARM processor). */
#if defined(__aarch64__) || defined(_M_ARM64)

#include <arm_neon.h>
#include <math.h>
#include <string.h>

#include "heap.h"
#include "kernels.h"

#define KERNEL_NAME "neon"
#define KERNEL_RECORD search_kernel_neon
#define FIND_DIRECTLY search_find_directly_neon
#define COMPARE_DIRECTLY search_compare_directly_neon

#define VEC_LANES 4
#define N_VECS 4
#define GROUP 6 /* 24 sums, four of rows, one weight: 29 of the 32 registers */

typedef float32x4_t Vec;

SGNS_INLINE Vec vec_zero(void)
{
    return vdupq_n_f32(0.0f);
}
SGNS_INLINE Vec vec_set1(float value)
{
    return vdupq_n_f32(value);
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
SGNS_INLINE Vec vec_mul(Vec a, Vec b)
{
    return vmulq_f32(a, b);
}
SGNS_INLINE Vec vec_fma(Vec a, Vec b, Vec c)
{
    return vfmaq_f32(c, a, b);
}
SGNS_INLINE uint32_t bits_of(uint32x4_t lanes)
{
    static const uint32_t BITS[4] = {1, 2, 4, 8};
    return vaddvq_u32(vandq_u32(lanes, vld1q_u32(BITS)));
}
SGNS_INLINE uint32_t vec_not_below(Vec x, Vec bound)
{
    return bits_of(vmvnq_u32(vcleq_f32(x, bound)));
}
SGNS_INLINE uint32_t vec_above(Vec x, Vec bound)
{
    return bits_of(vcgtq_f32(x, bound));
}

SGNS_INLINE Vec vec_div(Vec a, Vec b)
{
    return vdivq_f32(a, b);
}
SGNS_INLINE Vec vec_sqrt(Vec a)
{
    return vsqrtq_f32(a);
}
SGNS_INLINE Vec vec_and(Vec v, const uint32_t *mask)
{
    return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(v), vld1q_u32(mask)));
}
SGNS_INLINE void vec_sum4(Vec a, Vec b, Vec c, Vec d, float *sums)
{
    vst1q_f32(sums, vpaddq_f32(vpaddq_f32(a, b), vpaddq_f32(c, d)));
}

#define WIDE_LANES 2

typedef float64x2_t Wide;

SGNS_INLINE Wide wide_zero(void)
{
    return vdupq_n_f64(0.0);
}
SGNS_INLINE Wide wide_load(const float *source)
{
    return vcvt_f64_f32(vld1_f32(source));
}
SGNS_INLINE Wide wide_load_and(const float *source, const uint32_t *mask)
{
    uint32x2_t lanes = vand_u32(vreinterpret_u32_f32(vld1_f32(source)), vld1_u32(mask));
    return vcvt_f64_f32(vreinterpret_f32_u32(lanes));
}
SGNS_INLINE Wide wide_add(Wide a, Wide b)
{
    return vaddq_f64(a, b);
}
SGNS_INLINE Wide wide_fma(Wide a, Wide b, Wide c)
{
    return vfmaq_f64(c, a, b);
}
SGNS_INLINE double wide_fold(Wide x)
{
    return vaddvq_f64(x);
}

#define PART_LANES VEC_LANES
#define store_part vec_store
#define from_floats vec_load

typedef Vec Part;

SGNS_INLINE Part from_doubles(const double *source)
{
    return vcvt_high_f32_f64(vcvt_f32_f64(vld1q_f64(source)), vld1q_f64(source + 2));
}
SGNS_INLINE Part from_halves(const uint16_t *source)
{
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(source)));
}
SGNS_INLINE Part from_bytes(const int8_t *source)
{
    int32_t four;
    memcpy(&four, source, sizeof four);
    int16x8_t wider = vmovl_s8(vreinterpret_s8_s32(vdup_n_s32(four)));
    return vcvtq_f32_s32(vmovl_s16(vget_low_s16(wider)));
}

#include "rows.inc"

/* By shuffles on x86; here numbers are written into columns one by one. */
SGNS_INLINE int transpose(const SearchRows *rows, const void *const *panel, float *columns)
{
    (void)rows, (void)panel, (void)columns;
    return 0;
}

#include "search_kernel.inc"

#endif
