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
#include <string.h>

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

/* The checksum of what the sum of all before is, and the last n bytes. */
static uint32_t ended(__m128i sum, const uint8_t *data, int64_t n)
{
    const __m128i by_16 = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0);
    const __m128i by_4 = _mm_set_epi64x(0, 0x0163cd6124);
    const __m128i polynomial = _mm_set_epi64x(0x01f7011641, 0x01db710641); /* 1 / P, P */
    const __m128i low_halves = _mm_set_epi32(0, -1, 0, -1);
    __m128i rest;

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

static __m128i brought_together(const __m128i *sums, int n)
{
    const __m128i by_16 = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0);
    __m128i sum = sums[0];

    for (int i = 1; i < n; i++) sum = moved_on(sum, by_16, sums[i]);
    return sum;
}

static uint32_t checksum(const uint8_t *data, int64_t n, uint32_t crc)
{
    const __m128i by_64 = _mm_set_epi64x(0x01c6e41596, 0x0154442bd4);
    __m128i sums[4];

    for (int i = 0; i < 4; i++) sums[i] = load(data + 16 * i);
    sums[0] = _mm_xor_si128(sums[0], _mm_cvtsi32_si128((int)~crc));
    for (data += 64, n -= 64; n >= 64; data += 64, n -= 64)
        for (int i = 0; i < 4; i++) sums[i] = moved_on(sums[i], by_64, load(data + 16 * i));
    return ended(brought_together(sums, 4), data, n);
}

#if defined(__clang__)
#pragma clang attribute pop
#elif defined(__GNUC__)
#pragma GCC pop_options
#endif

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,vpclmulqdq,sse4.1,pclmul"))),          \
                             apply_to = function)
#elif defined(__GNUC__)
#pragma GCC push_options
#pragma GCC target("avx512f,vpclmulqdq,sse4.1,pclmul")
#endif

/* The same with four registers of 64 bytes; of 256 bytes or more. */
static uint32_t wide_checksum(const uint8_t *data, int64_t n, uint32_t crc)
{
    const __m512i by_256 = _mm512_broadcast_i32x4(_mm_set_epi64x(0x01322d1430, 0x011542778a));
    __m512i sums[4];
    __m128i parts[16];

    for (int i = 0; i < 4; i++) sums[i] = _mm512_loadu_si512(data + 64 * i);
    sums[0] = _mm512_xor_si512(sums[0], _mm512_zextsi128_si512(_mm_cvtsi32_si128((int)~crc)));
    for (data += 256, n -= 256; n >= 256; data += 256, n -= 256)
        for (int i = 0; i < 4; i++) {
            __m512i low = _mm512_clmulepi64_epi128(sums[i], by_256, 0x00);
            __m512i high = _mm512_clmulepi64_epi128(sums[i], by_256, 0x11);
            __m512i next = _mm512_loadu_si512(data + 64 * i);

            sums[i] = _mm512_ternarylogic_epi64(low, high, next, 0x96); /* all three, exclusive */
        }
    memcpy(parts, sums, sizeof(parts));
    return ended(brought_together(parts, 16), data, n);
}

#if defined(__clang__)
#pragma clang attribute pop
#elif defined(__GNUC__)
#pragma GCC pop_options
#endif

Crc32Way crc32_way_here(void)
{
    if (sgns_cpu_has(SGNS_CPU_WIDE_CARRYLESS)) return CRC32_64_BYTES;
    return sgns_cpu_has(SGNS_CPU_CARRYLESS) ? CRC32_16_BYTES : CRC32_NOT;
}

int64_t crc32_bring_in(Crc32Way way, const uint8_t *data, int64_t n, uint32_t *crc)
{
    n -= n % 16;
    if (n < 64 || way == CRC32_NOT) return 0;
    if (n >= 256 && way == CRC32_64_BYTES)
        *crc = wide_checksum(data, n, *crc);
    else
        *crc = checksum(data, n, *crc);
    return n;
}

#else

Crc32Way crc32_way_here(void)
{
    return CRC32_NOT;
}

int64_t crc32_bring_in(Crc32Way way, const uint8_t *data, int64_t n, uint32_t *crc)
{
    (void)way, (void)data, (void)n, (void)crc;
    return 0;
}

#endif
