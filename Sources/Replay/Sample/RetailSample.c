#include "CRetailSample.h"

/* #embed keeps the sample inside the binary: no resource bundle has to be found at run time, and the generated bundle
   accessor, which would link all of Foundation, is not needed. Before C23 clang knows it as an extension. */
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char sample[] = {
#embed "online_retail_slice.csv.gz"
};

const unsigned char *holdfast_retail_sample(void) {
    return sample;
}

size_t holdfast_retail_sample_size(void) {
    return sizeof sample;
}
