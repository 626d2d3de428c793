/* Floor: kernels. Where the words of a text begin and end, and where its lines end.
 *
 * Words are what Python's str.split() makes of the text: the white space is its 29 characters, in
 * UTF-8. Looking for the bytes of those characters is exact even in text that is not valid UTF-8,
 * under each of Python's error handlers, because a lead byte always starts a new character.
 * Lines end at "\n" only, as they do for a file that is read in binary. */
#ifndef FASTSGNS_TEXT_SCAN_H
#define FASTSGNS_TEXT_SCAN_H

#include <stdint.h>

#define TEXT_CHUNK 64         /* bytes: one bit each in a word of 64 bits */
#define TEXT_LOOKAHEAD 2      /* bytes after a chunk that are looked at */
#define TEXT_TURNS_AT_ONCE 24 /* bounds that are written at once */
#define TEXT_BOUNDS_SLACK (TEXT_CHUNK + TEXT_TURNS_AT_ONCE)

/* A chunk of text as masks; bit i is byte i. */
typedef struct TextMasks {
    uint64_t space;   /* ASCII white space */
    uint64_t newline; /* "\n", which is in `space` too */
    uint64_t pair;    /* first bytes of white space of 2 bytes */
    uint64_t triple;  /* first bytes of white space of 3 bytes */
} TextMasks;

typedef struct TextScan {
    uint64_t in_space; /* 1: the byte before was white space (or there was none) */
    uint64_t pending;  /* low bits: bytes of white space that began in the chunk before */
    int64_t *bounds;   /* OUT: where words begin and end, alternating, from the block's start */
    int64_t n_bounds;
    int64_t *line_ends; /* OUT: the number of words that ended before each "\n" */
    int64_t n_lines;
    int64_t n_words; /* words that ended before this call: line_ends count from there */
} TextScan;

/* Scans text[begin:end] and adds to `bounds` (room for end - begin + TEXT_BOUNDS_SLACK) and to
 * `line_ends` (room for end - begin). `begin` is a multiple of TEXT_CHUNK, and so is `end` unless
 * it is `nbytes`, the size of the block, where a word that has not ended does. Reads no byte past
 * nbytes. */
typedef void (*TextScanner)(TextScan *scan, const uint8_t *text, int64_t begin, int64_t end,
                            int64_t nbytes);

/* The scanner called "avx2" or "portable", or the fastest one for NULL; NULL if this machine does
 * not have it. */
TextScanner text_scanner(const char *name);

#endif
