/* Floor: kernels. The vector words in portable C: for processors without a kernel of their own,
 * and to test against.
 *
 * GCC and clang turn their vector extension into what the baseline has (SSE2, NEON, ...), any
 * other compiler gets a struct of four floats and loops. */
#include <string.h>

#include "kernels.h"

#define KERNEL_NAME "scalar"
#define KERNEL_RECORD sgns_kernel_scalar

#define VEC_LANES 4
#define TILE_INPUTS 2 /* 2 x 6 sums in 16 registers */
#define UPDATE_VECS 1
#define UPDATE_ROWS 8
#define UPDATE_FULL UPDATE_ROWS
#define HIDDEN_VECS 6
#define RAW_CALLS 2 /* to the code of coefficients: all */

#if defined(__GNUC__) && !defined(SGNS_NO_VECTOR_EXTENSION)

typedef float Vec __attribute__((vector_size(16)));
typedef int32_t VecBits __attribute__((vector_size(16)));

#if defined(__clang__) || __GNUC__ >= 12
#define SHUFFLE(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#else
#define SHUFFLE(a, b, i, j, k, l) __builtin_shuffle(a, b, (VecBits){i, j, k, l})
#endif

SGNS_INLINE Vec vec_set1(float value)
{
    return (Vec){value, value, value, value};
}
SGNS_INLINE Vec vec_zero(void)
{
    return vec_set1(0.0f);
}
SGNS_INLINE Vec vec_add(Vec a, Vec b)
{
    return a + b;
}
SGNS_INLINE Vec vec_sub(Vec a, Vec b)
{
    return a - b;
}
SGNS_INLINE Vec vec_mul(Vec a, Vec b)
{
    return a * b;
}
SGNS_INLINE Vec vec_fma(Vec a, Vec b, Vec c)
{
    return a * b + c;
}
SGNS_INLINE Vec vec_fnma(Vec a, Vec b, Vec c)
{
    return c - a * b;
}

/* `a` in the lanes where `mask` is set, else `b`. */
SGNS_INLINE Vec pick(VecBits mask, Vec a, Vec b)
{
    return (Vec)((mask & (VecBits)a) | (~mask & (VecBits)b));
}

SGNS_INLINE Vec vec_max(Vec a, Vec b)
{
    return pick(a > b, a, b);
}
SGNS_INLINE Vec vec_min(Vec a, Vec b)
{
    return pick(a < b, a, b);
}

SGNS_INLINE Vec vec_where_below(Vec x, float limit, Vec kept)
{
    return (Vec)((VecBits)kept & (x < vec_set1(limit)) & (x > vec_set1(-limit)));
}

/* Adding 1.5 * 2^23 leaves no bits for fractions: a rounding that needs no SSE4.1. */
SGNS_INLINE Vec vec_split(Vec x, Vec *rest)
{
    const Vec magic = vec_set1(12582912.0f);
    const Vec whole = (x + magic) - magic;
    *rest = x - whole;
    return whole;
}

SGNS_INLINE Vec vec_scale2(Vec x, Vec whole)
{
    const VecBits exponent = __builtin_convertvector(whole, VecBits) + 127;
    return x * (Vec)(exponent << 23);
}

SGNS_INLINE Vec vec_fold4(Vec a, Vec b, Vec c, Vec d)
{
    const Vec ab = SHUFFLE(a, b, 0, 4, 1, 5) + SHUFFLE(a, b, 2, 6, 3, 7);
    const Vec cd = SHUFFLE(c, d, 0, 4, 1, 5) + SHUFFLE(c, d, 2, 6, 3, 7);
    return SHUFFLE(ab, cd, 0, 1, 4, 5) + SHUFFLE(ab, cd, 2, 3, 6, 7);
}

#else /* any C compiler */

typedef struct Vec {
    float lane[4];
} Vec;

#define LANE_BY_LANE(expression)                                                                   \
    Vec result;                                                                                    \
    for (int i = 0; i < 4; i++) result.lane[i] = expression;                                       \
    return result

SGNS_INLINE Vec vec_set1(float value)
{
    LANE_BY_LANE(value);
}
SGNS_INLINE Vec vec_zero(void)
{
    LANE_BY_LANE(0.0f);
}
SGNS_INLINE Vec vec_add(Vec a, Vec b)
{
    LANE_BY_LANE(a.lane[i] + b.lane[i]);
}
SGNS_INLINE Vec vec_sub(Vec a, Vec b)
{
    LANE_BY_LANE(a.lane[i] - b.lane[i]);
}
SGNS_INLINE Vec vec_mul(Vec a, Vec b)
{
    LANE_BY_LANE(a.lane[i] * b.lane[i]);
}
SGNS_INLINE Vec vec_max(Vec a, Vec b)
{
    LANE_BY_LANE(a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]);
}
SGNS_INLINE Vec vec_min(Vec a, Vec b)
{
    LANE_BY_LANE(a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i]);
}
SGNS_INLINE Vec vec_fma(Vec a, Vec b, Vec c)
{
    LANE_BY_LANE(a.lane[i] * b.lane[i] + c.lane[i]);
}
SGNS_INLINE Vec vec_fnma(Vec a, Vec b, Vec c)
{
    LANE_BY_LANE(c.lane[i] - a.lane[i] * b.lane[i]);
}

SGNS_INLINE Vec vec_where_below(Vec x, float limit, Vec kept)
{
    LANE_BY_LANE(x.lane[i] < limit && x.lane[i] > -limit ? kept.lane[i] : 0.0f);
}

/* Rounds by truncation, in a range that integers hold: scores beyond it have no use for the
 * fraction. */
SGNS_INLINE Vec vec_split(Vec x, Vec *rest)
{
    Vec whole;
    for (int i = 0; i < 4; i++) {
        const float bounded = x.lane[i] > -1e6f ? (x.lane[i] < 1e6f ? x.lane[i] : 1e6f) : -1e6f;
        whole.lane[i] = (float)(int32_t)(bounded + (bounded < 0.0f ? -0.5f : 0.5f));
        rest->lane[i] = bounded - whole.lane[i];
    }
    return whole;
}

SGNS_INLINE Vec vec_scale2(Vec x, Vec whole)
{
    Vec result;
    for (int i = 0; i < 4; i++) {
        const uint32_t exponent = (uint32_t)((int32_t)whole.lane[i] + 127) << 23;
        float power;
        memcpy(&power, &exponent, sizeof power);
        result.lane[i] = x.lane[i] * power;
    }
    return result;
}

SGNS_INLINE float lanes_sum(Vec v)
{
    return (v.lane[0] + v.lane[2]) + (v.lane[1] + v.lane[3]);
}

SGNS_INLINE Vec vec_fold4(Vec a, Vec b, Vec c, Vec d)
{
    Vec sums;
    sums.lane[0] = lanes_sum(a);
    sums.lane[1] = lanes_sum(b);
    sums.lane[2] = lanes_sum(c);
    sums.lane[3] = lanes_sum(d);
    return sums;
}

#endif

/* Products have no operands in memory: nothing is loaded twice. */
SGNS_INLINE Vec vec_once(Vec v)
{
    return v;
}
SGNS_INLINE Vec vec_load(const float *source)
{
    Vec v;
    memcpy(&v, source, sizeof v);
    return v;
}

SGNS_INLINE void vec_store(float *goal, Vec v)
{
    memcpy(goal, &v, sizeof v);
}

SGNS_INLINE Vec vec_reciprocal(Vec x)
{
    float lanes[4];
    vec_store(lanes, x);
    for (int i = 0; i < 4; i++) lanes[i] = 1.0f / lanes[i];
    return vec_load(lanes);
}

SGNS_INLINE Vec vec_fold_quads(const Vec *quads)
{
    return quads[0];
}

#include "oct_pair.inc"
#include "sgns_kernel.inc"
