/* Floor: kernels. The only file that asks the processor what it can do: see cpu.h. */
#include "cpu.h"

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__) || defined(_M_X64)

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
int sgns_cpu_has(SgnsCpuSet set)
{
    enum { EBX = 1, ECX = 2 };
    const uint32_t leaf_1 = /* ECX: FMA, POPCNT, OSXSAVE, F16C */
        UINT32_C(1) << 12 | UINT32_C(1) << 23 | UINT32_C(1) << 27 | UINT32_C(1) << 29;
    const uint32_t carryless = UINT32_C(1) << 1 | UINT32_C(1) << 19; /* ECX: PCLMULQDQ, SSE4.1 */
    const uint32_t leaf_7 = UINT32_C(1) << 3 | UINT32_C(1) << 5;     /* EBX: BMI1, AVX2 */
    const uint32_t avx512 = UINT32_C(1) << 16 | UINT32_C(1) << 17 | UINT32_C(1) << 30 |
                            UINT32_C(1) << 31;         /* F DQ BW VL */
    const uint32_t wide_carryless = UINT32_C(1) << 10; /* ECX: VPCLMULQDQ */
    const uint64_t ymm_state = 0x6, zmm_state = 0xE6;
    uint32_t basic[4], extended[4];
    uint64_t enabled;

    if (set == SGNS_CPU_ANY) return 1;
    read_cpuid(1, 0, basic);
    if (set == SGNS_CPU_CARRYLESS) return (basic[ECX] & carryless) == carryless;
    read_cpuid(7, 0, extended);
    if ((basic[ECX] & leaf_1) != leaf_1 || (extended[EBX] & leaf_7) != leaf_7) return 0;
    enabled = read_enabled_state();
    if (set == SGNS_CPU_AVX2) return (enabled & ymm_state) == ymm_state;
    if ((extended[EBX] & avx512) != avx512 || (enabled & zmm_state) != zmm_state) return 0;
    if (set == SGNS_CPU_AVX512) return 1;
    return (basic[ECX] & carryless) == carryless && (extended[ECX] & wide_carryless) != 0;
}

#else
int sgns_cpu_has(SgnsCpuSet set)
{
    return set == SGNS_CPU_ANY;
}
#endif
