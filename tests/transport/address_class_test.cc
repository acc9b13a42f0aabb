#include "sender/transport/address_class.h"

#include <gtest/gtest.h>

namespace esm {
namespace {

TEST(AddressClass, FollowsTheRegistries) {
  const std::pair<const char*, const char*> table[] = {
      {"127.0.0.1", "loopback"},
      {"127.255.255.255", "loopback"},
      {"0.0.0.0", "loopback"},
      {"::1", "loopback"},
      {"::", "loopback"},
      {"::ffff:127.0.0.1", "loopback"},
      {"10.0.0.0", "private"},
      {"10.255.255.255", "private"},
      {"9.255.255.255", "public"},
      {"11.0.0.0", "public"},
      {"172.15.255.255", "public"},
      {"172.16.0.0", "private"},
      {"172.31.255.255", "private"},
      {"172.32.0.0", "public"},
      {"192.168.0.1", "private"},
      {"192.167.255.255", "public"},
      {"192.169.0.0", "public"},
      {"169.254.1.1", "private"},
      {"169.253.1.1", "public"},
      {"100.64.0.1", "public"},
      {"128.0.0.1", "public"},
      {"126.255.255.255", "public"},
      {"0.0.0.1", "public"},
      {"8.8.8.8", "public"},
      {"203.0.113.7", "public"},
      {"223.255.255.255", "public"},
      {"224.0.0.1", "multicast"},
      {"239.255.255.255", "multicast"},
      {"240.0.0.1", "public"},
      {"255.255.255.255", "broadcast"},
      {"::ffff:10.0.0.1", "private"},
      {"::ffff:8.8.8.8", "public"},
      {"::2", "public"},
      {"fc00::1", "private"},
      {"fdff::1", "private"},
      {"fe00::1", "public"},
      {"fe80::1", "private"},
      {"febf::1", "private"},
      {"fec0::1", "public"},
      {"ff02::1", "multicast"},
      {"2001:db8::1", "public"},
      {"2600::1", "public"},
  };
  for (const auto& [text, wanted] : table) {
    EXPECT_EQ(name_of(classify(IpAddress::parse(text).value())), wanted) << text;
  }
}

TEST(AddressClass, OnlyTheVeryHostThatIsNamedOpensTheWayOut) {
  struct Row {
    const char* address;
    const char* host;
    std::vector<std::string> allowed;
    bool may;
  };
  const Row table[] = {
      {"127.0.0.1", "127.0.0.1", {}, true},
      {"192.168.1.1", "fw", {}, true},
      {"203.0.113.7", "203.0.113.7", {}, false},
      {"203.0.113.7", "203.0.113.7", {"203.0.113.8"}, false},
      {"203.0.113.7", "203.0.113.7", {"203.0.113.8", "203.0.113.7"}, true},
      {"203.0.113.7", "fw.example", {"203.0.113.7"}, false},
      {"203.0.113.7", "fw.example", {"FW.Example"}, true},
      {"203.0.113.7", "fw.example", {"example"}, false},
      {"2001:db8::1", "2001:db8::1", {"2001:0db8:0:0::1"}, true},
      {"255.255.255.255", "255.255.255.255", {}, false},
      {"224.0.0.1", "224.0.0.1", {"224.0.0.1"}, true},
  };
  for (const Row& row : table) {
    EXPECT_EQ(may_send_to(IpAddress::parse(row.address).value(), row.host, row.allowed), row.may)
        << row.address << " " << row.host;
  }
}

}  // namespace
}  // namespace esm
