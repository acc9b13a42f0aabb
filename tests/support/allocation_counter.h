// Linking allocation_counter.cc replaces operator new by one that counts. What Asio allocates for
// an operation (by std::aligned_alloc, reused for the next one) is not counted.
#pragma once

#include <cstdint>

namespace esm::test {

// Of all threads since the program's start.
std::uint64_t allocations();

}  // namespace esm::test
