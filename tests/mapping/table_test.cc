#include "sender/mapping/table.h"

#include <map>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace esm {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using Effect = MappingTable::Effect;

IpAddress ip(const std::string& text) { return IpAddress::parse(text).value(); }

std::string show(const Mapping& m) {
  const auto s = [](SimTime t) { return std::chrono::duration<double>(t).count(); };
  std::string out = fmt::format("{} {} since {} confirmed {} expires {}", m.address.to_string(),
                                m.user, s(m.since), s(m.confirmed), s(m.expires));
  if (m.contested()) out += " or " + m.rival;
  for (const std::string& other : m.other_rivals) out += " or " + other;
  return out;
}
std::vector<std::string> show(const std::vector<Mapping>& mappings) {
  std::vector<std::string> out;
  for (const Mapping& m : mappings) out.push_back(show(m));
  return out;
}

struct Login {
  SimTime at;
  std::string user;  // "-anna": anna logs out
};
struct Case {
  std::string name;
  std::vector<Login> logins;
  SimTime at;
  std::vector<std::string> table;
};

TEST(MappingTable, HoldsWhatTheLastLoginsSay) {
  const std::vector<Case> cases = {
      {"nothing", {}, seconds{1}, {}},
      {"one login",
       {{seconds{1}, "anna"}},
       seconds{5},
       {"10.0.0.1 anna since 1 confirmed 1 expires 101"}},
      {"confirmed: since stays",
       {{seconds{1}, "anna"}, {seconds{50}, "anna"}},
       seconds{60},
       {"10.0.0.1 anna since 1 confirmed 50 expires 150"}},
      {"alive to the last nanosecond",
       {{seconds{1}, "anna"}},
       seconds{101} - nanoseconds{1},
       {"10.0.0.1 anna since 1 confirmed 1 expires 101"}},
      {"ended at exactly confirmed + timeout", {{seconds{1}, "anna"}}, seconds{101}, {}},
      {"a login at the very end starts anew",
       {{seconds{1}, "anna"}, {seconds{101}, "anna"}},
       seconds{102},
       {"10.0.0.1 anna since 101 confirmed 101 expires 201"}},
      {"the last login wins",
       {{seconds{1}, "anna"}, {seconds{20}, "bob"}},
       seconds{21},
       {"10.0.0.1 bob since 20 confirmed 20 expires 120"}},
      {"back again: since is the return",
       {{seconds{1}, "anna"}, {seconds{20}, "bob"}, {seconds{40}, "anna"}},
       seconds{41},
       {"10.0.0.1 anna since 40 confirmed 40 expires 140"}},
      {"closer than settle: contested",
       {{seconds{10}, "anna"}, {milliseconds{10'999}, "bob"}},
       seconds{30},
       {"10.0.0.1 bob since 10.999 confirmed 10.999 expires 110.999 or anna"}},
      {"exactly settle apart: not contested",
       {{seconds{10}, "anna"}, {seconds{11}, "bob"}},
       seconds{30},
       {"10.0.0.1 bob since 11 confirmed 11 expires 111"}},
      {"at one moment: contested, the later call wins",
       {{seconds{10}, "anna"}, {seconds{10}, "bob"}},
       seconds{10},
       {"10.0.0.1 bob since 10 confirmed 10 expires 110 or anna"}},
      {"the winner confirmed later settles it",
       {{seconds{10}, "anna"}, {milliseconds{10'500}, "bob"}, {seconds{20}, "bob"}},
       seconds{30},
       {"10.0.0.1 bob since 10.5 confirmed 20 expires 120"}},
      {"the winner confirmed at once does not",
       {{seconds{10}, "anna"}, {milliseconds{10'500}, "bob"}, {milliseconds{10'900}, "bob"}},
       seconds{30},
       {"10.0.0.1 bob since 10.5 confirmed 10.9 expires 110.9 or anna"}},
      {"there and back within settle: the other is the rival",
       {{seconds{10}, "anna"}, {milliseconds{10'100}, "bob"}, {milliseconds{10'200}, "anna"}},
       seconds{30},
       {"10.0.0.1 anna since 10.2 confirmed 10.2 expires 110.2 or bob"}},
      {"three within settle: all may be right, latest rival first",
       {{seconds{10}, "anna"}, {milliseconds{10'400}, "bob"}, {milliseconds{10'800}, "carl"}},
       seconds{30},
       {"10.0.0.1 carl since 10.8 confirmed 10.8 expires 110.8 or bob or anna"}},
      {"a rival too old for the third is forgotten",
       {{seconds{10}, "anna"}, {milliseconds{10'600}, "bob"}, {milliseconds{11'200}, "carl"}},
       seconds{30},
       {"10.0.0.1 carl since 11.2 confirmed 11.2 expires 111.2 or bob"}},
      {"a logout ends it", {{seconds{1}, "anna"}, {seconds{2}, "-anna"}}, seconds{3}, {}},
      {"a logout where nobody is, is nothing", {{seconds{2}, "-anna"}}, seconds{3}, {}},
      {"a logout of who was there before ends nothing",
       {{seconds{1}, "anna"}, {seconds{5}, "bob"}, {seconds{6}, "-anna"}},
       seconds{7},
       {"10.0.0.1 bob since 5 confirmed 5 expires 105"}},
      {"who has logged out is no rival any more",
       {{milliseconds{1'000}, "anna"},
        {milliseconds{1'500}, "bob"},
        {milliseconds{1'600}, "-anna"}},
       seconds{7},
       {"10.0.0.1 bob since 1.5 confirmed 1.5 expires 101.5"}},
      {"logged out and back: since is the return",
       {{seconds{1}, "anna"}, {seconds{2}, "-anna"}, {seconds{3}, "anna"}},
       seconds{4},
       {"10.0.0.1 anna since 3 confirmed 3 expires 103"}},
  };
  for (const Case& c : cases) {
    MappingTable table(seconds{100}, seconds{1});
    for (const Login& login : c.logins) {
      if (login.user.starts_with('-')) {
        table.logout(ip("10.0.0.1"), login.user.substr(1), login.at);
      } else {
        table.login(ip("10.0.0.1"), login.user, login.at);
      }
    }
    EXPECT_EQ(show(table.alive(c.at)), c.table) << c.name;
    const std::optional<Mapping> found = table.find(ip("10.0.0.1"), c.at);
    EXPECT_EQ(found ? std::vector<std::string>{show(*found)} : std::vector<std::string>{}, c.table)
        << c.name;
  }
}

TEST(MappingTable, TellsWhatALoginDid) {
  MappingTable table(seconds{100}, SimTime{0}, 2);
  EXPECT_EQ(table.login(ip("10.0.0.1"), "anna", seconds{0}), Effect::kMade);
  EXPECT_EQ(table.login(ip("10.0.0.1"), "anna", seconds{1}), Effect::kConfirmed);
  EXPECT_EQ(table.login(ip("10.0.0.1"), "bob", seconds{2}), Effect::kChanged);
  EXPECT_EQ(table.login(ip("10.0.0.1"), "bob", seconds{102}), Effect::kMade);
  EXPECT_EQ(table.login(ip("10.0.0.1"), "anna", seconds{300}), Effect::kMade);
  EXPECT_EQ(table.login(ip("10.0.0.2"), "bob", seconds{300}), Effect::kMade);
  EXPECT_EQ(table.login(ip("10.0.0.3"), "carl", seconds{300}), Effect::kRefused);
  EXPECT_EQ(table.login(ip("10.0.0.2"), "bob", seconds{301}), Effect::kConfirmed);
  EXPECT_FALSE(table.logout(ip("10.0.0.2"), "anna", seconds{302}));
  EXPECT_TRUE(table.logout(ip("10.0.0.2"), "bob", seconds{302}));
  EXPECT_FALSE(table.logout(ip("10.0.0.2"), "bob", seconds{302}));
  EXPECT_EQ(table.login(ip("10.0.0.3"), "carl", seconds{303}), Effect::kMade);
}

TEST(MappingTable, IsSortedByAddress) {
  MappingTable table(seconds{100}, seconds{1});
  for (const char* const address :
       {"2001:db8::2", "10.0.0.10", "10.0.0.9", "2001:db8::1", "9.255.0.1", "::1"}) {
    table.login(ip(address), "anna", seconds{1});
  }
  std::vector<std::string> order;
  for (const Mapping& m : table.alive(seconds{2})) order.push_back(m.address.to_string());
  EXPECT_EQ(order, (std::vector<std::string>{"9.255.0.1", "10.0.0.9", "10.0.0.10", "::1",
                                             "2001:db8::1", "2001:db8::2"}));
}

TEST(MappingTable, AUserMayHoldManyAddresses) {
  MappingTable table(seconds{100}, seconds{1});
  table.login(ip("10.0.0.1"), "anna", seconds{1});
  table.login(ip("10.0.0.2"), "anna", seconds{1});
  EXPECT_EQ(table.alive(seconds{2}).size(), 2U);
}

TEST(MappingTable, AMappingAcceptsItsUserAndItsRivals) {
  Mapping mapping;
  mapping.user = "carl";
  EXPECT_TRUE(mapping.accepts("carl"));
  EXPECT_FALSE(mapping.accepts("bob"));
  EXPECT_FALSE(mapping.accepts(""));
  mapping.rival = "bob";
  mapping.other_rivals = {"anna"};
  EXPECT_TRUE(mapping.accepts("bob"));
  EXPECT_TRUE(mapping.accepts("anna"));
  EXPECT_FALSE(mapping.accepts("dora"));
}

TEST(MappingTable, PurgeForgetsOnlyWhatIsOver) {
  MappingTable table(seconds{10}, seconds{1});
  table.login(ip("10.0.0.1"), "anna", seconds{0});
  table.login(ip("10.0.0.2"), "bob", seconds{5});
  table.purge(seconds{10} - nanoseconds{1});
  EXPECT_EQ(table.size(), 2U);
  table.purge(seconds{10});
  EXPECT_EQ(table.size(), 1U);
  EXPECT_EQ(table.alive(seconds{10}).size(), 1U);
}

TEST(MappingTable, PurgeKeepsAnEndedEntryThatMayStillBeARival) {
  MappingTable table(milliseconds{100}, seconds{1});  // settle longer than the timeout
  table.login(ip("10.0.0.1"), "anna", seconds{0});
  table.purge(milliseconds{200});
  table.login(ip("10.0.0.1"), "bob", milliseconds{300});
  EXPECT_EQ(table.alive(milliseconds{300})[0].rival, "anna");
}

TEST(MappingTable, AMaximumEndsWhatIsConfirmedAgainAndAgain) {
  MappingTable table(Timeouts{seconds{10}, seconds{25}}, seconds{1});
  for (int s = 0; s < 25; s += 5) table.login(ip("10.0.0.1"), "anna", seconds{s});
  EXPECT_EQ(table.find(ip("10.0.0.1"), seconds{24})->expires, seconds{25});
  EXPECT_EQ(table.find(ip("10.0.0.1"), seconds{24})->idle_ends, seconds{30});
  EXPECT_FALSE(table.find(ip("10.0.0.1"), seconds{25}));
  EXPECT_EQ(table.login(ip("10.0.0.1"), "anna", seconds{25}), Effect::kMade);
  EXPECT_EQ(show(*table.find(ip("10.0.0.1"), seconds{26})),
            "10.0.0.1 anna since 25 confirmed 25 expires 35");
  EXPECT_EQ(table.login(ip("10.0.0.1"), "bob", seconds{30}), Effect::kChanged);
  EXPECT_EQ(table.find(ip("10.0.0.1"), seconds{31})->maximum_ends, seconds{55});
}

TEST(MappingTable, ATimeoutTooLongForTheClockIsForEver) {
  MappingTable table(kNever - seconds{1}, seconds{1});
  table.login(ip("10.0.0.1"), "anna", hours{1});
  EXPECT_EQ(table.alive(hours{1'000'000})[0].expires, kNever);
}

// A second implementation that keeps every login and looks for the answer from the end.
std::vector<std::string> obvious_table(const std::vector<std::pair<IpAddress, Login>>& history,
                                       SimTime now, SimTime timeout, SimTime settle) {
  std::map<IpAddress, std::vector<Login>> by_address;
  for (const auto& [address, login] : history) {
    std::vector<Login>& logins = by_address[address];
    if (!login.user.starts_with('-')) {
      logins.push_back(login);
    } else if (const std::string who = login.user.substr(1);
               !logins.empty() && logins.back().user == who) {
      logins.clear();
    } else {
      // Still between the logins of others, but nobody's rival.
      for (Login& earlier : logins) {
        if (earlier.user == who) earlier.user = "";
      }
    }
  }
  std::vector<std::string> out;
  for (const auto& [address, logins] : by_address) {
    if (logins.empty()) continue;
    const Login& last = logins.back();
    if (now >= last.at + timeout) continue;
    Mapping m;
    m.address = address;
    m.user = last.user;
    m.confirmed = m.since = last.at;
    m.expires = last.at + timeout;
    for (std::size_t i = logins.size(); i-- > 0 && logins[i].user == last.user;) {
      if (m.since >= logins[i].at + timeout) break;
      m.since = logins[i].at;
    }
    std::vector<std::string> rivals;
    for (std::size_t i = logins.size(); i-- > 0 && last.at - logins[i].at < settle;) {
      const std::string& user = logins[i].user;
      if (user.empty()) continue;
      if (user != last.user && std::find(rivals.begin(), rivals.end(), user) == rivals.end()) {
        rivals.push_back(user);
      }
    }
    if (!rivals.empty()) {
      m.rival = rivals[0];
      m.other_rivals.assign(rivals.begin() + 1, rivals.end());
    }
    out.push_back(show(m));
  }
  return out;
}

TEST(MappingTable, AgreesWithAnObviousImplementation) {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    std::minstd_rand random(seed);
    const auto below = [&](std::uint32_t bound) { return random() % bound; };
    const SimTime timeout = seconds{1 + below(20)};
    const SimTime settle = milliseconds{below(4000)};
    MappingTable table(timeout, settle);
    std::vector<std::pair<IpAddress, Login>> history;
    SimTime now{0};
    for (int step = 0; step < 100; ++step) {
      now += milliseconds{below(2000)};
      const IpAddress address = ip(fmt::format("10.0.0.{}", below(3)));
      const bool leaves = below(6) == 0;
      const std::string user = fmt::format("{}u{}", leaves ? "-" : "", below(4));
      history.push_back({address, {now, user}});
      if (leaves) {
        table.logout(address, user.substr(1), now);
      } else {
        table.login(address, user, now);
      }
      if (below(5) == 0) table.purge(now);
      const SimTime look = now + milliseconds{below(3000)};
      ASSERT_EQ(show(table.alive(look)), obvious_table(history, look, timeout, settle))
          << "seed " << seed << ", step " << step;
    }
  }
}

}  // namespace
}  // namespace esm
