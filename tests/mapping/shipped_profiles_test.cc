// What the shipped profiles make of awkward values is written down for people in the tables of
// scenarios/profiles/README.md; every cell of them is held to here.
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sender/mapping/profile_reader.h"

namespace esm {
namespace {

std::string file_text(const std::string& path) {
  std::ifstream file(std::string(ESM_SOURCE_DIR) + "/" + path);
  EXPECT_TRUE(file) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Profile shipped(const std::string& name) {
  Diagnostics diagnostics;
  const std::optional<Profile> profile = read_profile(
      SourceText(name + ".yaml", file_text("scenarios/profiles/" + name + ".yaml")), diagnostics);
  EXPECT_EQ(diagnostics.render(), "") << name;
  return profile.value_or(Profile{});
}

std::vector<std::string> cells_of(const std::string& row) {
  std::vector<std::string> cells;
  std::string cell;
  std::istringstream rest(row.substr(1));
  while (std::getline(rest, cell, '|')) {
    const std::size_t first = cell.find_first_not_of(' ');
    cells.push_back(first == std::string::npos
                        ? ""
                        : cell.substr(first, cell.find_last_not_of(' ') - first + 1));
  }
  return cells;
}

// The table whose heading begins with `field`: its rows, the heading first.
std::vector<std::vector<std::string>> table(const std::string& field) {
  std::istringstream text(file_text("scenarios/profiles/README.md"));
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(text, line);) {
    if (rows.empty() ? line.starts_with("| `" + field + "` |") : line.starts_with("| ")) {
      rows.push_back(cells_of(line));
    } else if (!rows.empty() && !line.starts_with("|-")) {
      break;
    }
  }
  return rows;
}

// "`jdoe`" means jdoe, "empty" nothing.
std::string value_of(const std::string& cell) {
  if (cell == "empty") return "";
  EXPECT_EQ(cell.front(), '`') << cell;
  return cell.substr(1, cell.find('`', 1) - 1);
}

// A heartbeat in the form that a profile reads.
std::string heartbeat(const std::string& profile, const std::string& user,
                      const std::string& address) {
  if (profile == "traps-csv") {
    return "<134>1 2016-09-28T17:38:48.00Z+00:00 172.16.183.173 - - - Sep 28 2016 17:38:48,Traps "
           "Agent,4.1.3.33176,Agent,Heartbeat,w10," +
           user + ",Service is alive,3,-,-,-,-," + address + ",,Sep 28 2016 17:38:48";
  }
  const char gap = profile == "traps-cef-field" ? ' ' : '\t';
  return std::string(
             "<134>Sep 28 2016 17:38:48 172.16.183.173 X:1|Palo Alto Networks|Traps Agent|"
             "4.1.3.33176|Heartbeat|cat=Agent") +
         gap + "dhost=w10" + gap + "duser=" + user + gap + "dst=" + address + gap +
         "msg=Service is alive";
}

std::string cell_of_user(const Reading& reading) {
  if (reading.verdict == Reading::Verdict::kNoUser) return "no user";
  EXPECT_EQ(name_of(reading.verdict), "mapped");
  return "`" + std::string(reading.user) + "`";
}

std::string cell_of_address(const Reading& reading) {
  if (reading.verdict == Reading::Verdict::kNoAddress) return "no address";
  const std::string text = "`" + std::string(reading.address_text()) + "`";
  return reading.verdict == Reading::Verdict::kBadAddress ? text + ", none" : text;
}

TEST(ShippedProfiles, ReadUsersAsTheirTableSays) {
  const auto rows = table("duser=");
  ASSERT_GT(rows.size(), 12U);
  ASSERT_GE(rows[0].size(), 6U);
  for (std::size_t column = 1; column < rows[0].size(); ++column) {
    const std::string name = value_of(rows[0][column]);
    const Profile profile = shipped(name);
    const ProfileReader reader(profile);
    for (std::size_t row = 1; row < rows.size(); ++row) {
      ASSERT_EQ(rows[row].size(), rows[0].size()) << rows[row][0];
      const std::string line = heartbeat(name, value_of(rows[row][0]), "10.0.1.51");
      EXPECT_EQ(cell_of_user(reader.read(line)), rows[row][column]) << name << ' ' << line;
    }
  }
}

TEST(ShippedProfiles, ReadAddressesAsTheirTableSays) {
  const auto rows = table("dst=");
  ASSERT_GT(rows.size(), 6U);
  ASSERT_GE(rows[0].size(), 6U);
  for (std::size_t column = 1; column < rows[0].size(); ++column) {
    const std::string name = value_of(rows[0][column]);
    const Profile profile = shipped(name);
    const ProfileReader reader(profile);
    for (std::size_t row = 1; row < rows.size(); ++row) {
      ASSERT_EQ(rows[row].size(), rows[0].size()) << rows[row][0];
      const std::string line = heartbeat(name, "jdoe", value_of(rows[row][0]));
      EXPECT_EQ(cell_of_address(reader.read(line)), rows[row][column]) << name << ' ' << line;
    }
  }
}

TEST(ShippedProfiles, CountColumnsOfCsvAcrossQuotes) {
  const Profile profile = shipped("traps-csv");
  const ProfileReader reader(profile);
  const std::string head = "<134>1 2016-09-28T17:38:48.00Z+00:00 esm01 - - - Sep 28 2016 17:38:48,";
  const struct {
    const char* line;
    const char* user;  // empty: it maps nobody
  } rows[] = {
      {R"(Traps Agent,4,Agent,Heartbeat,w10,"Doe, John",Service is alive,3,-,-,-,-,10.0.1.51,,x)",
       "Doe, John"},
      {R"(Traps Agent,4,Agent,Heartbeat,w10,"a""b",Service is alive,3,-,-,-,-,10.0.1.51,,x)",
       R"(a""b)"},
      {R"("a,""b",4,"A,g","H,b","w,10",jdoe,Service is alive,3,"-,-",",","""",",",10.0.1.51,,x)",
       "jdoe"},
      {"a,4,Agent,Heartbeat,w10,jdoe,Service is alive,3,-,-,-,-,10.0.1.51", "jdoe"},
      {"a,4,Agent,Heartbeat,w10,jdoe,Service is alive,3,-,-,-,-,10.0.1.51\r", "jdoe"},
      // The words stand in another column, or are a part of it only.
      {"a,4,Service is alive,Heartbeat,w10,jdoe,Stopped,3,-,-,-,-,10.0.1.51,,x", ""},
      {"a,4,Agent,Heartbeat,w10,jdoe,Service is alive again,3,-,-,-,-,10.0.1.51,,x", ""},
      {R"(a,4,Agent,Heartbeat,w10,jdoe,"no, Service is alive",3,-,-,-,-,10.0.1.51,,x)", ""},
      {R"(a,4,Agent,Heartbeat,w10,"-",Service is alive,3,-,-,-,-,10.0.1.51,,x)", ""},
      {R"(a,4,Agent,Heartbeat,w10,"",Service is alive,3,-,-,-,-,10.0.1.51,,x)", ""},
      {"a,4,Agent,Heartbeat,w10,jdoe,Service is alive,3,-,-,-,-,-,10.0.1.51,x", ""},
  };
  for (const auto& row : rows) {
    const std::string line = head + row.line;
    const Reading reading = reader.read(line);
    const bool maps = reading.verdict == Reading::Verdict::kMapped;
    EXPECT_EQ(maps ? reading.user : "", row.user) << line;
  }
}

TEST(ShippedProfiles, AreAllListedInTheirReadme) {
  const std::string text = file_text("scenarios/profiles/README.md");
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(ESM_SOURCE_DIR) + "/scenarios/profiles")) {
    if (entry.path().extension() != ".yaml") continue;
    const std::string name = entry.path().stem().string();
    shipped(name);
    EXPECT_NE(text.find("| `" + name + "` |"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace esm
