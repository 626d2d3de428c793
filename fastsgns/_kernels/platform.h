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
#define SGNS_FORGET_LOADS() __asm__ volatile("" ::: "memory")
#else
#define SGNS_HIDDEN
#define SGNS_INLINE static __forceinline
#define SGNS_NOINLINE static __declspec(noinline)
#define SGNS_PREFETCH_FOR_WRITE(address) ((void)(address))
#define SGNS_UNLIKELY(condition) (condition)
#define SGNS_READ_FLAG(flag) (*(const volatile int32_t *)(flag))
#define SGNS_ALIGNED(n_bytes) __declspec(align(n_bytes))
#define SGNS_FORGET_LOADS() ((void)0)
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
