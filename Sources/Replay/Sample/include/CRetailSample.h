#ifndef HOLDFAST_CRETAILSAMPLE_H
#define HOLDFAST_CRETAILSAMPLE_H

#include <stddef.h>

/* The bytes of online_retail_slice.csv.gz, which are part of the binary. LICENCE.md names the credit due. */
const unsigned char *holdfast_retail_sample(void);

/* How many there are. */
size_t holdfast_retail_sample_size(void);

#endif
