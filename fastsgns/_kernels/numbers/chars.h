/* Floor: kernels. Characters of decimals, many at once: eight in a word, or 16 in a vector. */
#ifndef FASTSGNS_NUMBERS_CHARS_H
#define FASTSGNS_NUMBERS_CHARS_H

#include <stdint.h>
#include <string.h>

#include "../platform.h"

#if !defined(__GNUC__)
#include <intrin.h>
#endif

/* The place of the lowest bit that is set. */
SGNS_INLINE int64_t chars_lowest(uint64_t bits)
{
#if defined(__GNUC__)
    return (int64_t)(uint32_t)__builtin_ctzll(bits); /* not negative: no sign to extend */
#else
    unsigned long place;

    _BitScanForward64(&place, bits);
    return place;
#endif
}

/* --- words: the first character is the lowest byte -------------------------------------------- */

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define CHARS_IN_WORDS 0
#else
#define CHARS_IN_WORDS 1

SGNS_INLINE uint64_t chars_word(const char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return word;
}

/* The eight digits of a word of eight characters (Lemire 2021, Number Parsing at a Gigabyte per
 * Second, section 4): neighbours are put together, then pairs, then fours. */
SGNS_INLINE uint64_t chars_eight_digits(uint64_t text)
{
    text = (text & 0x0F0F0F0F0F0F0F0Fu) * 2561 >> 8;
    text = (text & 0x00FF00FF00FF00FFu) * 6553601 >> 16;
    return (text & 0x0000FFFF0000FFFFu) * 42949672960001u >> 32;
}

/* How many of eight characters are digits, before the first that is none. */
SGNS_INLINE int chars_n_digits(uint64_t text)
{
    /* the high bit of each byte that is below '0' or above '9' */
    uint64_t other =
        ((text + 0x4646464646464646u) | (text - 0x3030303030303030u) | text) & 0x8080808080808080u;
    return other ? (int)(chars_lowest(other) / 8) : 8;
}
#endif

/* --- vectors ---------------------------------------------------------------------------------- */

#if defined(SGNS_NO_VECTOR_EXTENSION)
#define CHARS_IN_VECTORS 0
#elif defined(__x86_64__) || defined(_M_X64)
#define CHARS_IN_VECTORS 1
#include <immintrin.h>
typedef __m128i Chars;
#elif defined(__aarch64__) && CHARS_IN_WORDS
#define CHARS_IN_VECTORS 1
#include <arm_neon.h>
typedef uint8x16_t Chars;
#else
#define CHARS_IN_VECTORS 0
#endif

#if CHARS_IN_VECTORS

/* chars_spaces: which of 64 characters are spaces, a bit for each.
 * chars_odd: which of the last n characters before `end` are no digits; the last one has bit 15.
 * chars_number: the number of the last n_digits digits before `end`; what is before the last
 * n_fraction of them, the point, is left out. Reads 17 characters. */

/* From CHARS_MASK + n on, the last n of 16 bytes are ones. */
static const uint8_t CHARS_MASK[32] = {
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
};

#if defined(__x86_64__) || defined(_M_X64)
SGNS_INLINE Chars chars_load(const void *at)
{
    return _mm_loadu_si128((const Chars *)at);
}

SGNS_INLINE uint64_t chars_spaces(const char *at)
{
    uint64_t spaces = 0;

    for (int i = 0; i < 64; i += 16) {
        Chars are_spaces = _mm_cmpeq_epi8(chars_load(at + i), _mm_set1_epi8(' '));
        spaces |= (uint64_t)_mm_movemask_epi8(are_spaces) << i;
    }
    return spaces;
}

SGNS_INLINE uint32_t chars_odd(const char *end, int64_t n)
{
    /* the digits become the largest of the signed bytes */
    Chars moved = _mm_add_epi8(chars_load(end - 16), _mm_set1_epi8(127 - '9'));
    Chars are_digits = _mm_cmpgt_epi8(moved, _mm_set1_epi8(127 - 10));

    return (uint32_t)_mm_movemask_epi8(_mm_andnot_si128(are_digits, chars_load(CHARS_MASK + n)));
}

SGNS_INLINE uint64_t chars_number(const char *end, int64_t n_digits, int64_t n_fraction)
{
    Chars is_fraction = chars_load(CHARS_MASK + n_fraction);
    Chars text = _mm_or_si128(_mm_and_si128(is_fraction, chars_load(end - 16)),
                              _mm_andnot_si128(is_fraction, chars_load(end - 17)));
    Chars tens = _mm_set1_epi16(2561);
    uint64_t eights;

#if defined(__GNUC__)
    __asm__("" : "+x"(tens)); /* one multiplication, of which GCC makes five operations */
#endif
    text = _mm_and_si128(_mm_sub_epi8(text, _mm_set1_epi8('0')), chars_load(CHARS_MASK + n_digits));
    text = _mm_srli_epi16(_mm_mullo_epi16(text, tens), 8);      /* pairs */
    text = _mm_madd_epi16(text, _mm_set1_epi32(1 << 16 | 100)); /* fours */
    text = _mm_packs_epi32(text, text);
    text = _mm_madd_epi16(text, _mm_set1_epi32(1 << 16 | 10000)); /* eights */
    eights = (uint64_t)_mm_cvtsi128_si64(text);
    return (eights & 0xFFFFFFFF) * 100000000 + (eights >> 32);
}

#else
SGNS_INLINE Chars chars_load(const void *at)
{
    return vld1q_u8((const uint8_t *)at);
}

/* A bit for each byte that is 0xFF, and none for one that is 0: for their sums. */
SGNS_INLINE Chars chars_bits(Chars are_so)
{
    const Chars bits = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};

    return vandq_u8(are_so, bits);
}

SGNS_INLINE uint64_t chars_spaces(const char *at)
{
    Chars bits[4], sums;

    for (int i = 0; i < 4; i++)
        bits[i] = chars_bits(vceqq_u8(chars_load(at + 16 * i), vdupq_n_u8(' ')));
    sums = vpaddq_u8(vpaddq_u8(bits[0], bits[1]), vpaddq_u8(bits[2], bits[3]));
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(sums, sums)), 0);
}

SGNS_INLINE uint32_t chars_odd(const char *end, int64_t n)
{
    Chars text = vsubq_u8(chars_load(end - 16), vdupq_n_u8('0'));
    Chars are_odd = vandq_u8(vcgtq_u8(text, vdupq_n_u8(9)), chars_load(CHARS_MASK + n));
    Chars sums = chars_bits(are_odd);

    for (int i = 0; i < 3; i++) sums = vpaddq_u8(sums, sums);
    return vgetq_lane_u16(vreinterpretq_u16_u8(sums), 0);
}

SGNS_INLINE uint64_t chars_number(const char *end, int64_t n_digits, int64_t n_fraction)
{
    Chars is_fraction = chars_load(CHARS_MASK + n_fraction);
    Chars text = vbslq_u8(is_fraction, chars_load(end - 16), chars_load(end - 17));
    uint16x8_t pairs;
    uint32x4_t fours;
    uint64x2_t words;

    text = vandq_u8(vsubq_u8(text, vdupq_n_u8('0')), chars_load(CHARS_MASK + n_digits));
    pairs = vshrq_n_u16(vmulq_n_u16(vreinterpretq_u16_u8(text), 2561), 8);
    fours = vshrq_n_u32(vmulq_n_u32(vreinterpretq_u32_u16(pairs), 6553601), 16);
    words = vreinterpretq_u64_u32(fours);
    return (vgetq_lane_u64(words, 0) * 42949672960001u >> 32) * 100000000 +
           (vgetq_lane_u64(words, 1) * 42949672960001u >> 32);
}
#endif
#endif

#endif
