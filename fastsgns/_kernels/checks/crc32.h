/* Floor: kernels. CRC-32, zip's checksum, where the processor multiplies without carries. */
#ifndef FASTSGNS_CRC32_H
#define FASTSGNS_CRC32_H

#include <stdint.h>

/* Whether this processor can. Asking takes a virtual machine up to 0.1 ms. */
int crc32_runs_here(void);

/* Brings the longest part of n bytes that it can into a checksum (0 to begin with), and returns how
 * long that is: all but the last few bytes, or nothing of less than 64. Only where it runs. */
int64_t crc32_bring_in(const uint8_t *data, int64_t n, uint32_t *crc);

#endif
