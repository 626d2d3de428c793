/* Floor: kernels. Lines of a word and decimals become numbers. */
#ifndef FASTSGNS_NUMBERS_READ_H
#define FASTSGNS_NUMBERS_READ_H

#include <stdint.h>

/* Where a line is out of the ordinary, the rest is left to the caller. */
enum NumbersStatus { NUMBERS_READ, NUMBERS_ODD };

typedef struct NumbersLines {
    const char *text;
    int64_t begin;      /* INOUT: of the next line */
    int64_t end;        /* behind the "\n" of the last line */
    int64_t n_values;   /* of a line, behind its word */
    int64_t most_lines; /* read so many at most */
    int64_t n_lines;    /* OUT: lines that were read */
    int64_t *words;     /* OUT (most_lines, 2): where the word of each begins and ends */
} NumbersLines;

/* Reads lines "word value ... value\n", one space before each value, white space at the end of a
 * line allowed. A word may have spaces in it: the values are the last n_values fields. What a value
 * is rounded to is what strtod would give, and for float32 that, rounded once more.
 *
 * Ordinary values are decimal, with or without sign, point and exponent. At a line with another
 * number of fields or with other values (inf, nan, 1_000), or with a word with spaces that ends in a
 * space or a number, it stops and returns NUMBERS_ODD. The point must be strtod's, too: the locale's. */
int numbers_read_float32(NumbersLines *lines, float *values);
int numbers_read_float64(NumbersLines *lines, double *values);

/* Counts the "\n" in text[begin:end]. */
int64_t numbers_count_lines(const char *text, int64_t begin, int64_t end);

#endif
