#include "sender/mapping/table.h"

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
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
  if (m.may_be_absent) out += " or nobody";
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
        {milliseconds{2'500}, "-anna"}},
       seconds{7},
       {"10.0.0.1 bob since 1.5 confirmed 1.5 expires 101.5 or nobody"}},
      {"but if that may have been before the login",
       {{milliseconds{1'000}, "anna"},
        {milliseconds{1'500}, "bob"},
        {milliseconds{1'600}, "-anna"}},
       seconds{7},
       {"10.0.0.1 bob since 1.5 confirmed 1.5 expires 101.5 or anna or nobody"}},
      {"logged out and at once in again",
       {{seconds{1}, "anna"}, {seconds{5}, "-anna"}, {milliseconds{5'999}, "anna"}},
       seconds{7},
       {"10.0.0.1 anna since 5.999 confirmed 5.999 expires 105.999 or nobody"}},
      {"until the next login",
       {{seconds{5}, "-anna"}, {milliseconds{5'999}, "anna"}, {seconds{6}, "anna"}},
       seconds{7},
       {"10.0.0.1 anna since 5.999 confirmed 6 expires 106"}},
      {"logged out of nothing: a login just behind may have been before",
       {{seconds{5}, "-anna"}, {milliseconds{5'100}, "anna"}},
       seconds{7},
       {"10.0.0.1 anna since 5.1 confirmed 5.1 expires 105.1 or nobody"}},
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

TEST(MappingTable, WhoLoggedOutTooSoonMayRemainUntilTheirTimeout) {
  MappingTable table(seconds{100}, seconds{1});
  table.login(ip("10.0.0.1"), "anna", seconds{10});
  table.login(ip("10.0.0.1"), "bob", milliseconds{10'100});
  table.logout(ip("10.0.0.1"), "bob", milliseconds{10'200});
  table.login(ip("10.0.0.2"), "cy", seconds{10});
  table.logout(ip("10.0.0.2"), "cy", seconds{11});
  EXPECT_TRUE(table.alive(seconds{12}).empty());
  const std::vector<Mapping> remain = table.may_remain(seconds{12});
  ASSERT_EQ(remain.size(), 1U) << "cy has left for certain";
  EXPECT_EQ(show(remain[0]),
            "10.0.0.1 bob since 10.1 confirmed 10.1 expires 110.1 or anna or nobody");
  table.purge(seconds{109});
  EXPECT_EQ(table.size(), 1U);
  EXPECT_FALSE(table.find(ip("10.0.0.1"), seconds{109}));
  EXPECT_TRUE(table.find_remaining(ip("10.0.0.1"), seconds{110}));
  EXPECT_FALSE(table.find_remaining(ip("10.0.0.1"), milliseconds{110'100}));
  table.purge(seconds{111});
  EXPECT_EQ(table.size(), 0U);
}

// A second implementation that keeps every login and logout, and looks for the answer in all of
// them: who may have been seen last, and whether a logout may have been.
std::vector<std::string> obvious_table(const std::vector<std::pair<IpAddress, Login>>& history,
                                       SimTime now, SimTime timeout, SimTime settle) {
  struct Person {
    SimTime login = SimTime::min() / 2, logout = SimTime::min() / 2;
  };
  std::map<IpAddress, std::vector<Login>> by_address;
  for (const auto& [address, login] : history) by_address[address].push_back(login);
  std::vector<std::string> out;
  for (const auto& [address, all] : by_address) {
    std::map<std::string, Person> people;
    std::optional<Mapping> held;  // in the order of the messages
    Person last;
    for (const auto& [at, who] : all) {
      if (who.starts_with('-')) {
        people[who.substr(1)].logout = at;
        if (held && held->user == who.substr(1)) held.reset();
        continue;
      }
      people[who].login = last.login = at;
      if (!held || held->user != who || at >= held->expires) {
        held.emplace();
        held->address = address;
        held->user = who;
        held->since = at;
      }
      held->confirmed = at;
      held->expires = at + timeout;
    }
    if (!held || now >= held->expires) continue;
    std::vector<std::pair<SimTime, std::string>> rivals;
    for (const auto& [user, person] : people) {
      const bool may_be_last = last.login - person.login < settle;
      if (may_be_last && last.login - person.logout < settle) held->may_be_absent = true;
      if (user == held->user || !may_be_last || person.logout - person.login >= settle) continue;
      rivals.emplace_back(person.login, user);
    }
    std::sort(rivals.rbegin(), rivals.rend());
    for (const auto& [at, user] : rivals) {
      (held->rival.empty() ? held->rival : held->other_rivals.emplace_back()) = user;
    }
    out.push_back(show(*held));
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

// Whoever a receiver may hold that saw the messages in another order is accepted, and nobody else:
// every order is tried in which messages a settle time apart come as they were sent.
TEST(MappingTable, AcceptsExactlyWhatSomeOrderOfCloseMessagesLeads) {
  const SimTime settle = seconds{1};
  std::size_t contested = 0, remaining = 0;
  for (std::uint32_t seed = 1; seed <= 400; ++seed) {
    std::minstd_rand random(seed);
    std::vector<Login> sent;
    SimTime now{0};
    for (int i = 0; i < 6; ++i) {
      now += milliseconds{1 + random() % 800};
      sent.push_back({now, std::string(random() % 3 == 0 ? "-" : "") + "abc"[random() % 3]});
    }
    std::set<std::string> possible;
    std::vector<std::size_t> order{0, 1, 2, 3, 4, 5};
    do {
      bool as_sent = true;
      std::string held;
      for (std::size_t i = 0; i < order.size(); ++i) {
        for (std::size_t k = 0; k < i; ++k) {
          as_sent = as_sent && sent[order[k]].at - sent[order[i]].at < settle;
        }
        const std::string& who = sent[order[i]].user;
        if (!who.starts_with('-')) held = who;
        if (who.starts_with('-') && held == who.substr(1)) held.clear();
      }
      if (as_sent) possible.insert(held);
    } while (std::next_permutation(order.begin(), order.end()));

    MappingTable table(hours{1}, settle);
    for (const Login& one : sent) {
      if (one.user.starts_with('-')) {
        table.logout(ip("10.0.0.1"), one.user.substr(1), one.at);
      } else {
        table.login(ip("10.0.0.1"), one.user, one.at);
      }
    }
    std::set<std::string> accepted;
    const std::optional<Mapping> there = table.find(ip("10.0.0.1"), now);
    const std::optional<Mapping> mapping =
        there ? there : table.find_remaining(ip("10.0.0.1"), now);
    EXPECT_EQ(table.may_remain(now).size(), mapping && !there ? 1U : 0U);
    if (!there || there->may_be_absent) accepted.insert("");
    for (const char* user : {"a", "b", "c"}) {
      if (mapping && mapping->accepts(user)) accepted.insert(user);
    }
    ASSERT_EQ(accepted, possible) << "seed " << seed;
    contested += possible.size() > 1 ? 1U : 0U;
    remaining += !there && possible.size() > 1 ? 1U : 0U;
  }
  EXPECT_GT(contested, 100U);
  EXPECT_GT(remaining, 30U);
}

}  // namespace
}  // namespace esm
