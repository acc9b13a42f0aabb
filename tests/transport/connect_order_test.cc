#include "sender/transport/connect_order.h"

#include <sstream>

#include <gtest/gtest.h>

namespace esm {
namespace {

TEST(ConnectOrder, FamiliesTakeTurnsAndTheFirstStaysFirst) {
  const std::pair<const char*, const char*> table[] = {
      {"", ""},
      {"10.0.0.1", "10.0.0.1"},
      {"::a ::b 10.0.0.1 10.0.0.2", "::a 10.0.0.1 ::b 10.0.0.2"},
      {"10.0.0.1 10.0.0.2 10.0.0.3 ::a", "10.0.0.1 ::a 10.0.0.2 10.0.0.3"},
      {"10.0.0.1 ::a ::b ::c", "10.0.0.1 ::a ::b ::c"},
      {"::a ::b ::c", "::a ::b ::c"},
      {"::a ::a 10.0.0.1 ::a 10.0.0.1", "::a 10.0.0.1"},
  };
  for (const auto& [given, wanted] : table) {
    std::vector<IpAddress> addresses;
    std::istringstream words(given);
    for (std::string word; words >> word;) addresses.push_back(IpAddress::parse(word).value());
    std::string ordered;
    for (const IpAddress& address : interleave_families(addresses)) {
      ordered += (ordered.empty() ? "" : " ") + address.to_string();
    }
    EXPECT_EQ(ordered, wanted) << given;
  }
}

}  // namespace
}  // namespace esm
