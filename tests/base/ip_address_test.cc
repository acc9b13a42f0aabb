#include "sender/base/ip_address.h"

#include <string>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace esm {
namespace {

std::string kernel_text(std::uint32_t address) {
  const std::uint32_t network = htonl(address);
  char text[INET_ADDRSTRLEN];
  return inet_ntop(AF_INET, &network, text, sizeof text);
}

TEST(IpAddress, EveryByteAtEveryPlaceIsWrittenWithinSixteenBytes) {
  std::vector<std::uint32_t> addresses;
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    for (const std::uint32_t rest : {0x00000000U, 0x0A0A0A0AU, 0xC8C8C8C8U}) {
      for (int shift = 0; shift < 32; shift += 8) {
        addresses.push_back((rest & ~(0xFFU << shift)) | byte << shift);
      }
    }
    // And all lengths of the last two.
    for (std::uint32_t last = 0; last < 256; ++last) addresses.push_back(byte << 8 | last);
  }
  for (const std::uint32_t address : addresses) {
    std::string out(24, '.');
    char* const end = IpAddress::v4(address).write(out.data() + 2);
    const std::string expected = kernel_text(address);
    ASSERT_EQ(out.substr(0, 2 + expected.size()), ".." + expected);
    ASSERT_EQ(out.substr(18), "......");
    ASSERT_EQ(end - out.data(), static_cast<std::ptrdiff_t>(2 + expected.size()));
  }
}

}  // namespace
}  // namespace esm
