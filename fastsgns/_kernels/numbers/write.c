/* Floor: kernels. See write.h. */
#include "write.h"

#include <math.h>
#include <string.h>

#include "../platform.h"

/* Powers of ten that are exact in double precision. */
static const double POWERS[] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

static const double TENTHS[] = {
    1e0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12,
};

/* Sizes from 1e-4 on are written without an exponent, and from where they have one again depends on
 * NumPy's version. */
#define LEAST_SIZE 1e-12
#define LEAST_PLAIN_SIZE 1e-4
#define MOST_SIZE 1e6

/* Added and taken away again, it rounds a number below 2^51 to a whole one, halves to even. */
#define ROUNDING 6755399441055744.0 /* 1.5 * 2^52 */

/* The decade of a size: 10^e <= size < 10^(e + 1). No float32 lies between 0.1, 0.01, ... and the
 * doubles that stand for them. */
SGNS_INLINE int decade_of(double size)
{
    int e = 0;

    if (size >= 1.0)
        while (size >= POWERS[e + 1]) e++;
    else
        while (size < TENTHS[-e]) e--;
    return e;
}

/* The nearest decimal of n digits; *is_right says whether it rounds to the float32.
 *
 * A product with a power up to 10^12, which has 28 bits without its factors of two, is exact; others
 * are not, and may be on the wrong side of a half: *is_sure says that this one is not. It is right
 * when it is off by less than half a unit in the last place of the float32, which is half as much
 * below a power of two; a division decides where that is close. */
SGNS_INLINE uint32_t nearest_decimal(float size, int decade, int n, int *is_right, int *is_sure)
{
    int places = n - 1 - decade;
    double scaled = (double)size * POWERS[places];
    double digits = scaled + ROUNDING - ROUNDING;
    double off = fabs(scaled - digits);
    uint32_t bits, power_bits;
    float power;
    double half_unit;

    memcpy(&bits, &size, sizeof bits);
    power_bits = bits & 0x7F800000;
    memcpy(&power, &power_bits, sizeof power);
    half_unit = power * (1.0 / (1 << 24)) * POWERS[places];
    if (off < half_unit * (bits == power_bits ? 0.499 : 0.999))
        *is_right = 1;
    else
        *is_right = off < half_unit * 1.001 && (float)(digits / POWERS[places]) == size;
    *is_sure = places <= 12 || fabs(off - 0.5) >= 1e-6;
    return (uint32_t)digits;
}

/* Finds the decimal of fewest digits, at most 9, that rounds to a float32: returns their number, or
 * 0 when that is not certain.
 *
 * Nine digits tell any two float32 apart, and if n do, the nearest decimal of n digits does. With
 * six, no two decimals round to the same float32, so that fewer need not be tried: their zeros are
 * at the end of the six. Most float32 need eight digits or nine. */
SGNS_INLINE int shortest(float size, int decade, uint32_t *digits)
{
    int is_right, is_sure, n = 8;
    uint32_t eight = nearest_decimal(size, decade, 8, &is_right, &is_sure);

    if (!is_right) {
        *digits = nearest_decimal(size, decade, 9, &is_right, &is_sure);
        return is_sure ? 9 : 0;
    }
    *digits = eight;
    while (n > 6) {
        int was_sure = is_sure;
        uint32_t fewer = nearest_decimal(size, decade, n - 1, &is_right, &is_sure);

        if (!is_right) return was_sure ? n : 0;
        *digits = fewer;
        n--;
    }
    return is_sure ? n : 0;
}

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define IS_BIG_ENDIAN 1
#else
#define IS_BIG_ENDIAN 0

/* The eight digits of a number, each in a byte, the first in the lowest: two fours, four twos, eight
 * ones, each in its part of a word. From a part x, its quotient q by 100 and the remainder behind it
 * are x * 2^16 - q * (100 * 2^16 - 1). */
SGNS_INLINE uint64_t eight_digits(uint32_t number)
{
    uint64_t fours = ((uint64_t)number << 32) - number / 10000 * ((UINT64_C(10000) << 32) - 1);
    uint64_t hundreds = fours * 10486 >> 20 & 0x0000007F0000007Fu;
    uint64_t twos = (fours << 16) - hundreds * ((100 << 16) - 1);
    uint64_t tens = twos * 103 >> 10 & 0x000F000F000F000Fu;

    return (twos << 8) - tens * ((10 << 8) - 1);
}
#endif

/* Writes eight digits. */
SGNS_INLINE void put_eight(char *text, uint32_t number)
{
#if !IS_BIG_ENDIAN
    uint64_t ones = eight_digits(number) | 0x3030303030303030u;

    memcpy(text, &ones, sizeof ones);
#else
    for (int i = 7; i >= 0; i--, number /= 10) text[i] = (char)('0' + number % 10);
#endif
}

#if !IS_BIG_ENDIAN && defined(__GNUC__)
#define HAS_ORDINARY 1

enum { LEAST_EXPONENT = -10, N_AT_ONCE = 16 };

#define LEAST_BITS 0x3A83126F /* of 1e-3 */
#define MOST_BITS 0x49742400  /* of 1e6 */
#define NEVER 0x7FFFFFFF

/* Of a binary exponent, from LEAST_EXPONENT on: in which decade the sizes begin, 1e-4 is the first
 * one; and the bits of the size from which on they are in the next one. */
static const struct {
    int32_t decade, next;
} OF_EXPONENT[] = {
    {0, LEAST_BITS}, {1, NEVER},      {1, NEVER}, {1, 0x3C23D70B}, {2, NEVER},
    {2, NEVER},      {2, 0x3DCCCCCD}, {3, NEVER}, {3, NEVER},      {3, NEVER},
    {4, NEVER},      {4, NEVER},      {4, NEVER}, {4, 0x41200000}, {5, NEVER},
    {5, NEVER},      {5, 0x42C80000}, {6, NEVER}, {6, NEVER},      {6, 0x447A0000},
    {7, NEVER},      {7, NEVER},      {7, NEVER}, {7, 0x461C4000}, {8, NEVER},
    {8, NEVER},      {8, 0x47C35000}, {9, NEVER}, {9, NEVER},      {9, MOST_BITS},
};

/* Of a decade, from 1e-4 on: the powers of ten that leave 8 and 7 digits before the point; the bits
 * of the digits that are before the point; how many these are; where the first digit is written,
 * the point, and the digits behind both. Below 1, zeros come first. */
static const struct Decade {
    double eight, seven;
    uint8_t shift, n_before, first, point, behind;
} OF_DECADE[] = {
    {1e11, 1e10, 0, 0, 5, 1, 5}, {1e10, 1e9, 0, 0, 4, 1, 4}, {1e9, 1e8, 0, 0, 3, 1, 3},
    {1e8, 1e7, 0, 0, 2, 1, 2},   {1e7, 1e6, 8, 1, 0, 1, 2},  {1e6, 1e5, 16, 2, 0, 2, 3},
    {1e5, 1e4, 24, 3, 0, 3, 4},  {1e4, 1e3, 32, 4, 0, 4, 5}, {1e3, 1e2, 40, 5, 0, 5, 6},
    {1e2, 1e1, 48, 6, 0, 6, 7},
};

/* What an ordinary number is written as. */
typedef struct Ordinary {
    uint32_t digits; /* eight; 0 when the number is none */
    int16_t decade, is_negative;
} Ordinary;

/* An ordinary number, as all but a few are: one of 8 digits, or of 7 and fewer.
 *
 * From 1e-3 on no two decimals of seven digits round to the same float32, so that fewer need not be
 * tried. Nothing branches on the number of digits nor on sizes, which no processor foresees. */
SGNS_INLINE Ordinary ordinary_of(float value)
{
    Ordinary number = {0, 0, 0};
    const struct Decade *decade;
    int32_t bits, exponent, place;
    uint32_t is_seven;
    uint64_t eight, seven, half_bits;
    double size = fabs((double)value), scaled, rounded, off, half_unit;

    memcpy(&bits, &value, sizeof bits);
    number.is_negative = bits < 0;
    bits &= 0x7FFFFFFF;
    if (SGNS_UNLIKELY(bits < LEAST_BITS || bits >= MOST_BITS || (bits & 0x7FFFFF) == 0))
        return number;
    exponent = (bits >> 23) - 127;
    place = exponent - LEAST_EXPONENT;
    number.decade = (int16_t)(OF_EXPONENT[place].decade + (bits >= OF_EXPONENT[place].next));
    decade = OF_DECADE + number.decade;

    /* As `nearest_decimal` does; a product is exact, and what was added for rounding leaves the
     * whole number in the low bits. */
    half_bits = (uint64_t)(exponent - 24 + 1023) << 52;
    memcpy(&half_unit, &half_bits, sizeof half_unit);
    scaled = size * decade->eight;
    rounded = scaled + ROUNDING;
    memcpy(&eight, &rounded, sizeof eight);
    off = fabs(scaled - (rounded - ROUNDING));
    if (SGNS_UNLIKELY(!(off < half_unit * decade->eight * 0.999))) return number;

    scaled = size * decade->seven;
    rounded = scaled + ROUNDING;
    memcpy(&seven, &rounded, sizeof seven);
    off = fabs(scaled - (rounded - ROUNDING));
    half_unit *= decade->seven;
    if (SGNS_UNLIKELY(fabs(off - half_unit) < half_unit * 0.001)) return number;
    is_seven = -(uint32_t)(off < half_unit);
    number.digits = ((uint32_t)seven * 10 & is_seven) | ((uint32_t)eight & ~is_seven);
    if (SGNS_UNLIKELY(number.digits >= 100000000)) number.digits = 0; /* nines were rounded up */
    return number;
}

/* Writes an ordinary number. Nothing branches on its length, and nothing is read that was just
 * written. */
SGNS_INLINE char *put_ordinary(char *text, const Ordinary *number)
{
    const struct Decade *decade = OF_DECADE + number->decade;
    uint64_t digits = eight_digits(number->digits);
    /* without the zeros at the end, but not without the one behind the point */
    int n_behind = (63 ^ __builtin_clzll(digits)) / 8 + 1 - decade->n_before;

    digits |= 0x3030303030303030u;
    memcpy(text, " -", 2);
    text += 1 + number->is_negative;
    memcpy(text, "0.000000", 8);
    memcpy(text + decade->first, &digits, 8);
    digits >>= decade->shift;
    memcpy(text + decade->behind, &digits, 8);
    text[decade->point] = '.';
    return text + decade->behind + (n_behind > 1 ? n_behind : 1);
}
#endif

/* Writes a space and a number; NULL when it is out of the ordinary. May write over
 * NUMBERS_MOST_NBYTES. */
SGNS_INLINE char *put_number(char *text, float value)
{
    float size = fabsf(value);
    char figures[16] = "000000000000000";
    uint32_t digits = 0;
    int decade = 0, n = 1;

    if (size != 0.0f) {
        if (!((double)size >= LEAST_SIZE && (double)size < MOST_SIZE)) return NULL;
        decade = decade_of(size);
        n = shortest(size, decade, &digits);
        if (n == 0) return NULL;
        for (int i = n; i < 9; i++) digits *= 10;
        if (digits == 1000000000) { /* nines were rounded up */
            digits = 100000000;
            decade++;
        }
        figures[0] = (char)('0' + digits / 100000000);
        put_eight(figures + 1, digits % 100000000);
        while (n > 1 && figures[n - 1] == '0') n--;
    }
    *text++ = ' ';
    if (signbit(value)) *text++ = '-';
    if (size != 0.0f && (double)size < LEAST_PLAIN_SIZE) {
        text[0] = figures[0];
        text[1] = '.';
        memcpy(text + 2, figures + 1, 8);
        text += n > 1 ? n + 1 : 1;
        text[0] = 'e';
        text[1] = '-';
        text[2] = (char)('0' + -decade / 10);
        text[3] = (char)('0' + -decade % 10);
        return text + 4;
    }
    if (decade < 0) {
        memcpy(text, "0.000", 5);
        text += 1 - decade;
        memcpy(text, figures, 9);
        return text + n;
    }
    memcpy(text, figures, 8);
    text[decade + 1] = '.';
    memcpy(text + decade + 2, figures + decade + 1, 8);
    return text + (n > decade + 2 ? n + 1 : decade + 3);
}

/* Some numbers are looked at, then written: what a processor has in hand is of more numbers then, and
 * each waits less for its own steps (12 ns a number in one loop, 8 in two; Xeon, model 167). */
int64_t numbers_write(const float *values, int64_t n, char **text)
{
    char *at = *text, *end;
    int64_t i;
#ifdef HAS_ORDINARY
    Ordinary ordinary[N_AT_ONCE];
#endif

    for (i = 0; i < n; i++) {
        end = NULL;
#ifdef HAS_ORDINARY
        for (int64_t j = i; i % N_AT_ONCE == 0 && j < n && j < i + N_AT_ONCE; j++)
            ordinary[j % N_AT_ONCE] = ordinary_of(values[j]);
        if (!SGNS_UNLIKELY(ordinary[i % N_AT_ONCE].digits == 0))
            end = put_ordinary(at, &ordinary[i % N_AT_ONCE]);
#endif
        if (SGNS_UNLIKELY(end == NULL)) end = put_number(at, values[i]);
        if (end == NULL) break;
        at = end;
    }
    *text = at;
    return i;
}

/* Of the bits of inf and nan, and no others, the first bit is set: the greatest exponent reaches the
 * sign. */
#define ODD(bits) (((bits) & 0x7FFFFFFF) + 0x00800000)

int numbers_are_finite(const float *values, int64_t n)
{
    uint32_t odd = 0;

    for (int64_t i = 0; i < n; i++) {
        uint32_t bits;

        memcpy(&bits, values + i, sizeof bits);
        odd |= ODD(bits);
    }
    return !(odd >> 31);
}

/* In one loop, where two would ask the memory for each number twice. */
int numbers_copy(char *to, const float *values, int64_t n)
{
    uint32_t odd = 0;

    for (int64_t i = 0; i < n; i++) {
        uint32_t bits;

        memcpy(&bits, values + i, sizeof bits);
        odd |= ODD(bits);
#if IS_BIG_ENDIAN
        bits = __builtin_bswap32(bits);
#endif
        memcpy(to + 4 * i, &bits, sizeof bits);
    }
    return !(odd >> 31);
}
