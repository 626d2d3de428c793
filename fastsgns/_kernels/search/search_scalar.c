/* Floor: kernels. The search on any processor: vectors of one float, in loops that a compiler turns
 * into whatever the platform has. */
#include <math.h>
#include <string.h>

#include "heap.h"
#include "kernels.h"

#define KERNEL_NAME "scalar"
#define KERNEL_RECORD search_kernel_scalar
#define FIND_DIRECTLY search_find_directly_scalar
#define COMPARE_DIRECTLY search_compare_directly_scalar

#define VEC_LANES 4
#define N_VECS 2
#define GROUP 4

#if defined(__GNUC__) && !defined(SGNS_NO_VECTOR_EXTENSION)
typedef float Vec __attribute__((vector_size(VEC_LANES * sizeof(float))));
#define LANE(v, i) (v)[i]
#define BY_LANES(a, operation, b) (a) = (a)operation(b)
#else
typedef struct Vec {
    float lanes[VEC_LANES];
} Vec;
#define LANE(v, i) (v).lanes[i]
#define BY_LANES(a, operation, b) EACH_LANE LANE(a, i) = LANE(a, i) operation LANE(b, i)
#endif

#define EACH_LANE for (int i = 0; i < VEC_LANES; i++)

SGNS_INLINE Vec vec_set1(float value)
{
    Vec v;
    EACH_LANE LANE(v, i) = value;
    return v;
}
SGNS_INLINE Vec vec_zero(void)
{
    return vec_set1(0.0f);
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
SGNS_INLINE Vec vec_add(Vec a, Vec b)
{
    BY_LANES(a, +, b);
    return a;
}
SGNS_INLINE Vec vec_mul(Vec a, Vec b)
{
    BY_LANES(a, *, b);
    return a;
}
SGNS_INLINE Vec vec_fma(Vec a, Vec b, Vec c)
{
    return vec_add(vec_mul(a, b), c);
}
SGNS_INLINE uint32_t vec_not_below(Vec x, Vec bound)
{
    uint32_t bits = 0;
    EACH_LANE bits |= (uint32_t)!(LANE(x, i) <= LANE(bound, i)) << i;
    return bits;
}
SGNS_INLINE uint32_t vec_above(Vec x, Vec bound)
{
    uint32_t bits = 0;
    EACH_LANE bits |= (uint32_t)(LANE(x, i) > LANE(bound, i)) << i;
    return bits;
}

SGNS_INLINE Vec vec_div(Vec a, Vec b)
{
    BY_LANES(a, /, b);
    return a;
}
SGNS_INLINE Vec vec_sqrt(Vec a)
{
    EACH_LANE LANE(a, i) = sqrtf(LANE(a, i));
    return a;
}
SGNS_INLINE Vec vec_load_and(const float *source, const uint32_t *mask)
{
    Vec v;
    EACH_LANE LANE(v, i) = mask[i] ? source[i] : 0.0f;
    return v;
}
SGNS_INLINE float vec_sum(Vec x)
{
    return (LANE(x, 0) + LANE(x, 1)) + (LANE(x, 2) + LANE(x, 3));
}
SGNS_INLINE void vec_sum4(Vec a, Vec b, Vec c, Vec d, float *sums)
{
    sums[0] = vec_sum(a);
    sums[1] = vec_sum(b);
    sums[2] = vec_sum(c);
    sums[3] = vec_sum(d);
}

#define WIDE_LANES 2

typedef struct Wide {
    double lanes[WIDE_LANES];
} Wide;

SGNS_INLINE Wide wide_zero(void)
{
    return (Wide){{0.0, 0.0}};
}
SGNS_INLINE Wide wide_load(const float *source)
{
    return (Wide){{source[0], source[1]}};
}
SGNS_INLINE Wide wide_load_and(const float *source, const uint32_t *mask)
{
    return (Wide){{mask[0] ? source[0] : 0.0f, mask[1] ? source[1] : 0.0f}};
}
SGNS_INLINE Wide wide_add(Wide a, Wide b)
{
    return (Wide){{a.lanes[0] + b.lanes[0], a.lanes[1] + b.lanes[1]}};
}
SGNS_INLINE Wide wide_fma(Wide a, Wide b, Wide c)
{
    return (Wide){{a.lanes[0] * b.lanes[0] + c.lanes[0], a.lanes[1] * b.lanes[1] + c.lanes[1]}};
}
SGNS_INLINE double wide_fold(Wide x)
{
    return x.lanes[0] + x.lanes[1];
}

#include "transpose.inc"
#include "search_kernel.inc"
