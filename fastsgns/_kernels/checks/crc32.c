/* Floor: kernels. See crc32.h.
 *
 * Four registers of 16 bytes run over the data. Each is moved on by 64 bytes by two products with
 * remainders of powers of x modulo zip's polynomial (Gopal et al. 2009, Fast CRC Computation for
 * Generic Polynomials Using PCLMULQDQ Instruction, Intel, where the constants of that polynomial
 * are). 29 MB take 2 to 4 ms, and zlib's tables 13. */
#include "crc32.h"

#include "../cpu.h"

#if defined(__x86_64__) || defined(_M_X64)

#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("sse4.1,pclmul"))), apply_to = function)
#elif defined(__GNUC__)
#pragma GCC push_options
#pragma GCC target("sse4.1,pclmul")
#endif

static __m128i load(const uint8_t *data)
{
    return _mm_loadu_si128((const __m128i *)(const void *)data);
}

/* What `sum` is some bytes on, where `by` has the two remainders, and the data there. */
static __m128i moved_on(__m128i sum, __m128i by, __m128i data)
{
    __m128i low = _mm_clmulepi64_si128(sum, by, 0x00), high = _mm_clmulepi64_si128(sum, by, 0x11);

    return _mm_xor_si128(_mm_xor_si128(low, high), data);
}

static uint32_t checksum(const uint8_t *data, int64_t n, uint32_t crc)
{
    const __m128i by_64 = _mm_set_epi64x(0x01c6e41596, 0x0154442bd4);
    const __m128i by_16 = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0);
    const __m128i by_4 = _mm_set_epi64x(0, 0x0163cd6124);
    const __m128i polynomial = _mm_set_epi64x(0x01f7011641, 0x01db710641); /* 1 / P, P */
    const __m128i low_halves = _mm_set_epi32(0, -1, 0, -1);
    __m128i sums[4], sum, rest;

    for (int i = 0; i < 4; i++) sums[i] = load(data + 16 * i);
    sums[0] = _mm_xor_si128(sums[0], _mm_cvtsi32_si128((int)~crc));
    for (data += 64, n -= 64; n >= 64; data += 64, n -= 64)
        for (int i = 0; i < 4; i++) sums[i] = moved_on(sums[i], by_64, load(data + 16 * i));
    sum = sums[0];
    for (int i = 1; i < 4; i++) sum = moved_on(sum, by_16, sums[i]);
    for (; n >= 16; data += 16, n -= 16) sum = moved_on(sum, by_16, load(data));

    /* 16 bytes to 12, to 8, and to the 4 of the remainder (Barrett). */
    rest = _mm_clmulepi64_si128(sum, by_16, 0x10);
    sum = _mm_xor_si128(_mm_srli_si128(sum, 8), rest);
    rest = _mm_srli_si128(sum, 4);
    sum = _mm_clmulepi64_si128(_mm_and_si128(sum, low_halves), by_4, 0x00);
    sum = _mm_xor_si128(sum, rest);
    rest = _mm_clmulepi64_si128(_mm_and_si128(sum, low_halves), polynomial, 0x10);
    rest = _mm_clmulepi64_si128(_mm_and_si128(rest, low_halves), polynomial, 0x00);
    return ~(uint32_t)_mm_extract_epi32(_mm_xor_si128(sum, rest), 1);
}

#if defined(__clang__)
#pragma clang attribute pop
#elif defined(__GNUC__)
#pragma GCC pop_options
#endif

int crc32_runs_here(void)
{
    return sgns_cpu_has(SGNS_CPU_CARRYLESS);
}

int64_t crc32_bring_in(const uint8_t *data, int64_t n, uint32_t *crc)
{
    n -= n % 16;
    if (n < 64) return 0;
    *crc = checksum(data, n, *crc);
    return n;
}

#else

int crc32_runs_here(void)
{
    return 0;
}

int64_t crc32_bring_in(const uint8_t *data, int64_t n, uint32_t *crc)
{
    (void)data, (void)n, (void)crc;
    return 0;
}

#endif
