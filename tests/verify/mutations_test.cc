// A right received file and a right mapping table, and thirty-odd kinds of damage: each is found
// and named, and nothing else is.
#include <algorithm>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sender/base/random.h"
#include "sender/mapping/panos_text.h"
#include "sender/mapping/saved_table.h"
#include "sender/verify/verify.h"

#include "tests/support/played_plan.h"

namespace esm {
namespace {

using namespace std::chrono_literals;
using test::PlayedPlan;
using Lines = std::vector<std::string>;
// Findings by their names, with how many messages or mappings they stand for.
using Found = std::map<std::string, std::uint64_t>;

constexpr std::uint32_t kSeeds = 8;

const PlayedPlan& morning() {
  static const PlayedPlan played(R"(
length: 3h
start: 2026-03-02T07:55:00Z
esm:
  - { name: esm01, address: 10.0.1.20 }
  - { name: esm02, address: 10.0.1.21 }
users:
  office: { count: 60, name: "user.{:05}", domain: CORP }
  guests: { count: 8, name: "guest.{}" }
endpoints:
  office: { count: 60, host: "PC-{:05}", pool: 10.20.0.0/24, heartbeat: 25m }
  lobby: { count: 8, host: "LOBBY-{}", pool: 2001:db8:30::/64, heartbeat: 20m }
activity:
  - { logon: office, on: office, at: 1m, within: 15m, curve: uniform }
  - { logon: guests, on: lobby, at: 5m, curve: at-once }
  - { logoff: guests, on: lobby, at: 50m, curve: at-once }
)",
                                 "traps-leef-heartbeat", "traps-safe");
  return played;
}

std::size_t any(std::uint32_t seed, std::uint32_t what, std::size_t below) {
  return static_cast<std::size_t>(scale(draw(seed, {7, what}, Purpose::kArrival, 0), below));
}

Found found_in(const Verdict& verdict) {
  Found found;
  for (const Finding& finding : verdict.findings)
    found[std::string(name_of(finding.kind))] += finding.count;
  return found;
}

std::string text_of(const Found& found) {
  std::string out;
  for (const auto& [name, count] : found) out += fmt::format("{} {}, ", count, name);
  return out.empty() ? "nothing" : out;
}

// ---- Received lines ------------------------------------------------------------------------

Verdict verify_lines(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  std::istringstream stream(text);
  const VerifyInput input{.plan = morning().plan(),
                          .templates = morning().templates(),
                          .epoch = morning().epoch(),
                          .shard = {},
                          .findings_max = 1000};
  return verify_received(input, stream);
}

Lines right_lines() {
  Lines lines;
  for (const PlayedPlan::Line& line : morning().lines()) lines.push_back(line.text);
  return lines;
}

void replace(std::string& line, const std::string& from, const std::string& to) {
  const std::size_t at = line.find(from);
  ASSERT_NE(at, std::string::npos) << line;
  line.replace(at, from.size(), to);
}

struct LineDamage {
  const char* name;
  std::function<void(Lines&, std::size_t)> act;  // at a line
  Found found;
  // More that must hold.
  std::function<void(const Verdict&)> check = {};
};

std::vector<LineDamage> line_damages() {
  const auto change = [](std::function<void(std::string&)> how) {
    return [how](Lines& lines, std::size_t i) { how(lines[i]); };
  };
  const auto erase = [](Lines& lines, std::size_t i, std::size_t count) {
    const auto at = lines.begin() + static_cast<std::ptrdiff_t>(i);
    lines.erase(at, at + static_cast<std::ptrdiff_t>(count));
  };
  const auto insert = [](Lines& lines, std::size_t i, const std::string& line) {
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(i), line);
  };
  return {
      {"a line lost",
       [=](Lines& l, std::size_t i) { erase(l, i, 1); },
       {{"missing", 1}},
       [](const Verdict& v) { EXPECT_EQ(v.endpoints_wrong, 1U); }},
      {"an interval lost",
       [=](Lines& l, std::size_t i) { erase(l, i, 20); },
       {{"missing", 20}},
       [](const Verdict& v) {
         // Of each ESM, what it had in there, one after the other.
         EXPECT_EQ(v.lost_total, 2U);
         std::uint64_t messages = 0;
         for (const LostInterval& lost : v.lost) {
           EXPECT_EQ(lost.last - lost.first + 1, lost.messages);
           messages += lost.messages;
         }
         EXPECT_EQ(messages, 20U);
       }},
      {"a line doubled", [=](Lines& l, std::size_t i) { insert(l, i, l[i]); }, {{"duplicated", 1}}},
      {"a line there three times",
       [=](Lines& l, std::size_t i) {
         l.push_back(l[i]);
         insert(l, 0, l[i]);
       },
       {{"duplicated", 2}}},
      {"a bit flipped", change([](std::string& l) { l[l.size() / 2] ^= 1; }), {{"altered", 1}}},
      {"the first byte lost", change([](std::string& l) { l.erase(0, 1); }), {{"altered", 1}}},
      {"the last byte lost", change([](std::string& l) { l.pop_back(); }), {{"altered", 1}}},
      {"cut in the middle",
       change([](std::string& l) { l.resize(l.size() / 2); }),
       {{"altered", 1}}},
      {"a blank at the end", change([](std::string& l) { l += ' '; }), {{"altered", 1}}},
      {"the octet count kept",
       change([](std::string& l) { l = std::to_string(l.size()) + " " + l; }),
       {{"altered", 1}}},
      {"tabs escaped",
       change([](std::string& l) {
         for (std::size_t at = 0; (at = l.find('\t')) != std::string::npos;)
           l.replace(at, 1, "#011");
       }),
       {{"altered", 1}}},
      {"another user",
       change([](std::string& l) { replace(l, "duser=", "duser=x"); }),
       {{"altered", 1}}},
      {"another address",
       change([](std::string& l) { replace(l, "dst=", "dst=1"); }),
       {{"altered", 1}}},
      {"another time",
       change([](std::string& l) { replace(l, "2026", "2027"); }),
       {{"altered", 1}}},
      {"a stranger",
       [=](Lines& l, std::size_t i) { insert(l, i, "<13>Mar  2 08:00:00 host sshd[1]: hello"); },
       {{"invented", 1}}},
      {"an empty line", [=](Lines& l, std::size_t i) { insert(l, i, ""); }, {{"invented", 1}}},
      {"a line of another fleet",
       [=](Lines& l, std::size_t i) {
         std::string line = l[i];
         for (std::size_t at = line.find("dhost="); at < line.size(); ++at) {
           if (line[at] >= '0' && line[at] <= '8') ++line[at];
           if (line[at] == 'P' || line[at] == 'L') line[at] = 'X';
           if (line[at] == 'u' || line[at] == 'g') line[at] = 'x';
         }
         insert(l, i, line);
       },
       {{"invented", 1}}},
      {"two in one line",
       [=](Lines& l, std::size_t i) {
         l[i] += l[i + 1];
         erase(l, i + 1, 1);
       },
       {{"altered", 1}, {"missing", 1}}},
      {"one in two lines",
       [=](Lines& l, std::size_t i) {
         const std::string end = l[i].substr(l[i].size() - 30);
         l[i].resize(l[i].size() - 30);
         insert(l, i + 1, end);
       },
       {{"altered", 1}, {"invented", 1}}},
      {"neighbours changed places",
       [=](Lines& l, std::size_t i) {
         std::rotate(l.begin() + static_cast<std::ptrdiff_t>(i),
                     l.begin() + static_cast<std::ptrdiff_t>(i) + 9,
                     l.begin() + static_cast<std::ptrdiff_t>(i) + 10);
       },
       {},
       [](const Verdict& v) { EXPECT_GE(v.out_of_order, 1U); }},
      {"a line that came last",
       [=](Lines& l, std::size_t i) {
         l.push_back(l[i]);
         erase(l, i, 1);
       },
       {},
       [](const Verdict& v) { EXPECT_EQ(v.out_of_order, 1U); }},
  };
}

TEST(Mutations, EveryDamageToReceivedLinesIsFoundAndNothingElseIs) {
  const Lines right = right_lines();
  ASSERT_GT(right.size(), 300U);
  EXPECT_TRUE(verify_lines(right).ok());
  for (const LineDamage& damage : line_damages()) {
    for (std::uint32_t seed = 1; seed <= kSeeds; ++seed) {
      const std::size_t i = any(seed, 1, right.size() - 40);
      SCOPED_TRACE(fmt::format("{}, seed {}: line {}", damage.name, seed, i));
      Lines lines = right;
      damage.act(lines, i);
      const Verdict verdict = verify_lines(lines);
      EXPECT_EQ(found_in(verdict), damage.found) << text_of(found_in(verdict));
      EXPECT_EQ(verdict.ok(), damage.found.empty());
      EXPECT_EQ(verdict.matched + verdict.missing + verdict.altered, right.size());
      if (damage.check) damage.check(verdict);
    }
  }
}

// ---- Mapping tables ------------------------------------------------------------------------

// The console's text, row by row, from the first mapping on.
struct Console {
  std::string head;
  Lines rows;

  std::string text() const {
    std::string out = head;
    for (const std::string& row : rows) out += row + "\n";
    return out + fmt::format("Total: {} users\n", rows.size());
  }
};

Console right_console(SimTime at, SimTime timeout = 45min) {
  TruthOptions options;
  options.epoch = morning().epoch();
  options.timeout = timeout;
  const ProfileSet profiles(morning().profiles());
  const std::vector<SimTime> moments{at};
  const std::vector<TruthAt> tables =
      truth(morning().plan(), morning().templates(), profiles, options, moments);
  std::istringstream text(panos_mapping_table(tables.front().mappings, at));
  Console console;
  std::string line;
  for (int number = 0; std::getline(text, line); ++number) {
    if (number < 2) {
      console.head += line + "\n";
    } else if (!line.starts_with("Total:")) {
      console.rows.push_back(line);
    }
  }
  return console;
}

// A word of a row: 0 address, 1 vsys, 2 from, 3 user, 4 and 5 the timeouts.
void set_word(std::string& row, std::size_t number, const std::string& value) {
  std::istringstream in(row);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  words.at(number) = value;
  row = fmt::format("{:<45} {:<6} {:<7} {:<32} {:<14} {}", words.at(0), words.at(1), words.at(2),
                    words.at(3), words.at(4), words.at(5));
}
std::string word_of(const std::string& row, std::size_t number) {
  std::istringstream in(row);
  std::string word;
  for (std::size_t i = 0; i <= number; ++i) in >> word;
  return word;
}

struct Told {
  Verdict verdict;
  std::string messages;
  bool read = true;
};
Told verify_console(const std::string& text, SimTime at) {
  Told told;
  Diagnostics diagnostics;
  const SavedTable table = read_saved_table(SourceText("table", text), "", diagnostics);
  told.messages = diagnostics.render();
  told.read = !diagnostics.has_errors();
  if (!told.read) return told;
  const VerifyInput input{.plan = morning().plan(),
                          .templates = morning().templates(),
                          .epoch = morning().epoch(),
                          .shard = {},
                          .findings_max = 1000,
                          .receiver_timeout = 45min};
  TruthOptions options;
  options.epoch = morning().epoch();
  const ProfileSet profiles(morning().profiles());
  told.verdict = verify_mappings(input, profiles, options, table.rows, at);
  return told;
}

struct TableDamage {
  const char* name;
  std::function<void(Console&, std::size_t)> act;  // at a row
  Found found;
  const char* said = "";  // in a finding's reason or what was found, or in the reader's messages
  std::function<void(const Verdict&)> check = {};
};

std::vector<TableDamage> table_damages() {
  const auto change = [](std::function<void(std::string&)> how) {
    return [how](Console& c, std::size_t i) { how(c.rows[i]); };
  };
  return {
      {"a row lost",
       [](Console& c, std::size_t i) {
         c.rows.erase(c.rows.begin() + static_cast<std::ptrdiff_t>(i));
       },
       {{"mapping-missing", 1}},
       "made by the heartbeat of "},
      {"nobody known there",
       change([](std::string& r) {
         set_word(r, 2, "Unknown");
         set_word(r, 3, "unknown");
       }),
       {{"mapping-missing", 1}},
       "made by the heartbeat of "},
      {"another user",
       change([](std::string& r) { set_word(r, 3, "mallory"); }),
       {{"wrong-user", 1}},
       "made by the heartbeat of "},
      {"a name cut at its dot",
       change([](std::string& r) {
         set_word(r, 3, word_of(r, 3).substr(0, word_of(r, 3).find('.')));
       }),
       {{"wrong-user", 1}},
       "cut: the receiver's profile ends a name at '.'"},
      {"a name with its domain",
       change([](std::string& r) { set_word(r, 3, "corp\\" + word_of(r, 3)); }),
       {{"wrong-user", 1}},
       "that is the user's whole name, of which the profile here reads 'user."},
      {"two users changed places",
       [](Console& c, std::size_t i) {
         const std::string user = word_of(c.rows[i], 3);
         set_word(c.rows[i], 3, word_of(c.rows[i + 1], 3));
         set_word(c.rows[i + 1], 3, user);
       },
       {{"wrong-user", 2}}},
      {"a user from another desk too",
       change([](std::string& r) { set_word(r, 0, "192.0.2.77"); }),
       {{"mapping-missing", 1}, {"mapping-extra", 1}},
       "no message speaks of this address"},
      {"a row from nowhere",
       [](Console& c, std::size_t) {
         c.rows.push_back("192.0.2.1 vsys1 SYSLOG mallory 2000 2000");
       },
       {{"mapping-extra", 1}},
       "no message speaks of this address"},
      {"a row that should have ended",
       [](Console& c, std::size_t) { c.rows.push_back("2001:db8:30::1 vsys1 SYSLOG guest.1 5 5"); },
       {{"lingering", 1}},
       "the last message there was the heartbeat of guest.1 at LOBBY-1"},
      {"all that should have ended",
       [](Console& c, std::size_t) {
         for (int i = 1; i <= 8; ++i) {
           c.rows.push_back(fmt::format("2001:db8:30::{0} vsys1 SYSLOG guest.{0} 5 5", i));
         }
       },
       {{"lingering", 8}}},
      {"more seconds than there are",
       change([](std::string& r) {
         set_word(r, 4, std::to_string(std::stol(word_of(r, 4)) + 7));
         set_word(r, 5, std::to_string(std::stol(word_of(r, 5)) + 7));
       }),
       {{"wrong-remaining", 1}}},
      {"fewer seconds in one column",
       change(
           [](std::string& r) { set_word(r, 5, std::to_string(std::stol(word_of(r, 5)) - 60)); }),
       {{"wrong-remaining", 1}}},
      {"learnt from somewhere else",
       change([](std::string& r) {
         set_word(r, 2, "AD");
         set_word(r, 3, "mallory");
       }),
       {{"wrong-user", 1}},
       "the receiver learnt it by AD"},
      // What is no damage to what the receiver knows.
      {"other letters",
       change([](std::string& r) { set_word(r, 3, "U" + word_of(r, 3).substr(1)); }),
       {},
       "",
       [](const Verdict& v) { EXPECT_EQ(v.other_letters, 1U); }},
      {"rows of another source",
       [](Console& c, std::size_t) { c.rows.push_back("192.0.2.1 vsys1 AD corp\\anna 9 9"); },
       {},
       "",
       [](const Verdict& v) { EXPECT_EQ(v.from_elsewhere, 1U); }},
      {"a row given twice",
       [](Console& c, std::size_t i) { c.rows.push_back(c.rows[i]); },
       {},
       "already"},
  };
}

TEST(Mutations, EveryDamageToAMappingTableIsFoundAndNothingElseIs) {
  constexpr SimTime kAt = 2h;
  const Console right = right_console(kAt);
  ASSERT_EQ(right.rows.size(), 60U);
  EXPECT_TRUE(verify_console(right.text(), kAt).verdict.ok());
  for (const TableDamage& damage : table_damages()) {
    for (std::uint32_t seed = 1; seed <= kSeeds; ++seed) {
      const std::size_t i = any(seed, 2, right.rows.size() - 1);
      SCOPED_TRACE(fmt::format("{}, seed {}: row {}", damage.name, seed, i));
      Console console = right;
      damage.act(console, i);
      const Told told = verify_console(console.text(), kAt);
      ASSERT_TRUE(told.read) << told.messages;
      EXPECT_EQ(found_in(told.verdict), damage.found) << verdict_text(told.verdict, "mappings");
      EXPECT_EQ(told.verdict.ok(), damage.found.empty());
      std::string said = told.messages;
      for (const Finding& finding : told.verdict.findings) said += finding.found + finding.reason;
      EXPECT_NE(said.find(damage.said), std::string::npos) << said;
      if (damage.check) damage.check(told.verdict);
    }
  }
}

TEST(Mutations, AReceiverWithAShorterTimeoutIsFoundOutAndSaidToBeOne) {
  constexpr SimTime kAt = 2h;
  // Heartbeats come every 25 minutes: with 15 minutes some mappings have ended.
  const Console early = right_console(kAt, 15min);
  const std::uint64_t gone = 60 - early.rows.size();
  ASSERT_GT(gone, 5U);
  for (const bool with_seconds : {true, false}) {
    Console console = early;
    if (!with_seconds) {
      for (std::string& row : console.rows) {
        set_word(row, 4, "Never");
        set_word(row, 5, "Never");
      }
    }
    const Told told = verify_console(console.text(), kAt);
    Found found = found_in(told.verdict);
    EXPECT_EQ(found["expired-early"], gone) << verdict_text(told.verdict, "mappings");
    EXPECT_EQ(found["mapping-missing"], 0U);
    EXPECT_EQ(told.verdict.expired_early, gone);
    EXPECT_EQ(told.verdict.missing, gone);
    if (with_seconds) {
      const auto finding =
          std::find_if(told.verdict.findings.begin(), told.verdict.findings.end(),
                       [](const Finding& f) { return f.kind == Finding::Kind::kExpiredEarly; });
      // The table's seconds are whole ones.
      EXPECT_EQ(finding->found, "nobody: mappings there seem to end after about 14m59s");
    }
  }
}

TEST(Mutations, WhatMakesATableUnreadableIsRefused) {
  const Console right = right_console(2h);
  const struct {
    const char* name;
    std::function<std::string(Console&, std::size_t)> act;
    const char* said;
  } rows[] = {
      {"a row cut",
       [](Console& c, std::size_t i) {
         c.rows[i] = c.rows[i].substr(0, 50);
         return c.text();
       },
       "has no user: the line is cut"},
      {"an address damaged",
       [](Console& c, std::size_t i) {
         set_word(c.rows[i], 0, word_of(c.rows[i], 0) + "9999");
         return c.text();
       },
       "is no address"},
      {"one address with two users",
       [](Console& c, std::size_t i) {
         c.rows.push_back(c.rows[i]);
         set_word(c.rows.back(), 3, "mallory");
         return c.text();
       },
       "has two users"},
      {"two tables", [](Console& c, std::size_t) { return c.text() + c.text(); }, "a second table"},
      {"an error message instead",
       [](Console&, std::size_t) { return std::string("Server error\n"); },
       "this is no mapping table"},
  };
  for (const auto& damage : rows) {
    for (std::uint32_t seed = 1; seed <= kSeeds; ++seed) {
      Console console = right;
      const Told told = verify_console(damage.act(console, any(seed, 3, 60)), 2h);
      SCOPED_TRACE(fmt::format("{}, seed {}", damage.name, seed));
      EXPECT_FALSE(told.read);
      EXPECT_NE(told.messages.find(damage.said), std::string::npos) << told.messages;
    }
  }
}

}  // namespace
}  // namespace esm
