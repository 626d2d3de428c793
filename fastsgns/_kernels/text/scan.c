/* Floor: kernels. The scanner for each instruction set, and the choice between them: see scan.h. */
#include "scan.h"

#include <string.h>

#include "../cpu.h"

/* --- portable --------------------------------------------------------------------------------- */

enum { SPACE = 1, NEWLINE = 2, LEAD = 4 };

/* LEAD: the white space beyond ASCII starts with C2, E1, E2 or E3. */
static const uint8_t CLASSES[256] = {
    ['\t'] = SPACE, ['\n'] = SPACE | NEWLINE,
    ['\v'] = SPACE, ['\f'] = SPACE,
    ['\r'] = SPACE, [0x1C] = SPACE,
    [0x1D] = SPACE, [0x1E] = SPACE,
    [0x1F] = SPACE, [' '] = SPACE,
    [0xC2] = LEAD,  [0xE1] = LEAD,
    [0xE2] = LEAD,  [0xE3] = LEAD,
};

/* The size of the white space beyond ASCII that starts at text[0]: 0 (none), 2 or 3. */
static int wide_space_nbytes(const uint8_t *text)
{
    uint8_t second = text[1], third = text[2];
    switch (text[0]) {
    case 0xC2: /* U+0085, U+00A0 */
        return second == 0x85 || second == 0xA0 ? 2 : 0;
    case 0xE1: /* U+1680 */
        return second == 0x9A && third == 0x80 ? 3 : 0;
    case 0xE2: /* U+2000 to U+200A, U+2028, U+2029, U+202F; U+205F */
        if (second == 0x80) {
            int is_space =
                (third >= 0x80 && third <= 0x8A) || third == 0xA8 || third == 0xA9 || third == 0xAF;
            return is_space ? 3 : 0;
        }
        return second == 0x81 && third == 0x9F ? 3 : 0;
    case 0xE3: /* U+3000 */
        return second == 0x80 && third == 0x80 ? 3 : 0;
    default:
        return 0;
    }
}

static TextMasks classify_portable(const uint8_t *text)
{
    TextMasks masks = {0, 0, 0, 0};
    uint64_t leads = 0;
    for (int i = 0; i < TEXT_CHUNK; i++) {
        uint64_t class = CLASSES[text[i]];
        masks.space |= (class & SPACE) << i;
        masks.newline |= (class >> 1 & 1) << i;
        leads |= (class >> 2) << i;
    }
    for (int i = 0; leads >> i; i++) {
        if (leads >> i & 1) {
            int nbytes = wide_space_nbytes(text + i);
            masks.pair |= (uint64_t)(nbytes == 2) << i;
            masks.triple |= (uint64_t)(nbytes == 3) << i;
        }
        if (i == TEXT_CHUNK - 1) {
            break; /* a shift by 64 is undefined */
        }
    }
    return masks;
}

#if defined(__GNUC__)
#define TEXT_POPCOUNT(bits) __builtin_popcountll(bits)
#define TEXT_LOWEST_BIT(bits) __builtin_ctzll((bits) | (uint64_t)1 << 63)
#else
static int TEXT_POPCOUNT(uint64_t bits)
{
    bits -= bits >> 1 & 0x5555555555555555u;
    bits = (bits & 0x3333333333333333u) + (bits >> 2 & 0x3333333333333333u);
    bits = (bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0Fu;
    return (int)(bits * 0x0101010101010101u >> 56);
}
#define TEXT_LOWEST_BIT(bits) TEXT_POPCOUNT(~(bits) & ((bits) - 1))
#endif

#define TEXT_SCANNER scan_portable
#define TEXT_TARGET
#define TEXT_CLASSIFY classify_portable
#include "scan.inc"
#undef TEXT_SCANNER
#undef TEXT_TARGET
#undef TEXT_CLASSIFY
#undef TEXT_LOWEST_BIT

/* --- AVX2 ------------------------------------------------------------------------------------- */

#if defined(__GNUC__) && defined(__x86_64__)
#define HAVE_AVX2 1
#include <immintrin.h>

#define TEXT_TARGET __attribute__((target("avx2,bmi,popcnt")))

TEXT_TARGET static inline __m256i equals(__m256i bytes, int value)
{
    return _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8((char)value));
}

/* Unsigned: first <= byte <= first + n - 1. */
TEXT_TARGET static inline __m256i in_range(__m256i bytes, int first, int n)
{
    __m256i shifted = _mm256_sub_epi8(bytes, _mm256_set1_epi8((char)first));
    return _mm256_cmpeq_epi8(_mm256_min_epu8(shifted, _mm256_set1_epi8((char)(n - 1))), shifted);
}

TEXT_TARGET static inline uint64_t to_mask(__m256i bytes)
{
    return (uint32_t)_mm256_movemask_epi8(bytes);
}

/* As wide_space_nbytes(), for 32 positions at once. */
TEXT_TARGET static inline void find_wide_space(const uint8_t *text, __m256i first, TextMasks *masks,
                                               int shift)
{
    __m256i second = _mm256_loadu_si256((const __m256i *)(text + 1));
    __m256i third = _mm256_loadu_si256((const __m256i *)(text + 2));
    __m256i third_80 = equals(third, 0x80);
    __m256i pair = _mm256_and_si256(equals(first, 0xC2),
                                    _mm256_or_si256(equals(second, 0x85), equals(second, 0xA0)));
    __m256i general = _mm256_or_si256(
        _mm256_or_si256(in_range(third, 0x80, 11), in_range(third, 0xA8, 2)), equals(third, 0xAF));
    __m256i after_e2 = _mm256_or_si256(_mm256_and_si256(equals(second, 0x80), general),
                                       _mm256_and_si256(equals(second, 0x81), equals(third, 0x9F)));
    __m256i ogham =
        _mm256_and_si256(equals(first, 0xE1), _mm256_and_si256(equals(second, 0x9A), third_80));
    __m256i ideographic =
        _mm256_and_si256(equals(first, 0xE3), _mm256_and_si256(equals(second, 0x80), third_80));
    __m256i triple = _mm256_or_si256(_mm256_and_si256(equals(first, 0xE2), after_e2),
                                     _mm256_or_si256(ogham, ideographic));
    masks->pair |= to_mask(pair) << shift;
    masks->triple |= to_mask(triple) << shift;
}

TEXT_TARGET static inline TextMasks classify_avx2(const uint8_t *text)
{
    TextMasks masks = {0, 0, 0, 0};
    for (int shift = 0; shift < TEXT_CHUNK; shift += 32) {
        __m256i bytes = _mm256_loadu_si256((const __m256i *)(text + shift));
        /* \t \n \v \f \r; then the four separators and the space, which follow each other */
        __m256i space = _mm256_or_si256(in_range(bytes, 0x09, 5), in_range(bytes, 0x1C, 5));
        masks.space |= to_mask(space) << shift;
        masks.newline |= to_mask(equals(bytes, '\n')) << shift;
        if (_mm256_movemask_epi8(bytes) != 0) { /* not ASCII */
            find_wide_space(text + shift, bytes, &masks, shift);
        }
    }
    return masks;
}

#define TEXT_SCANNER scan_avx2
#define TEXT_CLASSIFY classify_avx2
#define TEXT_LOWEST_BIT(bits) ((int64_t)_tzcnt_u64(bits))
#include "scan.inc"
#undef TEXT_SCANNER
#undef TEXT_TARGET
#undef TEXT_CLASSIFY
#undef TEXT_LOWEST_BIT

#else
#define HAVE_AVX2 0
#endif

/* --- choice ----------------------------------------------------------------------------------- */

TextScanner text_scanner(const char *name)
{
#if HAVE_AVX2
    if (!name || strcmp(name, "avx2") == 0) {
        if (sgns_cpu_has(SGNS_CPU_AVX2)) {
            return scan_avx2;
        }
    }
#endif
    return !name || strcmp(name, "portable") == 0 ? scan_portable : NULL;
}
