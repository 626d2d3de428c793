/* Floor: kernels. The table of fast kernels, and which of them run on this processor. */
#include <stddef.h>
#include <string.h>

#include "cpu.h"
#include "kernels.h"

#if defined(__x86_64__) || defined(_M_X64)
#define ON_X86 1
#else
#define ON_X86 0
#endif

#if defined(__aarch64__) || defined(_M_ARM64)
#define ON_ARM64 1
#else
#define ON_ARM64 0
#endif

typedef struct Entry {
    const char *name;
    const SgnsKernel *kernel; /* NULL: not in this build */
    SgnsCpuSet need;
} Entry;

/* Fastest first. NEON needs no question: every 64-bit ARM processor has it. */
static const Entry table[] = {
#if ON_X86
    {"avx512", &sgns_kernel_avx512, SGNS_CPU_AVX512},
    {"avx2", &sgns_kernel_avx2, SGNS_CPU_AVX2},
    {"neon", NULL, SGNS_CPU_ANY},
#elif ON_ARM64
    {"avx512", NULL, SGNS_CPU_AVX512},
    {"avx2", NULL, SGNS_CPU_AVX2},
    {"neon", &sgns_kernel_neon, SGNS_CPU_ANY},
#else
    {"avx512", NULL, SGNS_CPU_AVX512},
    {"avx2", NULL, SGNS_CPU_AVX2},
    {"neon", NULL, SGNS_CPU_ANY},
#endif
    {"scalar", &sgns_kernel_scalar, SGNS_CPU_ANY},
};

enum { N_ENTRIES = sizeof table / sizeof table[0] };

static int why_entry_is_missing(const Entry *entry)
{
    if (entry->kernel == NULL) return SGNS_NOT_BUILT;
    return sgns_cpu_has(entry->need) ? SGNS_PRESENT : SGNS_CPU_LACKS_IT;
}

const SgnsKernel *sgns_find_kernel(const char *name, int *why_missing)
{
    for (int i = 0; i < N_ENTRIES; i++) {
        if (strcmp(name, table[i].name) != 0) continue;
        *why_missing = why_entry_is_missing(&table[i]);
        return *why_missing == SGNS_PRESENT ? table[i].kernel : NULL;
    }
    *why_missing = SGNS_UNKNOWN_NAME;
    return NULL;
}

const SgnsKernel *sgns_best_kernel(void)
{
    for (int i = 0; i < N_ENTRIES; i++)
        if (why_entry_is_missing(&table[i]) == SGNS_PRESENT) return table[i].kernel;
    return &sgns_kernel_scalar;
}

int64_t sgns_stride(int64_t vector_size)
{
    return (vector_size + 15) / 16 * 16;
}
