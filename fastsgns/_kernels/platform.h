/* Floor: kernels. What differs from compiler to compiler, and nothing else.
 *
 * GCC and clang are first-class; whatever MSVC lacks has a plain fallback here, so that no other
 * file asks. */
#ifndef FASTSGNS_PLATFORM_H
#define FASTSGNS_PLATFORM_H

#if defined(__GNUC__)
#define SGNS_HIDDEN __attribute__((visibility("hidden")))
#define SGNS_INLINE static inline __attribute__((always_inline))
#define SGNS_NOINLINE static __attribute__((noinline))
#define SGNS_PREFETCH(address) __builtin_prefetch((address), 0, 3)
#define SGNS_PREFETCH_FOR_WRITE(address) __builtin_prefetch((address), 1, 3)
#define SGNS_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define SGNS_READ_FLAG(flag) __atomic_load_n((flag), __ATOMIC_RELAXED)
#define SGNS_SET_FLAG(flag) __atomic_store_n((flag), 1, __ATOMIC_RELAXED)
#define SGNS_ALIGNED(n_bytes) __attribute__((aligned(n_bytes)))
/* In the body of a loop: what memory holds is to be read again (rather than kept in a register
 * that is not free), and the loop is too short to be turned into vectors with a prologue and an
 * epilogue. */
#define SGNS_FORGET_LOADS() __asm__ volatile("" ::: "memory")
/* Keeps one register for a row's address: GCC otherwise takes base + offset apart and runs out
 * of registers. */
#define SGNS_ONE_ADDRESS(row) __asm__("" : "+r"(row))
/* Keeps a vector of x86 in a register: GCC otherwise loads it anew for each product that it is in. */
#define SGNS_ONE_LOAD(vector) __asm__("" : "+v"(vector))
#else
#define SGNS_HIDDEN
#define SGNS_INLINE static __forceinline
#define SGNS_NOINLINE static __declspec(noinline)
#define SGNS_PREFETCH(address) ((void)(address))
#define SGNS_PREFETCH_FOR_WRITE(address) ((void)(address))
#define SGNS_UNLIKELY(condition) (condition)
#define SGNS_READ_FLAG(flag) (*(const volatile int32_t *)(flag))
#define SGNS_SET_FLAG(flag) (*(volatile int32_t *)(flag) = 1)
#define SGNS_ALIGNED(n_bytes) __declspec(align(n_bytes))
#define SGNS_FORGET_LOADS() ((void)0)
#define SGNS_ONE_ADDRESS(row) ((void)0)
#define SGNS_ONE_LOAD(vector) ((void)0)
#endif

#include <stdint.h>
#include <string.h>

/* Whether, for an i < 8 and i < n, ids[i] is `id` or equals ids[i + shift] for a shift in
 * 1..n_shifts with i + shift < n. Reads 8 + n_shifts ids. */
SGNS_INLINE int sgns_any_equal(const int32_t *ids, int32_t n, int32_t id, int n_shifts)
{
#if defined(__GNUC__)
    typedef int32_t Ids __attribute__((vector_size(32)));
    const Ids places = {0, 1, 2, 3, 4, 5, 6, 7};
    Ids here, there, equal;
    int64_t parts[4];

    memcpy(&here, ids, sizeof here);
    equal = (here == id) & (places < n);
    for (int shift = 1; shift <= n_shifts; shift++) {
        memcpy(&there, ids + shift, sizeof there);
        equal |= (here == there) & (places < n - shift);
    }
    memcpy(parts, &equal, sizeof parts);
    return (parts[0] | parts[1] | parts[2] | parts[3]) != 0;
#else
    int is_equal = 0;

    for (int i = 0; i < 8 && i < n; i++) {
        is_equal |= ids[i] == id;
        for (int shift = 1; shift <= n_shifts && i + shift < n; shift++)
            is_equal |= ids[i] == ids[i + shift];
    }
    return is_equal;
#endif
}

/* To prove what the prefetches are worth: -DSGNS_NO_PREFETCH. */
#ifdef SGNS_NO_PREFETCH
#undef SGNS_PREFETCH
#undef SGNS_PREFETCH_FOR_WRITE
#define SGNS_PREFETCH(address) ((void)(address))
#define SGNS_PREFETCH_FOR_WRITE(address) ((void)(address))
#endif

/* Loops over a handful of registers must vanish before registers are given out (an array that
 * survives lives in memory); loops over the blocks of a row must not be unrolled, or their
 * bodies overflow the micro-op cache. */
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
