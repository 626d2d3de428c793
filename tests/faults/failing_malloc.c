/* malloc, calloc and realloc of which the n-th call from chosen code fails: for LD_PRELOAD, with glibc.

   Chosen are ranges of addresses, the code of some modules, and from how many bytes on. */
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

enum { MOST_RANGES = 64 };
static uintptr_t ranges[MOST_RANGES][2];
static size_t least[MOST_RANGES];
static atomic_int n_ranges;
static atomic_long n_left;

/* Has the n-th call from now on fail; 0: none. Returns how many calls were left of the last time. */
long fail_at(long n)
{
    return atomic_exchange(&n_left, n);
}

void choose(uintptr_t begin, uintptr_t end, size_t n_bytes)
{
    const int n = atomic_load(&n_ranges);

    if (n == MOST_RANGES) return;
    ranges[n][0] = begin;
    ranges[n][1] = end;
    least[n] = n_bytes;
    atomic_store(&n_ranges, n + 1);
}

static int fails(const void *caller, size_t n_bytes)
{
    const uintptr_t address = (uintptr_t)caller;

    if (atomic_load(&n_left) <= 0) return 0;
    for (int i = 0; i < atomic_load(&n_ranges); i++)
        if (address >= ranges[i][0] && address < ranges[i][1] && n_bytes >= least[i]) {
            if (atomic_fetch_sub(&n_left, 1) != 1) return 0;
            errno = ENOMEM;
            return 1;
        }
    return 0;
}

void *malloc(size_t size)
{
    return fails(__builtin_return_address(0), size) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return fails(__builtin_return_address(0), n * size) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    return fails(__builtin_return_address(0), size) ? NULL : __libc_realloc(old, size);
}
