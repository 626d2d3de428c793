/* Floor: kernels. See read.h.
 *
 * A decimal is a whole number times a power of ten. When both are exact in double precision, so is
 * their product or quotient, rounded once (Clinger 1990, How to Read Floating Point Numbers
 * Accurately, section 4). Otherwise strtod reads it, unless a float32 is wanted and the double, off
 * by a few units in its last place, is far from where float32 would round otherwise.
 *
 * Where values end is found first, 64 characters at once, so that none waits for the one before it;
 * and what is done with most of them branches neither on lengths nor on signs, which no processor
 * foresees. */
#include "read.h"

#include <stdlib.h>
#include <string.h>

#include "../platform.h"
#include "chars.h"

enum { MOST_EXACT_POWER = 22, MOST_DIGITS = 19, MOST_CHARS = 16 };

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

#if CHARS_IN_WORDS
static const uint64_t WHOLE_POWERS[9] = {1,      10,      100,      1000,     10000,
                                         100000, 1000000, 10000000, 100000000};
#endif

/* Adds the digits at `at`, and returns what is behind them. */
SGNS_INLINE const char *add_digits(Decimal *decimal, const char *at, const char *end,
                                   int is_fraction)
{
#if CHARS_IN_WORDS
    while (end - at >= 8 && decimal->n_digits <= MOST_DIGITS - 8) {
        uint64_t text = chars_word(at);
        int n = chars_n_digits(text);

        if (n == 0) return at;
        /* zeros in front of fewer than eight: the digits are moved to the end of the word */
        text = n == 8 ? text : text << 8 * (8 - n);
        decimal->digits = decimal->digits * WHOLE_POWERS[n] + chars_eight_digits(text);
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

#if CHARS_IN_VECTORS
/* What the digits of an ordinary value are divided by, without a minus before them and with one. */
static const double DIVISORS[2][MOST_CHARS] = {
    {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15},
    {-1e0, -1e1, -1e2, -1e3, -1e4, -1e5, -1e6, -1e7, -1e8, -1e9, -1e10, -1e11, -1e12, -1e13, -1e14,
     -1e15},
};

/* Reads an ordinary value, as all but a few are: digits and a point among or behind them, of 16
 * characters at most with its sign. `text` is where what can be read begins. */
SGNS_INLINE int read_ordinary(const char *text, const char *at, const char *end, double *value)
{
    /* Not by a comparison: x86 sets one byte then, and waits for the value before this one, which
     * may have been in the rest of that register. */
    int64_t minus = (int64_t)(((uint64_t)(uint8_t)(*at ^ '-') - 1) >> 63);
    int64_t length = end - at - minus, n_fraction;
    uint32_t odd;

    if (SGNS_UNLIKELY(length > MOST_CHARS || length < 2 || end - text <= MOST_CHARS)) return 0;
    odd = chars_odd(end, length);
    if (SGNS_UNLIKELY(odd == 0 || (odd & (odd - 1)) != 0)) return 0;
    n_fraction = MOST_CHARS - 1 - chars_lowest(odd);
    if (SGNS_UNLIKELY(end[-1 - n_fraction] != '.')) return 0;
    /* A negative divisor gives -0.0, too. */
    *value =
        (double)(int64_t)chars_number(end, length - 1, n_fraction) / DIVISORS[minus][n_fraction];
    return 1;
}
#endif

/* Reads the value text[at:end]; 0 when it is odd. */
SGNS_INLINE int read_value(const char *text, const char *at, const char *end, int is_float32,
                           double *value)
{
    double any; /* of its own, so that *value stays in a register */

#if CHARS_IN_VECTORS
    if (!SGNS_UNLIKELY(!read_ordinary(text, at, end, value))) return 1;
#else
    (void)text;
#endif
    if (read_any_value(at, end, is_float32, &any) != end) return 0;
    *value = any;
    return 1;
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

/* Which of the 64 characters from `at` on, before `end`, are spaces; `limit` is where nothing more
 * can be read. */
SGNS_INLINE uint64_t spaces_from(const char *at, const char *end, const char *limit)
{
    uint64_t spaces = 0;

#if CHARS_IN_VECTORS
    if (!SGNS_UNLIKELY(limit - at < 64)) {
        spaces = chars_spaces(at);
        return end - at < 64 ? spaces & (((uint64_t)1 << (end - at)) - 1) : spaces;
    }
#else
    (void)limit;
#endif
    for (int i = 0; i < 64 && at + i < end; i++) spaces |= (uint64_t)(at[i] == ' ') << i;
    return spaces;
}

/* Reads n values, a space before each, that end at `end`. */
SGNS_INLINE int read_values(const NumbersLines *lines, const char *at, const char *end,
                            int is_float32, float *singles, double *doubles)
{
    const char *text = lines->text, *block = at + 1;
    int64_t n = lines->n_values, i = 0;

    if (at == end) return n == 0;
    for (;; block += 64) {
        uint64_t stops = spaces_from(block, end, text + lines->end);
        int is_last = end - block < 64;

        if (is_last) stops |= (uint64_t)1 << (end - block);
        for (; stops; stops &= stops - 1) {
            const char *stop = block + chars_lowest(stops);
            double value;

            if (i == n || !read_value(text, at + 1, stop, is_float32, &value)) return 0;
            if (is_float32)
                singles[i] = (float)value;
            else
                doubles[i] = value;
            at = stop;
            i++;
        }
        if (is_last) return i == n;
    }
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

        if (newline == NULL) return NUMBERS_ODD;
        while (end > begin && is_blank(end[-1])) end--;
        space = memchr(begin, ' ', (size_t)(end - begin));
        if (space == NULL && n == 0) space = end;
        if (space == NULL) return NUMBERS_ODD;
        while (!read_values(lines, space, end, is_float32, row, wide_row)) {
            const char *last = last_fields(begin, end, n); /* behind a word with spaces in it */

            if (last == NULL || last == space || is_doubtful(begin, last)) return NUMBERS_ODD;
            space = last;
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
