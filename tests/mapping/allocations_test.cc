// Law 7 for the receiver's side: reading a line allocates nothing. A program of its own, because it
// counts every allocation.
#include <string>

#include <gtest/gtest.h>

#include "sender/mapping/profile_reader.h"

#include "tests/support/allocation_counter.h"

namespace esm {
namespace {

TEST(ProfileReader, AllocatesNothingForALine) {
  Profile regexes;
  regexes.identifier = RegexIdentifier{"alive", "duser=([^\\t]+)", "dst=([A-F0-9a-f:.]+)"};
  Profile fields;
  fields.identifier = FieldIdentifier{"alive", "duser=", "\\t", "dst=", "\\t", 3};
  const std::string user = "a-domain-with-a-long-name\\a-user-with-a-name-longer-than-any-buffer";
  const std::string line = "LEEF:1.0|x|duser=" + user +
                           "\tdst=2001:db8:1111:2222:3333:4444:5555:6666\tdst=10.0.0.1\t"
                           "dst=10.0.0.2\tmsg=alive";
  for (Profile* const profile : {&regexes, &fields}) {
    profile->default_domain = "ANOTHER-DOMAIN-WITH-A-LONG-NAME";
    const ProfileReader reader(*profile);
    std::string scratch;
    reader.table_user("someone-with-a-name-as-long-as-that", scratch);
    const std::uint64_t before = test::allocations();
    std::size_t addresses = 0;
    for (int i = 0; i < 1000; ++i) {
      const Reading reading = reader.read(line);
      addresses += reading.addresses().size();
      reader.table_user(reading.user, scratch);
      reader.table_user("bare", scratch);
      reader.read("another kind of message");
    }
    EXPECT_EQ(test::allocations() - before, 0U);
    EXPECT_EQ(addresses, profile == &fields ? 3000U : 1000U);
  }
}

}  // namespace
}  // namespace esm
