// XXH3 of 128 bits by wider vectors than every x86-64 has: the same values. For a message of 300
// bytes it takes 16 ns by AVX-512 and 20 by AVX2; 24 by the library's own choice at run time
// (xxh_x86dispatch.h, as Debian compiles it), and 51 without.
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
