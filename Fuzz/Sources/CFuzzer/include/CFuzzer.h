#ifndef TANDEM_CFUZZER_H
#define TANDEM_CFUZZER_H

#include <stddef.h>
#include <stdint.h>

/// libFuzzer's own main loop; `body` gets each input.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*body)(const uint8_t *, size_t));

#endif
