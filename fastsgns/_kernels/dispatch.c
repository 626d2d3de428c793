/* Floor: kernels. The only file that asks the processor what it can do. */
#include <stddef.h>
#include <string.h>

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

enum { NEEDS_NOTHING, NEEDS_AVX2, NEEDS_AVX512 };

#if ON_X86

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>

static void read_cpuid(int leaf, int subleaf, uint32_t registers[4])
{
    __cpuidex((int *)registers, leaf, subleaf);
}

static uint64_t read_enabled_state(void)
{
    return _xgetbv(0);
}
#else
#include <cpuid.h>

static void read_cpuid(int leaf, int subleaf, uint32_t registers[4])
{
    registers[0] = registers[1] = registers[2] = registers[3] = 0;
    if ((int)__get_cpuid_max(0, NULL) >= leaf)
        __cpuid_count(leaf, subleaf, registers[0], registers[1], registers[2], registers[3]);
}

/* By hand, because the intrinsic needs the compiler's xsave target. */
static uint64_t read_enabled_state(void)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return ((uint64_t)high << 32) | low;
}
#endif

/* Whether the processor has the instructions and the operating system saves their registers
 * (Intel SDM vol. 1, sections 14.3 and 15.2). */
static int cpu_has(int need)
{
    enum { EBX = 1, ECX = 2 };
    const uint32_t fma = UINT32_C(1) << 12, osxsave = UINT32_C(1) << 27; /* leaf 1, ECX */
    const uint32_t avx2 = UINT32_C(1) << 5;                              /* leaf 7, EBX */
    const uint32_t avx512 = UINT32_C(1) << 16 | UINT32_C(1) << 17 | UINT32_C(1) << 30 |
                            UINT32_C(1) << 31; /* F DQ BW VL */
    const uint64_t ymm_state = 0x6, zmm_state = 0xE6;
    uint32_t basic[4], extended[4];
    uint64_t enabled;

    read_cpuid(1, 0, basic);
    read_cpuid(7, 0, extended);
    if (!(basic[ECX] & osxsave) || !(basic[ECX] & fma) || !(extended[EBX] & avx2)) return 0;
    enabled = read_enabled_state();
    if (need == NEEDS_AVX2) return (enabled & ymm_state) == ymm_state;
    return (extended[EBX] & avx512) == avx512 && (enabled & zmm_state) == zmm_state;
}

#else
static int cpu_has(int need)
{
    return need == NEEDS_NOTHING;
}
#endif

typedef struct Entry {
    const char *name;
    const SgnsKernel *kernel; /* NULL: not in this build */
    int need;
} Entry;

/* Fastest first. NEON needs no question: every 64-bit ARM processor has it. */
static const Entry table[] = {
#if ON_X86
    {"avx512", &sgns_kernel_avx512, NEEDS_AVX512},
    {"avx2", &sgns_kernel_avx2, NEEDS_AVX2},
    {"neon", NULL, NEEDS_NOTHING},
#elif ON_ARM64
    {"avx512", NULL, NEEDS_AVX512},
    {"avx2", NULL, NEEDS_AVX2},
    {"neon", &sgns_kernel_neon, NEEDS_NOTHING},
#else
    {"avx512", NULL, NEEDS_AVX512},
    {"avx2", NULL, NEEDS_AVX2},
    {"neon", NULL, NEEDS_NOTHING},
#endif
    {"scalar", &sgns_kernel_scalar, NEEDS_NOTHING},
};

enum { N_ENTRIES = sizeof table / sizeof table[0] };

static int why_entry_is_missing(const Entry *entry)
{
    if (entry->kernel == NULL) return SGNS_NOT_BUILT;
    return entry->need == NEEDS_NOTHING || cpu_has(entry->need) ? SGNS_PRESENT : SGNS_CPU_LACKS_IT;
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
