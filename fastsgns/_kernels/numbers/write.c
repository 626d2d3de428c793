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

/* Finds the decimal of fewest digits, 6 to 9, that rounds to a float32, digits / 10^*places; 0 when
 * that is not certain.
 *
 * Nine digits tell any two float32 apart, and if n do, the nearest decimal of n digits does. With
 * six, no two decimals round to the same float32, so that fewer need not be tried. A product with a
 * power up to 10^12, which has 28 bits without its factors of two, is exact; others are not, and
 * may be on the wrong side of a half. */
SGNS_INLINE uint64_t shortest(float size, int decade, int *places)
{
    for (int n = 6;; n++) {
        int p = n - 1 - decade;
        double scaled = (double)size * POWERS[p];
        double digits = nearbyint(scaled);

        if (n < 9 && (float)(digits / POWERS[p]) != size) continue;
        if (p > 12 && fabs(fabs(scaled - digits) - 0.5) < 1e-6) return 0;
        *places = p;
        return (uint64_t)digits;
    }
}

static char *put_whole(char *text, uint64_t number, int n_digits)
{
    for (int i = n_digits - 1; i >= 0; i--) {
        text[i] = (char)('0' + number % 10);
        number /= 10;
    }
    return text + n_digits;
}

static int count_digits(uint64_t number)
{
    int n = 1;

    for (; number >= 10; number /= 10) n++;
    return n;
}

static char *put_plain(char *text, uint64_t digits, int places)
{
    uint64_t one = (uint64_t)POWERS[places];
    uint64_t whole = digits / one;

    text = put_whole(text, whole, count_digits(whole));
    *text++ = '.';
    return put_whole(text, digits % one, places);
}

static char *put_scientific(char *text, uint64_t digits, int places)
{
    int n = count_digits(digits);
    uint64_t one = (uint64_t)POWERS[n - 1];

    text = put_whole(text, digits / one, 1);
    if (n > 1) {
        *text++ = '.';
        text = put_whole(text, digits % one, n - 1);
    }
    memcpy(text, "e-", 2);
    return put_whole(text + 2, (uint64_t)(places - n + 1), 2);
}

/* Writes one number; NULL when it is out of the ordinary. */
SGNS_INLINE char *put_number(char *text, float value)
{
    float size = fabsf(value);
    int places = 1;
    uint64_t digits = 0;

    if (size != 0.0f) {
        if (!((double)size >= LEAST_SIZE && (double)size < MOST_SIZE)) return NULL;
        digits = shortest(size, decade_of(size), &places);
        if (digits == 0) return NULL;
    }
    if (signbit(value)) *text++ = '-';
    if (size != 0.0f && (double)size < LEAST_PLAIN_SIZE) {
        for (; digits % 10 == 0; digits /= 10) places--;
        return put_scientific(text, digits, places);
    }
    for (; places > 1 && digits % 10 == 0; digits /= 10) places--;
    return put_plain(text, places ? digits : digits * 10, places ? places : 1);
}

int64_t numbers_write(const float *values, int64_t n, int is_first, char **text)
{
    int64_t i = 0;

    for (; i < n; i++) {
        int has_space = i > 0 || !is_first;
        char *end = put_number(*text + has_space, values[i]);

        if (end == NULL) break;
        if (has_space) **text = ' ';
        *text = end;
    }
    return i;
}
