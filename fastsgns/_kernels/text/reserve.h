/* Floor: kernels. Growing arrays. */
#ifndef FASTSGNS_TEXT_RESERVE_H
#define FASTSGNS_TEXT_RESERVE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#define TEXT_NO_MEMORY (-1)
#define TEXT_NBYTES_HUGE_PAGE ((uintptr_t)2 << 20)

/* Asks for huge pages for memory that is not going to move: a corpus' ids fill thousands of small
 * ones, each at the price of an interrupt, and look-ups in a large table miss the TLB. (A realloc()
 * that moves huge pages takes them apart first.) */
static inline void text_ask_for_huge_pages(void *array, size_t nbytes)
{
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    uintptr_t begin = (uintptr_t)array + TEXT_NBYTES_HUGE_PAGE - 1;
    begin -= begin % TEXT_NBYTES_HUGE_PAGE;
    uintptr_t end = (uintptr_t)array + nbytes;
    end -= end % TEXT_NBYTES_HUGE_PAGE;
    if (begin < end) {
        (void)madvise((void *)begin, end - begin, MADV_HUGEPAGE);
    }
#else
    (void)array;
    (void)nbytes;
#endif
}

/* Makes room for `needed` items: grows by half, so that adding is linear in total. Returns the
 * array, moved or not (never NULL, even for no items), or NULL with the old array still valid. */
static inline void *text_reserve(void *array, int64_t *capacity, int64_t needed,
                                 int64_t item_nbytes)
{
    if (array && needed <= *capacity) {
        return array;
    }
    int64_t wanted = *capacity + *capacity / 2 + 1024;
    wanted = wanted < needed ? needed : wanted;
    if (wanted > PTRDIFF_MAX / item_nbytes) {
        return NULL;
    }
    void *grown = realloc(array, (size_t)(wanted * item_nbytes));
    if (grown) {
        *capacity = wanted;
    }
    return grown;
}

#endif
