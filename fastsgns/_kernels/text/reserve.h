/* Floor: kernels. Growing arrays. */
#ifndef FASTSGNS_TEXT_RESERVE_H
#define FASTSGNS_TEXT_RESERVE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_NO_MEMORY (-1)

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
