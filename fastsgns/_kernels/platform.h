/* Floor: kernels. What differs from compiler to compiler, and nothing else.
 *
 * GCC and clang are first-class; whatever MSVC lacks has a plain fallback here, so that no other file asks. */
#ifndef FASTSGNS_PLATFORM_H
#define FASTSGNS_PLATFORM_H

#if defined(__GNUC__)
#define SGNS_HIDDEN __attribute__((visibility("hidden")))
#define SGNS_INLINE static inline __attribute__((always_inline))
#define SGNS_NOINLINE static __attribute__((noinline))
#define SGNS_PREFETCH_FOR_WRITE(address) __builtin_prefetch((address), 1, 3)
#define SGNS_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define SGNS_READ_FLAG(flag) __atomic_load_n((flag), __ATOMIC_RELAXED)
#define SGNS_ALIGNED(n_bytes) __attribute__((aligned(n_bytes)))
/* In the body of a loop: what memory holds is to be read again (rather than kept in a register that is not free), and
 * the loop is too short to be turned into vectors with a prologue and an epilogue. */
#define SGNS_FORGET_LOADS() __asm__ volatile("" ::: "memory")
/* Keeps one register for a row's address: GCC otherwise takes base + offset apart and runs out of registers. */
#define SGNS_ONE_ADDRESS(row) __asm__("" : "+r"(row))
#else
#define SGNS_HIDDEN
#define SGNS_INLINE static __forceinline
#define SGNS_NOINLINE static __declspec(noinline)
#define SGNS_PREFETCH_FOR_WRITE(address) ((void)(address))
#define SGNS_UNLIKELY(condition) (condition)
#define SGNS_READ_FLAG(flag) (*(const volatile int32_t *)(flag))
#define SGNS_ALIGNED(n_bytes) __declspec(align(n_bytes))
#define SGNS_FORGET_LOADS() ((void)0)
#define SGNS_ONE_ADDRESS(row) ((void)0)
#endif

#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
typedef int32_t SgnsIds __attribute__((vector_size(32)));

SGNS_INLINE int sgns_any_set(const SgnsIds *mask)
{
    int64_t parts[4];

    memcpy(parts, mask, sizeof parts);
    return (parts[0] | parts[1] | parts[2] | parts[3]) != 0;
}

/* Whether one of 8 ids is `id`. */
SGNS_INLINE int sgns_any_is(const int32_t *ids, int32_t id)
{
    SgnsIds found, equal;

    memcpy(&found, ids, sizeof found);
    equal = found == id;
    return sgns_any_set(&equal);
}

/* Whether ids[i] == ids[i + shift] for an i < 8 and a shift in 1..n_shifts. */
SGNS_INLINE int sgns_any_equal(const int32_t *ids, int n_shifts)
{
    SgnsIds here, there, equal = {0};

    memcpy(&here, ids, sizeof here);
    for (int shift = 1; shift <= n_shifts; shift++) {
        memcpy(&there, ids + shift, sizeof there);
        equal |= here == there;
    }
    return sgns_any_set(&equal);
}
#else
SGNS_INLINE int sgns_any_is(const int32_t *ids, int32_t id)
{
    int is_found = 0;

    for (int i = 0; i < 8; i++)
        is_found |= ids[i] == id;
    return is_found;
}

SGNS_INLINE int sgns_any_equal(const int32_t *ids, int n_shifts)
{
    int is_equal = 0;

    for (int shift = 1; shift <= n_shifts; shift++)
        for (int i = 0; i < 8; i++)
            is_equal |= ids[i] == ids[i + shift];
    return is_equal;
}
#endif

/* To prove what the prefetches are worth: -DSGNS_NO_PREFETCH. */
#ifdef SGNS_NO_PREFETCH
#undef SGNS_PREFETCH_FOR_WRITE
#define SGNS_PREFETCH_FOR_WRITE(address) ((void)(address))
#endif

/* Loops over a handful of registers must vanish before registers are given out (an array that survives lives in
 * memory); loops over the blocks of a row must not be unrolled, or their bodies overflow the micro-op cache. */
#if defined(__clang__)
#define SGNS_UNROLL _Pragma("clang loop unroll(full)")
#define SGNS_NO_UNROLL _Pragma("clang loop unroll(disable)")
#elif defined(__GNUC__)
#define SGNS_UNROLL _Pragma("GCC unroll 64")
#define SGNS_NO_UNROLL _Pragma("GCC unroll 1")
#else
#define SGNS_UNROLL
#define SGNS_NO_UNROLL
#endif

#endif
