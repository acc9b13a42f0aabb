#include "sender/base/address_block.h"

#include <string>

#include <gtest/gtest.h>

namespace esm {
namespace {

AddressBlock block(const std::string& text) {
  const auto block = AddressBlock::parse(text);
  EXPECT_TRUE(block) << text;
  return block.value_or(AddressBlock(IpNetwork{}));
}

TEST(AddressBlock, GivesOutWhatANetworkHas) {
  for (const char* text : {"10.20.0.0/22", "10.0.0.0/31", "10.0.0.7/32", "0.0.0.0/0",
                           "2001:db8::/64", "2001:db8::/127", "2001:db8::1/128", "::/0"}) {
    const IpNetwork network = *IpNetwork::parse(text);
    const AddressBlock same = block(text);
    EXPECT_EQ(same.usable(), network.usable()) << text;
    EXPECT_EQ(same.address(0), network.address(0)) << text;
    EXPECT_EQ(same.address(same.usable() - 1), network.address(network.usable() - 1)) << text;
    EXPECT_EQ(same.to_string(), text);
    EXPECT_TRUE(same.contains(network.base)) << text;
  }
}

TEST(AddressBlock, OfARangeAllAddressesAreUsable) {
  const AddressBlock v4 = block("10.20.0.250-10.20.1.9");
  EXPECT_EQ(v4.usable(), 16U);
  EXPECT_EQ(v4.address(0).to_string(), "10.20.0.250");
  EXPECT_EQ(v4.address(15).to_string(), "10.20.1.9");
  EXPECT_EQ(v4.to_string(), "10.20.0.250-10.20.1.9");
  EXPECT_EQ(block("10.0.0.5-10.0.0.5").usable(), 1U);
  const AddressBlock v6 = block("2001:db8::ffff:ffff:ffff:fffe-2001:db8:0:1::1");
  EXPECT_EQ(v6.usable(), 4U);
  EXPECT_EQ(v6.address(2).to_string(), "2001:db8:0:1::");
  EXPECT_TRUE(v6.is_v6());
  EXPECT_EQ(block("::-ffff::").usable(), std::uint64_t{1} << 63);
  EXPECT_EQ(block("2001:db8::-2001:db8::ffff:ffff:ffff:ffff").usable(), std::uint64_t{1} << 63);
}

TEST(AddressBlock, KnowsWhatItCovers) {
  const AddressBlock range = block("10.20.0.10-10.20.0.99");
  EXPECT_TRUE(range.contains(*IpAddress::parse("10.20.0.10")));
  EXPECT_TRUE(range.contains(*IpAddress::parse("10.20.0.99")));
  EXPECT_FALSE(range.contains(*IpAddress::parse("10.20.0.9")));
  EXPECT_FALSE(range.contains(*IpAddress::parse("10.20.0.100")));
  EXPECT_FALSE(range.contains(*IpAddress::parse("::10.20.0.50")));
  EXPECT_TRUE(range.overlaps(block("10.20.0.99-10.20.0.100")));
  EXPECT_FALSE(range.overlaps(block("10.20.0.100-10.20.0.200")));
  EXPECT_TRUE(range.overlaps(block("10.20.0.0/24")));
  EXPECT_TRUE(block("10.20.0.0/24").overlaps(block("10.20.0.255/32"))) << "its broadcast address";
  EXPECT_FALSE(block("10.20.0.0/25").overlaps(block("10.20.0.128/25")));
  EXPECT_FALSE(block("0.0.0.0/0").overlaps(block("::/0")));
  EXPECT_FALSE(block("2001:db8::/64").overlaps(block("2001:db8:0:1::/64")));
  EXPECT_TRUE(block("2001:db8::/48").overlaps(block("2001:db8:0:1::/64")));
}

TEST(AddressBlock, NothingElseIsOne) {
  for (const char* text : {"", "-", "10.0.0.1", "10.0.0.9-10.0.0.1", "10.0.0.1-", "-10.0.0.1",
                           "10.0.0.1-::1", "10.0.0.0/24-10.0.1.0/24", "10.0.0.1 - 10.0.0.9",
                           "10.0.0.1-10.0.0.9-10.0.0.12", "10.0.0.1/24"}) {
    EXPECT_FALSE(AddressBlock::parse(text)) << text;
  }
}

}  // namespace
}  // namespace esm
