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
SGNS_INLINE Vec vec_and(Vec v, const uint32_t *mask)
{
    uint32_t bits[VEC_LANES];
    memcpy(bits, &v, sizeof v);
    EACH_LANE bits[i] &= mask[i];
    memcpy(&v, bits, sizeof v);
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
SGNS_INLINE Wide wide_load(const float *source) /* which may lie at any byte */
{
    float floats[WIDE_LANES];
    memcpy(floats, source, sizeof floats);
    return (Wide){{floats[0], floats[1]}};
}
SGNS_INLINE Wide wide_load_and(const float *source, const uint32_t *mask)
{
    Wide all = wide_load(source);
    return (Wide){{mask[0] ? all.lanes[0] : 0.0, mask[1] ? all.lanes[1] : 0.0}};
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

/* A number at a time: rows become floats before they are multiplied, in a loop over all of a row,
 * which compilers turn into vectors. A few lanes at a time they do not. */
#define PART_LANES 1

typedef float Part;

SGNS_INLINE void store_part(float *goal, Part part)
{
    *goal = part;
}
SGNS_INLINE Part from_floats(const float *source)
{
    float value;
    memcpy(&value, source, sizeof value);
    return value;
}
SGNS_INLINE Part from_doubles(const double *source)
{
    double value;
    memcpy(&value, source, sizeof value);
    return (float)value;
}
SGNS_INLINE Part from_halves(const uint16_t *source)
{
    uint16_t half;
    memcpy(&half, source, sizeof half);
    uint32_t bits = (uint32_t)(half & 0x7FFF) << 13;
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t special = (half & 0x7C00) == 0x7C00 ? UINT32_C(0xFF) << 23 : 0; /* inf, NaN */
    float value;

    memcpy(&value, &bits, sizeof value);
    value *= 5.192296858534828e33f; /* 2^112: the exponents' offsets, and numbers below normal */
    memcpy(&bits, &value, sizeof bits);
    bits |= special | sign;
    memcpy(&value, &bits, sizeof value);
    return value;
}
SGNS_INLINE Part from_bytes(const int8_t *source)
{
    return *source;
}

#include "rows.inc"

/* By shuffles on x86; here numbers are written into columns one by one. */
SGNS_INLINE int transpose(const SearchRows *rows, const void *const *panel, float *columns)
{
    (void)rows, (void)panel, (void)columns;
    return 0;
}

#include "search_kernel.inc"
