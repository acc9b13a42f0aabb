#include "sender/base/hash.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <xxhash.h>

#include "sender/base/hash_wide.h"

namespace esm {
namespace {

Hash128 by_the_library(const std::string& bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.low64, hash.high64};
}

// Every length up to several blocks of XXH3's, which are hashed in four different ways, at every
// place in a vector.
TEST(Hash128, IsTheSameByAllVectorsThatThisProcessorHas) {
  std::string bytes;
  std::vector<Hasher128> hashers{fastest_hasher()};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) hashers.push_back(hash128_avx2);
  if (__builtin_cpu_supports("avx512f")) hashers.push_back(hash128_avx512);
#endif
  for (std::size_t size = 0; size < 4'000; ++size) {
    const std::string text = bytes.substr(size % 64);
    const Hash128 expected = by_the_library(text);
    ASSERT_EQ(hash128(text), expected) << text.size();
    for (const Hasher128 hasher : hashers) {
      ASSERT_EQ(hasher(bytes.data() + bytes.size() - text.size(), text.size()), expected)
          << text.size();
    }
    bytes += static_cast<char>(size * 131 + size / 256);
  }
}

// The digest is part of the run record's format.
TEST(Hash128, StaysWhatItIs) {
  Digest digest;
  digest.add(hash128(""));
  EXPECT_EQ(digest.hex(), "99aa06d3014798d86001c324468d497f");
  digest.add(hash128(std::string(300, 'x')));
  EXPECT_EQ(digest.count(), 2U);
}

}  // namespace
}  // namespace esm
