/* Floor: kernels. What the processor can do. */
#ifndef FASTSGNS_CPU_H
#define FASTSGNS_CPU_H

/* Sets of instructions that code is compiled for beyond those of every processor of the platform.
 * NEON is not among them: every 64-bit ARM processor has it. */
typedef enum SgnsCpuSet {
    SGNS_CPU_ANY,
    SGNS_CPU_CARRYLESS,      /* PCLMULQDQ and SSE4.1 */
    SGNS_CPU_AVX2,           /* and FMA, F16C, BMI1, POPCNT: AVX2 never came without them */
    SGNS_CPU_AVX512,         /* F, BW, DQ, VL, and the above */
    SGNS_CPU_WIDE_CARRYLESS, /* VPCLMULQDQ, of 64 bytes at once, and all above */
} SgnsCpuSet;

/* Whether the processor has all of a set, and the operating system saves its registers. */
int sgns_cpu_has(SgnsCpuSet set);

#endif
