/* Floor: kernels. See read.h.
 *
 * A decimal is a whole number times a power of ten. When both are exact in double precision, so is
 * their product or quotient, rounded once (Clinger 1990, How to Read Floating Point Numbers
 * Accurately, section 4). Otherwise strtod reads it, unless a float32 is wanted and the double, off
 * by a few units in its last place, is far from where float32 would round otherwise. */
#include "read.h"

#include <stdlib.h>
#include <string.h>

#include "../platform.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define EIGHT_AT_ONCE 0
#else
#define EIGHT_AT_ONCE 1
#endif

enum { MOST_EXACT_POWER = 22, MOST_DIGITS = 19 };

static const double POWERS[MOST_EXACT_POWER + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

typedef struct Decimal {
    uint64_t digits; /* the first MOST_DIGITS, without zeros at their head */
    int n_digits;    /* of all: not less than there are, and no more than 8 too many */
    int exponent;    /* of ten, for `digits` */
    int any;         /* whether there was a digit */
} Decimal;

SGNS_INLINE int is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

SGNS_INLINE void add_digit(Decimal *decimal, char c, int is_fraction)
{
    decimal->any = 1;
    if (decimal->n_digits < MOST_DIGITS) {
        decimal->digits = decimal->digits * 10 + (uint64_t)(c - '0');
        decimal->exponent -= is_fraction;
    } else {
        decimal->exponent += !is_fraction;
    }
    decimal->n_digits += decimal->digits != 0;
}

#if EIGHT_AT_ONCE
static const uint64_t WHOLE_POWERS[9] = {1,      10,      100,      1000,     10000,
                                         100000, 1000000, 10000000, 100000000};

/* The eight digits of a word of eight characters (Lemire 2021, Number Parsing at a Gigabyte per
 * Second, section 4): neighbours are put together, then pairs, then fours. */
SGNS_INLINE uint64_t eight_digits(uint64_t text)
{
    text = (text & 0x0F0F0F0F0F0F0F0Fu) * 2561 >> 8;
    text = (text & 0x00FF00FF00FF00FFu) * 6553601 >> 16;
    return (text & 0x0000FFFF0000FFFFu) * 42949672960001u >> 32;
}

/* How many of eight characters are digits, before the first that is none. */
SGNS_INLINE int n_leading_digits(uint64_t text)
{
    /* the high bit of each byte that is below '0' or above '9' */
    uint64_t other =
        ((text + 0x4646464646464646u) | (text - 0x3030303030303030u) | text) & 0x8080808080808080u;
#if defined(__GNUC__)
    return other ? __builtin_ctzll(other) / 8 : 8;
#else
    int n = 0;
    for (; n < 8 && !(other >> 8 * n & 0x80); n++) continue;
    return n;
#endif
}
#endif

/* Adds the digits at `at`, and returns what is behind them. */
SGNS_INLINE const char *add_digits(Decimal *decimal, const char *at, const char *end,
                                   int is_fraction)
{
#if EIGHT_AT_ONCE
    while (end - at >= 8 && decimal->n_digits <= MOST_DIGITS - 8) {
        uint64_t text;
        int n;

        memcpy(&text, at, sizeof text);
        n = n_leading_digits(text);
        if (n == 0) return at;
        /* zeros in front of fewer than eight: the digits are moved to the end of the word */
        text = n == 8 ? text : text << 8 * (8 - n);
        decimal->digits = decimal->digits * WHOLE_POWERS[n] + eight_digits(text);
        decimal->n_digits = decimal->digits ? decimal->n_digits + n : 0;
        decimal->exponent -= is_fraction ? n : 0;
        decimal->any = 1;
        at += n;
        if (n < 8) return at;
    }
#endif
    for (; at < end && is_digit(*at); at++) add_digit(decimal, *at, is_fraction);
    return at;
}

/* Reads the exponent behind an "e"; NULL when there is none. */
static const char *add_exponent(Decimal *decimal, const char *at, const char *end)
{
    int exponent = 0, is_negative;

    is_negative = at < end && *at == '-';
    at += at < end && (*at == '-' || *at == '+');
    if (at == end || !is_digit(*at)) return NULL;
    for (; at < end && is_digit(*at); at++)
        if (exponent < 100000) exponent = exponent * 10 + (*at - '0');
    decimal->exponent += is_negative ? -exponent : exponent;
    return at;
}

/* Whether a double that is off by up to 8 units in its last place may round to another float32 than
 * the double that it stands for: the 29 bits that are rounded off are near a half. Below the normal
 * float32 more bits are rounded off. */
static int may_round_otherwise(double value)
{
    uint64_t bits;
    int64_t rest;

    if (value < 1.2e-38 || value > 3.4e38) return 1;
    memcpy(&bits, &value, sizeof bits);
    rest = (int64_t)(bits & 0x1FFFFFFF) - 0x10000000;
    return rest >= -8 && rest <= 8;
}

/* Reads a value that ends before a space, or at `end`; NULL when it is odd. */
static const char *read_any_value(const char *at, const char *end, int is_float32, double *value)
{
    const char *begin = at;
    Decimal decimal = {0, 0, 0, 0};
    double sign = 1.0, result;

    if (at < end && *at == '-') sign = -1.0;
    at += at < end && (*at == '-' || *at == '+');
    at = add_digits(&decimal, at, end, 0);
    if (at < end && *at == '.') at = add_digits(&decimal, at + 1, end, 1);
    if (!decimal.any) return NULL;
    if (SGNS_UNLIKELY(at < end && (*at == 'e' || *at == 'E'))) {
        at = add_exponent(&decimal, at + 1, end);
        if (at == NULL) return NULL;
    }
    if (at < end && *at != ' ') return NULL;

    if (decimal.n_digits > MOST_DIGITS || decimal.exponent < -MOST_EXACT_POWER ||
        decimal.exponent > MOST_EXACT_POWER) {
        *value = strtod(begin, NULL);
        return at;
    }
    result = (double)decimal.digits;
    result = decimal.exponent < 0 ? result / POWERS[-decimal.exponent]
                                  : result * POWERS[decimal.exponent];
    if (SGNS_UNLIKELY(decimal.digits >> 53) && (!is_float32 || may_round_otherwise(result))) {
        *value = strtod(begin, NULL);
        return at;
    }
    *value = sign * result;
    return at;
}

#if EIGHT_AT_ONCE && defined(__GNUC__)
#define HAS_ORDINARY 1

/* The high bit of each byte that is not one of 0..9. */
SGNS_INLINE uint64_t no_digits(uint64_t values)
{
    return (((values & 0x7F7F7F7F7F7F7F7Fu) + 0x7676767676767676u) | values) & 0x8080808080808080u;
}

/* Reads an ordinary value: digits, a point, digits, of 15 characters at most with its sign, as all
 * but a few are. NULL when it is none. 16 bytes behind `end` can be read.
 *
 * Nothing branches on lengths or signs, which no processor foresees: this takes half the time of
 * digit by digit. */
SGNS_INLINE const char *read_ordinary(const char *at, const char *end, double *value)
{
    uint64_t low, high, odd_low, odd_high, behind_point, minus, before, bits, digits;
    int64_t point, length;
    double result;

    memcpy(&low, at, sizeof low);
    memcpy(&high, at + 8, sizeof high);
    low ^= 0x3030303030303030u; /* "0".."9" become 0..9 */
    high ^= 0x3030303030303030u;
    minus = (low & 0xFF) == ('-' ^ '0');
    odd_low = no_digits(low) & ~(minus << 7);
    odd_high = no_digits(high);
    behind_point = odd_low & (odd_low - 1);
    if (SGNS_UNLIKELY(odd_low == 0 || (behind_point | odd_high) == 0)) return NULL;
    point = __builtin_ctzll(odd_low) >> 3;
    if (SGNS_UNLIKELY((low >> 8 * point & 0xFF) != ('.' ^ '0'))) return NULL;

    /* Without sign and point: what is before the point moves into its place. */
    before = low & ~(minus * 0xFF) & (((uint64_t)1 << 8 * point) - 1);
    low = (low & ~(uint64_t)0xFF << 8 * point) | before << 8;
    if (behind_point) {
        length = __builtin_ctzll(behind_point) >> 3;
        digits = eight_digits(low << 8 * (8 - length));
    } else {
        length = 8 + (__builtin_ctzll(odd_high) >> 3);
        digits = eight_digits(low << 8 * (15 - length) << 8) * 100000000 +
                 eight_digits(high << 8 * (15 - length) << 8 | low >> 8 * (length - 8));
    }
    if (SGNS_UNLIKELY(at + length != end && at[length] != ' ')) return NULL;
    if (SGNS_UNLIKELY(length - (int64_t)minus < 2)) return NULL; /* a point without a digit */

    result = (double)digits / POWERS[length - point - 1];
    memcpy(&bits, &result, sizeof bits);
    bits |= minus << 63;
    memcpy(value, &bits, sizeof bits);
    return at + length;
}
#endif

/* Reads a value that ends before a space, or at `end`; NULL when it is odd. */
SGNS_INLINE const char *read_value(const char *at, const char *end, int has_margin, int is_float32,
                                   double *value)
{
#ifdef HAS_ORDINARY
    const char *behind = has_margin ? read_ordinary(at, end, value) : NULL;
    if (!SGNS_UNLIKELY(behind == NULL)) return behind;
#else
    (void)has_margin;
#endif
    return read_any_value(at, end, is_float32, value);
}

/* Where the values of text[at:end] begin when they are its last n fields; NULL when it has not as
 * many. */
static const char *last_fields(const char *at, const char *end, int64_t n)
{
    const char *behind = end;

    while (behind > at && n > 0) n -= *--behind == ' ';
    return n ? NULL : behind;
}

/* Whether a word with spaces in it may be a word with a space or a value too many. */
static int is_doubtful(const char *begin, const char *end)
{
    const char *last = end;
    double value;

    while (last > begin && last[-1] != ' ') last--;
    return last == end || (last > begin && read_any_value(last, end, 0, &value) != NULL);
}

SGNS_INLINE int is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Reads n values, a space before each, that end at `end`. `has_margin`: 16 bytes behind it can be
 * read. */
SGNS_INLINE int read_values(const char *at, const char *end, int has_margin, int64_t n,
                            int is_float32, float *singles, double *doubles)
{
    for (int64_t i = 0; i < n; i++) {
        double value;

        if (at == end) return 0;
        at = read_value(at + 1, end, has_margin, is_float32, &value);
        if (at == NULL) return 0;
        if (is_float32)
            singles[i] = (float)value;
        else
            doubles[i] = value;
    }
    return at == end;
}

SGNS_INLINE int read_lines(NumbersLines *lines, int is_float32, float *singles, double *doubles)
{
    const char *text = lines->text;
    int64_t n = lines->n_values;

    lines->n_lines = 0;
    while (lines->n_lines < lines->most_lines && lines->begin < lines->end) {
        const char *begin = text + lines->begin;
        const char *newline = memchr(begin, '\n', (size_t)(lines->end - lines->begin));
        const char *end = newline, *space;
        float *row = is_float32 ? singles + lines->n_lines * n : NULL;
        double *wide_row = is_float32 ? NULL : doubles + lines->n_lines * n;

        int has_margin = newline != NULL && text + lines->end - newline >= 16;

        if (newline == NULL) return NUMBERS_ODD;
        while (end > begin && is_blank(end[-1])) end--;
        space = memchr(begin, ' ', (size_t)(end - begin));
        if (space == NULL && n == 0) space = end;
        if (space == NULL) return NUMBERS_ODD;
        if (!read_values(space, end, has_margin, n, is_float32, row, wide_row)) {
            space = last_fields(begin, end, n); /* a word with spaces in it */
            if (space == NULL || is_doubtful(begin, space) ||
                !read_values(space, end, has_margin, n, is_float32, row, wide_row))
                return NUMBERS_ODD;
        }
        lines->words[2 * lines->n_lines] = lines->begin;
        lines->words[2 * lines->n_lines + 1] = space - text;
        lines->n_lines++;
        lines->begin = newline + 1 - text;
    }
    return NUMBERS_READ;
}

int numbers_read_float32(NumbersLines *lines, float *values)
{
    return read_lines(lines, 1, values, NULL);
}

int numbers_read_float64(NumbersLines *lines, double *values)
{
    return read_lines(lines, 0, NULL, values);
}

int64_t numbers_count_lines(const char *text, int64_t begin, int64_t end)
{
    int64_t n = 0;

    while (begin < end) {
        const char *newline = memchr(text + begin, '\n', (size_t)(end - begin));
        if (newline == NULL) break;
        n++;
        begin = newline + 1 - text;
    }
    return n;
}
