/* Floor: kernels. CRC-32, zip's checksum, where the processor multiplies without carries. */
#ifndef FASTSGNS_CRC32_H
#define FASTSGNS_CRC32_H

#include <stdint.h>

/* How a processor multiplies without carries. */
typedef enum Crc32Way { CRC32_NOT, CRC32_16_BYTES, CRC32_64_BYTES } Crc32Way;

/* The best way of this processor. Asking takes a virtual machine up to 0.1 ms. */
Crc32Way crc32_way_here(void);

/* Brings the longest part of n bytes that it can into a checksum (0 to begin with), and returns how
 * long that is: all but the last few bytes, or nothing of less than 64. Only a way that runs. */
int64_t crc32_bring_in(Crc32Way way, const uint8_t *data, int64_t n, uint32_t *crc);

#endif
