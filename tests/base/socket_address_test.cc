#include "sender/base/socket_address.h"

#include <gtest/gtest.h>

namespace esm {
namespace {

TEST(SocketAddress, GoesThereAndBack) {
  for (const char* const text : {"127.0.0.1", "255.1.2.3", "::1", "2001:db8:1:2:3:4:5:6"}) {
    const IpAddress address = IpAddress::parse(text).value();
    EXPECT_EQ(ip_address_of(*socket_address(address, 514).get()), address) << text;
  }
}

TEST(SocketAddress, Ipv6StandsInBrackets) {
  EXPECT_EQ(endpoint_text(IpAddress::parse("10.0.0.1").value(), 514), "10.0.0.1:514");
  EXPECT_EQ(endpoint_text(IpAddress::parse("::1").value(), 65535), "[::1]:65535");
  EXPECT_EQ(endpoint_text(std::string("firewall"), 6514), "firewall:6514");
}

}  // namespace
}  // namespace esm
