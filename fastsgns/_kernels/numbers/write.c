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
#define EIGHT_AT_ONCE 0
#else
#define EIGHT_AT_ONCE 1

/* The eight digits of a number, each in a byte, the first in the lowest: two fours, four twos, eight
 * ones, each in its part of a word. */
SGNS_INLINE uint64_t eight_digits(uint32_t number)
{
    uint64_t fours = (uint64_t)(number % 10000) << 32 | number / 10000;
    uint64_t hundreds = fours * 10486 >> 20 & 0x0000007F0000007Fu;
    uint64_t twos = (fours - hundreds * 100) << 16 | hundreds;
    uint64_t tens = twos * 103 >> 10 & 0x000F000F000F000Fu;

    return (twos - tens * 10) << 8 | tens;
}
#endif

/* Writes eight digits. */
SGNS_INLINE void put_eight(char *text, uint32_t number)
{
#if EIGHT_AT_ONCE
    uint64_t ones = eight_digits(number) | 0x3030303030303030u;

    memcpy(text, &ones, sizeof ones);
#else
    for (int i = 7; i >= 0; i--, number /= 10) text[i] = (char)('0' + number % 10);
#endif
}

#if EIGHT_AT_ONCE && defined(__GNUC__)
#define HAS_ORDINARY 1

enum { LEAST_EXPONENT = -10 };

/* The decade of the least size with a binary exponent from LEAST_EXPONENT on. */
static const int8_t DECADES[] = {
    -4, -3, -3, -3, -2, -2, -2, -1, -1, -1, 0, 0, 0, 0, 1,
    1,  1,  2,  2,  2,  3,  3,  3,  3,  4,  4, 4, 5, 5, 5,
};

/* Of a decade: the least size in the next one; the powers of ten that leave 8 and 7 digits before
 * the point; where the first digit is written, the point, and the digits behind both; how many of
 * them are before the point. Below 1, zeros come first. */
static const struct Decade {
    double next, eight, seven;
    uint8_t first, point, behind, n_before;
} OF_DECADE[] = {
    {1e-3, 1e11, 1e10, 5, 1, 5, 0}, {1e-2, 1e10, 1e9, 4, 1, 4, 0}, {1e-1, 1e9, 1e8, 3, 1, 3, 0},
    {1e0, 1e8, 1e7, 2, 1, 2, 0},    {1e1, 1e7, 1e6, 0, 1, 2, 1},   {1e2, 1e6, 1e5, 0, 2, 3, 2},
    {1e3, 1e5, 1e4, 0, 3, 4, 3},    {1e4, 1e4, 1e3, 0, 4, 5, 4},   {1e5, 1e3, 1e2, 0, 5, 6, 5},
    {1e6, 1e2, 1e1, 0, 6, 7, 6},
};

/* Writes an ordinary number, as all but a few are: of 8 digits, or of 7 and fewer; NULL for others.
 *
 * From 1e-3 on no two decimals of seven digits round to the same float32, so that fewer need not be
 * tried. Nothing branches on the number of digits, nor on signs and sizes, which no processor
 * foresees, and nothing is read that was just written: this takes half the time. */
SGNS_INLINE char *put_ordinary(char *text, float value)
{
    const struct Decade *decade;
    uint32_t bits, is_seven, n_digits;
    uint64_t eight, seven, digits;
    double size = fabs((double)value), scaled, rounded, off, half_unit;
    float power;

    memcpy(&bits, &value, sizeof bits);
    if (SGNS_UNLIKELY(!(size >= 1e-3 && size < MOST_SIZE) || (bits & 0x7FFFFF) == 0)) return NULL;
    decade = OF_DECADE + 4 + DECADES[(int)(bits >> 23 & 0xFF) - 127 - LEAST_EXPONENT];
    decade += size >= decade->next;

    /* As `nearest_decimal` does; a product is exact, and what was added for rounding leaves the
     * whole number in the low bits. */
    bits &= 0xFF800000;
    memcpy(&power, &bits, sizeof power);
    half_unit = fabs((double)power) * (1.0 / (1 << 24)) * decade->eight;
    scaled = size * decade->eight;
    rounded = scaled + ROUNDING;
    memcpy(&eight, &rounded, sizeof eight);
    off = fabs(scaled - (rounded - ROUNDING));
    if (SGNS_UNLIKELY(!(off < half_unit * 0.999))) return NULL;

    scaled = size * decade->seven;
    rounded = scaled + ROUNDING;
    memcpy(&seven, &rounded, sizeof seven);
    off = fabs(scaled - (rounded - ROUNDING)) * 10.0 - half_unit;
    if (SGNS_UNLIKELY(fabs(off) < half_unit * 0.001)) return NULL;
    is_seven = -(uint32_t)(off < 0.0);
    n_digits = ((uint32_t)seven * 10 & is_seven) | ((uint32_t)eight & ~is_seven);
    if (SGNS_UNLIKELY(n_digits >= 100000000)) return NULL; /* nines were rounded up */

    digits = eight_digits(n_digits);
    n_digits = 8 - (uint32_t)(__builtin_clzll(digits) >> 3);
    digits |= 0x3030303030303030u;
    *text = '-';
    text += bits >> 31;
    memcpy(text, "0.000000", 8);
    memcpy(text + decade->first, &digits, 8);
    digits >>= 8 * decade->n_before;
    memcpy(text + decade->behind, &digits, 8);
    text[decade->point] = '.';
    n_digits = n_digits > decade->n_before ? n_digits - decade->n_before : 1;
    return text + decade->behind + n_digits;
}
#endif

/* Writes one number; NULL when it is out of the ordinary. May write over NUMBERS_MOST_NBYTES. */
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

int64_t numbers_write(const float *values, int64_t n, int is_first, char **text)
{
    int64_t i = 0;

    for (; i < n; i++) {
        int has_space = i > 0 || !is_first;
        char *begin = *text + has_space, *end = NULL;

#ifdef HAS_ORDINARY
        end = put_ordinary(begin, values[i]);
#endif
        if (SGNS_UNLIKELY(end == NULL)) end = put_number(begin, values[i]);
        if (end == NULL) break;
        if (has_space) **text = ' ';
        *text = end;
    }
    return i;
}
