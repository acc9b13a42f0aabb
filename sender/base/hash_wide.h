// XXH3 of 128 bits by wider vectors than every x86-64 has: the same values in two thirds of the
// time. The library's own choice of vectors at run time (xxh_x86dispatch.h) is as slow as it is
// compiled: 24 ns for a message of 300 bytes, against 20 and 16 here and 51 without.
#pragma once

#include <cstddef>

#include "sender/base/hash.h"

namespace esm {

using Hasher128 = Hash128 (*)(const char* bytes, std::size_t size);

#if defined(__x86_64__)
// Only where the processor has them.
Hash128 hash128_avx2(const char* bytes, std::size_t size);
Hash128 hash128_avx512(const char* bytes, std::size_t size);
#endif

// The fastest of those that this processor has.
Hasher128 fastest_hasher();

}  // namespace esm
